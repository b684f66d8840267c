//! Every request a simulator was asked, so that a test can assert politeness.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::middleware::{Next, from_fn_with_state};
use chrono::{DateTime, Utc};

use super::clock::Clock;
use super::{form, serve};

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// When it came, monotonic, by the runtime's time.
    pub at: Instant,
    /// When it came, by the journal's clock.
    pub wall: DateTime<Utc>,
    /// `GET`, …
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query as it was sent, percent-encoded; may be empty.
    pub query: String,
    /// The user or client that signed in, if it could be told.
    pub user: Option<String>,
    /// The session cookie it bore.
    pub session: Option<String>,
    /// Status of the answer; `None` while it is being made, or when the caller went away.
    pub status: Option<u16>,
    /// Requests being answered when it came, itself included.
    pub in_flight: usize,
    /// From its arrival to its answer.
    pub took: Option<Duration>,
}

impl Asked {
    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        form::parameters(&self.query)
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

/// The journal; its copies share one state.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    asked: Vec<Asked>,
    in_flight: usize,
    clock: Clock,
    /// Raised by `clear`, so that an entry of an earlier book closes nothing of a later one.
    edition: usize,
}

/// A request being answered; dropped without [`Entry::close`], it stays without a status.
#[derive(Debug)]
pub struct Entry {
    journal: Journal,
    place: usize,
    edition: usize,
}

impl Journal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// The clock of [`Asked::wall`].
    pub fn set_clock(&self, clock: Clock) {
        self.book().clock = clock;
    }

    /// Writes down a request that just came.
    pub fn open(&self, method: &str, path: &str, query: &str) -> Entry {
        let mut book = self.book();
        book.in_flight += 1;
        let asked = Asked {
            at: now(),
            wall: book.clock.now(),
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            user: None,
            session: None,
            status: None,
            in_flight: book.in_flight,
            took: None,
        };
        book.asked.push(asked);
        Entry {
            journal: self.clone(),
            place: book.asked.len() - 1,
            edition: book.edition,
        }
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Asked> {
        self.book().asked.clone()
    }

    /// Requests so far.
    pub fn count(&self) -> usize {
        self.book().asked.len()
    }

    /// Requests whose path contains `part`, in order of arrival.
    pub fn of(&self, part: &str) -> Vec<Asked> {
        self.book()
            .asked
            .iter()
            .filter(|asked| asked.path.contains(part))
            .cloned()
            .collect()
    }

    /// The most requests that were being answered at once.
    pub fn max_in_flight(&self) -> usize {
        self.book().asked.iter().map(|asked| asked.in_flight).max().unwrap_or(0)
    }

    /// The most requests that came within any half-open span of this length.
    pub fn max_in_any(&self, span: Duration) -> usize {
        let book = self.book();
        let mut first = 0;
        let mut most = 0;
        for (last, asked) in book.asked.iter().enumerate() {
            while book
                .asked
                .get(first)
                .is_some_and(|early| asked.at.duration_since(early.at) >= span)
            {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most
    }

    /// Forgets what was asked; what is being answered still counts as in flight.
    pub fn clear(&self) {
        let mut book = self.book();
        book.asked.clear();
        book.edition += 1;
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Notes who asked.
    pub fn user(&self, name: &str) {
        self.write(|asked| asked.user = Some(name.to_owned()));
    }

    /// Notes the session it belongs to.
    pub fn session(&self, id: &str) {
        self.write(|asked| asked.session = Some(id.to_owned()));
    }

    /// Notes the status of the answer.
    pub fn close(self, status: u16) {
        self.write(|asked| {
            asked.status = Some(status);
            asked.took = Some(now().saturating_duration_since(asked.at));
        });
    }

    fn write(&self, change: impl FnOnce(&mut Asked)) {
        let mut book = self.journal.book();
        if book.edition != self.edition {
            return;
        }
        if let Some(asked) = book.asked.get_mut(self.place) {
            change(asked);
        }
    }
}

/// `router`, every request of which is written to `journal`; one whose connection was cut stays without a status.
pub fn recorded(router: Router, journal: Journal) -> Router {
    router.layer(from_fn_with_state(journal, record))
}

async fn record(State(journal): State<Journal>, request: Request, next: Next) -> Response<Body> {
    let uri = request.uri();
    let entry = journal.open(request.method().as_str(), uri.path(), uri.query().unwrap_or_default());
    let response = next.run(request).await;
    if !serve::is_cut(&response) {
        entry.close(response.status().as_u16());
    }
    response
}

/// The runtime's time, which a test may have stopped.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.journal.book().in_flight -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_flight_falls_when_an_answer_is_made_or_given_up() {
        let journal = Journal::new();
        let first = journal.open("GET", "/a", "x=1%202");
        let second = journal.open("GET", "/b", "");
        first.user("ann");
        first.close(200);
        drop(second);
        journal.open("GET", "/c", "").close(404);
        assert_eq!(journal.max_in_flight(), 2);
        let requests = journal.requests();
        assert_eq!(
            requests.iter().map(|asked| asked.in_flight).collect::<Vec<_>>(),
            [1, 2, 1]
        );
        assert_eq!(
            requests.iter().map(|asked| asked.status).collect::<Vec<_>>(),
            [Some(200), None, Some(404)]
        );
        assert_eq!(requests[0].user.as_deref(), Some("ann"));
        assert_eq!(requests[0].parameter("x").as_deref(), Some("1 2"));
    }

    #[test]
    fn the_densest_span_is_found() {
        let journal = Journal::new();
        let start = Instant::now();
        for (place, millis) in [0u64, 10, 900, 1000, 1009, 5000].into_iter().enumerate() {
            journal.open("GET", "/", "").close(200);
            journal.book().asked[place].at = start + Duration::from_millis(millis);
        }
        assert_eq!(journal.max_in_any(Duration::from_millis(1000)), 4);
        assert_eq!(journal.max_in_any(Duration::from_millis(100)), 2);
        assert_eq!(journal.max_in_any(Duration::from_secs(60)), 6);
    }
}
