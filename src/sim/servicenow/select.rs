//! Which rows a query gives, in which order: limit first, access rules later.
//!
//! Order inside ties is unstable, as it is on the real thing: rows that the query's `ORDERBY` does not tell
//! apart are shuffled anew for every request, unless `sys_id` is among its fields. A query ordered by
//! (`sys_updated_on`, `sys_id`) is answered from the table's order: only rows near the page are looked at.

use std::ops::Range;

use super::matching::{all, compare};
use super::packed::Packed;
use super::query::{Condition, Group, Operator, Order, Query};
use super::table::{Table, Tables};

/// How far a tie's order strays: a database returns rows about where they are stored.
const STRAY: usize = 32;

/// The part of a result that is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub offset: usize,
    pub limit: usize,
    /// Whether to count all that match.
    pub count: bool,
}

/// Rows of a window before access rules, and how many match in all.
pub(super) struct Selection<'a> {
    pub rows: Vec<&'a Packed>,
    pub total: Option<usize>,
}

/// A stretch of the table's order and what is still to be asked of its rows.
struct Span<'a> {
    range: Range<usize>,
    rest: Rest<'a>,
}

enum Rest<'a> {
    Nothing,
    Groups(Vec<&'a Group>),
    /// The stretches of several arms overlap.
    Arms(&'a [Vec<Group>]),
}

/// Selects; the table must be sorted.
pub(super) fn select<'a>(
    tables: &'a Tables,
    table: &'a Table,
    query: &Query,
    window: Window,
    dice: &mut fastrand::Rng,
) -> Selection<'a> {
    if query.nothing {
        return Selection {
            rows: Vec::new(),
            total: window.count.then_some(0),
        };
    }
    let spans = spans(table, query);
    let named = named(tables, table, query);
    if named.is_none() && by_index(&query.order) {
        return from_index(tables, table, &spans, window);
    }
    let mut slots: Vec<u32> = Vec::new();
    if let Some(named) = named {
        slots.extend(named);
    } else {
        for span in &spans {
            slots.extend(matching(tables, table, span).map(|(slot, _)| slot));
        }
    }
    arrange(tables, table, &mut slots, &query.order, dice);
    let rows = slots
        .iter()
        .skip(window.offset)
        .take(window.limit)
        .filter_map(|slot| table.at(*slot))
        .collect();
    Selection {
        rows,
        total: window.count.then_some(slots.len()),
    }
}

/// The rows of a query that names them by `sys_id`, without a walk through the table.
fn named(tables: &Tables, table: &Table, query: &Query) -> Option<Vec<u32>> {
    let [arm] = query.arms.as_slice() else { return None };
    let ids = arm.iter().find_map(|group| match group.as_slice() {
        [only] if only.field == "sys_id" && matches!(only.operator, Operator::Is | Operator::In) => Some(&only.values),
        _ => None,
    })?;
    let groups: Vec<&Group> = arm.iter().collect();
    let mut slots: Vec<u32> = ids.iter().filter_map(|id| table.slot(id)).collect();
    slots.sort_unstable();
    slots.dedup();
    slots.retain(|slot| table.at(*slot).is_some_and(|row| all(tables, table, row, &groups)));
    Some(slots)
}

fn by_index(order: &[Order]) -> bool {
    let mut fields = order.iter();
    let ascending = |next: Option<&Order>, field| next.is_some_and(|order| order.field == field && !order.descending);
    ascending(fields.next(), "sys_updated_on") && ascending(fields.next(), "sys_id")
}

fn from_index<'a>(tables: &'a Tables, table: &'a Table, spans: &[Span<'_>], window: Window) -> Selection<'a> {
    let mut skip = window.offset;
    let mut rows = Vec::new();
    let mut total = 0;
    for span in spans {
        if matches!(span.rest, Rest::Nothing) {
            let slots = table.order().get(span.range.clone()).unwrap_or_default();
            let wanted = window.limit - rows.len();
            rows.extend(slots.iter().skip(skip).take(wanted).filter_map(|slot| table.at(*slot)));
            skip = skip.saturating_sub(slots.len());
            total += slots.len();
            continue;
        }
        for (_, row) in matching(tables, table, span) {
            total += 1;
            if skip > 0 {
                skip -= 1;
            } else if rows.len() < window.limit {
                rows.push(row);
            } else if !window.count {
                break;
            }
        }
    }
    Selection {
        rows,
        total: window.count.then_some(total),
    }
}

