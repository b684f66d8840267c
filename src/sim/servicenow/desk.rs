//! The state of an instance: tables, access rules, users, clock. Tests and the demo hold a [`Desk`] and
//! change it while clients read; there is no snapshot, as there is none on the real thing.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::as_row;
use super::oauth::{Client, Registry};
use super::packed::{Packed, View};
use super::query::{InvalidPart, Literals};
use super::row::Row;
use super::table::{Table, Tables};
use crate::sim::clock::Clock;
use crate::sim::item::Item;

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

type Rule = Box<dyn Fn(View<'_>) -> bool + Send + Sync>;

/// An instance's state; its copies share it.
#[derive(Clone)]
pub struct Desk(Arc<Mutex<State>>);

pub(super) struct State {
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
    /// Requests a user may make in an hour.
    pub hourly: Option<u64>,
    pub asked: HashMap<String, (i64, u64)>,
    clock: Clock,
    rules: HashMap<String, Vec<Rule>>,
    hidden_fields: HashMap<String, HashSet<String>>,
    forbidden: HashSet<String>,
    poisoned: HashSet<(String, String)>,
}

/// What a rate rule makes of a request.
#[derive(Debug, Default)]
pub(super) struct Charge {
    pub headers: Vec<(&'static str, String)>,
    /// Seconds until the next window, if the request is one too many.
    pub wait: Option<i64>,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        let counts: HashMap<_, _> = state
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
        let tables = TABLES
            .iter()
            .map(|name| ((*name).to_owned(), Table::default()))
            .collect();
        Self(Arc::new(Mutex::new(State {
            tables: Tables(tables),
            registry: Registry::default(),
            dice: fastrand::Rng::with_seed(0x5eed),
            zone: Tz::UTC,
            literals: Literals::Utc,
            invalid: InvalidPart::Ignored,
            all_fields: false,
            too_slow: None,
            hourly: None,
            asked: HashMap::new(),
            clock: Clock::default(),
            rules: HashMap::new(),
            hidden_fields: HashMap::new(),
            forbidden: HashSet::new(),
            poisoned: HashSet::new(),
        })))
    }

    // ---- rows

    /// Inserts a row, or replaces the one of its `sys_id`. Stamps are the row's own: an old stamp is a
    /// back-dated import or a late commit, an unchanged one an update with `autoSysFields(false)`.
    pub fn put(&self, table: &str, row: &Row) {
        self.lock().table(table).put(row);
    }

    /// Many rows under one lock.
    pub fn put_all<'a>(&self, table: &str, rows: impl IntoIterator<Item = &'a Row>) {
        let mut state = self.lock();
        let table = state.table(table);
        rows.into_iter().for_each(|row| table.put(row));
    }

    /// Inserts or replaces a work item, spelled as the incident and change request tables spell it.
    pub fn put_item(&self, item: &Item) {
        self.put(item.kind.as_str(), &as_row::row(item));
    }

    /// Many work items under one lock.
    pub fn put_items<'a>(&self, items: impl IntoIterator<Item = &'a Item>) {
        let mut state = self.lock();
        for item in items {
            state.table(item.kind.as_str()).put(&as_row::row(item));
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

    /// Takes a row away without a trace: table cleaner, archive, lost domain. `None` if there was none.
    pub fn archive(&self, table: &str, sys_id: &str) -> Option<Row> {
        self.lock().tables.0.get_mut(table)?.delete(sys_id)
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

    // ---- access

    /// Hides the rows of which `rule` holds, after the limit has been applied.
    pub fn hide(&self, table: &str, rule: impl Fn(View<'_>) -> bool + Send + Sync + 'static) {
        self.lock()
            .rules
            .entry(table.to_owned())
            .or_default()
            .push(Box::new(rule));
    }

    /// Hides every row; they are still counted.
    pub fn hide_all(&self, table: &str) {
        self.hide(table, |_| true);
    }

    /// Makes a field absent from all rows.
    pub fn hide_field(&self, table: &str, field: &str) {
        self.lock()
            .hidden_fields
            .entry(table.to_owned())
            .or_default()
            .insert(field.to_owned());
    }

    /// 403 for every request of a table.
    pub fn forbid(&self, table: &str) {
        self.lock().forbidden.insert(table.to_owned());
    }

    /// Lifts every access rule of a table.
    pub fn show(&self, table: &str) {
        let mut state = self.lock();
        state.rules.remove(table);
        state.hidden_fields.remove(table);
        state.forbidden.remove(table);
    }

    /// Removes a table: 400 from now on.
    pub fn drop_table(&self, table: &str) {
        self.lock().tables.0.remove(table);
    }

    /// A user with a password, for basic authentication and the password grant.
    pub fn user(&self, name: &str, password: &str) {
        self.lock().registry.users.insert(name.to_owned(), password.to_owned());
    }

    /// An entry of the application registry; with a `user` it may use `client_credentials`.
    pub fn client(&self, id: &str, secret: &str, user: Option<&str>) {
        let client = Client {
            secret: secret.to_owned(),
            user: user.map(str::to_owned),
        };
        self.lock().registry.clients.insert(id.to_owned(), client);
    }

    /// Life of access tokens issued from now on; 1800 s at first.
    pub fn token_life(&self, life: Duration) {
        self.lock().registry.life = life;
    }

    /// Ends all access tokens, and the refresh tokens too if so wished.
    pub fn revoke_tokens(&self, refresh_tokens: bool) {
        self.lock().registry.revoke(refresh_tokens);
    }

    // ---- manners

    /// The clock of the `Date` header, of tokens and of `gs.*` expressions.
    pub fn set_clock(&self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) {
        self.lock().clock = Clock::new(clock);
    }

    /// The time by the instance's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.lock().now()
    }

    /// The user's time zone: displays are in it, and date-times in queries where `literals` says so.
    pub fn set_zone(&self, zone: Tz, literals: Literals) {
        let mut state = self.lock();
        state.zone = zone;
        state.literals = literals;
    }

    /// What happens to a query of which a part is invalid.
    pub fn set_invalid_part(&self, invalid: InvalidPart) {
        self.lock().invalid = invalid;
    }

    /// Seed of the disorder inside ties.
    pub fn set_seed(&self, seed: u64) {
        self.lock().dice = fastrand::Rng::with_seed(seed);
    }

    /// Pages of more rows than this run out of time and end in a cancelled transaction.
    pub fn set_too_slow(&self, rows: Option<usize>) {
        self.lock().too_slow = rows;
    }

    /// A row that cannot be read except by at most three fields: its page ends in a cancelled transaction.
    pub fn poison(&self, table: &str, sys_id: &str) {
        self.lock().poisoned.insert((table.to_owned(), sys_id.to_owned()));
    }

    /// The row can be read again.
    pub fn heal(&self, table: &str, sys_id: &str) {
        self.lock().poisoned.remove(&(table.to_owned(), sys_id.to_owned()));
    }

    /// A rate rule: requests a user may make in a clock hour.
    pub fn set_hourly_limit(&self, requests: Option<u64>) {
        let mut state = self.lock();
        state.hourly = requests;
        // Changing a rule zeroes its counts.
        state.asked.clear();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The table of that name, made if it is not there.
    fn table(&mut self, name: &str) -> &mut Table {
        self.tables.0.entry(name.to_owned()).or_default()
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

    /// Counts a request of a user; the headers of the rate rule, and whether it goes beyond it.
    pub fn charge(&mut self, user: &str) -> Option<Charge> {
        let limit = self.hourly?;
        let now = self.now().timestamp();
        let hour = now.div_euclid(3600);
        let count = self.asked.entry(user.to_owned()).or_default();
        *count = if count.0 == hour {
            (hour, count.1 + 1)
        } else {
            (hour, 1)
        };
        let reset = (hour + 1) * 3600;
        let headers = vec![
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-reset", reset.to_string()),
            ("x-ratelimit-rule", "9c1f0a3ddb1a2300f2f3a7a0b2961984".to_owned()),
        ];
        Some(Charge {
            headers,
            wait: (count.1 > limit).then_some(reset - now),
        })
    }
}
