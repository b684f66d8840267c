//! Requests: what the command line asks of a running daemon, which looks for them every second.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Db, StoreError, millis};

/// A request and, when it is done, its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// `sync`, `resync`, `quarantine-retry`.
    pub verb: String,
    /// JSON.
    pub body: String,
}

impl Db<'_> {
    /// Leaves a request; returns its number.
    pub fn ask(&self, verb: &str, body: &str, now: DateTime<Utc>) -> Result<i64, StoreError> {
        self.0.execute(
            "INSERT INTO requests (verb, body, made) VALUES (?1, ?2, ?3)",
            params![verb, body, millis(now)],
        )?;
        Ok(self.0.last_insert_rowid())
    }

    /// Takes the requests that nobody has taken; old answers are dropped on the way.
    pub fn take_requests(&self, now: DateTime<Utc>) -> Result<Vec<Request>, StoreError> {
        let pending: bool = self
            .0
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM requests WHERE taken IS NULL)")?
            .query_row([], |row| row.get(0))?;
        if !pending {
            return Ok(Vec::new());
        }
        let (day, week) = (chrono::TimeDelta::days(1), chrono::TimeDelta::weeks(1));
        self.0.execute(
            "DELETE FROM requests WHERE made < ?1 AND (answer IS NOT NULL OR made < ?2)",
            [millis(now - day), millis(now - week)],
        )?;
        let mut take = self
            .0
            .prepare_cached("UPDATE requests SET taken = ?1 WHERE taken IS NULL RETURNING id, verb, body")?;
        let rows = take.query_map([millis(now)], |row| {
            Ok(Request {
                id: row.get(0)?,
                verb: row.get(1)?,
                body: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Gives back what a daemon took that died before it answered, without these members of its bodies, which held for
    /// that daemon alone: whoever calls this holds the lock. Returns how many.
    pub fn give_back_requests(&self, without: &[&str]) -> Result<usize, StoreError> {
        for member in without {
            self.0.execute(
                "UPDATE requests SET body = json_remove(body, '$.' || ?1)
                 WHERE taken IS NOT NULL AND answer IS NULL AND json_valid(body)",
                [member],
            )?;
        }
        let given = self.0.execute(
            "UPDATE requests SET taken = NULL WHERE taken IS NOT NULL AND answer IS NULL",
            [],
        )?;
        Ok(given)
    }

    /// Answers a request, with JSON.
    pub fn answer(&self, request: i64, answer: &str) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE requests SET answer = ?2 WHERE id = ?1",
            params![request, answer],
        )?;
        Ok(())
    }

    /// The answer to a request, if it has been given: whether it was taken, and the answer.
    pub fn answered(&self, request: i64) -> Result<Option<(bool, Option<String>)>, StoreError> {
        let row = self
            .0
            .query_row(
                "SELECT taken IS NOT NULL, answer FROM requests WHERE id = ?1",
                [request],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Store, Threads};
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn what_a_dead_daemon_took_is_taken_again_and_what_was_answered_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let now = at("2026-11-20T10:00:00Z");
        let taken = |now| {
            let requests = store.call_here(|db| db.take_requests(now)).unwrap();
            requests.into_iter().map(|request| request.verb).collect::<Vec<_>>()
        };
        let first = store.call_here(|db| db.ask("first", "{}", now)).unwrap();
        store.call_here(|db| db.ask("second", "{}", now)).unwrap();
        assert_eq!(taken(now), ["first", "second"]);
        store.call_here(|db| db.answer(first, "{}")).unwrap();
        assert_eq!(store.call_here(|db| db.give_back_requests(&[])).unwrap(), 1);
        assert_eq!(taken(now), ["second"]);
    }

    #[test]
    fn an_unanswered_request_is_kept_for_a_week_and_an_answer_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let made = at("2026-11-01T10:00:00Z");
        let [answered, waiting] = ["a", "b"].map(|verb| store.call_here(|db| db.ask(verb, "{}", made)).unwrap());
        store.call_here(|db| db.answer(answered, "{}")).unwrap();
        let known = |now: DateTime<Utc>| {
            store.call_here(|db| db.ask("c", "{}", now)).unwrap();
            store.call_here(|db| db.take_requests(now)).unwrap();
            [answered, waiting].map(|id| store.call_here(|db| db.answered(id)).unwrap().is_some())
        };
        assert_eq!(known(at("2026-11-02T09:00:00Z")), [true, true]);
        assert_eq!(known(at("2026-11-03T10:00:00Z")), [false, true]);
        assert_eq!(known(at("2026-11-09T10:00:00Z")), [false, false]);
    }
}
