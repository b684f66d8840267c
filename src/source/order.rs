//! The order and range of a page's rows: what shows that a part of the query was ignored.

use chrono::{DateTime, SubsecRound, Utc};

use crate::model::{Mapped, Position, Trouble};
use crate::net::Code;

/// How rows of one time are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ties {
    /// By id, ignoring case; the position's rest is an id too.
    ById,
    /// By a rule of the server's own: they are not compared.
    Free,
}

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Disorder {
    /// Two rows, the later first.
    Order(String),
    /// A row that was not asked for.
    Range(String),
}

impl Disorder {
    /// As the source's own codes tell it.
    pub fn trouble(&self, table: &str, order: &Code, range: &Code) -> Trouble {
        match self {
            Self::Order(seen) => order.stop(format!("table {table}: {seen}")),
            Self::Range(seen) => range.stop(format!("table {table}: {seen}")),
        }
    }
}

/// The place of the last row, if the rows rise from behind `at` and end before `to`.
/// Rows without id or stamp have no place; they were set aside.
pub(super) fn check(
    rows: &[Mapped],
    at: &Position,
    to: Option<DateTime<Utc>>,
    ties: Ties,
) -> Result<Option<Position>, Disorder> {
    let mut last: Option<(DateTime<Utc>, &str)> = None;
    // Desks know whole seconds: one that drops the fraction of what was asked for is not out of range.
    let from = at.time.trunc_subsecs(0);
    for (time, id) in rows.iter().filter_map(place) {
        if time < from || to.is_some_and(|to| time >= to) {
            let to = to.map(|to| format!(" and before {to}")).unwrap_or_default();
            return Err(Disorder::Range(format!(
                "{id} is stamped {time}, asked for was from {}{to}",
                at.time
            )));
        }
        let start = (ties == Ties::ById && !at.rest.is_empty()).then_some((at.time, at.rest.as_str()));
        if let Some(before) = last.or(start)
            && !rises(before, (time, id), ties)
        {
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

/// Whether only records came that were asked for by id: where another did, the condition was ignored, and what did not
/// come is not known to be gone.
pub(super) fn check_ids(rows: &[Mapped], asked: &[&str]) -> Result<(), Disorder> {
    let id = |row: &Mapped| match row {
        Mapped::Record(record) => Some(record.id.clone()),
        Mapped::SetAside(unmapped) => unmapped.id.clone(),
    };
    let foreign = rows.iter().filter_map(id).find(|id| !asked.contains(&id.as_str()));
    foreign.map_or(Ok(()), |id| {
        Err(Disorder::Range(format!("{id} came, and others were asked for by id")))
    })
}

fn rises(before: (DateTime<Utc>, &str), after: (DateTime<Utc>, &str), ties: Ties) -> bool {
    match ties {
        Ties::ById => after > before,
        Ties::Free => after.0 >= before.0,
    }
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
        assert_eq!(check(&rows, &at(5, ""), None, Ties::ById), Ok(Some(at(6, "a"))));
        assert_eq!(check(&[], &at(5, ""), None, Ties::ById), Ok(None));
    }

    #[test]
    fn a_record_that_was_not_asked_for_by_id_is_found() {
        let rows = [row(5, "A"), row(6, "b")];
        assert_eq!(check_ids(&rows, &["b", "c", "a"]), Ok(()));
        assert!(matches!(check_ids(&rows, &["a", "c"]), Err(Disorder::Range(seen)) if seen.starts_with("b ")));
    }

    #[test]
    fn rows_out_of_order_or_twice_are_found() {
        for rows in [
            [row(6, "a"), row(5, "b")],
            [row(5, "b"), row(5, "a")],
            [row(5, "b"), row(5, "b")],
        ] {
            assert!(matches!(
                check(&rows, &at(5, ""), None, Ties::ById),
                Err(Disorder::Order(_))
            ));
        }
        assert!(
            matches!(
                check(&[row(5, "a")], &at(5, "a"), None, Ties::ById),
                Err(Disorder::Order(_))
            ),
            "the position's own row"
        );
    }

    #[test]
    fn rows_that_were_not_asked_for_are_found() {
        let to = DateTime::from_timestamp(10, 0);
        assert!(matches!(
            check(&[row(4, "a")], &at(5, ""), to, Ties::ById),
            Err(Disorder::Range(_))
        ));
        assert!(matches!(
            check(&[row(10, "a")], &at(5, ""), to, Ties::ById),
            Err(Disorder::Range(_))
        ));
    }

    #[test]
    fn where_ids_follow_a_rule_of_their_own_only_times_are_compared() {
        let rows = [row(5, "b"), row(5, "a"), row(6, "a")];
        assert_eq!(check(&rows, &at(5, "link"), None, Ties::Free), Ok(Some(at(6, "a"))));
        let fallen = [row(6, "a"), row(5, "b")];
        assert!(matches!(
            check(&fallen, &at(5, ""), None, Ties::Free),
            Err(Disorder::Order(_))
        ));
    }

    #[test]
    fn a_start_inside_a_second_bears_its_whole_second() {
        let mut start = at(5, "");
        start.time += chrono::TimeDelta::milliseconds(300);
        assert_eq!(check(&[row(5, "a")], &start, None, Ties::ById), Ok(Some(at(5, "a"))));
        assert!(check(&[row(4, "a")], &start, None, Ties::ById).is_err());
    }
}
