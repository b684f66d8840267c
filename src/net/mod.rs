//! Talking HTTP: permit → request → classify → bounded retry, and nothing else retries.
//!
//! A [`Client`] belongs to one connection: every request it [sends](Client::send) takes a permit of the
//! connection's [`Limiter`], goes to the connection's own host, is classified, and is tried again a bounded
//! number of times. When the server asks to wait, the whole connection waits, and that is visible.
//! What is left after that is a [`NetError`] with a `Trouble` for the operator; it never holds a secret.

mod answer;
mod authorize;
mod client;
mod code;
mod counts;
mod entities;
mod error;
mod limit;
mod proxy;
mod reach;
pub mod retry;
mod secret;
mod tls;
mod unsaid;
mod url;

pub use answer::{Answer, Judge, Judgement};
pub use authorize::{Anonymous, Authorization, Authorize, Rejected};
pub use client::{Carried, Carrier, Client, ClientSettings, Limit, Lost, Parcel, Request};
pub use code::{Code, codes};
pub use counts::{Asked, Counts, Ended};
pub use error::NetError;
pub use limit::{Lane, Limiter, Permit, Waited, Waiting, Waits};
pub use reach::{Reach, Stage, Step};
pub use secret::{SecretError, SecretRef};
pub use tls::TlsSettings;
pub use unsaid::Unsaid;
pub use url::{check_url, host};

/// HTTP's vocabulary, so that those above need no HTTP library of their own.
pub mod http {
    pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
    pub use reqwest::{Method, StatusCode, Url};
}
