//! One seed: a storm from its first request to its last invariant.

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use fastrand::Rng;
use itsmd::store::{Outcome, Store, Sweep};
use itsmd::sync::{Pass, resync};
use tokio_util::sync::CancellationToken;

use super::checks::Broken;
use super::clock;
use super::life::{End, Home, Life, OVERLAP, stream_id};
use super::plan::{Config, Plan};
use super::sabotage::Sabotage;
use super::trace::Trace;
use super::world::World;

/// Rings after which everything must have come through.
const MOST_RINGS: u32 = 60;

/// How a seed ended.
pub struct Told {
    pub trace: Trace,
    pub broken: Option<Broken>,
}

/// Runs one seed; its state lies in `folder` as long as it lasts.
pub fn run(seed: u64, folder: &Path, wanted: bool, sabotage: Option<Sabotage>) -> Told {
    // Jitter comes from the thread's own dice.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        clock::begin();
        let mut dice = Rng::with_seed(seed);
        let plan = Plan {
            sabotage,
            ..Plan::draw(&mut dice)
        };
        let world = World::new(plan, dice.fork(), wanted);
        world.note(|| format!("seed {seed}: {:?}", world.plan));
        let storm = Storm {
            config: Config::draw(&mut dice),
            home: {
                let home = Home::new(folder);
                home.forget();
                home
            },
            dice,
            world: world.clone(),
        };
        let broken = tokio::select! {
            biased;
            () = world.live() => None,
            end = storm.rage() => end.err(),
        };
        let inner = &mut *world.lock();
        if let Some(broken) = &broken {
            inner.trace.note(|| format!("BROKEN {broken}"));
        }
        Told {
            trace: std::mem::take(&mut inner.trace),
            broken,
        }
    })
}

struct Storm {
    world: World,
    config: Config,
    home: Home,
    dice: Rng,
}

impl Storm {
    async fn rage(mut self) -> Result<(), Broken> {
        for _ in 0..self.world.plan.lives {
            self.weather();
            let life = Life::begin(&self.world, &self.config, &self.home);
            let (store, end) = (life.store.clone(), self.end());
            self.world.note(|| format!("it will end: {end:?}"));
            tokio::select! {
                biased;
                () = self.operate(store) => {}
                () = life.until(end) => {}
            }
            self.check_life()?;
            self.between().await;
        }
        self.calm().await
    }

    /// How rough the next life will be.
    fn weather(&mut self) {
        let rough = self.world.plan.rough;
        let dark = (self.dice.u32(0..6) == 0).then(|| TimeDelta::seconds(self.dice.i64(10..2000)));
        // Without a `Date` nothing but our clock tells a row of the future from one of now: then it must be about right.
        let known = if self.world.plan.no_date { 5 } else { 9 };
        let skew = [0, 0, 0, 2, -2, 600, -600, 86_400, -86_400][self.dice.usize(0..known)];
        clock::skew(skew);
        let inner = &mut *self.world.lock();
        inner.rough = if self.dice.u32(0..4) == 0 { 0 } else { rough };
        if let Some(dark) = dark {
            inner.trace.count("outages");
            inner.dark = clock::source() + dark;
        }
        inner.trace.note(|| {
            format!(
                "weather: {} in a hundred, dark {dark:?}, our clock {skew} s",
                inner.rough
            )
        });
    }

    fn end(&mut self) -> End {
        let seconds = Duration::from_millis(self.dice.u64(0..1_800_000));
        match self.dice.u32(0..4) {
            0 => End::Stopped(seconds),
            1 => End::Struck(seconds),
            _ => End::Polled(self.dice.u64(0..1200)),
        }
    }

    /// What an operator does while the process runs; it never ends by itself.
    async fn operate(&self, store: Store) {
        let (asks, after, since) = {
            let dice = &mut self.world.lock().dice;
            (dice.u32(0..8), dice.u64(1..1_200_000), dice.bool())
        };
        if asks < 3 {
            tokio::time::sleep(Duration::from_millis(after)).await;
        }
        match asks {
            1 => self.ask_sweep(&store, Sweep::Nightly),
            2 => self.ask_sweep(&store, Sweep::Whole),
            _ => {}
        }
        if asks == 0 {
            let since = since.then(|| clock::stamp() - TimeDelta::hours(5));
            self.again();
            let asked = store.call_here(|db| match db.stream(&stream_id())? {
                Some(row) => resync(db, &row, since, OVERLAP).map(Some),
                None => Ok(None),
            });
            self.world.count("resyncs");
            self.world
                .note(|| format!("operator: resync since {since:?}: {asked:?}"));
        }
        std::future::pending::<()>().await;
    }

    /// From now on everything may come once more.
    fn again(&self) {
        self.world.lock().journal.again.push(clock::source());
    }

