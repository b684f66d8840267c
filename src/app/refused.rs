//! The sign-ins that are refused now, and when each is tried again.

use chrono::{DateTime, TimeDelta, Utc};

use super::build::Parts;
use crate::auth::Refusal;
use crate::status::{Problem, RefusedSignIn};

impl Parts {
    /// Those of the connections, in the order of the file, then the workspace's.
    pub(super) fn refused(&self, now: DateTime<Utc>) -> Vec<RefusedSignIn> {
        let connections = self.connections.iter().filter_map(|connected| {
            let refusal = connected.credentials.refusal()?;
            Some(told(Some(connected.settings.name.to_string()), &refusal, now))
        });
        let workspace = self.workspace.refusal().map(|refusal| told(None, &refusal, now));
        connections.chain(workspace).collect()
    }
}

fn told(connection: Option<String>, refusal: &Refusal, now: DateTime<Utc>) -> RefusedSignIn {
    let span = |span| TimeDelta::from_std(span).unwrap_or_default();
    RefusedSignIn {
        connection,
        problem: Problem::from(&refusal.trouble),
        last: now - span(refusal.ago),
        next: now + span(refusal.next_in),
        times: refusal.refusals as u64,
    }
}
