//! App Service, Functions and Container Apps: an address and a key in the environment.

use tokio::time::Instant;

use super::{Asked, ask_patiently, header, refused};
use crate::auth::issuer::Failure;
use crate::model::Trouble;
use crate::net::http::{HeaderName, HeaderValue};
use crate::net::{self, Answer};

const VERSION: &str = "2019-08-01";

pub(super) struct AppService {
    endpoint: String,
    key: (HeaderName, HeaderValue),
}

impl std::fmt::Debug for AppService {
    // The key proves who asks.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppService")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl AppService {
    pub(super) fn new(endpoint: String, key: &str) -> Result<Self, Trouble> {
        let key = header("x-identity-header", key)?;
        Ok(Self { endpoint, key })
    }

    pub(super) async fn ask(&self, client: &net::Client, asked: &Asked) -> Result<(Answer, Instant), Failure> {
        let url = asked.url(&self.endpoint, VERSION).map_err(Failure::Unavailable)?;
        let (answer, sent) = ask_patiently(client, &url, vec![self.key.clone()]).await?;
        if answer.status.is_success() {
            return Ok((answer, sent));
        }
        Err(refused(&answer))
    }
}
