//! A token endpoint that does not answer is not hammered: after a few sign-ins in vain its trouble is told for a while
//! without asking.

use std::time::Duration;

use tokio::time::Instant;

use super::print::Print;
use crate::model::Trouble;

/// So many sign-ins in vain are nothing yet.
const FORBEARANCE: usize = 3;

/// How long nobody asks after the next one in vain, and those after it. Never long: nobody said no, and a service that is
/// back gives tokens at once.
const WAITS: [Duration; 3] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(120),
];

/// Sign-ins in a row that nobody answered.
#[derive(Debug, Default)]
pub(super) struct Silence {
    in_vain: usize,
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    when: Instant,
    trouble: Trouble,
    /// What would have signed in; `None` if it could not be read.
    print: Option<Print>,
}

impl Silence {
    /// One more.
    pub(super) fn failed(&mut self, trouble: &Trouble, print: Option<Print>) {
        self.in_vain += 1;
        self.last = Some(Last {
            when: Instant::now(),
            trouble: trouble.clone(),
            print,
        });
    }

    /// The last trouble, while it is too early to ask again with the same.
    pub(super) fn check(&self, print: Option<&Print>) -> Result<(), Trouble> {
        let Some(longer) = self.in_vain.checked_sub(FORBEARANCE) else {
            return Ok(());
        };
        let wait = WAITS[longer.min(WAITS.len() - 1)];
        match &self.last {
            Some(last) if last.print.as_ref() == print && last.when.elapsed() < wait => Err(last.trouble.clone()),
            Some(_) | None => Ok(()),
        }
    }
}
