//! One connection's way to its server.
//!
//! No redirection is followed, no cookie kept (ServiceNow runs one transaction a session at a time), TLS is 1.2 or
//! newer, credentials go to the configured host only, and loopback never goes through a proxy.

mod bodies;
mod request;
mod send;
#[cfg(test)]
mod tests;
mod transport;
mod unpack;
mod way;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use tokio_rustls::rustls::ClientConfig;

use self::bodies::Bodies;
pub use self::request::{Limit, Request};
use self::transport::Broken;
use self::way::Way;
pub use self::way::{Carried, Carrier, Lost, Parcel};
use super::answer::Answer;
use super::counts::{Asked, Counters, Counts, Ended};
use super::limit::{Limiter, Waiting, Waits};
use super::proxy::Proxies;
use super::tls::TlsSettings;
use super::url::{check_nearby, check_url, host};
use super::{NetError, codes};
use crate::model::{Repeats, Trouble};

/// A token takes no longer. Whoever signs in holds the turn of all who wait for the same token.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(30);

/// How a connection talks to its server.
#[derive(Clone)]
pub struct ClientSettings {
    /// Where requests may go: this scheme, host and port, and no other.
    pub server_url: String,
    /// The most requests in any 60 seconds; `None` is no limit.
    pub requests_per_minute: Option<u32>,
    /// The most requests at once.
    pub max_concurrent: usize,
    /// From the connection to the last byte of the body.
    pub request_timeout: Duration,
    /// Proxy for everything but loopback, `off` for none; the environment's if none is given.
    pub proxy: Option<String>,
    /// Private CA, client certificate.
    pub tls: TlsSettings,
    /// How long a server's wish may be before it is an error; `None` waits as long as it asks.
    pub patience: Option<Duration>,
    /// How often a request is sent before its error counts; at least one.
    pub attempts: u32,
    /// Before the second attempt up to that long, doubling from try to try.
    pub backoff: Duration,
    /// Our clock, used only where a server sends a date but not its own time.
    pub clock: fn() -> DateTime<Utc>,
}

impl std::fmt::Debug for ClientSettings {
    // A proxy's address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientSettings")
            .field("server_url", &super::url::without_query(&self.server_url))
            .field("requests_per_minute", &self.requests_per_minute)
            .field("max_concurrent", &self.max_concurrent)
            .field("request_timeout", &self.request_timeout)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl ClientSettings {
    /// Settings with everything but the address at its default: two at once, no rate, 60 seconds, four attempts.
    pub fn new(server_url: &str, clock: fn() -> DateTime<Utc>) -> Self {
        Self {
            server_url: server_url.to_owned(),
            requests_per_minute: None,
            max_concurrent: 2,
            request_timeout: Duration::from_secs(60),
            proxy: None,
            tls: TlsSettings::default(),
            patience: None,
            attempts: 4,
            backoff: Duration::from_secs(1),
            clock,
        }
    }
}

impl ClientSettings {
    fn connect_timeout(&self) -> Duration {
        self.request_timeout.min(Duration::from_secs(20))
    }
}

/// Sends the requests of one connection; cheap to clone.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    settings: ClientSettings,
    server: Url,
    way: Way,
    limiter: Limiter,
    counters: Counters,
    asked: Arc<Asked>,
    wishes: Mutex<Repeats>,
    bodies: Bodies,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("server", &host(&self.shared.server))
            .field("limiter", &self.shared.limiter)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Fails if the address is neither https nor loopback, or if a file of the `tls` section cannot be used.
    pub fn new(settings: ClientSettings) -> Result<Self, Trouble> {
        let proxies = Proxies::new(settings.proxy.as_deref(), |name| std::env::var(name).ok())?;
        let tls = settings.tls.config()?;
        let way = Way::Network {
            remote: build(proxies.apply(builder(&settings, &tls)))?,
            local: build(builder(&settings, &tls).no_proxy())?,
            proxies,
            tls: Arc::new(tls),
        };
        Self::going(settings, way)
    }

    /// A client whose requests `carrier` takes, in place of the network: proxy and TLS have no meaning there. Fails if the
    /// address is neither https nor loopback.
    pub fn carried(settings: ClientSettings, carrier: Arc<dyn Carrier>) -> Result<Self, Trouble> {
        let timeout = settings.request_timeout;
        Self::going(settings, Way::Carried { carrier, timeout })
    }

