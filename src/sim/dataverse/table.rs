//! A table: its columns and the rows it holds now.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::cell::Cell;
use super::refusal::Refusal;

/// A row by the names its columns have on the wire (`_ownerid_value` for a reference).
pub type Row = BTreeMap<String, Cell>;

/// A table as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// `incidents`
    pub set: String,
    /// `incident`
    pub logical_name: String,
    /// `incidentid`
    pub primary_id: String,
    /// `title`
    pub primary_name: String,
    /// Every column's wire name and metadata type (`String`, `BigInt`, `Double`, `Boolean`, `DateTime`,
    /// `Uniqueidentifier`, `Picklist`, `Lookup`).
    pub columns: BTreeMap<String, &'static str>,
}

/// A declared table and its rows.
#[derive(Debug)]
pub(super) struct Table {
    pub definition: Definition,
    pub rows: BTreeMap<Uuid, Row>,
    pub hidden: BTreeSet<Uuid>,
    /// Columns taken away: a row that still brings one does not declare it again.
    pub dropped: BTreeSet<String>,
}

impl Definition {
    /// A table with the columns every table has; the logical name is the set's without its last letter.
    pub fn new(set: &str, primary_name: &str) -> Self {
        let logical_name = set.strip_suffix('s').unwrap_or(set).to_owned();
        let primary_id = format!("{logical_name}id");
        let own = [(primary_id.as_str(), "Uniqueidentifier"), (primary_name, "String")];
        let common = [
            ("createdon", "DateTime"),
            ("modifiedon", "DateTime"),
            ("versionnumber", "BigInt"),
            ("statecode", "Picklist"),
            ("statuscode", "Picklist"),
            ("_ownerid_value", "Lookup"),
            ("_createdby_value", "Lookup"),
            ("_modifiedby_value", "Lookup"),
        ];
        let columns = own
            .into_iter()
            .chain(common)
            .map(|(name, kind)| (name.to_owned(), kind))
            .collect();
        Self {
            set: set.to_owned(),
            primary_name: primary_name.to_owned(),
            primary_id,
            logical_name,
            columns,
        }
    }

    /// With further columns.
    #[must_use]
    pub fn with(mut self, kind: &'static str, names: &[&str]) -> Self {
        self.columns.extend(names.iter().map(|name| ((*name).to_owned(), kind)));
        self
    }
}

impl Table {
    pub(super) fn new(definition: Definition) -> Self {
        Self {
            definition,
            rows: BTreeMap::new(),
            hidden: BTreeSet::new(),
            dropped: BTreeSet::new(),
        }
    }

    pub(super) fn attribute_type(&self, column: &str) -> &'static str {
        self.definition.columns.get(column).copied().unwrap_or_default()
    }

    pub(super) fn check_column(&self, column: &str) -> Result<(), Refusal> {
        if self.definition.columns.contains_key(column) {
            return Ok(());
        }
        let name = &self.definition.logical_name;
        let message = format!("Could not find a property named '{column}' on type 'Microsoft.Dynamics.CRM.{name}'.");
        Err(Refusal::bad("0x80060888", &message))
    }

    /// Puts a row in place of the one with its id; unknown columns are declared by the first value they get.
    pub(super) fn put(&mut self, id: Uuid, row: Row) {
        for (name, cell) in &row {
            if let Some(kind) = cell.attribute_type()
                && !self.dropped.contains(name)
            {
                self.definition.columns.entry(name.clone()).or_insert(kind);
            }
        }
        self.rows.insert(id, row);
    }

    /// The rows the caller may see.
    pub(super) fn visible(&self) -> impl Iterator<Item = (Uuid, &Row)> {
        self.rows
            .iter()
            .filter(|(id, _)| !self.hidden.contains(id))
            .map(|(id, row)| (*id, row))
    }
}
