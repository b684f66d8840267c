//! Many seeds, on two threads, and what became of them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::sabotage::Sabotage;
use super::seed::{self, Told};

const THREADS: u64 = 2;

/// No more of these are told.
const MOST_FAILURES: usize = 20;

/// What became of many seeds.
#[derive(Debug, Default)]
pub struct Tally {
    seeds: u64,
    elapsed: Duration,
    counts: BTreeMap<&'static str, u64>,
    broken: Vec<(u64, String)>,
}

/// Where a state file's every write costs nothing.
fn folder() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}

/// One seed, with its lines if they are wanted.
pub fn one(seed: u64, wanted: bool) -> Told {
    seed::run(seed, folder().path(), wanted, None)
}

/// The first promise that storms break where the process is broken on purpose, and after how many seeds.
pub fn sabotaged(sabotage: Sabotage, most: u64) -> Option<(u64, String)> {
    let folder = folder();
    (1..=most).find_map(|seed| Some((seed, seed::run(seed, folder.path(), false, Some(sabotage)).broken?)))
}

/// All seeds of a range.
pub fn run(seeds: RangeInclusive<u64>) -> Tally {
    let begun = Instant::now();
    let next = AtomicU64::new(*seeds.start());
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let folder = folder();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > *seeds.end() {
                        return;
                    }
                    let told = std::panic::catch_unwind(|| seed::run(seed, folder.path(), false, None));
                    tally.lock().unwrap().add(seed, told.ok());
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap();
    tally.elapsed = begun.elapsed();
    tally.broken.sort();
    tally
}

impl Tally {
    fn add(&mut self, seed: u64, told: Option<Told>) {
        self.seeds += 1;
        let Some(told) = told else {
            self.broken.push((seed, "a panic".to_owned()));
            return;
        };
        for (what, count) in told.trace.counts {
            *self.counts.entry(what).or_default() += count;
        }
        if let Some(broken) = told.broken {
            self.broken.push((seed, broken));
        }
    }

    pub fn assert_well(&self) {
        let told: Vec<String> = self
            .broken
            .iter()
            .take(MOST_FAILURES)
            .map(|(seed, broken)| {
                format!("seed {seed}: {broken}\n  ITSMD_STORM_SEED={seed} cargo test --test it storm::one_seed -- --nocapture")
            })
            .collect();
        assert!(
            told.is_empty(),
            "{} of {} storms broke a promise\n{}",
            self.broken.len(),
            self.seeds,
            told.join("\n")
        );
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        let rate = self.seeds as f64 / seconds.max(0.001);
        writeln!(f, "{} seeds in {seconds:.1} s, {rate:.1} a second", self.seeds)?;
        self.counts
            .iter()
            .try_for_each(|(what, count)| writeln!(f, "{count:>10} {what}"))
    }
}
