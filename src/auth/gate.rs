//! A refused sign-in is not hammered: until a growing time has passed, its error is given without a request.
//!
//! It is shut for what was refused: another secret may try at once. Of a secret that shows itself with each request, only
//! one is on its way until it was let in: many at once would be as many wrong passwords.

use std::time::Duration;

use tokio::time::Instant;

use super::print::Print;
use crate::model::{Trouble, Verdict};

/// How long the gate stays shut after the first, second, … refusal in a row. Services lock an account after five or
/// more wrong passwords in a quarter of an hour: there are never more than four.
const SHUT: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(1800),
];

/// After that long without a refusal the next one is a first one.
const FORGIVEN: Duration = Duration::from_secs(2 * 3600);

#[derive(Debug, Default)]
pub(super) struct Gate {
    refusals: usize,
    shut: Option<Shut>,
    /// What was let in last.
    proven: Option<Print>,
    /// What is being tried, and which try it is: others wait until its request has ended.
    probing: Option<(Print, u64)>,
    /// Tries so far, so that none ends another's.
    tries: u64,
}

/// Whether a request may show a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It was let in before.
    Known,
    /// As the try of that number, until [`Gate::gave_up`].
    Try(u64),
    /// Another tries the same.
    Wait,
}

#[derive(Debug)]
struct Shut {
    since: Instant,
    until: Instant,
    trouble: Trouble,
    /// What was refused; `None` is anything.
    print: Option<Print>,
}

/// A sign-in that was refused and has not passed since.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What was said.
    pub trouble: Trouble,
    /// How long ago.
    pub ago: Duration,
    /// When it is tried again if somebody wants to sign in; zero: with the next request.
    pub next_in: Duration,
    /// How many in a row.
    pub refusals: usize,
}

impl Gate {
    /// The last refusal, while it is too early to try again with the same.
    pub(super) fn check(&self, print: Option<&Print>) -> Result<(), Trouble> {
        match &self.shut {
            Some(shut) if shut.until > Instant::now() && shut.is_for(print) => Err(shut.trouble.clone()),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether to go, or to wait for another that tries the same.
    pub(super) fn probe(&mut self, print: &Print) -> Admission {
        if self.shut.is_none() && self.proven.as_ref() == Some(print) {
            return Admission::Known;
        }
        if self.probing.as_ref().is_some_and(|(tried, _)| tried == print) {
            return Admission::Wait;
        }
        self.tries += 1;
        self.probing = Some((*print, self.tries));
        Admission::Try(self.tries)
    }

    /// The request of that try has ended; if it was neither let in nor refused, the next may try.
    pub(super) fn gave_up(&mut self, number: u64) {
        self.probing.take_if(|(_, trying)| *trying == number);
    }

    /// Whether what was let in last still is, and nothing else is being tried.
    pub(super) fn stands_open(&self) -> bool {
        self.shut.is_none() && self.proven.is_some() && self.probing.is_none()
    }

    /// Shuts it for what was refused; what comes back is the trouble with the wait in it, if it may be retried at all.
    pub(super) fn refused(&mut self, mut trouble: Trouble, print: Option<Print>) -> Trouble {
        (self.proven, self.probing) = (None, None);
        // One that was under way when the gate was shut is not another try.
        if let Err(known) = self.check(print.as_ref()) {
            return known;
        }
        let now = Instant::now();
        if self
            .shut
            .as_ref()
            .is_some_and(|shut| !shut.is_for(print.as_ref()) || shut.until + FORGIVEN < now)
        {
            self.refusals = 0;
        }
        let mut wait = SHUT[self.refusals.min(SHUT.len() - 1)];
        self.refusals += 1;
        match &mut trouble.verdict {
            Verdict::Retry { after } => {
                wait = after.map_or(wait, |after| after.max(wait));
                *after = Some(wait);
            }
            Verdict::Stop | Verdict::SetAside => {}
        }
        self.shut = Some(Shut {
            since: now,
            until: now + wait,
            trouble: trouble.clone(),
            print,
        });
        trouble
    }

    /// Something was let in that shows the same each time. What was under way when the gate was shut does not open it:
    /// only a try after the wait, or with another secret.
    pub(super) fn passed(&mut self, print: Option<&Print>) {
        let tried_again = |shut: &Shut| shut.until <= Instant::now() || !shut.is_for(print);
        if self.shut.as_ref().is_none_or(tried_again) {
            self.accepted();
            self.proven = print.copied();
        }
    }

    /// Opens it again.
    pub(super) fn accepted(&mut self) {
        *self = Self {
            tries: self.tries,
            ..Self::default()
        };
    }

    /// The refusal that nothing has followed yet.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.shut.as_ref().map(|shut| Refusal {
            trouble: shut.trouble.clone(),
            ago: shut.since.elapsed(),
            next_in: shut.until.saturating_duration_since(Instant::now()),
            refusals: self.refusals,
        })
    }
}

