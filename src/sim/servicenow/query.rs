//! Encoded queries: what `sysparm_query` says, as arms of groups of conditions.
//!
//! `^` joins conditions, `^OR` adds to the condition before it and binds tighter, `^NQ` starts a new arm,
//! `ORDERBY` counts for the whole query wherever it stands, `^^` is a `^` inside a value. A part that
//! is not understood, or names a field the table lacks, is treated as [`InvalidPart`] says.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::zone;

/// What an instance does with a query of which a part is invalid; nobody can tell before trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InvalidPart {
    /// Leaves the part out and answers the rest: the default, and the trap.
    #[default]
    Ignored,
    /// Answers no rows (`glide.invalid_query.returns_no_rows`).
    NoRows,
    /// Answers 403; so it does for fields that may not be read.
    Forbidden,
}

/// In which zone an instance reads date-times written in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Literals {
    /// UTC.
    #[default]
    Utc,
    /// The time zone of the user.
    UserZone,
}

/// What the meaning of a query depends on.
pub(super) struct Context<'a> {
    pub now: DateTime<Utc>,
    pub zone: Tz,
    pub literals: Literals,
    pub invalid: InvalidPart,
    /// `sys_id` of whoever asks; empty if that is nobody of the table of users.
    pub me: &'a str,
    /// Whether a field can be queried.
    pub known: &'a dyn Fn(&str) -> bool,
}

/// A condition's operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    IsNot,
    Greater,
    AtLeast,
    Less,
    AtMost,
    Like,
    NotLike,
    Starts,
    Ends,
    In,
    NotIn,
    Empty,
    NotEmpty,
    Anything,
    EmptyString,
    Between,
    On,
    SameAs,
    NotSameAs,
    GreaterField,
    LessField,
    AtLeastField,
    AtMostField,
}

/// Spellings, longer ones before those they begin with.
const OPERATORS: [(&str, Operator); 31] = [
    ("ISNOTEMPTY", Operator::NotEmpty),
    ("ISEMPTY", Operator::Empty),
    ("EMPTYSTRING", Operator::EmptyString),
    ("ANYTHING", Operator::Anything),
    ("STARTSWITH", Operator::Starts),
    ("ENDSWITH", Operator::Ends),
    ("NOT LIKE", Operator::NotLike),
    ("NOTLIKE", Operator::NotLike),
    ("NOT IN", Operator::NotIn),
    ("NOTIN", Operator::NotIn),
    ("BETWEEN", Operator::Between),
    ("NSAMEAS", Operator::NotSameAs),
    ("SAMEAS", Operator::SameAs),
    ("GT_OR_EQUALS_FIELD", Operator::AtLeastField),
    ("LT_OR_EQUALS_FIELD", Operator::AtMostField),
    ("GT_FIELD", Operator::GreaterField),
    ("LT_FIELD", Operator::LessField),
    ("LIKE", Operator::Like),
    ("ON", Operator::On),
    ("IN", Operator::In),
    ("!=", Operator::IsNot),
    ("!*", Operator::NotLike),
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("=", Operator::Is),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("*", Operator::Like),
    ("%", Operator::Ends),
    ("DOES NOT CONTAIN", Operator::NotLike),
    ("CONTAINS", Operator::Like),
];

/// `field operator value`; ranges and lists have several values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub field: String,
    pub operator: Operator,
    pub values: Vec<String>,
}

/// Conditions of which one must hold.
pub(super) type Group = Vec<Condition>;

/// A field to order by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub field: String,
    pub descending: bool,
}

/// A query: one of the arms must hold, and of an arm all groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Query {
    pub arms: Vec<Vec<Group>>,
    pub order: Vec<Order>,
    /// An invalid part made it match nothing.
    pub nothing: bool,
}

/// The query asks for what may not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused;

