//! The wire: carries requests to the simulators in this process, late, twice, half or never.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use itsmd::net::http::{HeaderMap, HeaderValue, Method, StatusCode};
use itsmd::net::{Carried, Carrier, Lost, Parcel};
use itsmd::sim::ingestion::Until;
use itsmd::sim::serve;
use tower_service::Service;

use super::faults::{self, Mishap};
use super::journal::Asked;
use super::plan::Product;
use super::sabotage::{Sabotage, missing, strictly};
use super::world::World;
use super::{clock, rows};

/// Ports tell who is meant; nobody listens there.
pub const DESKS: [&str; 2] = ["http://127.0.0.1:1001", "http://127.0.0.1:1002"];
pub const WORKSPACE: &str = "http://127.0.0.1:1003";
pub const LOGIN: &str = "http://127.0.0.1:1004";

/// Longer than any client waits.
const FOR_EVER: Duration = Duration::from_secs(86_400);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    Desk,
    /// The service desk's own tokens, and Entra's for it.
    SignIn,
    Workspace,
    Login,
}

/// Carries the requests of one client.
pub struct Wire {
    world: World,
    /// Whether it is the service desk's.
    desk: bool,
}

impl Wire {
    pub fn new(world: &World, desk: bool) -> Self {
        Self {
            world: world.clone(),
            desk,
        }
    }
}

impl Carrier for Wire {
    fn carry(&self, parcel: Parcel) -> Pin<Box<dyn Future<Output = Result<Carried, Lost>> + Send>> {
        let world = self.world.clone();
        let whom = match (parcel.url.port(), parcel.url.path()) {
            (Some(1003), _) => Whom::Workspace,
            (Some(1004), _) if !self.desk => Whom::Login,
            (Some(1004), _) | (_, "/oauth_token.do") => Whom::SignIn,
            _ => Whom::Desk,
        };
        Box::pin(async move {
            let under_way = UnderWay::begin(&world, whom, &parcel);
            world.carry(whom, under_way.number, parcel).await
        })
    }
}

/// A request under way; hung up when dropped.
struct UnderWay<'a> {
    world: &'a World,
    whom: Whom,
    life: u32,
    number: u64,
}

impl<'a> UnderWay<'a> {
    fn begin(world: &'a World, whom: Whom, parcel: &Parcel) -> Self {
        let inner = &mut *world.lock();
        let journal = &mut inner.journal;
        let number = inner.trace.count("requests");
        inner.trace.note(|| format!("-> {number} {whom:?} {}", shown(parcel)));
        match whom {
            Whom::Desk => {
                journal.in_flight += 1;
                journal.asked.push(Asked {
                    at: clock::source(),
                    life: journal.life,
                    in_flight: journal.in_flight,
                });
            }
            Whom::SignIn => journal.signing_in += 1,
            Whom::Workspace | Whom::Login => {}
        }
        Self {
            world,
            whom,
            life: journal.life,
            number,
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let journal = &mut self.world.lock().journal;
        match self.whom {
            Whom::Desk if journal.life == self.life => journal.in_flight = journal.in_flight.saturating_sub(1),
            Whom::SignIn => journal.signing_in -= 1,
            Whom::Desk | Whom::Workspace | Whom::Login => {}
        }
    }
}

impl World {
    async fn carry(&self, whom: Whom, number: u64, mut parcel: Parcel) -> Result<Carried, Lost> {
        match self.plan.sabotage {
            Some(Sabotage::StrictCursor) if whom == Whom::Desk => strictly(&mut parcel),
            Some(Sabotage::NoSecondLook) if whom == Whom::Desk => {
                let missed = self.lock().missed.clone();
                missed.inspect(|id| missing(&mut parcel, id));
            }
            Some(Sabotage::Overtaking) if whom == Whom::Workspace && self.keeps_back(&parcel) => return Ok(taken()),
            Some(Sabotage::LostBatch) if whom == Whom::Workspace && number.is_multiple_of(7) => return Ok(taken()),
            _ => {}
        }
        let mishap = self.mishap(whom, number);
        match mishap {
            Some(Mishap::NoName) => return Err(Lost::NoName),
            Some(Mishap::Unreachable) => return Err(Lost::Unreachable),
            _ => self.travel().await,
        }
        match &mishap {
            Some(Mishap::LostRequest) => return Err(Lost::Reset),
            Some(Mishap::Slow(time)) => tokio::time::sleep(*time).await,
            _ => {}
        }
        let (answer, batch) = self.ask(whom, &parcel, mishap.as_ref()).await;
        if self.plan.sabotage == Some(Sabotage::Overtaking) && whom == Whom::Workspace {
            let kept = self.lock().kept_back.take();
            if let Some(kept) = kept {
                self.ask(Whom::Workspace, &kept, None).await;
            }
        }
        if self.plan.sabotage == Some(Sabotage::Replay) && whom == Whom::Workspace {
            self.replay(&parcel).await;
        }
        self.travel().await;
        match mishap {
            Some(Mishap::LostAnswer) => return Err(Lost::Reset),
            Some(Mishap::Silence) => tokio::time::sleep(FOR_EVER).await,
            _ => {}
        }
        let mut carried = answer.ok_or(Lost::Reset)?;
        if mishap == Some(Mishap::Torn) {
            carried.body.truncate(carried.body.len() / 2);
            carried.torn = true;
        }
        if self.plan.no_date && whom == Whom::Desk {
            carried.headers.remove(header::DATE);
        }
        self.answered(whom, number, &carried, batch);
        Ok(carried)
    }

