//! The wire of a cell: carries requests to the simulators in this process, or nowhere, or late, and counts who was asked.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use itsmd::net::http::HeaderValue;
use itsmd::net::{Carried, Carrier, Lost, Parcel};
use itsmd::sim::serve;
use tokio::time::Instant;
use tower_service::Service;

/// Ports tell who is meant; nobody listens there.
pub const SERVICENOW: &str = "http://127.0.0.1:1001";
pub const PROVANCE: &str = "http://127.0.0.1:1002";
pub const WORKSPACE: &str = "http://127.0.0.1:1003";
/// Entra for the service desk's connection, and for the workspace.
pub const LOGINS: [&str; 2] = ["http://127.0.0.1:1004", "http://127.0.0.1:1005"];

/// Whom a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    Desk,
    /// `oauth_token.do`.
    OauthToken,
    DeskLogin,
    Workspace,
    WorkspaceLogin,
    /// The link-local address of every machine in Azure.
    Machine,
}

/// What happens once, before a request is answered.
type Happens = Box<dyn FnOnce() + Send>;

#[derive(Default)]
pub struct State {
    pub routers: BTreeMap<u16, Router>,
    /// Whoever cannot be reached.
    pub shut: Option<Whom>,
    /// Whose answers come so much later.
    pub late: BTreeMap<Whom, Duration>,
    /// When each was asked.
    pub asked: BTreeMap<Whom, Vec<Instant>>,
    /// At the so-manieth request for somebody.
    pub plot: Option<(Whom, usize, Happens)>,
    /// Who refuses from now on whatever is shown next.
    ending: Option<Whom>,
    /// What was refused so.
    ended: Option<HeaderValue>,
}

/// One for all clients of a cell; clones share it.
#[derive(Clone, Default)]
pub struct Wire(pub Arc<Mutex<State>>);

impl Wire {
    /// How often somebody was asked, in vain or not.
    pub fn asked(&self, whom: Whom) -> usize {
        self.0.lock().unwrap().asked.get(&whom).map_or(0, Vec::len)
    }

    /// The most often that somebody was asked within any such span.
    pub fn most_within(&self, whom: Whom, span: Duration) -> usize {
        let state = self.0.lock().unwrap();
        let times = state.asked.get(&whom).map_or(&[][..], Vec::as_slice);
        let from = |first: &Instant| {
            times
                .iter()
                .filter(|time| (*first..*first + span).contains(time))
                .count()
        };
        times.iter().map(from).max().unwrap_or(0)
    }

    pub fn shut(&self, whom: Option<Whom>) {
        self.0.lock().unwrap().shut = whom;
    }

    pub fn late(&self, whom: Whom, by: Duration) {
        self.0.lock().unwrap().late.insert(whom, by);
    }

    /// Has something happen at the so-manieth request from now for somebody.
    pub fn plot(&self, whom: Whom, from_now: usize, happens: impl FnOnce() + Send + 'static) {
        let number = self.asked(whom) + from_now;
        self.0.lock().unwrap().plot = Some((whom, number, Box::new(happens)));
    }

    /// Whether that is still to happen.
    pub fn is_plotting(&self) -> bool {
        self.0.lock().unwrap().plot.is_some()
    }

    /// Whatever somebody is shown next has ended: it is refused from then on, and only that.
    pub fn end_the_next_of(&self, whom: Whom) {
        self.0.lock().unwrap().ending = Some(whom);
    }

    fn has_ended(&self, whom: Whom, parcel: &Parcel) -> bool {
        let state = &mut *self.0.lock().unwrap();
        let shown = parcel.headers.get(header::AUTHORIZATION);
        if state.ending == Some(whom) {
            (state.ending, state.ended) = (None, shown.cloned());
        }
        shown.is_some() && state.ended.as_ref() == shown
    }

    /// Counts a request; what is to happen now, and whether nobody hears it.
    fn depart(&self, whom: Whom) -> (Option<Happens>, bool, Duration) {
        let state = &mut *self.0.lock().unwrap();
        let asked = state.asked.entry(whom).or_default();
        asked.push(Instant::now());
        let count = asked.len();
        let now = state
            .plot
            .as_ref()
            .is_some_and(|(for_whom, number, _)| *for_whom == whom && *number <= count);
        let happens = now.then(|| state.plot.take()).flatten().map(|(_, _, happens)| happens);
        let late = state.late.get(&whom).copied().unwrap_or_default();
        (happens, state.shut == Some(whom), late)
    }
}

fn whom(parcel: &Parcel) -> Whom {
    match (parcel.url.port(), parcel.url.path()) {
        (Some(1001), "/oauth_token.do") => Whom::OauthToken,
        (Some(1001 | 1002), _) => Whom::Desk,
        (Some(1003), _) => Whom::Workspace,
        (Some(1004), _) => Whom::DeskLogin,
        (Some(1005), _) => Whom::WorkspaceLogin,
        _ => Whom::Machine,
    }
}

impl Carrier for Wire {
    fn carry(&self, parcel: Parcel) -> Pin<Box<dyn Future<Output = Result<Carried, Lost>> + Send>> {
        let (wire, whom) = (self.clone(), whom(&parcel));
        Box::pin(async move {
            let (happens, shut, late) = wire.depart(whom);
            if let Some(happens) = happens {
                happens();
            }
            // There is no network on which no time passes, and a clock must pass its ticks.
            tokio::time::sleep(late.max(Duration::from_millis(20))).await;
            if shut {
                return Err(Lost::Unreachable);
            }
            if wire.has_ended(whom, &parcel) {
                return Ok(refusal());
            }
            let router = wire.0.lock().unwrap().routers[&parcel.url.port().unwrap_or(80)].clone();
            receive(router, &parcel).await.ok_or(Lost::Reset)
        })
    }
}

/// Of an instance that does not take a token any more.
fn refusal() -> Carried {
    Carried {
        status: StatusCode::UNAUTHORIZED,
        headers: HeaderMap::new(),
        body: r#"{"error":{"message":"User Not Authenticated"},"status":"failure"}"#.into(),
        torn: false,
    }
}

async fn receive(mut router: Router, parcel: &Parcel) -> Option<Carried> {
    let query = parcel.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut request = Request::new(Body::from(parcel.body.clone()));
    *request.method_mut() = parcel.method.clone();
    *request.uri_mut() = format!("{}{query}", parcel.url.path()).parse().unwrap();
    *request.headers_mut() = parcel.headers.clone();
    let host = format!("127.0.0.1:{}", parcel.url.port().unwrap_or(80));
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::try_from(host).unwrap());
    if !parcel.body.is_empty() {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(parcel.body.len()));
    }
    let response = router.call(request).await.unwrap_or_else(|never| match never {});
    if serve::is_cut(&response) {
        return None;
    }
    let (parts, body) = response.into_parts();
    Some(Carried {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.ok()?,
        torn: false,
    })
}
