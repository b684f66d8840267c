//! At most so many requests at once and so many in any minute; the head goes first.
//!
//! The promise: in any 60 seconds at most `requests_per_minute` permits are granted, the burst included; at
//! most `max_concurrent` are out at once; a waiting head takes the next permit before anything of the rest;
//! inside a lane it is first come, first served; nothing is granted while the server wants a pause.

mod clock;
mod queue;
mod waits;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use self::clock::TokioClock;
use self::queue::{Queue, Ticket};
use self::waits::Clockwork;
pub use self::waits::{Waited, Waits};
use super::{codes, retry};
use crate::model::Trouble;

/// How long a full queue at the server keeps us to one request at a time.
const ALONE: Duration = Duration::from_secs(300);

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A stream's head: takes the next permit.
    Head,
    /// Slices, reconciliation, and whatever may wait.
    Rest,
}

/// A pause of the whole connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// When it ends.
    pub until: Instant,
    /// Why, in words.
    pub why: String,
    /// Whether the server asked for it; else it is our own backoff.
    pub asked: bool,
}

impl Waiting {
    /// How long it still takes.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// Bounds one connection; cheap to clone.
#[derive(Clone)]
pub struct Limiter {
    shared: Arc<Shared>,
}

struct Shared {
    pace: Option<RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Nanos>>>,
    max_concurrent: usize,
    burst: NonZeroU32,
    patience: Option<Duration>,
    state: Mutex<State>,
    changed: Notify,
    /// The last pause that the server asked for, for whoever keeps it over a restart.
    asked: watch::Sender<Option<Waiting>>,
}

#[derive(Default)]
struct State {
    queue: Queue,
    out: usize,
    pause: Option<Waiting>,
    alone_until: Option<Instant>,
    closed: bool,
    waits: Clockwork,
}

/// What keeps a request from going.
enum Obstacle {
    /// Somebody else's turn, or too many out: something has to change first.
    Others,
    /// A pause, or a full queue at the server: until then, or until something changes.
    Until(Instant),
    /// Our own rate: until then, or until something changes.
    Pace(Instant),
    /// A pause longer than the patience, or the end.
    TooLong(Trouble),
}

/// The right to send one request; giving it back is dropping it.
#[derive(Debug)]
#[must_use = "dropping a permit gives it back"]
pub struct Permit {
    limiter: Limiter,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limiter.state().out -= 1;
        self.limiter.shared.changed.notify_waiters();
    }
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        f.debug_struct("Limiter")
            .field("out", &state.out)
            .field("pause", &state.pause)
            .finish_non_exhaustive()
    }
}

