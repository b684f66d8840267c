//! What may go wrong with a service desk, and the menu from which it is ordered.
//!
//! A simulator asks [`Faults::next`] once a request, with the kind of route that was asked for
//! (`table/incident`, `token`, …).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::menu::{Menu, Order, Until};

/// How a server spells an error that it noticed after it had said 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Valid JSON with half the rows and an `error` member beside them.
    BothKeys,
    /// Valid JSON with a string among the rows.
    JunkElement,
    /// JSON that ends in the middle of a row.
    Truncated,
    /// The rows that were out, then the error's members as if the list had been closed: no JSON.
    Spliced,
}

/// What a 429 says about coming back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// Nothing: a full semaphore queue.
    Unsaid,
    /// `Retry-After` in seconds.
    Seconds(u64),
    /// `Retry-After` as an HTTP date, so many seconds from the server's now.
    Date(u64),
    /// `Retry-After` in seconds beside `X-RateLimit-Limit`, `-Reset` (epoch seconds) and `-Rule`.
    Rule {
        /// Seconds until the window ends.
        seconds: u64,
        /// Requests an hour.
        limit: u64,
    },
    /// Only the three `X-RateLimit-*` headers, no `Retry-After`.
    ResetOnly {
        /// Seconds until the window ends.
        seconds: u64,
        /// Requests an hour.
        limit: u64,
    },
}

/// One misbehaviour of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 200 with a page of HTML: the instance sleeps.
    Hibernation,
    /// 200 with an error in the body.
    ErrorMember(Spelling),
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 429.
    TooMany(RetryAfter),
    /// 500 with a JSON error.
    ServerError,
    /// 502, 503 or 504 with a proxy's HTML.
    Gateway(u16),
    /// 503 with `Retry-After` in seconds.
    Unavailable(u64),
    /// Any status with this body, `application/json`.
    Status(u16, String),
    /// 202 without a body: not executed.
    Accepted,
    /// The right answer, whose connection is reset in the middle of the body.
    Reset,
    /// The right answer, later.
    Delay(Duration),
    /// The right answer under a wrong `Content-Type` (`text/plain`).
    WrongType,
    /// The connection is cut without an answer.
    Cut,
    /// No answer ever; the connection stays open.
    Hang,
    /// The right answer in so many pieces with a pause before each.
    Slow(usize, Duration),
    /// The right answer, compressed, of which the last bytes are missing although it ends as if they were not.
    HalfGzip,
    /// The right answer by a clock that is wrong by so much.
    Skewed(TimeDelta),
    /// The rows of the page in another order than was asked for.
    Disorder,
    /// The page of a query whose conditions were ignored; order and limit are kept.
    FilterIgnored,
    /// The page with its first row once more at its end.
    RowTwice,
}

/// An answer that stands in for the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canned {
    /// HTTP status.
    pub status: u16,
    /// Header names (lower case) and values, `content-type` among them where there is a body.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Fault {
    /// The answer given instead of the right one, or `None` for faults that spoil, delay or lose the right one.
    /// `body` spells a JSON error of that status in the product's own way.
    pub fn answer(&self, now: DateTime<Utc>, body: impl Fn(u16) -> String) -> Option<Canned> {
        let json = |status: u16| Canned {
            status,
            headers: vec![("content-type", "application/json;charset=UTF-8".into())],
            body: body(status),
        };
        match self {
            Self::Hibernation => Some(html(
                200,
                "Your instance is hibernating",
                "Sign in to wake your instance.",
            )),
            Self::Unauthorized => Some(json(401)),
            Self::Forbidden => Some(json(403)),
            Self::ServerError => Some(json(500)),
            Self::TooMany(retry) => {
                let mut canned = json(429);
                canned.headers.extend(retry.headers(now));
                Some(canned)
            }
            Self::Gateway(status) => Some(html(*status, "Bad gateway", "The server did not answer in time.")),
            Self::Unavailable(seconds) => {
                let mut canned = html(503, "Service unavailable", "Down for maintenance.");
                canned.headers.push(("retry-after", seconds.to_string()));
                Some(canned)
            }
            Self::Status(status, text) => Some(Canned {
                body: text.clone(),
                ..json(*status)
            }),
            Self::Accepted => Some(Canned {
                status: 202,
                headers: Vec::new(),
                body: String::new(),
            }),
            Self::ErrorMember(_)
            | Self::Reset
            | Self::Delay(_)
            | Self::WrongType
            | Self::Cut
            | Self::Hang
            | Self::Slow(..)
            | Self::HalfGzip
            | Self::Skewed(_)
            | Self::Disorder
            | Self::FilterIgnored
            | Self::RowTwice => None,
        }
    }
}

