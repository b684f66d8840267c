//! What an instance is made of behind its lock.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use xxhash_rust::xxh3::xxh3_64;

use super::super::Desk;
use super::super::as_row;
use super::super::gate::{Gate, Pace};
use super::super::late::Late;
use super::super::packed::View;
use super::super::query::{InvalidPart, Literals};
use super::super::rate::Rate;
use super::super::registry::Registry;
use super::super::row::Row;
use super::super::table::{Table, Tables};
use crate::sim::clock::Clock;
use crate::sim::fault::Spelling;

/// Tables that every instance has.
const TABLES: [&str; 9] = [
    "incident",
    "change_request",
    "sys_user",
    "sys_user_group",
    "cmdb_ci",
    "sys_audit_delete",
    "sys_attachment",
    "sys_dictionary",
    "sys_properties",
];

/// Fields that every table has, rows or not.
const BASE_FIELDS: [&str; 6] = [
    "sys_id",
    "sys_updated_on",
    "sys_created_on",
    "sys_mod_count",
    "sys_updated_by",
    "sys_created_by",
];

/// A rule of which rows are hidden.
pub type Rule = Box<dyn Fn(View<'_>) -> bool + Send + Sync>;

/// What happens while somebody reads.
pub type Meanwhile = Arc<dyn Fn(&Desk, &str) + Send + Sync>;

pub struct State {
    pub tables: Tables,
    pub registry: Registry,
    pub dice: fastrand::Rng,
    pub zone: Tz,
    pub literals: Literals,
    pub invalid: InvalidPart,
    /// Whether every field is shown whatever `sysparm_fields` says.
    pub all_fields: bool,
    /// A page of more rows than this runs out of time.
    pub too_slow: Option<usize>,
    pub spelling: Spelling,
    pub rate: Rate,
    pub gate: Gate,
    pub pace: Pace,
    pub late: Late,
    /// By how much the nodes' clocks are wrong.
    pub nodes: Vec<TimeDelta>,
    pub clock: Clock,
    pub meanwhile: Option<Meanwhile>,
    pub rules: HashMap<String, Vec<Rule>>,
    pub hidden_fields: HashMap<String, HashSet<String>>,
    pub forbidden: HashSet<String>,
    pub poisoned: HashSet<(String, String)>,
}

impl Default for State {
    fn default() -> Self {
        let tables = TABLES
            .iter()
            .map(|name| ((*name).to_owned(), Table::default()))
            .collect();
        Self {
            tables: Tables(tables),
            registry: Registry::default(),
            dice: fastrand::Rng::with_seed(0x5eed),
            zone: Tz::UTC,
            literals: Literals::Utc,
            invalid: InvalidPart::Ignored,
            all_fields: false,
            too_slow: None,
            spelling: Spelling::BothKeys,
            rate: Rate::default(),
            gate: Gate::default(),
            pace: Pace::default(),
            late: Late::default(),
            nodes: Vec::new(),
            clock: Clock::default(),
            meanwhile: None,
            rules: HashMap::new(),
            hidden_fields: HashMap::new(),
            forbidden: HashSet::new(),
            poisoned: HashSet::new(),
        }
    }
}

impl State {
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The table of that name, made if it is not there.
    pub fn table(&mut self, name: &str) -> &mut Table {
        self.tables.0.entry(name.to_owned()).or_default()
    }

    /// `sys_id` of the user of that name in `sys_user`; empty if there is none.
    pub fn id_of_user(&self, name: &str) -> String {
        let users = self.tables.0.get("sys_user");
        let mut rows = users
            .into_iter()
            .flat_map(|users| users.order().iter().filter_map(|slot| users.at(*slot)));
        let found = rows.find(|row| row.value("user_name") == Some(name));
        found.map(|row| row.id().to_owned()).unwrap_or_default()
    }

    pub fn forbidden(&self, table: &str) -> bool {
        self.forbidden.contains(table)
    }

    pub fn visible(&self, table: &str, row: View<'_>) -> bool {
        self.rules
            .get(table)
            .is_none_or(|rules| !rules.iter().any(|rule| rule(row)))
    }

    pub fn poisoned(&self, table: &str, row: View<'_>) -> bool {
        !self.poisoned.is_empty()
            && self
                .poisoned
                .contains(&(table.to_owned(), row.value("sys_id").to_owned()))
    }

    pub fn hidden_fields(&self, table: &str) -> Option<&HashSet<String>> {
        self.hidden_fields.get(table)
    }

    /// Whether a query may name this field.
    pub fn knows(&self, table: &str, field: &str) -> bool {
        let Some(rows) = self.tables.0.get(table) else {
            return false;
        };
        let first = field.split('.').next().unwrap_or_default();
        let unreadable = self.hidden_fields(table).is_some_and(|hidden| hidden.contains(first));
        if unreadable && self.invalid == InvalidPart::Forbidden {
            return false;
        }
        BASE_FIELDS.contains(&first) || rows.knows(first) || (rows.count() == 0 && as_row::has(table, first))
    }

    /// Puts a version, or keeps it back until its transaction commits.
    pub fn put(&mut self, table: &str, row: &Row) {
        let now = self.now();
        if let Some(row) = self.late.keep(table, row, now) {
            self.table(table).put(row);
        }
    }

    /// Commits the versions whose time has come.
    pub fn settle(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let now = self.now();
        for (table, row) in self.late.due(now) {
            self.table(&table).put(&row);
        }
    }

    /// By how much the clock of a session's node is wrong.
    pub fn wrong_by(&self, route: &str) -> TimeDelta {
        let nodes = self.nodes.len().max(1) as u64;
        let node = usize::try_from(xxh3_64(route.as_bytes()) % nodes).unwrap_or(0);
        self.nodes.get(node).copied().unwrap_or_default()
    }
}
