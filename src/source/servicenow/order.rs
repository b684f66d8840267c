//! The order and range of a page's rows (C4): what shows that a part of the query was ignored.

use chrono::{DateTime, Utc};

use super::codes;
use crate::model::{Mapped, Position, Trouble};
use crate::source::SourceError;

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Disorder {
    /// Two rows, the later first.
    Order(String),
    /// A row that was not asked for.
    Range(String),
}

impl Disorder {
    pub fn trouble(&self, table: &str) -> SourceError {
        SourceError::Failed(match self {
            Self::Order(seen) => stop(&codes::OUT_OF_ORDER, table, seen),
            Self::Range(seen) => stop(&codes::OUT_OF_RANGE, table, seen),
        })
    }
}

fn stop(code: &crate::net::Code, table: &str, seen: &str) -> Trouble {
    code.stop(format!("table {table}: {seen}"))
}

/// The place of the last row, if the rows rise strictly from behind `at` and end before `to`.
/// Rows without id or stamp have no place; they were set aside.
pub(super) fn check(rows: &[Mapped], at: &Position, to: Option<DateTime<Utc>>) -> Result<Option<Position>, Disorder> {
    let mut last: Option<(DateTime<Utc>, &str)> = None;
    let start = (at.time, at.rest.as_str());
    for (time, id) in rows.iter().filter_map(place) {
        if time < at.time || to.is_some_and(|to| time >= to) {
            let to = to.map(|to| format!(" and before {to}")).unwrap_or_default();
            return Err(Disorder::Range(format!(
                "{id} is stamped {time}, asked for was from {}{to}",
                at.time
            )));
        }
        let before = last.unwrap_or(start);
        let first = last.is_none() && start.1.is_empty();
        if !first && (time, id) <= before {
            return Err(Disorder::Order(format!(
                "{id} of {time} came after {} of {}",
                before.1, before.0
            )));
        }
        last = Some((time, id));
    }
    Ok(last.map(|(time, id)| Position {
        time,
        rest: id.to_owned(),
    }))
}

/// Ids are lower case already: they are compared ignoring case.
fn place(row: &Mapped) -> Option<(DateTime<Utc>, &str)> {
    match row {
        Mapped::Record(record) => Some((record.modified, record.id.as_str())),
        Mapped::SetAside(unmapped) => Some((unmapped.modified?, unmapped.id.as_ref()?.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RecordId, Unmapped};

    fn row(second: i64, id: &str) -> Mapped {
        Mapped::SetAside(Unmapped {
            id: Some(RecordId::new(id)),
            number: None,
            modified: DateTime::from_timestamp(second, 0),
            reason: String::new(),
        })
    }

    fn at(second: i64, rest: &str) -> Position {
        Position {
            time: DateTime::from_timestamp(second, 0).unwrap(),
            rest: rest.into(),
        }
    }

    #[test]
    fn rising_rows_give_the_place_of_the_last() {
        let rows = [row(5, "A"), row(5, "b"), row(6, "a")];
        assert_eq!(check(&rows, &at(5, ""), None), Ok(Some(at(6, "a"))));
        assert_eq!(check(&[], &at(5, ""), None), Ok(None));
    }

    #[test]
    fn rows_out_of_order_or_twice_are_found() {
        for rows in [
            [row(6, "a"), row(5, "b")],
            [row(5, "b"), row(5, "a")],
            [row(5, "b"), row(5, "b")],
        ] {
            assert!(matches!(check(&rows, &at(5, ""), None), Err(Disorder::Order(_))));
        }
        assert!(
            matches!(check(&[row(5, "a")], &at(5, "a"), None), Err(Disorder::Order(_))),
            "the position's own row"
        );
    }

    #[test]
    fn rows_that_were_not_asked_for_are_found() {
        let to = DateTime::from_timestamp(10, 0);
        assert!(matches!(check(&[row(4, "a")], &at(5, ""), to), Err(Disorder::Range(_))));
        assert!(matches!(
            check(&[row(10, "a")], &at(5, ""), to),
            Err(Disorder::Range(_))
        ));
    }
}