fn matching<'t, 's>(
    tables: &'t Tables,
    table: &'t Table,
    span: &'s Span<'s>,
) -> impl Iterator<Item = (u32, &'t Packed)> + use<'t, 's> {
    let slots = table.order().get(span.range.clone()).unwrap_or_default();
    slots
        .iter()
        .filter_map(|slot| Some((*slot, table.at(*slot)?)))
        .filter(|(_, row)| match &span.rest {
            Rest::Nothing => true,
            Rest::Groups(groups) => all(tables, table, row, groups),
            Rest::Arms(arms) => arms
                .iter()
                .any(|arm| all(tables, table, row, &arm.iter().collect::<Vec<_>>())),
        })
}

/// The stretches of the arms, in order; one for all of them where they overlap.
fn spans<'a>(table: &Table, query: &'a Query) -> Vec<Span<'a>> {
    let mut spans: Vec<Span<'a>> = query.arms.iter().map(|arm| span(table, arm)).collect();
    spans.sort_by_key(|span| span.range.start);
    let apart = spans.windows(2).all(|pair| match pair {
        [a, b] => a.range.end <= b.range.start,
        _ => true,
    });
    if apart {
        return spans;
    }
    let start = spans.iter().map(|span| span.range.start).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.range.end).max().unwrap_or(0);
    vec![Span {
        range: start..end,
        rest: Rest::Arms(&query.arms),
    }]
}

fn span<'a>(table: &Table, arm: &'a [Group]) -> Span<'a> {
    let mut range = 0..table.count();
    let mut rest = Vec::new();
    for group in arm {
        let bounds = match group.as_slice() {
            [only] => bounds(table, only),
            _ => None,
        };
        match bounds {
            Some(bounds) => range = range.start.max(bounds.start)..range.end.min(bounds.end),
            None => rest.push(group),
        }
    }
    range.end = range.end.max(range.start);
    Span {
        range,
        rest: if rest.is_empty() {
            Rest::Nothing
        } else {
            Rest::Groups(rest)
        },
    }
}

/// The stretch of the order in which a condition on the stamp holds; `None` for other conditions.
fn bounds(table: &Table, condition: &Condition) -> Option<Range<usize>> {
    if condition.field != "sys_updated_on" {
        return None;
    }
    let value = condition.values.first()?;
    // Rows without a stamp come first in the order and are neither before nor at anything.
    let empty = table.front(str::is_empty);
    let below = |value: &String| table.front(|stamp| stamp.is_empty() || stamp < value.as_str());
    let up_to = |value: &String| table.front(|stamp| stamp.is_empty() || stamp <= value.as_str());
    if value.is_empty() {
        return None;
    }
    match condition.operator {
        Operator::Is if value != "NULL" => Some(below(value)..up_to(value)),
        Operator::Greater => Some(up_to(value)..table.count()),
        Operator::AtLeast => Some(below(value)..table.count()),
        Operator::Less => Some(empty..below(value)),
        Operator::AtMost => Some(empty..up_to(value)),
        Operator::Between | Operator::On => Some(below(value)..up_to(condition.values.get(1)?)),
        Operator::Is
        | Operator::IsNot
        | Operator::Like
        | Operator::NotLike
        | Operator::Starts
        | Operator::Ends
        | Operator::In
        | Operator::NotIn
        | Operator::Empty
        | Operator::NotEmpty
        | Operator::Anything
        | Operator::EmptyString
        | Operator::SameAs
        | Operator::NotSameAs
        | Operator::GreaterField
        | Operator::LessField
        | Operator::AtLeastField
        | Operator::AtMostField => None,
    }
}

fn arrange(tables: &Tables, table: &Table, slots: &mut [u32], order: &[Order], dice: &mut fastrand::Rng) {
    let text = |slot: u32, field: &str| table.at(slot).map_or("", |row| tables.text(table, row, field));
    let by = |a: u32, b: u32| {
        let mut keys = order.iter().map(|order| {
            let way = compare(text(a, &order.field), text(b, &order.field));
            if order.descending { way.reverse() } else { way }
        });
        keys.find(|way| way.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    };
    slots.sort_by(|a, b| by(*a, *b));
    if order.iter().any(|order| order.field == "sys_id") {
        return;
    }
    for tie in slots.chunk_by_mut(|a, b| by(*a, *b).is_eq()) {
        let (head, tail) = tie.split_at_mut(dice.usize(..=STRAY.min(tie.len())));
        dice.shuffle(head);
        for stretch in tail.chunks_mut(STRAY) {
            dice.shuffle(stretch);
        }
    }
}
