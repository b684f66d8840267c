//! Why fields that were asked for came with no record: the table lacks them, or the user may not read them.
//!
//! An instance says neither. But it shows by a query what it makes of a field: one that the table lacks is left out of
//! the query, so that everything matches what nothing can match; or it makes the query match nothing. What an instance
//! does is found out with a field that no table has. Fields are asked about together and halved only where one is
//! unknown, so that it takes few requests.

use super::{ServiceNow, codes, query};
use crate::source::{Absent, SourceError};

/// No table has a field of this name.
const NOWHERE: &str = "itsmd_no_such_field";

/// What is left after so many requests is left open.
const MOST_REQUESTS: u32 = 16;

/// What an instance does with a query of which a part is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    LeavesItOut,
    GivesNothing,
    Refuses,
}

/// Fields by what is known of them.
#[derive(Debug, Default)]
struct Sorted {
    /// The table does not have them.
    unknown: Vec<String>,
    /// The table has them, but the user may not read them.
    hidden: Vec<String>,
    /// One or the other.
    unclear: Vec<String>,
}

/// What a query of some fields shows of them.
enum Shown {
    AllKnown,
    SomeUnknown,
    Refused,
}

impl ServiceNow {
    /// Of the fields that no record of a page had, why: nothing before the first page with records.
    pub(in crate::source) async fn absent_columns(&self) -> Result<Absent, SourceError> {
        let fields = self.absent_fields();
        if fields.is_empty() {
            return Ok(Absent::default());
        }
        let sorted = match self.manner().await? {
            Manner::Refuses => Sorted {
                unclear: fields,
                ..Sorted::default()
            },
            manner @ (Manner::LeavesItOut | Manner::GivesNothing) => self.sorted(fields, manner).await?,
        };
        let found = [
            (&codes::UNKNOWN_FIELD, &sorted.unknown),
            (&codes::HIDDEN_FIELD, &sorted.hidden),
        ];
        let found = found.into_iter().filter(|(_, fields)| !fields.is_empty());
        let seen = |fields: &[String]| format!("table {}: {}", self.table(), self.places_of(fields).join(", "));
        Ok(Absent {
            reasons: found.map(|(code, fields)| code.stop(seen(fields))).collect(),
            unclear: self.places_of(&sorted.unclear),
        })
    }

    async fn sorted(&self, fields: Vec<String>, manner: Manner) -> Result<Sorted, SourceError> {
        let mut sorted = Sorted::default();
        let mut left = vec![fields];
        for _ in 0..MOST_REQUESTS {
            let Some(mut group) = left.pop() else { break };
            match self.shown(&group, manner).await? {
                Shown::AllKnown => sorted.hidden.append(&mut group),
                Shown::SomeUnknown if group.len() == 1 => sorted.unknown.append(&mut group),
                // The instance refuses no field that it does not know.
                Shown::Refused if group.len() == 1 => sorted.hidden.append(&mut group),
                Shown::SomeUnknown | Shown::Refused => {
                    left.push(group.split_off(group.len() / 2));
                    left.push(group);
                }
            }
        }
        sorted.unclear = left.concat();
        Ok(sorted)
    }

    async fn manner(&self) -> Result<Manner, SourceError> {
        match self.matches(&query::impossible(&[NOWHERE.to_owned()])).await? {
            Some(true) => Ok(Manner::LeavesItOut),
            Some(false) => Ok(Manner::GivesNothing),
            None => Ok(Manner::Refuses),
        }
    }

    async fn shown(&self, fields: &[String], manner: Manner) -> Result<Shown, SourceError> {
        let (query, known) = match manner {
            Manner::LeavesItOut | Manner::Refuses => (query::impossible(fields), false),
            Manner::GivesNothing => (query::certain(fields), true),
        };
        Ok(match self.matches(&query).await? {
            None => Shown::Refused,
            Some(any) if any == known => Shown::AllKnown,
            Some(_) => Shown::SomeUnknown,
        })
    }

    /// Whether anything matches; `None` if the instance refuses the query.
    async fn matches(&self, query: &str) -> Result<Option<bool>, SourceError> {
        match self.any_match(query).await {
            Ok((any, _)) => Ok(Some(any)),
            Err(error) if error.trouble().code == codes::FORBIDDEN.id => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `escalation (Escalation_s)`, `u_tier (Tier_s)`.
    fn places_of(&self, fields: &[String]) -> Vec<String> {
        let place = |field: &String| {
            let columns = self.mapper.item().columns.iter();
            let columns: Vec<&str> = columns
                .filter(|column| column.field == *field)
                .map(|column| column.name.as_str())
                .collect();
            match columns[..] {
                [] => field.clone(),
                _ => format!("{field} ({})", columns.join(", ")),
            }
        };
        fields.iter().map(place).collect()
    }
}
