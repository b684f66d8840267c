//! The way a request goes: over the network, or through something in this process that stands in for it.
//!
//! Everything above it (permits, classification, retries, unpacking) is the same on both ways, so that what is
//! seen to hold in a simulation holds on the wire.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode, Url};
use tokio_rustls::rustls::ClientConfig;

use super::transport::{Broken, broken};
use crate::net::proxy::Proxies;
use crate::net::url::is_loopback;
use crate::net::{Code, codes};

/// Stands in for the network.
pub trait Carrier: Send + Sync {
    /// Brings a request to where it is meant to go and the answer back. Dropping the future is hanging up.
    fn carry(&self, parcel: Parcel) -> Pin<Box<dyn Future<Output = Result<Carried, Lost>> + Send>>;
}

/// A request as it would stand on the wire.
#[derive(Clone)]
pub struct Parcel {
    /// `GET` or `POST`.
    pub method: Method,
    /// Byte for byte as far as it is one.
    pub url: Url,
    /// Credentials among them.
    pub headers: HeaderMap,
    /// Empty for a GET.
    pub body: Bytes,
}

/// An answer as it would stand on the wire.
#[derive(Debug, Clone)]
pub struct Carried {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// As packed as the headers say.
    pub body: Bytes,
    /// Whether the connection broke behind the body's last byte.
    pub torn: bool,
}

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The name did not resolve.
    NoName,
    /// Nobody listened.
    Unreachable,
    /// The connection broke, before the request arrived or after it.
    Reset,
}

/// Which way a client's requests go.
pub(super) enum Way {
    Network {
        remote: reqwest::Client,
        // Proxies of the environment would be asked for loopback too.
        local: reqwest::Client,
        /// For the words of a failure, and for `reach`.
        proxies: Proxies,
        /// The same for all of them.
        tls: Arc<ClientConfig>,
    },
    Carried {
        carrier: Arc<dyn Carrier>,
        timeout: Duration,
    },
}

/// An answer whose body is still to be read.
pub(super) enum Coming {
    Network(reqwest::Response),
    Carried(Carried),
}

impl Way {
    /// [`send`](Self::send), past every proxy.
    pub async fn send_nearby(&self, request: reqwest::Request) -> Result<Coming, Broken> {
        match self {
            Self::Network { local, .. } => {
                let response = local.execute(request).await.map_err(|error| broken(&error, None))?;
                Ok(Coming::Network(response))
            }
            Self::Carried { .. } => self.send(request).await,
        }
    }

    /// Sends once and waits for the head of the answer. The network's time-out is its client's.
    pub async fn send(&self, request: reqwest::Request) -> Result<Coming, Broken> {
        match self {
            Self::Network {
                remote, local, proxies, ..
            } => {
                let http = if is_loopback(request.url()) { local } else { remote };
                let via = proxies.via(request.url());
                let response = http.execute(request).await;
                let response = response.map_err(|error| broken(&error, via.as_ref()))?;
                Ok(Coming::Network(response))
            }
            Self::Carried { carrier, timeout } => {
                let carried = tokio::time::timeout(*timeout, carrier.carry(Parcel::of(request))).await;
                let carried = carried.map_err(|_| Broken::Timeout)?;
                carried.map(Coming::Carried).map_err(Lost::broken)
            }
        }
    }
}

impl Coming {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Network(response) => response.status(),
            Self::Carried(carried) => carried.status,
        }
    }

    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        match self {
            Self::Network(response) => response.headers_mut(),
            Self::Carried(carried) => &mut carried.headers,
        }
    }

    /// As announced.
    pub fn content_length(&self) -> Option<u64> {
        match self {
            Self::Network(response) => response.content_length(),
            Self::Carried(carried) => carried
                .headers
                .get(reqwest::header::CONTENT_LENGTH)
                .and_then(|value| value.to_str().ok()?.parse().ok()),
        }
    }

    /// More of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Broken> {
        match self {
            Self::Network(response) => response.chunk().await.map_err(|error| broken(&error, None)),
            Self::Carried(carried) if !carried.body.is_empty() => Ok(Some(std::mem::take(&mut carried.body))),
            Self::Carried(carried) if carried.torn => Err(Lost::Reset.broken()),
            Self::Carried(_) => Ok(None),
        }
    }
}

impl Parcel {
    fn of(mut request: reqwest::Request) -> Self {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        Self {
            method: request.method().clone(),
            url: request.url().clone(),
            body: body.map(Bytes::copy_from_slice).unwrap_or_default(),
            headers: std::mem::take(request.headers_mut()),
        }
    }
}

impl std::fmt::Debug for Parcel {
    // Neither headers nor body: they may hold tokens and people's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parcel")
            .field("method", &self.method)
            .field("url", &crate::net::url::without_query(self.url.as_str()))
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Lost {
    fn broken(self) -> Broken {
        let (code, words): (Code, &str) = match self {
            Self::NoName => (codes::DNS, "dns error: the name does not resolve"),
            Self::Unreachable => (codes::UNREACHABLE, "connection refused"),
            Self::Reset => (codes::BROKEN, "connection reset by peer"),
        };
        Broken::Transport(code, words.to_owned())
    }
}

#[cfg(test)]
mod tests;