    /// Between two lives: a pause, and perhaps another configuration.
    async fn between(&mut self) {
        let pause = self.dice.u64(0..120_000);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        if self.world.plan.sabotage == Some(Sabotage::LostState) {
            self.home.forget();
        }
        let before = self.config.clone();
        {
            let journal = &mut self.world.lock().journal;
            journal.pruned = journal
                .pruned
                .max(clock::source() - TimeDelta::days(before.sync_days.into()));
        }
        self.config.edit(&mut self.dice);
        let now = &self.config;
        if now.destination != before.destination || now.sync_days > before.sync_days {
            self.again();
        }
        if *now != before {
            self.world.count("configurations changed");
        }
        if now.address != before.address {
            // The remedy: the operator says that it is the same service desk.
            self.again();
            let store = self.home.open();
            let taken = store.call_here(|db| match db.stream(&stream_id())? {
                Some(row) => resync(db, &row, None, OVERLAP).map(Some),
                None => Ok(None),
            });
            self.world
                .note(|| format!("operator: resync after another address: {taken:?}"));
        }
    }

    fn check_life(&self) -> Result<(), Broken> {
        let life = self.world.lock().journal.life;
        self.world.every_request_was_permitted(life, &self.config)?;
        self.world.nothing_goes_back()?;
        self.world.counts_are_the_ledgers(&self.home.open())?;
        self.world.no_position_is_ahead(&self.home.open(), &self.config)
    }

    /// The weather clears, and one life brings everything through; then the promises are looked at.
    async fn calm(mut self) -> Result<(), Broken> {
        {
            let inner = &mut *self.world.lock();
            inner.rough = 0;
            inner.dark = clock::source();
        }
        clock::skew(0);
        self.config.patience = None;
        self.world.note(|| "calm".to_owned());
        let life = Life::begin(&self.world, &self.config, &self.home);
        self.bring_through(&life).await?;
        self.world.all_is_there(&life.store, &self.config, false)?;
        self.reconcile(&life).await?;
        life.ends();
        let store = life.store.clone();
        drop(life);
        self.check_life()?;
        self.world.nothing_comes_twice()?;
        self.world.all_is_there(&store, &self.config, true)?;
        self.world.nobody_is_aside_without_fault(&store)?;
        self.world.what_is_gone_is_marked(&self.config)
    }

    /// `sync --reconcile --accept-deletions`.
    async fn reconcile(&self, life: &Life) -> Result<(), Broken> {
        self.ask_sweep(&life.store, Sweep::WholeAccepted);
        if self.world.plan.sabotage == Some(Sabotage::NoSecondLook) {
            self.world.miss_one(&self.config);
        }
        let cancel = CancellationToken::new();
        let mut last = None;
        for _ in 0..10 {
            last = life.run(Pass::Rest, &cancel).await.error;
            if !life.rest_is_due() {
                return last.map_or(Ok(()), |trouble| Err(format!("a sweep ended, but {trouble:?}")));
            }
            tokio::time::sleep(Duration::from_secs(120)).await;
        }
        Err(format!("a sweep in calm weather does not end: {last:?}"))
    }

    fn ask_sweep(&self, store: &Store, sweep: Sweep) {
        let asked = store.call_here(|db| match db.stream(&stream_id())? {
            Some(row) => db.ask_sweep(row.key, sweep),
            None => Ok(()),
        });
        asked.unwrap();
        self.world.count("sweeps");
        self.world.note(|| format!("operator: {sweep:?}"));
    }

    /// Rings until every slice is through and the head has read whatever the desk did before it became quiet.
    async fn bring_through(&self, life: &Life) -> Result<(), Broken> {
        let cancel = CancellationToken::new();
        let quiet = {
            let inner = &mut *self.world.lock();
            inner.still = true;
            // A row stamped in the future is read when its time has come, if not before.
            let newest = inner.records.values().map(|record| record.stamp).max();
            newest.unwrap_or_default().max(clock::source())
        };
        let mut last = None;
        for _ in 0..MOST_RINGS {
            // Not its end: a head that takes long reads what was there when it began.
            let begun = clock::source();
            let head = life.run(Pass::Head, &cancel).await;
            let rest = match life.rest_is_due() {
                true => Some(life.run(Pass::Rest, &cancel).await),
                false => None,
            };
            let well = head.outcome == Outcome::Complete && !life.rest_is_due();
            if well && begun > quiet + OVERLAP + TimeDelta::minutes(1) {
                return Ok(());
            }
            last = head.error.or(rest.and_then(|report| report.error));
            tokio::time::sleep(Duration::from_secs(200)).await;
        }
        Err(format!(
            "{MOST_RINGS} rings in calm weather did not bring everything through: {last:?}"
        ))
    }
}