impl Limiter {
    /// No rate limit if `requests_per_minute` is `None`; zero counts as one. With `patience`, a pause that is
    /// longer fails at once; without, it is waited for.
    pub fn new(requests_per_minute: Option<u32>, max_concurrent: usize, patience: Option<Duration>) -> Self {
        let shared = Shared {
            pace: requests_per_minute
                .and_then(quota)
                .map(|quota| RateLimiter::direct_with_clock(quota, TokioClock::new())),
            max_concurrent: max_concurrent.max(1),
            burst: requests_per_minute.map_or(NonZeroU32::MIN, burst),
            patience,
            state: Mutex::default(),
            changed: Notify::new(),
            asked: watch::Sender::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Waits for the right to send one request. Fails only if the server asked for a pause longer than the patience, or
    /// after [`Self::close`].
    pub async fn permit(&self, lane: Lane) -> Result<Permit, Trouble> {
        let place = Place {
            ticket: self.state().queue.join(lane),
            limiter: self,
        };
        let mut held = false;
        loop {
            // Made before looking, so that a change in between is not missed.
            let changed = self.shared.changed.notified();
            match self.take(place.ticket) {
                Ok(permit) => return Ok(permit),
                Err(Obstacle::TooLong(trouble)) => return Err(trouble),
                Err(Obstacle::Others) => changed.await,
                Err(Obstacle::Until(instant)) => {
                    tokio::select! {
                        () = changed => {}
                        () = tokio::time::sleep_until(instant) => {}
                    }
                }
                Err(Obstacle::Pace(instant)) => {
                    let begun = Instant::now();
                    tokio::select! {
                        () = changed => {}
                        () = tokio::time::sleep_until(instant) => {}
                    }
                    self.held_back(&mut held, begun.elapsed());
                }
            }
        }
    }

    fn held_back(&self, before: &mut bool, span: Duration) {
        let waits = &mut self.state().waits;
        if !std::mem::replace(before, true) {
            waits.held_back();
        }
        waits.held(span);
    }

    /// How often and how long it waited, and for what.
    pub fn waits(&self) -> Waits {
        self.state().waits.waits(Instant::now())
    }

    fn take(&self, ticket: Ticket) -> Result<Permit, Obstacle> {
        let mut state = self.state();
        let now = Instant::now();
        if state.closed {
            return Err(Obstacle::TooLong(
                codes::THROTTLED.retry("stopped while waiting for a server"),
            ));
        }
        if let Some(pause) = state.pause.as_ref().filter(|pause| pause.until > now) {
            return Err(self
                .impatience(pause)
                .map_or(Obstacle::Until(pause.until), Obstacle::TooLong));
        }
        if !state.queue.is_first(ticket) {
            return Err(Obstacle::Others);
        }
        if let Some(alone_until) = state.alone_until.filter(|until| *until > now && state.out > 0) {
            return Err(Obstacle::Until(alone_until));
        }
        if state.out >= self.shared.max_concurrent {
            return Err(Obstacle::Others);
        }
        // Last, because it takes a cell: nothing may stop the request behind it.
        if let Some(pace) = &self.shared.pace
            && let Err(not_yet) = pace.check()
        {
            let wait = not_yet.wait_time_from(pace.clock().now());
            // A cell at the very instant still needs a step forward, or paused clocks stand still.
            return Err(Obstacle::Pace(now + wait.max(Duration::from_millis(1))));
        }
        state.queue.leave(ticket);
        state.out += 1;
        drop(state);
        // Whoever is first now may go too.
        self.shared.changed.notify_waiters();
        Ok(Permit { limiter: self.clone() })
    }

    /// Grants nothing until then, by our own choice; a longer pause is never shortened.
    pub fn pause_until(&self, until: Instant, why: &str) {
        let why = why.to_owned();
        self.pause(Waiting {
            until,
            why,
            asked: false,
        });
    }

    /// The same because the server asked for it.
    pub fn obey_until(&self, until: Instant, why: &str) {
        let why = why.to_owned();
        self.pause(Waiting {
            until,
            why,
            asked: true,
        });
    }

    fn pause(&self, waiting: Waiting) {
        let mut state = self.state();
        state.waits.pause(&waiting, Instant::now());
        if state.pause.as_ref().is_none_or(|pause| pause.until < waiting.until) {
            state.pause = Some(waiting.clone());
        }
        drop(state);
        if waiting.asked {
            self.shared.asked.send_replace(Some(waiting));
        }
        self.shared.changed.notify_waiters();
    }

    /// Grants nothing any more: whoever waits fails at once, what is under way goes on.
    pub fn close(&self) {
        self.state().closed = true;
        self.shared.changed.notify_waiters();
    }

    /// The last pause that the server asked for, as they come.
    pub fn asked(&self) -> watch::Receiver<Option<Waiting>> {
        self.shared.asked.subscribe()
    }

    /// Begins without the burst: another process may have spent it within the last minute.
    pub fn spend_burst(&self) {
        if let Some(pace) = &self.shared.pace {
            // Refused, it is spent already.
            let _ = pace.check_n(self.shared.burst);
        }
    }

    /// For some minutes, one request at a time: the server's queue is full.
    pub fn go_alone(&self) {
        self.state().alone_until = Some(Instant::now() + ALONE);
    }

    /// The pause under way, if there is one.
    pub fn waiting(&self) -> Option<Waiting> {
        let now = Instant::now();
        self.state().pause.clone().filter(|pause| pause.until > now)
    }

    /// How long a server's wish may be; `None` is as long as it asks.
    pub fn patience(&self) -> Option<Duration> {
        self.shared.patience
    }

    fn impatience(&self, pause: &Waiting) -> Option<Trouble> {
        let left = pause.left();
        let patience = self.shared.patience?;
        (left > patience).then(|| impatient(left, &pause.why))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of those who do not wait that long.
pub(super) fn impatient(wish: Duration, why: &str) -> Trouble {
    let mut trouble = codes::THROTTLED.retry_after(wish, why);
    trouble.remedy = format!(
        "try again in {}; if that is frequent, lower `requests_per_minute`",
        retry::words(wish)
    );
    trouble
}

/// A place in the queue; given up when its future is dropped.
struct Place<'a> {
    ticket: Ticket,
    limiter: &'a Limiter,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.limiter.state().queue.leave(self.ticket) {
            self.limiter.shared.changed.notify_waiters();
        }
    }
}

/// A burst of a tenth, then one a period of 61 s / (rate - burst + 1): a window of 60 s that begins with a
/// full burst then holds at most burst + (rate - burst). The sixty-first second pays for requests on their way.
fn quota(requests_per_minute: u32) -> Option<Quota> {
    let (rate, burst) = (requests_per_minute.max(1), burst(requests_per_minute));
    let period = Duration::from_secs(61) / (rate - burst.get() + 1);
    Some(Quota::with_period(period)?.allow_burst(burst))
}

/// A tenth of the rate.
fn burst(requests_per_minute: u32) -> NonZeroU32 {
    NonZeroU32::new(requests_per_minute / 10).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests;