impl Shut {
    fn is_for(&self, print: Option<&Print>) -> bool {
        match (&self.print, print) {
            (Some(refused), Some(print)) => refused == print,
            (None, _) | (_, None) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::auth::codes;

    #[tokio::test(start_paused = true)]
    async fn only_a_try_after_the_wait_or_with_another_secret_opens_it() {
        let print = |text: &str| Print::of([&SecretString::from(text)]);
        let shut = || {
            let mut gate = Gate::default();
            gate.refused(codes::BASIC.stop("no"), Some(print("old")));
            gate
        };
        let mut gate = shut();
        gate.passed(Some(&print("old")));
        assert!(gate.refusal().is_some(), "that was under way before");
        tokio::time::advance(Duration::from_secs(30)).await;
        gate.passed(Some(&print("old")));
        assert!(gate.refusal().is_none());
        let mut gate = shut();
        gate.passed(Some(&print("new")));
        assert!(gate.refusal().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_tried_at_a_time_until_it_is_let_in() {
        let print = Print::of([&SecretString::from("secret")]);
        let mut gate = Gate::default();
        assert_eq!(gate.probe(&print), Admission::Try(1));
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(gate.probe(&print), Admission::Wait, "its answer may still come");
        gate.gave_up(1);
        assert_eq!(gate.probe(&print), Admission::Try(2));
        gate.gave_up(1);
        assert_eq!(gate.probe(&print), Admission::Wait, "that was another");
        gate.passed(Some(&print));
        assert!(gate.stands_open());
        assert_eq!(
            (gate.probe(&print), gate.probe(&print)),
            (Admission::Known, Admission::Known)
        );
        gate.refused(codes::BASIC.stop("no"), Some(print));
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(gate.probe(&print), Admission::Try(3));
        assert_eq!(gate.probe(&print), Admission::Wait);
    }

    #[tokio::test(start_paused = true)]
    async fn each_refusal_in_a_row_shuts_it_for_longer() {
        let mut gate = Gate::default();
        let trouble = codes::ENTRA.stop("no");
        for seconds in [30, 60, 300, 900, 1800, 1800] {
            assert_eq!(gate.check(None), Ok(()));
            gate.refused(trouble.clone(), None);
            tokio::time::advance(Duration::from_secs(seconds - 1)).await;
            assert_eq!(gate.check(None), Err(trouble.clone()));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        gate.refused(trouble, None);
        gate.accepted();
        assert_eq!(gate.check(None), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn another_secret_may_try_at_once_and_begins_anew() {
        let of = |secret: &str| Print::of([&SecretString::from(secret)]);
        let mut gate = Gate::default();
        for seconds in [30, 60, 300] {
            gate.refused(codes::ENTRA.stop("no"), Some(of("old")));
            tokio::time::advance(Duration::from_secs(seconds)).await;
        }
        gate.refused(codes::ENTRA.stop("no"), Some(of("old")));
        assert!(gate.check(Some(&of("old"))).is_err());
        assert_eq!(gate.check(Some(&of("new"))), Ok(()));
        gate.refused(codes::ENTRA.stop("no"), Some(of("new")));
        assert_eq!(gate.refusal().unwrap().next_in, Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn those_under_way_when_it_was_shut_are_one_refusal_and_a_wish_to_wait_is_kept() {
        let mut gate = Gate::default();
        for _ in 0..5 {
            gate.refused(codes::ENTRA.stop("no"), None);
        }
        assert_eq!(gate.refusal().unwrap().refusals, 1);
        gate.accepted();
        gate.refused(codes::UNAVAILABLE.retry_after(Duration::from_secs(400), "429"), None);
        assert_eq!(gate.refusal().unwrap().next_in, Duration::from_secs(400));
    }
}
