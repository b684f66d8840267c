//! IMDS, the metadata service of every Azure machine, at a link-local address.
//!
//! | answer | what follows |
//! |---|---|
//! | 404, 429, 5xx, none in time | tried again after 2, 6, 14 and 30 seconds: it is updated, or just started |
//! | 410 | the same, and for 70 seconds: it promises to be back by then |
//! | any other 4xx | a refusal: nothing is assigned, or not that |

use std::time::Duration;

use tokio::time::Instant;

use super::{Asked, Lost, get, metadata, refused};
use crate::auth::issuer::{Failure, unavailable};
use crate::net::{self, Answer};

const HOST: &str = "http://169.254.169.254";
const PATH: &str = "/metadata/identity/oauth2/token";
const VERSION: &str = "2018-02-01";

const WAITS: [Duration; 4] = [
    Duration::from_secs(2),
    Duration::from_secs(6),
    Duration::from_secs(14),
    Duration::from_secs(30),
];

/// So long it may be gone.
const BACK_WITHIN: Duration = Duration::from_secs(70);

#[derive(Debug)]
pub(super) struct Imds {
    endpoint: String,
}

impl Imds {
    /// `host` stands in for the link-local address.
    pub(super) fn new(host: Option<String>) -> Self {
        let host = host.unwrap_or_else(|| HOST.to_owned());
        Self {
            endpoint: format!("{}{PATH}", host.trim_end_matches('/')),
        }
    }

    pub(super) async fn ask(&self, client: &net::Client, asked: &Asked) -> Result<(Answer, Instant), Failure> {
        let url = asked.url(&self.endpoint, VERSION).map_err(Failure::Unavailable)?;
        let began = Instant::now();
        let mut waits = WAITS.iter();
        loop {
            let sent = Instant::now();
            let (trouble, gone) = match get(client, &url, vec![metadata()]).await {
                Ok(answer) => match answer.status.as_u16() {
                    200..=299 => return Ok((answer, sent)),
                    404 | 410 | 429 | 500.. => (unavailable(&answer), answer.status.as_u16() == 410),
                    _ => return Err(refused(&answer)),
                },
                // Not a machine of Azure's, most likely: waiting makes none of it.
                Err(Lost::Unreachable(trouble)) => return Err(Failure::Unavailable(trouble)),
                Err(Lost::Slow(trouble)) => (trouble, false),
            };
            let left = BACK_WITHIN.saturating_sub(began.elapsed());
            match waits.next() {
                Some(wait) => tokio::time::sleep(*wait).await,
                None if gone && !left.is_zero() => tokio::time::sleep(left).await,
                None => return Err(Failure::Unavailable(trouble)),
            }
        }
    }
}
