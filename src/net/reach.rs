//! The way to a server, tried step by step: a name, a connection, a proxy's tunnel, a TLS handshake.
//!
//! Nothing is asked of the server itself: no request is sent and nothing signed in.

mod steps;
#[cfg(test)]
mod tests;

use super::Client;
use crate::model::Trouble;

/// A step of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A name becomes addresses: the server's, or the proxy's.
    Name,
    /// Somebody listens there.
    Tcp,
    /// The proxy leads on to the server; only where there is one.
    Proxy,
    /// A trusted and encrypted connection; not for plain http to loopback.
    Tls,
}

impl Step {
    /// As `check` heads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
        }
    }
}

/// One step and how it went.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Which.
    pub step: Step,
    /// What was seen if it went well, in a few words (`203.0.113.7, 203.0.113.8`; `TLS 1.3, certificate of … until …`).
    pub outcome: Result<String, Trouble>,
}

/// How far a server can be reached.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The proxy that leads there, without its credentials; `None`: none is used for this address.
    pub proxy: Option<String>,
    /// In order; the first that fails is the last.
    pub stages: Vec<Stage>,
}

impl Reach {
    /// What stopped it.
    pub fn trouble(&self) -> Option<&Trouble> {
        self.stages.iter().find_map(|stage| stage.outcome.as_ref().err())
    }
}

impl Client {
    /// Goes the way to `url` (the connection's server, or the token endpoint) with this connection's proxy, authorities and
    /// client certificate. Takes no permit. On a way that is not the network there are no stages.
    pub async fn reach(&self, url: &str) -> Reach {
        steps::reach(self, url).await
    }
}
