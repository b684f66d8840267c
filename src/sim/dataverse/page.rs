//! One page: the rows behind the last one shown, in order, chosen from what the table holds *now*.

use std::cmp::Ordering;

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::cell::{Cell, sql_order};
use super::query::Query;
use super::table::{Row, Table};

/// Where a page ended: the values ordered by, and the row's id.
#[derive(Debug, Clone)]
pub(super) struct Place {
    values: Vec<Cell>,
    tie: [u8; 16],
}

/// The rows of a page, and where it ended if more follow.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub rows: Vec<&'a Row>,
    pub next: Option<Place>,
}

/// Cuts page `number` (from 1) of `size` rows behind `after`.
pub(super) fn cut<'a>(table: &'a Table, query: &Query, after: Option<&Place>, size: usize, number: u64) -> Page<'a> {
    // Without a unique column ties fall differently on every page, as a database may have it.
    let unique = query.order.is_empty()
        || query
            .order
            .iter()
            .any(|(column, _)| *column == table.definition.primary_id);
    let tie = |id: Uuid| if unique { sql_order(id) } else { shuffled(id, number) };
    let met = table
        .visible()
        .filter(|(_, row)| query.filter.as_ref().is_none_or(|filter| filter.meets(row)));
    let placed = met.map(|(id, row)| {
        (
            Place {
                values: values(row, query),
                tie: tie(id),
            },
            row,
        )
    });
    let behind = |place: &Place| after.is_none_or(|after| place.order(after, query).is_gt());
    let mut rows: Vec<_> = placed.filter(|(place, _)| behind(place)).collect();
    let more = rows.len() > size;
    if more && size > 0 {
        // Only the page is put in order: tables may be much longer than it.
        rows.select_nth_unstable_by(size - 1, |(a, _), (b, _)| a.order(b, query));
    }
    rows.truncate(size);
    rows.sort_unstable_by(|(a, _), (b, _)| a.order(b, query));
    let next = if more {
        rows.last().map(|(place, _)| place.clone())
    } else {
        None
    };
    Page {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        next,
    }
}

impl Place {
    fn order(&self, other: &Self, query: &Query) -> Ordering {
        for ((a, b), (_, descends)) in self.values.iter().zip(&other.values).zip(&query.order) {
            let order = if *descends { b.order(a) } else { a.order(b) };
            if order.is_ne() {
                return order;
            }
        }
        self.tie.cmp(&other.tie)
    }

    /// The inner cookie's text for the last values, as they appear in a link.
    pub(super) fn cookie(&self, query: &Query) -> String {
        let columns = query.order.iter().zip(&self.values);
        columns
            .map(|((column, _), value)| format!("<{column} last=\"{}\" first=\"\" />", plain(value)))
            .collect()
    }
}

fn plain(value: &Cell) -> String {
    match value.json() {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn values(row: &Row, query: &Query) -> Vec<Cell> {
    query
        .order
        .iter()
        .map(|(column, _)| row.get(column).cloned().unwrap_or(Cell::Null))
        .collect()
}

fn shuffled(id: Uuid, number: u64) -> [u8; 16] {
    let mixed = xxh3_64_with_seed(id.as_bytes(), number);
    (u128::from(mixed) << 64 | (id.as_u128() >> 64)).to_be_bytes()
}
