//! One request and what came of it.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::rows::{Rows, read};
use super::{ServiceNow, codes};
use crate::net::http::{HeaderValue, StatusCode, header};
use crate::net::{Answer, Judgement, Lane, Request, codes as net_codes};
use crate::source::SourceError;
use crate::source::body::NotAPage;

/// A whole page, and what its headers said.
#[derive(Debug)]
pub(super) struct Answered {
    pub rows: Rows,
    /// Rows that match, before access rules (`X-Total-Count`).
    pub total: Option<u64>,
    pub server_time: Option<DateTime<Utc>>,
    pub bytes: usize,
    pub requests: u32,
}

impl ServiceNow {
    /// Sends a GET; only a whole page counts (C2).
    pub(super) async fn ask(&self, lane: Lane, url: String) -> Result<Answered, SourceError> {
        let request = Request::get(url)
            .header(header::ACCEPT, HeaderValue::from_static("application/json"))
            .counted_in(&self.asked);
        let read_rows: Mutex<Option<Rows>> = Mutex::new(None);
        let judge = |answer: &Answer| {
            let (rows, judgement) = self.judge(answer);
            *read_rows.lock().unwrap_or_else(PoisonError::into_inner) = rows;
            judgement
        };
        let answer = self
            .client
            .send(lane, self.credentials.as_ref(), &request, &judge)
            .await?;
        let rows = read_rows.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(rows) = rows else {
            self.lose(answer.requests);
            return Err(SourceError::Failed(codes::NOT_A_PAGE.retry(self.seen(&answer.words()))));
        };
        let item = self.mapper.item();
        if rows
            .absent
            .iter()
            .any(|field| *field == item.id || *field == item.modified)
        {
            self.lose(answer.requests);
            let seen = self.seen(&format!(
                "{} rows, none with {} and {}",
                rows.mapped.len(),
                item.id,
                item.modified
            ));
            return Err(SourceError::Failed(codes::KEYS_HIDDEN.stop(seen)));
        }
        let answered = Self::answered(rows, &answer);
        self.client.take_back(answer.body);
        Ok(answered)
    }

    /// Rows with what the headers beside them said.
    pub(super) fn answered(rows: Rows, answer: &Answer) -> Answered {
        Answered {
            rows,
            total: answer
                .header("x-total-count")
                .and_then(|total| total.trim().parse().ok()),
            server_time: answer.date(),
            bytes: answer.body.len(),
            requests: answer.requests,
        }
    }

    pub(super) fn judge(&self, answer: &Answer) -> (Option<Rows>, Judgement) {
        let judgement = match answer.status {
            StatusCode::OK if answer.is_html() => Judgement::Retry(codes::HTML.retry(self.seen(&answer.words()))),
            StatusCode::OK => match read(&answer.body, &self.mapper) {
                Ok(rows) => return (Some(rows), Judgement::Accept),
                Err(not_a_page) => self.not_a_page(not_a_page),
            },
            StatusCode::FORBIDDEN if is_blocked(answer) => {
                Judgement::Fail(codes::BLOCKED.stop(self.seen(&answer.words())))
            }
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND if is_no_api(answer) => {
                Judgement::Fail(codes::NO_API.stop(self.seen(&answer.words())))
            }
            StatusCode::FORBIDDEN => Judgement::Fail(codes::FORBIDDEN.stop(self.seen(&answer.words()))),
            StatusCode::NOT_FOUND => Judgement::Fail(codes::NO_TABLE.stop(self.seen(&answer.words()))),
            StatusCode::BAD_REQUEST if answer.message().contains("Invalid table") => {
                Judgement::Fail(codes::NO_TABLE.stop(self.seen(&answer.words())))
            }
            status if status.is_server_error() && cancelled(&answer.message()) => {
                Judgement::Slow(codes::CANCELLED.retry(self.seen(&answer.words())))
            }
            status if status.is_client_error() && !matches!(status.as_u16(), 401 | 408 | 429) => {
                Judgement::Fail(codes::REFUSED.stop(self.seen(&answer.words())))
            }
            status if status.is_success() => Judgement::Retry(codes::NOT_A_PAGE.retry(self.seen(&answer.words()))),
            // A row that cannot be rendered, a proxy that gave up waiting: less may pass.
            StatusCode::INTERNAL_SERVER_ERROR | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => {
                Judgement::Heavy(net_codes::SERVER.retry(self.seen(&answer.words())))
            }
            _ => Judgement::Accept,
        };
        (None, judgement)
    }

    fn not_a_page(&self, why: NotAPage) -> Judgement {
        match why {
            NotAPage::Error(words) if cancelled(&words) => Judgement::Slow(codes::CANCELLED.retry(self.seen(&words))),
            // Half a page without a word is a spelling of the cancelled query too: less may pass.
            NotAPage::Error(words) => Judgement::Heavy(codes::ERROR_IN_200.retry(self.seen(&format!("200: {words}")))),
            NotAPage::Shape(words) => Judgement::Heavy(codes::NOT_A_PAGE.retry(self.seen(&format!("200: {words}")))),
        }
    }

    /// What was asked, without the query: `GET …/table/incident: 403 Forbidden`.
    pub(super) fn seen(&self, words: &str) -> String {
        format!(
            "GET {}/api/now/v2/table/{}: {words}",
            self.server_url,
            self.mapper.item().table
        )
    }

    /// A field that no row has does not exist, or is hidden from the user: the instance says neither.
    pub(super) fn tell_absent(&self, absent: &[String]) {
        if !absent.is_empty() && self.absent.set(absent.to_vec()).is_ok() {
            tracing::warn!(
                table = self.mapper.item().table,
                fields = absent.join(","),
                "the instance gives these fields for no record: they do not exist or the user may not read them; their \
                 columns stay empty"
            );
        }
    }
}

/// A refusal that is none of the Table API's, which always says why.
pub(super) fn is_blocked(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN && (answer.is_html() || answer.message().is_empty())
}

fn is_no_api(answer: &Answer) -> bool {
    answer.message().contains("does not represent any resource")
}

fn cancelled(words: &str) -> bool {
    words.contains("Transaction cancelled") || words.contains("maximum execution time")
}
