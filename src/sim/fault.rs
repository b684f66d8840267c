//! A menu of faults, served from a seed: scripted ones first, in order, then those left to chance.
//!
//! A simulator asks [`Faults::next`] once a request, with the kind of route that was asked for
//! (`table/incident`, `token`, …). A rule for `table` covers `table/incident`; `*` covers everything.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// How a server spells an error that it noticed after it had said 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Valid JSON with half the rows and an `error` member beside them.
    BothKeys,
    /// Valid JSON with a string among the rows.
    JunkElement,
    /// JSON that ends in the middle of a row.
    Truncated,
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
    /// The answer given instead of the right one, or `None` for faults that only spoil or delay the
    /// right one ([`Fault::ErrorMember`], [`Fault::Reset`], [`Fault::Delay`], [`Fault::WrongType`]).
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
            Self::ErrorMember(_) | Self::Reset | Self::Delay(_) | Self::WrongType => None,
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
pub struct Faults(Arc<Mutex<Menu>>);

#[derive(Debug)]
struct Menu {
    scripted: Vec<(String, Fault, usize)>,
    chances: Vec<(String, Fault, f64)>,
    dice: fastrand::Rng,
    served: usize,
}

impl Faults {
    /// A menu without faults.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Menu {
            scripted: Vec::new(),
            chances: Vec::new(),
            dice: fastrand::Rng::with_seed(seed),
            served: 0,
        })))
    }

    /// Serves `fault` at the next `times` requests of `route`, behind those pushed before.
    pub fn push(&self, route: &str, fault: Fault, times: usize) {
        if times > 0 {
            self.menu().scripted.push((route.to_owned(), fault, times));
        }
    }

    /// Serves `fault` at a request of `route` with this probability (0 to 1), until [`Self::clear`].
    pub fn chance(&self, route: &str, fault: Fault, probability: f64) {
        self.menu().chances.push((route.to_owned(), fault, probability));
    }

    /// No more faults.
    pub fn clear(&self) {
        let mut menu = self.menu();
        menu.scripted.clear();
        menu.chances.clear();
    }

    /// The fault for a request of `route`, if there is one.
    pub fn next(&self, route: &str) -> Option<Fault> {
        let mut menu = self.menu();
        let fault = menu.scripted(route).or_else(|| menu.chance(route))?;
        menu.served += 1;
        Some(fault)
    }

    /// Scripted faults not yet served.
    pub fn pending(&self) -> usize {
        self.menu().scripted.iter().map(|(_, _, times)| times).sum()
    }

    /// Faults served so far.
    pub fn served(&self) -> usize {
        self.menu().served
    }

    fn menu(&self) -> MutexGuard<'_, Menu> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Menu {
    fn scripted(&mut self, route: &str) -> Option<Fault> {
        let at = self.scripted.iter().position(|(rule, _, _)| covers(rule, route))?;
        let entry = self.scripted.get_mut(at)?;
        entry.2 -= 1;
        let fault = entry.1.clone();
        if entry.2 == 0 {
            self.scripted.remove(at);
        }
        Some(fault)
    }

    fn chance(&mut self, route: &str) -> Option<Fault> {
        let dice = &mut self.dice;
        self.chances
            .iter()
            .find(|(rule, _, probability)| covers(rule, route) && dice.f64() < *probability)
            .map(|(_, fault, _)| fault.clone())
    }
}

fn covers(rule: &str, route: &str) -> bool {
    rule == "*"
        || route
            .strip_prefix(rule)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripted_faults_come_in_order_and_run_out() {
        let faults = Faults::new(1);
        faults.push("table", Fault::Unauthorized, 2);
        faults.push("*", Fault::Accepted, 1);
        assert_eq!(faults.next("table/incident"), Some(Fault::Unauthorized));
        assert_eq!(faults.next("token"), Some(Fault::Accepted));
        assert_eq!(faults.next("tablespoon"), None);
        assert_eq!(faults.pending(), 1);
        assert_eq!(faults.next("table"), Some(Fault::Unauthorized));
        assert_eq!((faults.next("table"), faults.served()), (None, 3));
    }

    #[test]
    fn chance_repeats_with_its_seed() {
        let roll = |seed| {
            let faults = Faults::new(seed);
            faults.chance("table", Fault::ServerError, 0.3);
            (0..1000).map(|_| faults.next("table").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(roll(7), roll(7));
        let hits = roll(7).iter().filter(|hit| **hit).count();
        assert!((200..400).contains(&hits), "{hits}");
    }

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
