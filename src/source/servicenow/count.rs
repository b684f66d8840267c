//! Counting where an instance, or a proxy before it, leaves `X-Total-Count` out.
//!
//! Without a count a page that access rules emptied looks like the end of the data. So the Aggregate API is asked, and
//! only where a page is short: normally once a poll.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Part, ServiceNow, query};
use crate::model::Position;
use crate::net::http::{HeaderValue, StatusCode, header};
use crate::net::{Answer, Judgement, Lane, Request, codes};
use crate::source::SourceError;
use crate::source::count::Counted;

#[derive(Deserialize)]
struct Body {
    result: Aggregates,
}

#[derive(Deserialize)]
struct Aggregates {
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    count: String,
}

impl ServiceNow {
    /// The records of a range, before access rules.
    pub(in crate::source) async fn count_range(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Counted, SourceError> {
        let at = Position::before(from);
        let part = Part {
            item: self.mapper.item(),
            filter: &self.filter,
            at: &at,
            to: Some(to),
        };
        let encoded = part.encoded();
        let url = self.url(&encoded, &self.key_fields(), 1, 0);
        let answered = self.ask(Lane::Rest, url).await?;
        let (records, more) = match answered.total {
            Some(total) => (Some(total), 0),
            None => self.count(Lane::Rest, &encoded).await?,
        };
        Ok(Counted {
            records,
            divisible: false,
            requests: answered.requests + more,
        })
    }

    /// Rows that match before access rules, and the requests it took; `None` if the instance does not tell this user.
    pub(super) async fn count(&self, lane: Lane, encoded: &str) -> Result<(Option<u64>, u32), SourceError> {
        if self.uncounted.get().is_some() {
            return Ok((None, 0));
        }
        let request = Request::get(self.stats_url(query::unordered(encoded)))
            .header(header::ACCEPT, HeaderValue::from_static("application/json"))
            .counted_in(&self.asked);
        let judge = |answer: &Answer| match answer.status {
            status if status.is_server_error() => Judgement::Heavy(codes::SERVER.retry(self.seen(&answer.words()))),
            _ => Judgement::Accept,
        };
        let answer = self
            .client
            .send(lane, self.credentials.as_ref(), &request, &judge)
            .await?;
        let count = (answer.status == StatusCode::OK).then(|| serde_json::from_slice::<Body>(&answer.body).ok());
        let count = count.flatten().and_then(|body| body.result.stats.count.parse().ok());
        if count.is_none() && self.uncounted.set(()).is_ok() {
            tracing::warn!(
                table = self.table(),
                seen = answer.words(),
                "the instance counts nothing for this user, neither in X-Total-Count nor by /api/now/stats: a page that \
                 access rules empty is taken for the end; the nightly reconcile finds what lies behind it"
            );
        }
        Ok((count, answer.requests))
    }
}