impl Query {
    pub fn parse(text: &str, context: &Context<'_>) -> Result<Self, Refused> {
        let mut query = Self::default();
        let mut arm: Vec<Option<Group>> = Vec::new();
        for term in split(text) {
            if let Some(order) = order(&term) {
                if (context.known)(&order.field) {
                    query.order.push(order);
                } else {
                    query.invalid(context)?;
                }
                continue;
            }
            let (term, or) = match (term.strip_prefix("NQ"), term.strip_prefix("OR")) {
                (Some(first), _) => {
                    query.arms.push(arm.drain(..).flatten().collect());
                    (first, false)
                }
                (None, Some(other)) => (other, true),
                (None, None) => (term.as_str(), false),
            };
            if term.is_empty() || term == "EQ" {
                continue;
            }
            let condition = condition(term, context);
            if condition.is_none() {
                query.invalid(context)?;
            }
            match (or, arm.last_mut()) {
                // A group that lost all its conditions still holds the place for the `^OR` behind it.
                (true, Some(Some(group))) => group.extend(condition),
                (true, Some(last @ None)) => *last = condition.map(|only| vec![only]),
                (true, None) | (false, _) => arm.push(condition.map(|only| vec![only])),
            }
        }
        query.arms.push(arm.into_iter().flatten().collect());
        Ok(query)
    }

    fn invalid(&mut self, context: &Context<'_>) -> Result<(), Refused> {
        match context.invalid {
            InvalidPart::Ignored => {}
            InvalidPart::NoRows => self.nothing = true,
            InvalidPart::Forbidden => return Err(Refused),
        }
        Ok(())
    }
}

/// Cuts at single `^`; `^^` is one `^` of a value.
fn split(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter == '^' && rest.peek() != Some(&'^') {
            terms.push(String::new());
            continue;
        }
        if letter == '^' {
            rest.next();
        }
        if let Some(term) = terms.last_mut() {
            term.push(letter);
        }
    }
    terms
}

fn order(term: &str) -> Option<Order> {
    let (field, descending) = match (term.strip_prefix("ORDERBYDESC"), term.strip_prefix("ORDERBY")) {
        (Some(field), _) => (field, true),
        (None, Some(field)) => (field, false),
        (None, None) => return None,
    };
    Some(Order {
        field: field.to_owned(),
        descending,
    })
}

fn condition(term: &str, context: &Context<'_>) -> Option<Condition> {
    let end =
        term.find(|letter: char| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.".contains(letter)));
    let (field, rest) = term.split_at(end?);
    let (operator, value) = OPERATORS
        .iter()
        .find_map(|(spelling, operator)| Some((*operator, rest.strip_prefix(spelling)?)))?;
    if field.is_empty() || !(context.known)(field) {
        return None;
    }
    let values: Vec<&str> = match operator {
        Operator::In | Operator::NotIn => value.split(',').map(str::trim).collect(),
        Operator::Between => value.splitn(2, '@').collect(),
        // ON<label>@<start>@<end>: the label is for people.
        Operator::On => value.splitn(3, '@').skip(1).collect(),
        Operator::SameAs
        | Operator::NotSameAs
        | Operator::GreaterField
        | Operator::LessField
        | Operator::AtLeastField
        | Operator::AtMostField => {
            if !(context.known)(value) {
                return None;
            }
            vec![value]
        }
        Operator::Is
        | Operator::IsNot
        | Operator::Greater
        | Operator::AtLeast
        | Operator::Less
        | Operator::AtMost
        | Operator::Like
        | Operator::NotLike
        | Operator::Starts
        | Operator::Ends
        | Operator::Empty
        | Operator::NotEmpty
        | Operator::Anything
        | Operator::EmptyString => vec![value],
    };
    if matches!(operator, Operator::Between | Operator::On) && values.len() != 2 {
        return None;
    }
    let values = values
        .into_iter()
        .map(|value| literal(value, context))
        .collect::<Option<_>>()?;
    Some(Condition {
        field: field.to_owned(),
        operator,
        values,
    })
}

/// A value as the database compares it: scripts evaluated, date-times in UTC.
fn literal(value: &str, context: &Context<'_>) -> Option<String> {
    if let Some(script) = value.strip_prefix("javascript:") {
        if script.trim() == "gs.getUserID()" {
            return Some(context.me.to_owned());
        }
        return zone::evaluate(script, context.now, context.zone);
    }
    Some(match context.literals {
        Literals::Utc => value.to_owned(),
        Literals::UserZone => zone::to_utc(value, context.zone).unwrap_or_else(|| value.to_owned()),
    })
}
