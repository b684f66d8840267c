//! The state of an instance: tables, access rules, users, clock. Tests and the demo hold a [`Desk`] and
//! change it while clients read; there is no snapshot, as there is none on the real thing.

mod access;
mod manners;
mod sign_in;
mod state;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::as_row;
use super::packed::Packed;
use super::row::Row;
use super::table::Table;
use crate::sim::item::Item;
pub(super) use state::State;

/// An instance's state; its copies share it.
#[derive(Clone)]
pub struct Desk(Arc<Mutex<State>>);

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        let counts: BTreeMap<_, _> = state
            .tables
            .0
            .iter()
            .map(|(name, table)| (name, table.count()))
            .collect();
        f.debug_struct("Desk").field("rows", &counts).finish_non_exhaustive()
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}

impl Desk {
    /// An instance with empty tables, no access rules, UTC, the machine's clock, and open to everybody
    /// until a [`Self::user`] or [`Self::client`] is added.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State::default())))
    }

    /// Inserts a row, or replaces the one of its `sys_id`. Stamps are the row's own: an old stamp is a
    /// back-dated import or a late commit, an unchanged one an update with `autoSysFields(false)`.
    pub fn put(&self, table: &str, row: &Row) {
        self.lock().put(table, row);
    }

    /// Many rows under one lock.
    pub fn put_all<'a>(&self, table: &str, rows: impl IntoIterator<Item = &'a Row>) {
        let mut state = self.lock();
        rows.into_iter().for_each(|row| state.put(table, row));
    }

    /// Inserts or replaces a work item, spelled as the incident and change request tables spell it.
    pub fn put_item(&self, item: &Item) {
        self.put(item.kind.as_str(), &as_row::row(item));
    }

    /// Many work items under one lock.
    pub fn put_items<'a>(&self, items: impl IntoIterator<Item = &'a Item>) {
        let mut state = self.lock();
        for item in items {
            state.put(item.kind.as_str(), &as_row::row(item));
        }
    }

    /// Deletes a row and writes it down in `sys_audit_delete`; `None` if there was none.
    pub fn delete(&self, table: &str, sys_id: &str) -> Option<Row> {
        let mut state = self.lock();
        let row = state.tables.0.get_mut(table)?.delete(sys_id)?;
        let id: String = std::iter::repeat_with(|| state.dice.digit(16)).take(32).collect();
        let now = state.now();
        let audit = Row::stamped(id, now)
            .with("tablename", table.to_owned())
            .with("documentkey", sys_id.to_owned())
            .with("display_value", row.value("number").to_owned())
            .time("sys_created_on", Some(now));
        state.table("sys_audit_delete").put(&audit);
        Some(row)
    }

    /// Takes a row away without a trace, as a table cleaner does. `None` if there was none.
    pub fn clean(&self, table: &str, sys_id: &str) -> Option<Row> {
        self.lock().tables.0.get_mut(table)?.delete(sys_id)
    }

    /// Moves a row to `ar_{table}`, as an archive rule does. `None` if there was none.
    pub fn archive(&self, table: &str, sys_id: &str) -> Option<Row> {
        let mut state = self.lock();
        let row = state.tables.0.get_mut(table)?.delete(sys_id)?;
        state.table(&format!("ar_{table}")).put(&row);
        Some(row)
    }

    /// A row.
    pub fn get(&self, table: &str, sys_id: &str) -> Option<Row> {
        self.lock().tables.0.get(table)?.get(sys_id).map(Packed::unpack)
    }

    /// Rows of a table, before access rules; 0 for a table that is not there.
    pub fn count(&self, table: &str) -> usize {
        self.lock().tables.0.get(table).map_or(0, Table::count)
    }

    /// All rows of a table by (`sys_updated_on`, `sys_id`), before access rules.
    pub fn rows(&self, table: &str) -> Vec<Row> {
        let mut state = self.lock();
        let table = state.table(table);
        table.sort();
        table
            .order()
            .iter()
            .filter_map(|slot| Some(table.at(*slot)?.unpack()))
            .collect()
    }

    /// Rows with fifty more columns, so that one with all displays has 86 fields and weighs about 7.9 kB.
    pub fn wide(&self, on: bool) {
        let mut state = self.lock();
        state.table("incident").wide = on;
        state.table("change_request").wide = on;
    }

    /// Rows with every field whatever `sysparm_fields` asks for: a proxy or a scripted API that does not know it,
    /// and the heaviest rows a client can be given.
    pub fn all_fields(&self, on: bool) {
        self.lock().all_fields = on;
    }

    /// Versions that are written and cannot be read yet.
    pub fn uncommitted(&self) -> usize {
        self.lock().late.count()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.settle();
        state
    }
}
