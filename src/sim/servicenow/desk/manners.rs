//! How an instance behaves: its clock and zone, its patience, its limits.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::super::gate::{Pace, Pool};
use super::super::late::Lateness;
use super::super::query::{InvalidPart, Literals};
use super::super::rate::Rate;
use super::Desk;
use crate::sim::clock::Clock;
use crate::sim::fault::Spelling;

impl Desk {
    /// The clock of the `Date` header, of tokens and of `gs.*` expressions.
    pub fn set_clock(&self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) {
        self.lock().clock = Clock::new(clock);
    }

    /// What happens on the desk while somebody reads it: after every list of a table's rows, with the table's name,
    /// before that list arrives.
    pub fn set_meanwhile(&self, happens: impl Fn(&Desk, &str) + Send + Sync + 'static) {
        self.lock().meanwhile = Some(Arc::new(happens));
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

    /// A row that cannot be read except by at most four fields: its page ends in a cancelled transaction.
    pub fn poison(&self, table: &str, sys_id: &str) {
        self.lock().poisoned.insert((table.to_owned(), sys_id.to_owned()));
    }

    /// The row can be read again.
    pub fn heal(&self, table: &str, sys_id: &str) {
        self.lock().poisoned.remove(&(table.to_owned(), sys_id.to_owned()));
    }

    /// How transactions that ran out of time are spelled.
    pub fn set_spelling(&self, spelling: Spelling) {
        self.lock().spelling = spelling;
    }

    /// A rate rule: requests a user may make in a clock hour. A changed rule counts from 0.
    pub fn set_hourly_limit(&self, requests: Option<u64>) {
        let mut state = self.lock();
        let lag = state.rate.lag;
        state.rate = Rate::new(requests, lag);
    }

    /// How long a node keeps its count of requests to itself before the rate rule hears of it.
    pub fn set_rate_lag(&self, lag: TimeDelta) {
        self.lock().rate.lag = lag;
    }

    /// How many transactions are worked on at once, and how many may wait for that; `None` for no end of both.
    pub fn set_pool(&self, pool: Option<Pool>) {
        self.lock().gate.set_pool(pool);
    }

    /// How many requests of one session may wait for their turn; one more gets 202 and is not executed.
    pub fn set_session_queue(&self, requests: usize) {
        self.lock().gate.session_queue = requests;
    }

    /// How long a request takes; no time at all at first.
    pub fn set_pace(&self, pace: Pace) {
        self.lock().pace = pace;
    }

    /// How long after its stamp a version can be read: the transaction that wrote it takes so long to commit.
    pub fn set_lateness(&self, lateness: Lateness) {
        self.lock().late.lateness = lateness;
    }

    /// One node for each of these, its clock (in `Date`) wrong by so much; a session stays on its node.
    pub fn set_nodes(&self, wrong_by: &[TimeDelta]) {
        self.lock().nodes = wrong_by.to_vec();
    }
}
