//! Pauses that servers asked for: their wish outlives the process that heard it.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use super::{Db, StoreError, millis, time};

/// A pause as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// The connection's name; empty for the workspace.
    pub owner: String,
    /// Who asked, `host` or `host:port`: another server is not bound by it.
    pub server: String,
    /// When it was asked for, by our clock.
    pub asked: DateTime<Utc>,
    /// Until when, by our clock.
    pub until: DateTime<Utc>,
    /// Why, in words.
    pub why: String,
}

impl Pause {
    /// How long it still takes; `None` if it is over. Never longer than was asked for, should our clock have been set back.
    pub fn left(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let left = (self.until - now).min(self.until - self.asked);
        (left > TimeDelta::zero()).then_some(left)
    }
}

impl Db<'_> {
    /// Keeps a pause in place of the one its owner had.
    pub fn keep_pause(&self, pause: &Pause) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT OR REPLACE INTO pauses (owner, server, asked, until, why) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                pause.owner,
                pause.server,
                millis(pause.asked),
                millis(pause.until),
                pause.why
            ])?;
        Ok(())
    }

    /// The pauses there are, over or not.
    pub fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT owner, server, asked, until, why FROM pauses ORDER BY owner")?;
        let rows = query.query_map([], |row| {
            Ok(Pause {
                owner: row.get(0)?,
                server: row.get(1)?,
                asked: time(row.get(2)?),
                until: time(row.get(3)?),
                why: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_even_if_our_clock_is_set_back() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let pause = Pause {
            owner: "contoso".into(),
            server: "contoso.example".into(),
            asked: at("2026-11-20T10:00:00Z"),
            until: at("2026-11-20T10:10:00Z"),
            why: "429".into(),
        };
        assert_eq!(pause.left(at("2026-11-20T10:04:00Z")), Some(TimeDelta::minutes(6)));
        assert_eq!(pause.left(at("2026-11-20T10:10:00Z")), None);
        assert_eq!(pause.left(at("2026-11-19T10:00:00Z")), Some(TimeDelta::minutes(10)));
    }
}
