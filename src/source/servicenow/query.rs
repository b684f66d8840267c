//! Encoded queries: keyset by (modified, id), the user's filter in every arm.

use chrono::{DateTime, Utc};

use crate::model::{ItemProfile, Position};

/// ServiceNow's own spelling of a time: UTC, whole seconds. Never `T…Z`, never `javascript:` (contract C18).
const STAMP: &str = "%Y-%m-%d %H:%M:%S";

/// What part of a table is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub item: &'a ItemProfile,
    /// The user's encoded query, checked when the configuration was read.
    pub filter: &'a str,
    /// Where reading goes on.
    pub at: &'a Position,
    /// Exclusive.
    pub to: Option<DateTime<Utc>>,
}

impl Part<'_> {
    /// Rows behind the position, in the order of (modified, id).
    ///
    /// There are no parentheses in the language: "the same second with a greater id, or later" needs `^NQ`, and
    /// whatever narrows the query has to stand in both of its arms.
    pub fn encoded(&self) -> String {
        let ItemProfile { id, modified, .. } = self.item;
        let at = stamp(self.at.time);
        let until = self
            .to
            .map(|to| format!("^{modified}<{}", stamp(to)))
            .unwrap_or_default();
        let rows = match self.at.rest.as_str() {
            "" => format!("{}{modified}>={at}{until}", self.base()),
            rest => {
                let (base, rest) = (self.base(), escape(rest));
                format!("{base}{modified}={at}^{id}>{rest}^NQ{base}{modified}>{at}{until}")
            }
        };
        format!("{rows}^ORDERBY{modified}^ORDERBY{id}")
    }

    /// The rest of the position's second alone, a predicate that stands still.
    pub fn frozen_second(&self) -> String {
        let ItemProfile { id, modified, .. } = self.item;
        let at = stamp(self.at.time);
        let behind = match self.at.rest.as_str() {
            "" => String::new(),
            rest => format!("^{id}>{}", escape(rest)),
        };
        format!("{}{modified}={at}{behind}^ORDERBY{modified}^ORDERBY{id}", self.base())
    }

    fn base(&self) -> String {
        base(self.filter)
    }
}

/// The user's filter, ready to be continued; `^EQ` at its end, as copied from a list, says nothing.
fn base(filter: &str) -> String {
    let filter = filter.trim().trim_end_matches('^');
    let filter = filter.strip_suffix("^EQ").unwrap_or(filter);
    match filter.trim_start_matches('^') {
        "" => String::new(),
        filter => format!("{filter}^"),
    }
}

/// These records and no others, with the filter.
pub(super) fn by_ids(item: &ItemProfile, filter: &str, ids: &[&str]) -> String {
    format!(
        "{}{}IN{}",
        base(filter),
        item.id,
        ids.iter().map(|id| escape(id)).collect::<Vec<_>>().join(",")
    )
}

/// The record as it was just read: what a server that takes our times as UTC finds again.
pub(super) fn exactly(item: &ItemProfile, id: &str, modified: DateTime<Utc>) -> String {
    format!("{}={}^{}={}", item.id, escape(id), item.modified, stamp(modified))
}

/// The newest record that the filter lets through.
pub(super) fn newest(item: &ItemProfile, filter: &str, from: DateTime<Utc>) -> String {
    format!("{}{m}>={}^ORDERBYDESC{m}", base(filter), stamp(from), m = item.modified)
}

/// A query without its order, which a count has no use for.
pub(super) fn unordered(encoded: &str) -> &str {
    encoded.split_once("^ORDERBY").map_or(encoded, |(rows, _)| rows)
}

/// The fields that a filter's conditions name, each once.
pub(super) fn fields(filter: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    // `^^` is a caret inside a value.
    for condition in filter.replace("^^", "\u{1}").split('^') {
        let condition = condition.strip_prefix("OR").unwrap_or(condition);
        let end = condition.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c)));
        let field = &condition[..end.unwrap_or(0)];
        // `123TEXTQUERY321` names none.
        let named = field.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let operator = end
            .is_some_and(|end| condition[end..].starts_with(|c: char| c.is_ascii_uppercase() || "=<>!*%".contains(c)));
        if named && operator && !fields.iter().any(|known| known == field) {
            fields.push(field.to_owned());
        }
    }
    fields
}

