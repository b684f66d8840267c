//! A `ServiceNow` instance, stateful, as far as a reader of its Table API can see it.
//!
//! [`crate::sim`] says how sure each behaviour is, and by what it is switched.

mod answer;
mod as_row;
mod desk;
mod faulty;
mod filler;
mod gate;
mod late;
mod link;
mod list;
mod matching;
mod oauth;
mod oidc;
mod packed;
mod query;
mod rate;
mod registry;
mod render;
mod routes;
mod row;
mod select;
mod table;
#[cfg(test)]
mod tests;
mod zone;

use std::io;
use std::net::SocketAddr;

use axum::Router;

pub use as_row::{id_of, row as row_of};
pub use desk::Desk;
pub use gate::{Pace, Pool};
pub use late::Lateness;
pub use oauth::{Client, JwtKey, Rotation};
pub use oidc::Provider;
pub use packed::View;
pub use query::{InvalidPart, Literals};
pub use registry::{ApiKey, User};
pub use row::{Cell, Display, Row, Text, stamp};

use super::fault::Faults;
use super::journal::Journal;
use super::serve::{self, Guests, Identity, Server};

/// A running instance.
#[derive(Debug)]
pub struct Handle {
    /// Its state.
    pub desk: Desk,
    /// What it was asked.
    pub journal: Journal,
    /// What goes wrong with it; routes are `table/{t}`, `record/{t}`, `stats/{t}`, `token`.
    pub faults: Faults,
    server: Server,
}

/// The routes of an instance, to be driven without a socket.
pub fn router(desk: &Desk, journal: &Journal, faults: &Faults) -> Router {
    routes::router(routes::Instance {
        desk: desk.clone(),
        journal: journal.clone(),
        faults: faults.clone(),
    })
}

/// Serves `desk` on `address`, or on a free port of 127.0.0.1.
///
/// # Errors
/// The address cannot be bound.
pub async fn start(desk: Desk, address: Option<SocketAddr>) -> io::Result<Handle> {
    start_as(desk, address, None).await
}

/// Serves `desk` likewise, over TLS as `identity`, if it has one.
///
/// # Errors
/// The address cannot be bound, or the identity cannot be used.
pub async fn start_as(desk: Desk, address: Option<SocketAddr>, identity: Option<&Identity>) -> io::Result<Handle> {
    let (journal, faults) = (Journal::new(), Faults::new(0x5eed));
    let server = serve::serve_as(router(&desk, &journal, &faults), address, identity).await?;
    Ok(Handle {
        desk,
        journal,
        faults,
        server,
    })
}

/// Serves `desk` over TLS as `identity`, and asks callers for certificates of their own.
///
/// # Errors
/// The address cannot be bound, or a certificate cannot be used.
pub async fn start_guests(
    desk: Desk,
    address: Option<SocketAddr>,
    identity: &Identity,
    guests: &Guests,
) -> io::Result<Handle> {
    let (journal, faults) = (Journal::new(), Faults::new(0x5eed));
    let server = serve::serve_guests(router(&desk, &journal, &faults), address, identity, guests).await?;
    Ok(Handle {
        desk,
        journal,
        faults,
        server,
    })
}

impl Handle {
    /// `http://127.0.0.1:port`, or `https`, without a slash at the end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Stops it; its state lives on in [`Desk`].
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
