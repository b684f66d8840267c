//! One request and what came of it.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::rows::{Rows, read};
use super::session::is_no_user;
use super::{Dataverse, codes, limit};
use crate::model::Trouble;
use crate::net::http::{HeaderName, HeaderValue, StatusCode, header};
use crate::net::{Answer, Judgement, Lane, Request, codes as net_codes};
use crate::source::SourceError;
use crate::source::body::NotAPage;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub lane: Lane,
    pub url: &'a str,
    /// Rows of a page; the same for every page of a chain of links.
    pub size: u32,
    /// Whether the address is a continuation link, whose refusal is no error yet.
    pub link: bool,
}

/// A whole page, and what its headers said.
#[derive(Debug)]
pub(super) struct Answered {
    pub rows: Rows,
    pub server_time: Option<DateTime<Utc>>,
    pub bytes: usize,
    pub requests: u32,
}

impl Answered {
    /// Rows with what the headers beside them said.
    pub fn of(rows: Rows, answer: &Answer) -> Self {
        Self {
            rows,
            server_time: answer.date(),
            bytes: answer.body.len(),
            requests: answer.requests,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    Page(Answered),
    /// The continuation link is worth nothing (any more).
    LinkRefused {
        seen: String,
        requests: u32,
    },
}

impl Dataverse {
    /// Sends a GET; only a whole page counts.
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Outcome, SourceError> {
        let read_rows: Mutex<Option<Rows>> = Mutex::new(None);
        let judge = |answer: &Answer| {
            let (rows, judgement) = self.judge(answer, ask.link);
            *read_rows.lock().unwrap_or_else(PoisonError::into_inner) = rows;
            judgement
        };
        let answer = self
            .client
            .send(ask.lane, self.credentials.as_ref(), &self.request(&ask), &judge)
            .await?;
        let requests = answer.requests;
        let seen = || self.seen(&answer.words());
        match read_rows.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(rows) => Ok(Outcome::Page(Answered::of(rows, &answer))),
            None if ask.link && refusal(answer.status) => Ok(Outcome::LinkRefused { seen: seen(), requests }),
            None => {
                self.lose(requests);
                Err(SourceError::Failed(codes::NOT_A_PAGE.retry(seen())))
            }
        }
    }

    pub(super) fn request(&self, ask: &Ask<'_>) -> Request {
        request(ask).counted_in(&self.asked).limits(limit::named)
    }

    pub(super) fn judge(&self, answer: &Answer, link: bool) -> (Option<Rows>, Judgement) {
        let seen = || self.seen(&answer.words());
        let judgement = match answer.status {
            StatusCode::OK if answer.is_html() => Judgement::Retry(codes::HTML.retry(seen())),
            StatusCode::OK => match read(&answer.body, &self.mapper) {
                Ok(rows) => return (Some(rows), Judgement::Accept),
                // Less may pass: half a page behind a 200 is how a stream that ran out of time looks.
                Err(not_a_page) => Judgement::Heavy(self.not_a_page(not_a_page)),
            },
            StatusCode::FORBIDDEN if is_no_user(answer) => Judgement::Fail(codes::NO_USER.stop(seen())),
            StatusCode::FORBIDDEN => Judgement::Fail(codes::FORBIDDEN.stop(seen())),
            status if refusal(status) && link => Judgement::Accept,
            StatusCode::NOT_FOUND => Judgement::Fail(codes::NO_SET.stop(seen())),
            status if refusal(status) => Judgement::Fail(self.refused(answer)),
            status if status.is_server_error() && timed_out(&answer.message()) => {
                Judgement::Slow(codes::TIMED_OUT.retry(seen()))
            }
            status if status.is_success() => Judgement::Retry(codes::NOT_A_PAGE.retry(seen())),
            StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => {
                Judgement::Heavy(net_codes::SERVER.retry(seen()))
            }
            _ => Judgement::Accept,
        };
        (None, judgement)
    }

    fn not_a_page(&self, why: NotAPage) -> Trouble {
        match why {
            NotAPage::Error(words) => codes::ERROR_IN_200.retry(self.seen(&format!("200: {words}"))),
            NotAPage::Shape(words) => codes::NOT_A_PAGE.retry(self.seen(&format!("200: {words}"))),
        }
    }

    fn refused(&self, answer: &Answer) -> Trouble {
        let message = answer.message();
        let Some(column) = unknown_column(&message) else {
            return codes::REFUSED.stop(self.seen(&answer.words()));
        };
        let place = self.place_of(column);
        codes::UNKNOWN_COLUMN.stop(self.seen(&format!("{place}: {}", answer.words())))
    }

    /// Where the configuration names a column: `column “x” (CreatedBy_s in the profile)`.
    pub(super) fn place_of(&self, column: &str) -> String {
        let item = self.mapper.item();
        let keys = [
            ("id", Some(&item.id)),
            ("modified", Some(&item.modified)),
            ("revision", item.revision.as_ref()),
        ];
        let keys = keys
            .iter()
            .filter(|(_, field)| field.is_some_and(|field| field == column))
            .map(|(key, _)| *key);
        let columns = item.columns.iter().filter(|known| known.field == column);
        let places: Vec<&str> = keys.chain(columns.map(|known| known.name.as_str())).collect();
        if places.is_empty() {
            return format!("column “{column}” (not in the profile: look at `filter`)");
        }
        format!("column “{column}” ({} in the profile)", places.join(", "))
    }

    /// What was asked, without the query: `GET …/incidents: 403 Forbidden`.
    pub(super) fn seen(&self, words: &str) -> String {
        format!("GET {}/api/data/v9.2/{}: {words}", self.server_url, self.table())
    }
}

fn request(ask: &Ask<'_>) -> Request {
    let prefer = format!(
        "odata.maxpagesize={},odata.include-annotations=\"OData.Community.Display.V1.FormattedValue,\
         Microsoft.Dynamics.CRM.lookuplogicalname\"",
        ask.size
    );
    let request = headers(Request::get(ask.url));
    match HeaderValue::try_from(prefer) {
        Ok(prefer) => request.header(HeaderName::from_static("prefer"), prefer),
        Err(_) => request,
    }
}

/// What every request says.
pub(super) fn headers(request: Request) -> Request {
    let mut request = request
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .header(header::IF_NONE_MATCH, HeaderValue::from_static("null"));
    for name in ["odata-maxversion", "odata-version"] {
        request = request.header(HeaderName::from_static(name), HeaderValue::from_static("4.0"));
    }
    request
}

/// A 4xx that says something about the query, not about who asks or how often.
pub(super) fn refusal(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status.as_u16(), 401 | 403 | 408 | 429)
}

/// `Could not find a property named 'x' on type 'Microsoft.Dynamics.CRM.incident'.`
pub(super) fn unknown_column(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("Could not find a property named '")?;
    rest.split_once('\'').map(|(column, _)| column)
}

fn timed_out(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("timeout expired") || message.contains("sql timeout")
}