/// What no record matches, unless a condition on one of the fields is left out.
pub(super) fn impossible(fields: &[String]) -> String {
    let arms: Vec<String> = fields
        .iter()
        .map(|field| format!("{field}ISEMPTY^{field}ISNOTEMPTY"))
        .collect();
    arms.join("^NQ")
}

/// What every record matches.
pub(super) fn certain(fields: &[String]) -> String {
    let groups: Vec<String> = fields
        .iter()
        .map(|field| format!("{field}ISEMPTY^OR{field}ISNOTEMPTY"))
        .collect();
    groups.join("^")
}

fn stamp(time: DateTime<Utc>) -> String {
    // A start inside a second begins with the whole second; an end inside one is rounded by the caller's ranges.
    time.format(STAMP).to_string()
}

/// A `^` in a value would end the condition.
fn escape(value: &str) -> String {
    value.replace('^', "^^")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Profile, WorkItemKind};

    fn item() -> ItemProfile {
        let profile = Profile::parse(include_str!("../../../config/profiles/servicenow.toml")).unwrap();
        profile.items[&WorkItemKind::Incident].clone()
    }

    fn position(rest: &str) -> Position {
        Position {
            time: "2026-11-20T10:00:00Z".parse().unwrap(),
            rest: rest.into(),
        }
    }

    #[test]
    fn the_first_page_begins_at_the_start_of_the_slice() {
        let to = Some("2026-11-21T00:00:00Z".parse().unwrap());
        let part = Part {
            item: &item(),
            filter: "active=true^ORstate=3",
            at: &position(""),
            to,
        };
        assert_eq!(
            part.encoded(),
            "active=true^ORstate=3^sys_updated_on>=2026-11-20 10:00:00^sys_updated_on<2026-11-21 00:00:00\
             ^ORDERBYsys_updated_on^ORDERBYsys_id"
        );
    }

    #[test]
    fn later_pages_repeat_the_filter_in_both_arms() {
        let part = Part {
            item: &item(),
            filter: "active=true^EQ",
            at: &position("ab^c"),
            to: None,
        };
        assert_eq!(
            part.encoded(),
            "active=true^sys_updated_on=2026-11-20 10:00:00^sys_id>ab^^c\
             ^NQactive=true^sys_updated_on>2026-11-20 10:00:00^ORDERBYsys_updated_on^ORDERBYsys_id"
        );
    }

    #[test]
    fn the_fields_of_a_filter_are_found_whatever_the_operators() {
        let filter = "active=true^ORstate=3^assignment_group.nameLIKEa^^b=c^priorityIN1,2^opened_at>=javascript:gs.daysAgo(3)\
                      ^u_x2ISEMPTY^123TEXTQUERY321=mail^active!=false^RLQUERYtask.parent,>=1^ENDRLQUERY";
        assert_eq!(
            fields(filter),
            [
                "active",
                "state",
                "assignment_group.name",
                "priority",
                "opened_at",
                "u_x2"
            ]
        );
        assert!(fields("").is_empty());
        assert_eq!(
            impossible(&["a".into(), "b".into()]),
            "aISEMPTY^aISNOTEMPTY^NQbISEMPTY^bISNOTEMPTY"
        );
        assert_eq!(
            certain(&["a".into(), "b".into()]),
            "aISEMPTY^ORaISNOTEMPTY^bISEMPTY^ORbISNOTEMPTY"
        );
    }

    #[test]
    fn a_frozen_second_is_a_predicate_that_stands_still() {
        let part = Part {
            item: &item(),
            filter: "",
            at: &position("ab"),
            to: None,
        };
        assert_eq!(
            part.frozen_second(),
            "sys_updated_on=2026-11-20 10:00:00^sys_id>ab^ORDERBYsys_updated_on^ORDERBYsys_id"
        );
    }
}
