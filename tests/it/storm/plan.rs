//! What a seed decides before the storm begins, and what the operator may change between two lives.

use std::time::Duration;

use fastrand::Rng;

use super::sabotage::Sabotage;

/// Whose protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    ServiceNow,
    Dataverse,
}

/// What stands still during a storm.
#[derive(Debug, Clone)]
pub struct Plan {
    pub product: Product,
    /// Records when it begins.
    pub records: u32,
    /// Records of these that share one stamp.
    pub tied: u32,
    /// Something happens at the desk about that often.
    pub pause: Duration,
    /// A request takes up to that long each way.
    pub latency: Duration,
    /// Signs in with tokens rather than with a password.
    pub tokens: bool,
    /// Answers are packed.
    pub packed: bool,
    /// The clocks of the desk's nodes are up to so many seconds apart from the stamps'.
    pub nodes: i64,
    /// Answers bear no `Date`.
    pub no_date: bool,
    /// How likely a request goes wrong, in a hundred, while it storms.
    pub rough: u32,
    /// Whether things happen that no cursor sees.
    pub blind: bool,
    /// Lives of the process before the last.
    pub lives: u32,
    /// What is broken on purpose.
    pub sabotage: Option<Sabotage>,
}

/// What the operator may change while nothing runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub page_size: u32,
    pub requests_per_minute: u32,
    pub max_concurrent: usize,
    pub sync_days: u16,
    /// Only records that are active.
    pub filtered: bool,
    /// Which of two streams of the workspace takes the rows.
    pub destination: usize,
    /// Which of two names the one service desk has.
    pub address: usize,
    /// So many records may be gone at once without a question.
    pub max_deletions: u64,
    /// Pages in flight together, in bytes.
    pub budget: usize,
    /// How long a server may make us wait.
    pub patience: Option<Duration>,
    /// Between two rings of the head.
    pub every: Duration,
}

impl Plan {
    pub fn draw(dice: &mut Rng) -> Self {
        Self {
            product: if dice.u32(0..3) == 0 {
                Product::Dataverse
            } else {
                Product::ServiceNow
            },
            records: dice.u32(5..100),
            tied: if dice.u32(0..4) == 0 { dice.u32(5..60) } else { 0 },
            pause: Duration::from_secs(dice.u64(8..150)),
            latency: Duration::from_millis(dice.u64(1..4000)),
            tokens: dice.bool(),
            packed: dice.u32(0..4) == 0,
            nodes: if dice.bool() { 0 } else { dice.i64(1..=120) },
            no_date: dice.u32(0..12) == 0,
            rough: [0, 3, 10, 25, 50][dice.usize(0..5)],
            blind: dice.u32(0..3) == 0,
            lives: dice.u32(1..6),
            sabotage: None,
        }
    }
}

impl Config {
    pub fn draw(dice: &mut Rng) -> Self {
        Self {
            page_size: dice.u32(2..40),
            requests_per_minute: [6, 20, 60, 300, 6000][dice.usize(0..5)],
            max_concurrent: dice.usize(1..5),
            sync_days: dice.u16(1..4),
            filtered: dice.u32(0..4) == 0,
            destination: 0,
            address: 0,
            max_deletions: if dice.bool() { 1000 } else { dice.u64(0..4) },
            budget: if dice.u32(0..4) == 0 { 4096 } else { 40 * 1024 * 1024 },
            patience: (dice.u32(0..4) == 0).then(|| Duration::from_secs(60)),
            every: Duration::from_secs(dice.u64(30..400)),
        }
    }

    /// What an operator does to a configuration.
    pub fn edit(&mut self, dice: &mut Rng) {
        match dice.u32(0..12) {
            0 | 1 => self.page_size = dice.u32(2..40),
            2 => self.sync_days = dice.u16(1..4),
            3 => self.filtered = !self.filtered,
            4 => self.destination = 1,
            5 => self.address = 1 - self.address,
            6 => self.max_concurrent = dice.usize(1..5),
            7 => self.requests_per_minute = [6, 20, 60, 300, 6000][dice.usize(0..5)],
            _ => {}
        }
    }
}