    /// Now and then an upload waits until the next one is through.
    fn keeps_back(&self, parcel: &Parcel) -> bool {
        let inner = &mut *self.lock();
        let keeps = inner.kept_back.is_none() && inner.dice.u32(0..3) == 0;
        if keeps {
            inner.kept_back = Some(parcel.clone());
        }
        keeps
    }

    /// The first upload of all, once more.
    async fn replay(&self, parcel: &Parcel) {
        let body = {
            let inner = &mut *self.lock();
            let first = inner.first_body.get_or_insert_with(|| parcel.body.clone()).clone();
            (inner.dice.u32(0..10) == 0).then_some(first)
        };
        if let Some(body) = body {
            let old = Parcel { body, ..parcel.clone() };
            self.ask(Whom::Workspace, &old, None).await;
        }
    }

    async fn travel(&self) {
        let most = self.plan.latency.as_millis() as u64;
        let time = self.lock().dice.u64(1..=most);
        tokio::time::sleep(Duration::from_millis(time)).await;
    }

    /// Rolls the dice for a request.
    fn mishap(&self, whom: Whom, number: u64) -> Option<Mishap> {
        let inner = &mut *self.lock();
        let dice = &mut inner.dice;
        let dark = clock::source() < inner.dark;
        if !dark && dice.u32(0..100) >= inner.rough {
            return None;
        }
        let mishap = match (whom, self.plan.product) {
            _ if dark => Mishap::Unreachable,
            (Whom::Desk, Product::ServiceNow) => faults::servicenow(dice, self.plan.nodes),
            (Whom::Desk, Product::Dataverse) => faults::dataverse(dice),
            (Whom::Workspace, _) => faults::workspace(dice),
            (Whom::SignIn | Whom::Login, _) => faults::sign_in(dice),
        };
        inner.trace.count(mishap.word());
        inner.trace.note(|| format!("   {number} {mishap:?}"));
        Some(mishap)
    }

    /// The answer of whoever is meant, and the batch if one was taken.
    async fn ask(&self, whom: Whom, parcel: &Parcel, mishap: Option<&Mishap>) -> (Option<Carried>, Option<usize>) {
        let request = request(parcel, self.plan.packed);
        match whom {
            Whom::Login => (Some(self.token().await), None),
            Whom::SignIn if parcel.url.port() == Some(1004) => (Some(self.token().await), None),
            Whom::SignIn | Whom::Desk if self.plan.product == Product::ServiceNow => {
                if let Some(Mishap::Desk(fault)) = mishap {
                    self.servicenow_faults.push("*", fault.clone(), 1);
                }
                (receive(&self.routers[0], request).await, None)
            }
            Whom::SignIn | Whom::Desk => {
                if let Some(Mishap::Dataverse(fault)) = mishap {
                    self.dataverse.fault(0, *fault, 1);
                }
                (receive(&self.routers[0], request).await, None)
            }
            Whom::Workspace => {
                if let Some(Mishap::Workspace(fault)) = mishap {
                    self.workspace.fault(*fault, Until::Requests(1));
                }
                let stream = rows::stream(parcel);
                let before = self.workspace.count(&stream);
                let answer = receive(&self.routers[1], request).await;
                let taken = self.workspace.count(&stream) > before;
                (answer, taken.then(|| rows::take(self, parcel)))
            }
        }
    }

