//! Tables: rows by id, and in the order of (`sys_updated_on`, `sys_id`), sorted when next asked for.

use std::collections::HashMap;
use std::sync::Arc;

use super::filler;
use super::packed::{Layout, Packed};
use super::row::Row;

/// One table.
#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Vec<Option<Packed>>,
    free: Vec<u32>,
    by_id: HashMap<Box<str>, u32>,
    order: Vec<u32>,
    unsorted: bool,
    layouts: Vec<Arc<Layout>>,
    pub wide: bool,
}

impl Table {
    pub fn put(&mut self, row: &Row) {
        let packed = Packed::new(row, self.layout(row));
        self.unsorted = true;
        if let Some(slot) = self.by_id.get(packed.id()).copied() {
            self.fill(slot, packed);
            return;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        self.by_id.insert(packed.id().into(), slot);
        self.order.push(slot);
        self.fill(slot, packed);
    }

    pub fn delete(&mut self, id: &str) -> Option<Row> {
        let slot = self.by_id.remove(id)?;
        // The order drops it, and the slot is free again, when it is next sorted.
        self.unsorted = true;
        self.slots.get_mut(slot as usize)?.take().map(|packed| packed.unpack())
    }

    pub fn get(&self, id: &str) -> Option<&Packed> {
        self.at(*self.by_id.get(id)?)
    }

    pub fn slot(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    pub fn at(&self, slot: u32) -> Option<&Packed> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub fn count(&self) -> usize {
        self.by_id.len()
    }

    /// Slots in the order of stamp and id; call [`Self::sort`] first.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    pub fn sort(&mut self) {
        if !self.unsorted {
            return;
        }
        let (slots, free) = (&self.slots, &mut self.free);
        self.order.retain(|slot| {
            let there = slots.get(*slot as usize).is_some_and(Option::is_some);
            if !there {
                free.push(*slot);
            }
            there
        });
        let key = |slot: &u32| {
            let row = slots.get(*slot as usize).and_then(Option::as_ref);
            row.map(|row| (row.stamp(), row.id())).unwrap_or_default()
        };
        self.order.sort_by(|a, b| key(a).cmp(&key(b)));
        self.unsorted = false;
    }

    /// How many rows at the front of the order bear a stamp of which `before` holds.
    pub fn front(&self, before: impl Fn(&str) -> bool) -> usize {
        self.order
            .partition_point(|slot| self.at(*slot).is_some_and(|row| before(row.stamp())))
    }

    /// Whether any row has a field of this name.
    pub fn knows(&self, field: &str) -> bool {
        self.layouts
            .iter()
            .any(|layout| layout.fields.iter().any(|(name, _)| *name == field))
            || (self.wide && filler::value(field).is_some())
    }

    fn fill(&mut self, slot: u32, packed: Packed) {
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(packed);
        }
    }

    fn layout(&mut self, row: &Row) -> Arc<Layout> {
        let layout = Layout::of(row);
        if let Some(known) = self.layouts.iter().find(|known| ***known == layout) {
            return Arc::clone(known);
        }
        let layout = Arc::new(layout);
        self.layouts.push(Arc::clone(&layout));
        layout
    }
}

/// All tables, by name.
#[derive(Debug, Default)]
pub(super) struct Tables(pub HashMap<String, Table>);

impl Tables {
    /// A field's value, following references; empty where a path ends.
    pub fn text<'a>(&'a self, table: &'a Table, row: &'a Packed, path: &str) -> &'a str {
        self.find(table, row, path).unwrap_or_default()
    }

    /// A field's value, following references; `None` where a path ends.
    pub fn find<'a>(&'a self, table: &'a Table, row: &'a Packed, path: &str) -> Option<&'a str> {
        let Some((field, rest)) = path.split_once('.') else {
            return row
                .value(path)
                .or_else(|| if table.wide { filler::value(path) } else { None });
        };
        let place = row.place(field)?;
        let (_, Some(target)) = *row.layout.fields.get(place)? else {
            return None;
        };
        let (id, shown) = row.at(place);
        if rest == "sys_id" {
            return Some(id);
        }
        if let Some(target) = self.0.get(target)
            && let Some(row) = target.get(id)
        {
            return self.find(target, row, rest);
        }
        match (rest, shown) {
            ("name" | "number", super::packed::Shown::Text(name)) => Some(name),
            _ => None,
        }
    }
}
