//! A first look at a table: how many records, the newest, and the environment's clock, in one request.

use chrono::{DateTime, Utc};

use super::answer::{Ask, Outcome};
use super::{Dataverse, codes, modified};
use crate::net::Lane;
use crate::source::{Probe, SourceError};

/// Where Dataverse stops counting: this many means this many or more.
const COUNTS_UP_TO: u64 = 5_000;

impl Dataverse {
    pub(super) async fn first_look(&self, from: DateTime<Utc>) -> Result<Probe, SourceError> {
        let url = self.query().newest(from);
        let ask = Ask {
            lane: Lane::Head,
            url: &url,
            size: 1,
            link: false,
        };
        match self.ask(ask).await? {
            Outcome::Page(answered) => Ok(Probe {
                server_time: answered.server_time,
                total: answered.rows.count.filter(|count| *count < COUNTS_UP_TO),
                newest: answered.rows.mapped.first().and_then(modified),
                requests: answered.requests,
            }),
            Outcome::LinkRefused { seen, .. } => Err(SourceError::Failed(codes::REFUSED.stop(seen))),
        }
    }
}
