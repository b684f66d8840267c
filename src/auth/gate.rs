//! A refused sign-in is not hammered: until a growing time has passed, its error is given without a request.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Trouble, Verdict};

/// How long the gate stays shut after the first, second, … refusal in a row.
const SHUT: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(120),
    Duration::from_secs(300),
    Duration::from_secs(900),
];

#[derive(Debug, Default)]
pub(super) struct Gate {
    refusals: usize,
    shut: Option<(Instant, Trouble)>,
}

impl Gate {
    /// The last refusal, while it is too early to try again.
    pub(super) fn check(&self) -> Result<(), Trouble> {
        match &self.shut {
            Some((until, trouble)) if *until > Instant::now() => Err(trouble.clone()),
            Some(_) | None => Ok(()),
        }
    }

    /// Shuts it; what comes back is the trouble with the wait in it, if it may be retried at all.
    pub(super) fn refused(&mut self, mut trouble: Trouble) -> Trouble {
        let wait = SHUT[self.refusals.min(SHUT.len() - 1)];
        self.refusals += 1;
        match trouble.verdict {
            Verdict::Retry { after } => {
                trouble.verdict = Verdict::Retry {
                    after: Some(after.map_or(wait, |after| after.max(wait))),
                };
            }
            Verdict::Stop | Verdict::SetAside => {}
        }
        self.shut = Some((Instant::now() + wait, trouble.clone()));
        trouble
    }

    /// Opens it again.
    pub(super) fn accepted(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::codes;

    #[tokio::test(start_paused = true)]
    async fn each_refusal_in_a_row_shuts_it_for_longer() {
        let mut gate = Gate::default();
        let trouble = codes::ENTRA.stop("no");
        for seconds in [30, 60, 120, 300, 900, 900] {
            assert_eq!(gate.check(), Ok(()));
            gate.refused(trouble.clone());
            tokio::time::advance(Duration::from_secs(seconds - 1)).await;
            assert_eq!(gate.check(), Err(trouble.clone()));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        gate.refused(trouble);
        gate.accepted();
        assert_eq!(gate.check(), Ok(()));
    }
}