    fn going(settings: ClientSettings, way: Way) -> Result<Self, Trouble> {
        let server = check_url(&settings.server_url)?;
        let shared = Shared {
            way,
            limiter: Limiter::new(settings.requests_per_minute, settings.max_concurrent, settings.patience),
            counters: Counters::default(),
            asked: Arc::default(),
            wishes: Mutex::default(),
            bodies: Bodies::default(),
            server,
            settings,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// What leads over the network: proxies, TLS, and how long a step may take. `None` on another way.
    pub(super) fn network(&self) -> Option<(&Proxies, &Arc<ClientConfig>, Duration)> {
        match &self.shared.way {
            Way::Network { proxies, tls, .. } => Some((proxies, tls, self.shared.settings.connect_timeout())),
            Way::Carried { .. } => None,
        }
    }

    /// The pause under way, if there is one.
    pub fn waiting(&self) -> Option<Waiting> {
        self.shared.limiter.waiting()
    }

    /// Requests sent so far, those for tokens not counted.
    pub fn requests(&self) -> u64 {
        self.counts().requests
    }

    /// Requests by outcome.
    pub fn counts(&self) -> Counts {
        self.shared.counters.snapshot()
    }

    /// Requests that came to an end, by how; those for tokens not counted.
    pub fn ended(&self) -> Ended {
        self.shared.asked.ended()
    }

    /// How often and how long it waited, and for what.
    pub fn waits(&self) -> Waits {
        self.shared.limiter.waits()
    }

    /// Our clock, as the settings gave it.
    pub fn now(&self) -> DateTime<Utc> {
        (self.shared.settings.clock)()
    }

    /// The bounds of this connection, to be shared with whoever else speaks to the same server.
    pub fn limiter(&self) -> &Limiter {
        &self.shared.limiter
    }

    /// The file of the client certificate that it was made with.
    pub fn certificate(&self) -> Option<&Path> {
        self.shared.settings.tls.client_certificate.as_deref()
    }

    /// The configured server, `host` or `host:port`.
    pub fn server(&self) -> String {
        host(&self.shared.server)
    }

    /// Takes back a body that was read and is not needed any more, so that the next one has room without asking for
    /// memory. Nothing breaks if it is not given back.
    pub fn take_back(&self, body: bytes::Bytes) {
        self.shared.bodies.take_back(body);
    }

    /// Asks a service of this machine or its own link for a token: once, outside the rate, and never through a proxy.
    /// Plain http is allowed there, and only there.
    pub async fn get_nearby(&self, url: &str, headers: Vec<(HeaderName, HeaderValue)>) -> Result<Answer, NetError> {
        let url = check_nearby(url).map_err(NetError::Failed)?;
        Counters::count(&self.shared.counters.token_requests);
        let mut request = reqwest::Request::new(Method::GET, url.clone());
        request.headers_mut().extend(headers);
        let fetched = transport::fetch_nearby(&self.shared.way, request, &self.shared.counters);
        fetched
            .await
            .map_err(|broken| broken.into_error(&host(&url), self.shared.settings.request_timeout))
    }

    /// Posts a form for a token: once, outside the rate, to any host that is https or loopback. It has half a minute at
    /// most, however long the connection's own requests may take.
    pub async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Result<Answer, NetError> {
        let url = check_url(url).map_err(NetError::Failed)?;
        Counters::count(&self.shared.counters.token_requests);
        let mut request = reqwest::Request::new(Method::POST, url.clone());
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(form_body(&url, form).into());
        let Shared { way, counters, .. } = &*self.shared;
        let bodies = Bodies::default();
        let posting = transport::fetch(way, request, transport::TOKEN_BODY_LIMIT, counters, &bodies);
        let answer = tokio::time::timeout(TOKEN_TIMEOUT, posting).await.unwrap_or_else(|_| {
            Counters::count(&counters.timeouts);
            Err(Broken::Timeout)
        });
        answer.map_err(|broken| broken.into_error(&host(&url), TOKEN_TIMEOUT))
    }
}

/// A form is spelled like a query.
fn form_body(url: &Url, form: &[(&str, &str)]) -> String {
    let mut spelled = url.clone();
    spelled.query_pairs_mut().clear().extend_pairs(form);
    spelled.query().unwrap_or_default().to_owned()
}

fn builder(settings: &ClientSettings, tls: &ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .user_agent(concat!("itsmd/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // One place retries, and it is not the library.
        .retry(reqwest::retry::never())
        // Bodies are unpacked here, without the copies in between.
        .no_gzip()
        .default_headers(HeaderMap::from_iter([(
            ACCEPT_ENCODING,
            HeaderValue::from_static("gzip"),
        )]))
        .connect_timeout(settings.connect_timeout())
        .timeout(settings.request_timeout)
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Trouble> {
    builder
        .build()
        .map_err(|error| codes::CLIENT.stop(transport::causes(&error)))
}