    /// What every token endpoint of Entra's answers.
    async fn token(&self) -> Carried {
        let inner = &mut *self.lock();
        inner.tokens_issued += 1;
        let life = inner.dice.u32(60..4000);
        let body = format!(
            "{{\"token_type\":\"Bearer\",\"expires_in\":{life},\"access_token\":\"token-{}\"}}",
            inner.tokens_issued
        );
        Carried {
            status: StatusCode::OK,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
            body: Bytes::from(body),
            torn: false,
        }
    }

    fn answered(&self, whom: Whom, number: u64, carried: &Carried, batch: Option<usize>) {
        let inner = &mut *self.lock();
        let now = clock::source();
        if let Some(batch) = batch
            && carried.status.is_success()
            && !carried.torn
        {
            inner.journal.batches[batch].answered = Some(now);
        }
        if whom == Whom::Desk
            && let Some(until) = pause(carried, now)
        {
            let life = inner.journal.life;
            inner.journal.pauses.push((life, now, until));
        }
        inner.trace.note(|| format!("<- {number} {}", carried.status.as_u16()));
    }
}

/// What a workspace says that took a batch.
fn taken() -> Carried {
    Carried {
        status: StatusCode::NO_CONTENT,
        headers: HeaderMap::new(),
        body: Bytes::new(),
        torn: false,
    }
}

/// Until when an answer asks everybody to wait, in whole seconds and by `Retry-After` in seconds alone.
fn pause(carried: &Carried, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if carried.torn || !matches!(carried.status.as_u16(), 429 | 503) {
        return None;
    }
    let seconds: i64 = carried.headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    (seconds > 0).then(|| now + TimeDelta::seconds(seconds))
}

fn request(parcel: &Parcel, packed: bool) -> Request<Body> {
    let query = parcel.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let target = format!("{}{query}", parcel.url.path());
    let mut request = Request::new(Body::from(parcel.body.clone()));
    *request.method_mut() = parcel.method.clone();
    *request.uri_mut() = target.parse().unwrap();
    *request.headers_mut() = parcel.headers.clone();
    let host = format!("127.0.0.1:{}", parcel.url.port().unwrap_or_default());
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::try_from(host).unwrap());
    if packed {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if parcel.method != Method::GET {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(parcel.body.len()));
    }
    request
}

/// The answer read to its end, or to where it breaks; none if the connection is cut.
async fn receive(router: &Router, request: Request<Body>) -> Option<Carried> {
    let response = router
        .clone()
        .call(request)
        .await
        .unwrap_or_else(|never| match never {});
    if serve::is_cut(&response) {
        return None;
    }
    let (parts, body) = response.into_parts();
    let mut chunks = body.into_data_stream();
    let (mut body, mut torn) = (Vec::new(), false);
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => body.extend_from_slice(&chunk),
            Err(_) => torn = true,
        }
    }
    Some(Carried {
        status: parts.status,
        headers: parts.headers,
        body: Bytes::from(body),
        torn,
    })
}

/// A request for people: who and what, the query decoded where it says something.
fn shown(parcel: &Parcel) -> String {
    let query: Vec<(String, String)> = parcel.url.query_pairs().into_owned().collect();
    let telling = query.iter().filter(|(name, _)| {
        matches!(
            name.as_str(),
            "sysparm_query" | "sysparm_limit" | "sysparm_offset" | "$filter" | "$skiptoken"
        )
    });
    let telling: Vec<&str> = telling.map(|(_, value)| value.as_str()).collect();
    format!("{} {} {}", parcel.method, parcel.url.path(), telling.join(" | "))
}
