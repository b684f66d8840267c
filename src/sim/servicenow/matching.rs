//! Whether a row meets a condition: strings, compared as numbers where both sides are.

use std::cmp::Ordering;

use super::packed::Packed;
use super::query::{Condition, Group, Operator};
use super::table::{Table, Tables};

/// Whether all groups hold of a row.
pub(super) fn all(tables: &Tables, table: &Table, row: &Packed, groups: &[&Group]) -> bool {
    groups
        .iter()
        .all(|group| group.iter().any(|condition| holds(tables, table, row, condition)))
}

fn holds(tables: &Tables, table: &Table, row: &Packed, condition: &Condition) -> bool {
    let text = tables.text(table, row, &condition.field);
    let first = condition.values.first().map_or("", String::as_str);
    let second = condition.values.get(1).map_or("", String::as_str);
    let field = || tables.text(table, row, first);
    match condition.operator {
        Operator::Is => text == first || (text.is_empty() && first == "NULL"),
        Operator::IsNot => text != first && !(text.is_empty() && first == "NULL"),
        Operator::Greater => compare(text, first).is_gt(),
        Operator::AtLeast => compare(text, first).is_ge(),
        Operator::Less => !text.is_empty() && compare(text, first).is_lt(),
        Operator::AtMost => !text.is_empty() && compare(text, first).is_le(),
        Operator::Like => contains(text, first),
        Operator::NotLike => !contains(text, first),
        Operator::Starts => lower(text).starts_with(&lower(first)),
        Operator::Ends => lower(text).ends_with(&lower(first)),
        Operator::In => condition.values.iter().any(|value| value == text),
        Operator::NotIn => condition.values.iter().all(|value| value != text),
        Operator::Empty | Operator::EmptyString => text.is_empty(),
        Operator::NotEmpty => !text.is_empty(),
        Operator::Anything => true,
        Operator::Between | Operator::On => {
            !text.is_empty() && compare(text, first).is_ge() && compare(text, second).is_le()
        }
        Operator::SameAs => text == field(),
        Operator::NotSameAs => text != field(),
        Operator::GreaterField => compare(text, field()).is_gt(),
        Operator::LessField => compare(text, field()).is_lt(),
        Operator::AtLeastField => compare(text, field()).is_ge(),
        Operator::AtMostField => compare(text, field()).is_le(),
    }
}

/// The order of two values.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    // A stamp has 19 letters and an id 32, so no number that a column holds is that long.
    if a.len() < 19
        && b.len() < 19
        && let (Ok(a), Ok(b)) = (a.parse::<i64>(), b.parse::<i64>())
    {
        return a.cmp(&b);
    }
    a.cmp(b)
}

fn contains(text: &str, part: &str) -> bool {
    lower(text).contains(&lower(part))
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}