impl RetryAfter {
    fn headers(self, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let rule = |seconds: u64, limit: u64| {
            vec![
                ("x-ratelimit-limit", limit.to_string()),
                (
                    "x-ratelimit-reset",
                    (now.timestamp() + seconds.cast_signed()).to_string(),
                ),
                ("x-ratelimit-rule", "9c1f0a3ddb1a2300f2f3a7a0b2961984".to_owned()),
            ]
        };
        match self {
            Self::Unsaid => Vec::new(),
            Self::Seconds(seconds) => vec![("retry-after", seconds.to_string())],
            Self::Date(seconds) => vec![("retry-after", http_date(now + Duration::from_secs(seconds)))],
            Self::Rule { seconds, limit } => {
                let mut headers = rule(seconds, limit);
                headers.push(("retry-after", seconds.to_string()));
                headers
            }
            Self::ResetOnly { seconds, limit } => rule(seconds, limit),
        }
    }
}

/// An instant as HTTP writes it: `Sat, 21 Nov 2026 10:00:00 GMT`.
pub fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn html(status: u16, title: &str, text: &str) -> Canned {
    Canned {
        status,
        headers: vec![("content-type", "text/html;charset=UTF-8".into())],
        body: format!(
            "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
        ),
    }
}

/// A menu of faults; its copies share one state.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Mutex<Menu<Fault>>>);

impl Faults {
    /// A menu without faults.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Menu::new(seed))))
    }

    /// The seed of what is left to chance from now on.
    pub fn reseed(&self, seed: u64) {
        self.menu().reseed(seed);
    }

    /// Orders a fault in all its particulars.
    pub fn order(&self, order: Order<Fault>) {
        self.menu().order(order);
    }

    /// Serves `fault` at the next `times` requests of `route`, behind those pushed before.
    pub fn push(&self, route: &str, fault: Fault, times: usize) {
        self.order(Order::new(fault, Until::Requests(times as u64)).of(route));
    }

    /// Serves `fault` at a request of `route` with this probability (0 to 1), until [`Self::clear`].
    pub fn chance(&self, route: &str, fault: Fault, probability: f64) {
        self.order(Order::new(fault, Until::Lifted).of(route).chance(probability));
    }

    /// No more faults.
    pub fn clear(&self) {
        self.menu().clear();
    }

    /// The fault for a request of `route`, if there is one.
    pub fn next(&self, route: &str) -> Option<Fault> {
        self.menu().next(route)
    }

    /// Faults that are certain to come and have not yet.
    pub fn pending(&self) -> u64 {
        self.menu().pending()
    }

    /// Faults served so far.
    pub fn served(&self) -> usize {
        self.menu().served()
    }

    fn menu(&self) -> MutexGuard<'_, Menu<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_has_both_forms() {
        let now = DateTime::UNIX_EPOCH;
        let body = |_| "{}".to_owned();
        let date = Fault::TooMany(RetryAfter::Date(90)).answer(now, body).unwrap();
        assert!(
            date.headers
                .contains(&("retry-after", "Thu, 01 Jan 1970 00:01:30 GMT".into()))
        );
        let reset = Fault::TooMany(RetryAfter::ResetOnly { seconds: 9, limit: 100 })
            .answer(now, body)
            .unwrap();
        assert!(reset.headers.contains(&("x-ratelimit-reset", "9".into())));
        assert!(reset.headers.iter().all(|(name, _)| *name != "retry-after"));
    }
}
