//! What was logged: a warning that holds run after run is said once an hour, a failure at once and then ever more seldom,
//! with its count; `status` shows both all the time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Repeats, Say};
use crate::store::Worker;

const AGAIN_AFTER: Duration = Duration::from_secs(3600);

#[derive(Debug, Default)]
pub(super) struct Told {
    warnings: Mutex<HashMap<String, Instant>>,
    failures: Mutex<Vec<Failure>>,
}

#[derive(Debug)]
struct Failure {
    worker: Worker,
    code: &'static str,
    what: String,
    repeats: Repeats,
    /// Its worker has not got through since.
    stands: bool,
}

/// What works again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Over {
    pub code: &'static str,
    pub times: u64,
    pub within: Duration,
}

impl Told {
    /// Whether a warning is to be said now; then it counts as said.
    pub fn is_new(&self, warning: &str) -> bool {
        let mut told = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| at.elapsed() < AGAIN_AFTER);
        if told.contains_key(warning) {
            return false;
        }
        told.insert(warning.to_owned(), Instant::now());
        true
    }

    /// A worker failed: whether that is to be said. `what` is the same as long as the same is wrong. What stands in the head's way is
    /// said by the head, which runs by its schedule, and not by the rest as well.
    pub fn failed(&self, worker: Worker, code: &'static str, what: &str) -> Say {
        let now = Instant::now().into_std();
        let mut failures = self.failures();
        failures.retain(|failure| !failure.repeats.is_forgotten(now));
        let same = |failure: &Failure| (failure.code, failure.what.as_str()) == (code, what);
        let said_by_head = |failure: &Failure| failure.stands && failure.worker == Worker::Head && same(failure);
        if worker == Worker::Rest && failures.iter().any(said_by_head) {
            return Say::Nothing;
        }
        let known = failures
            .iter_mut()
            .find(|failure| failure.worker == worker && same(failure));
        if let Some(failure) = known {
            failure.stands = true;
            return failure.repeats.again(now);
        }
        let mut repeats = Repeats::default();
        let say = repeats.again(now);
        failures.push(Failure {
            worker,
            code,
            what: what.to_owned(),
            repeats,
            stands: true,
        });
        say
    }

    /// A worker got through: what it failed of is over, and comes as new if it comes back.
    pub fn got_through(&self, worker: Worker) -> Vec<Over> {
        let now = Instant::now().into_std();
        let mut failures = self.failures();
        let of_worker = failures.iter_mut().filter(|failure| failure.worker == worker);
        let over = of_worker.filter_map(|failure| {
            failure.stands = false;
            let (times, within) = failure.repeats.over(now)?;
            Some(Over {
                code: failure.code,
                times,
                within,
            })
        });
        over.collect()
    }

    fn failures(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_went_away_is_new_when_it_comes_back() {
        let told = Told::default();
        let failed = || told.failed(Worker::Head, "ITSMD-AUTH-001", "refused");
        assert!(failed() == Say::First && told.is_new("clock"));
        assert_eq!(failed(), Say::Nothing);
        let over = told.got_through(Worker::Head);
        assert_eq!((over.len(), over[0].code, over[0].times), (1, "ITSMD-AUTH-001", 2));
        assert!(failed() == Say::First && !told.is_new("clock"));
    }

    #[tokio::test(start_paused = true)]
    async fn one_worker_gets_through_and_the_other_one_still_fails() {
        let told = Told::default();
        assert_eq!(told.failed(Worker::Rest, "ITSMD-WS-001", "refused"), Say::First);
        assert_eq!(told.got_through(Worker::Head), []);
        assert_eq!(told.failed(Worker::Rest, "ITSMD-WS-001", "refused"), Say::Nothing);
        assert_eq!(
            told.failed(Worker::Rest, "ITSMD-NET-002", "down"),
            Say::First,
            "another cause"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_stands_in_the_way_of_both_is_said_by_the_head_alone() {
        let told = Told::default();
        assert_eq!(told.failed(Worker::Head, "ITSMD-WS-001", "refused"), Say::First);
        assert_eq!(told.failed(Worker::Rest, "ITSMD-WS-001", "refused"), Say::Nothing);
        assert_eq!(
            told.failed(Worker::Rest, "ITSMD-WS-001", "another remedy"),
            Say::First,
            "another cause"
        );
        assert_eq!(told.got_through(Worker::Head).len(), 1);
        assert_eq!(
            told.failed(Worker::Rest, "ITSMD-WS-001", "refused"),
            Say::First,
            "now it is the rest's own"
        );
        assert_eq!(told.failed(Worker::Head, "ITSMD-WS-001", "refused"), Say::First);
    }

    #[tokio::test(start_paused = true)]
    async fn what_holds_run_after_run_is_said_once_an_hour() {
        let told = Told::default();
        assert!(told.is_new("clock") && told.is_new("roles"));
        assert!(!told.is_new("clock"));
        tokio::time::advance(AGAIN_AFTER).await;
        assert!(told.is_new("clock"));
    }
}
