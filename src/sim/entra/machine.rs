//! A machine in or at Azure and the endpoint on it that hands out tokens of its identities: a VM's IMDS, an App
//! Service's, an Arc server's with its file that only the right people read.
//!
//! [`crate::sim`] says how sure each behaviour is, and by what it is switched.

mod answer;
mod challenge;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use chrono::{DateTime, Utc};

pub use challenge::Trick;

use super::{Entra, Tokens};
use crate::sim::clock::Clock;
use crate::sim::journal::{Journal, recorded};
use crate::sim::menu::{Menu, Order, Until};
use crate::sim::serve::{self, Server};

/// What kind of machine it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// `GET /metadata/identity/oauth2/token` with `Metadata: true`.
    Vm,
    /// `GET` of whatever path, with the `X-IDENTITY-HEADER` it gave to the program.
    AppService,
    /// Like a VM, but what is in a file must be shown first.
    Arc,
}

/// An identity that was assigned to the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// `client_id`.
    pub client_id: String,
    /// `object_id`.
    pub object_id: String,
    /// `msi_res_id`; empty for the machine's own.
    pub resource_id: String,
}

/// What goes wrong with the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineFault {
    /// This status with an error as JSON: 404, 410, 429 and 5xx are to be tried again, others not.
    Status(u16),
    /// This status with a page of HTML.
    Html(u16),
    /// The connection is cut.
    Cut,
    /// The answer comes so much later.
    Delay(Duration),
    /// No answer ever.
    Hang,
}

/// What can be changed about a machine.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its identities; one without a `resource_id` is the machine's own.
    pub identities: Vec<Assigned>,
    /// How long a token is good.
    pub ttl: Duration,
    /// Whether a living token is given again with what is left of its life.
    pub repeats: bool,
    /// What `X-IDENTITY-HEADER` must be.
    pub header: String,
    /// Where the files of challenges are.
    pub folder: PathBuf,
    /// What is wrong with the challenge.
    pub trick: Trick,
}

#[derive(Debug)]
struct Inner {
    platform: Platform,
    setting: Setting,
    /// What the last challenge's file holds.
    challenge: Option<(PathBuf, String)>,
    /// Living tokens of (identity, resource), and until when.
    given: HashMap<(String, String), (String, DateTime<Utc>)>,
    faults: Menu<MachineFault>,
    clock: Clock,
}

/// A simulated machine; clones share it.
#[derive(Debug, Clone)]
pub struct Machine {
    inner: Arc<Mutex<Inner>>,
    tokens: Tokens,
    journal: Journal,
}

impl Assigned {
    /// The machine's own.
    pub fn system(client_id: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            object_id: format!("object-of-{client_id}"),
            resource_id: String::new(),
        }
    }

    /// One that was made by itself.
    pub fn user(client_id: &str, resource_id: &str) -> Self {
        Self {
            resource_id: resource_id.to_owned(),
            ..Self::system(client_id)
        }
    }
}

impl Entra {
    /// A machine whose tokens are this directory's.
    pub fn machine(&self, platform: Platform, identities: Vec<Assigned>) -> Machine {
        let setting = Setting {
            identities,
            ttl: Duration::from_hours(24),
            repeats: true,
            header: "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a".to_owned(),
            folder: PathBuf::from("/var/opt/azcmagent/tokens"),
            trick: Trick::None,
        };
        let inner = Inner {
            platform,
            setting,
            challenge: None,
            given: HashMap::new(),
            faults: Menu::default(),
            clock: Clock::default(),
        };
        Machine {
            inner: Arc::new(Mutex::new(inner)),
            tokens: self.tokens(),
            journal: Journal::new(),
        }
    }
}

impl Machine {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how it behaves. Tokens it holds to give again are forgotten.
    pub fn set(&self, change: impl FnOnce(&mut Setting)) {
        let mut inner = self.lock();
        change(&mut inner.setting);
        inner.given.clear();
    }

    /// The clock of its answers and of the life of what it gives again.
    pub fn set_clock(&self, clock: Clock) {
        self.journal.set_clock(clock.clone());
        self.lock().clock = clock;
    }

    /// Who asked what when.
    pub fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// Orders a fault for the next `requests` requests.
    pub fn fault(&self, fault: MachineFault, requests: u64) {
        self.order(Order::new(fault, Until::Requests(requests)));
    }

    /// Orders a fault in all its particulars; the one route is `token`.
    pub fn order(&self, order: Order<MachineFault>) {
        self.lock().faults.order(order);
    }

    /// No more faults.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    /// Its routes, to be driven without a socket.
    pub fn router(&self) -> Router {
        recorded(Router::new().fallback(ask).with_state(self.clone()), self.journal())
    }

    /// Serves it at `address`; port 0 lets the kernel choose.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(&self, address: SocketAddr) -> io::Result<Server> {
        serve::serve(self.router(), Some(address)).await
    }
}

async fn ask(State(machine): State<Machine>, request: Request) -> Response<Body> {
    let fault = machine.lock().faults.next("token");
    match fault {
        Some(MachineFault::Status(status)) => return answer::trouble(status),
        Some(MachineFault::Html(status)) => return super::html(status),
        Some(MachineFault::Cut) => return serve::cut(),
        Some(MachineFault::Delay(time)) => tokio::time::sleep(time).await,
        Some(MachineFault::Hang) => std::future::pending().await,
        None => {}
    }
    let (parts, _) = request.into_parts();
    machine.answer(&parts)
}
