//! The identity of the machine we run on: no secret to keep, none to renew.
//!
//! Where it is asked for shows in the environment, as Azure's own libraries read it:
//!
//! | found | source |
//! |---|---|
//! | `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` | [App Service](app_service), Container Apps and their like |
//! | `IDENTITY_ENDPOINT` and `IMDS_ENDPOINT`, or the agent's program | [Azure Arc](arc) |
//! | nothing of that | [IMDS](imds), the address every Azure machine has; `AZURE_POD_IDENTITY_AUTHORITY_HOST` moves it |
//!
//! It never goes through a proxy, and only to this machine or its own link.

mod app_service;
mod arc;
mod imds;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use self::app_service::AppService;
use self::arc::Arc;
use self::imds::Imds;
use super::codes;
use super::issuer::{Failure, unavailable};
use super::token::{Token, read};
use crate::model::Trouble;
use crate::net::http::{HeaderName, HeaderValue, Url};
use crate::net::{self, Answer, NetError};

/// Where Azure's agent for machines elsewhere keeps its challenges.
const ARC_TOKENS: &str = "/var/opt/azcmagent/tokens";
const ARC_PROGRAM: &str = "/opt/azcmagent/bin/himds";

/// It answers at once or is not there; nothing lies between.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

/// What the sources are told by.
pub(super) struct Surroundings<'a> {
    /// A variable of the environment.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Where Arc's challenges lie.
    pub(super) arc_tokens: &'a Path,
    /// Arc's agent, if it is there.
    pub(super) arc_program: &'a Path,
}

/// The identity of this machine, for one resource.
#[derive(Debug)]
pub(super) struct ManagedIdentity {
    source: Source,
    asked: Asked,
}

#[derive(Debug)]
enum Source {
    Imds(Imds),
    AppService(AppService),
    Arc(Arc),
}

/// What a token is asked for.
#[derive(Debug)]
struct Asked {
    resource: String,
    client_id: Option<String>,
}

impl Asked {
    /// The address with everything in its query.
    fn url(&self, endpoint: &str, version: &str) -> Result<String, Trouble> {
        let unusable = || codes::NO_IDENTITY.stop(format!("“{endpoint}” is not an address of an identity service"));
        let mut url = Url::parse(endpoint).map_err(|_| unusable())?;
        url.query_pairs_mut()
            .append_pair("api-version", version)
            .append_pair("resource", &self.resource);
        if let Some(client_id) = &self.client_id {
            url.query_pairs_mut().append_pair("client_id", client_id);
        }
        Ok(url.into())
    }
}

impl ManagedIdentity {
    /// By the process's environment.
    pub(super) fn new(client_id: Option<&str>, scope: &str) -> Result<Self, Trouble> {
        let variable = |name: &str| std::env::var(name).ok();
        let surroundings = Surroundings {
            variable: &variable,
            arc_tokens: Path::new(ARC_TOKENS),
            arc_program: Path::new(ARC_PROGRAM),
        };
        Self::within(client_id, scope, &surroundings)
    }

    /// By these surroundings.
    pub(super) fn within(client_id: Option<&str>, scope: &str, around: &Surroundings<'_>) -> Result<Self, Trouble> {
        let asked = Asked {
            resource: scope.strip_suffix("/.default").unwrap_or(scope).to_owned(),
            client_id: client_id.map(str::to_owned),
        };
        let set = |name| (around.variable)(name).filter(|value| !value.trim().is_empty());
        let source = match (set("IDENTITY_ENDPOINT"), set("IDENTITY_HEADER"), set("IMDS_ENDPOINT")) {
            (Some(endpoint), Some(header), _) => Source::AppService(AppService::new(endpoint, &header)?),
            (Some(endpoint), None, Some(_)) => Source::Arc(Arc::new(Some(endpoint), around.arc_tokens)),
            (_, None, _) if around.arc_program.exists() => Source::Arc(Arc::new(None, around.arc_tokens)),
            (_, _, _) => Source::Imds(Imds::new(set("AZURE_POD_IDENTITY_AUTHORITY_HOST"))),
        };
        if matches!(source, Source::Arc(_)) && asked.client_id.is_some() {
            let seen =
                "`client_id` is set, and this machine is connected by Azure Arc, which has one identity and no other";
            return Err(codes::IDENTITY_REFUSED.stop(seen));
        }
        Ok(Self { source, asked })
    }

    /// Asks for a token.
    pub(super) async fn sign_in(&self, client: &net::Client) -> Result<Token, Failure> {
        let (answer, sent) = match &self.source {
            Source::Imds(imds) => imds.ask(client, &self.asked).await?,
            Source::AppService(service) => service.ask(client, &self.asked).await?,
            Source::Arc(arc) => arc.ask(client, &self.asked).await?,
        };
        read(&in_seconds(answer, client.now()), sent).map_err(Failure::Unavailable)
    }
}

/// Asks once. What is not there is not there for want of Azure around us, mostly.
async fn get(client: &net::Client, url: &str, headers: Vec<(HeaderName, HeaderValue)>) -> Result<Answer, Lost> {
    match tokio::time::timeout(ANSWERS_WITHIN, client.get_nearby(url, headers)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(NetError::Failed(trouble))) => Err(Lost::Unreachable(absent(&trouble.seen))),
        Ok(Err(error @ (NetError::TooSlow(_) | NetError::TooBig(_)))) => Err(Lost::Slow(error.into_trouble())),
        Err(_) => Err(Lost::Slow(absent("no answer in time"))),
    }
}

fn absent(seen: &str) -> Trouble {
    codes::NO_IDENTITY.retry(seen)
}

/// Why there was no answer at all.
enum Lost {
    Unreachable(Trouble),
    Slow(Trouble),
}

impl Lost {
    fn trouble(self) -> Trouble {
        match self {
            Self::Unreachable(trouble) | Self::Slow(trouble) => trouble,
        }
    }
}

/// A refusal by an identity service, in its own words.
fn refused(answer: &Answer) -> Failure {
    Failure::Refused(codes::IDENTITY_REFUSED.stop(answer.words()))
}

/// A few tries, for the services beside us that have no manners of their own.
async fn ask_patiently(
    client: &net::Client,
    url: &str,
    headers: Vec<(HeaderName, HeaderValue)>,
) -> Result<(Answer, Instant), Failure> {
    let mut attempt = 1;
    loop {
        let sent = Instant::now();
        let failure = match get(client, url, headers.clone()).await {
            Ok(answer) => match answer.status.as_u16() {
                408 | 429 | 500.. => unavailable(&answer),
                _ => return Ok((answer, sent)),
            },
            Err(lost) => lost.trouble(),
        };
        if attempt >= 3 {
            return Err(Failure::Unavailable(failure));
        }
        tokio::time::sleep(net::retry::backoff(attempt, Duration::from_secs(1), fastrand::f64())).await;
        attempt += 1;
    }
}

/// Some say only at which second a token ends (`expires_on`): then its life is what is left.
fn in_seconds(mut answer: Answer, now: DateTime<Utc>) -> Answer {
    let Ok(serde_json::Value::Object(mut granted)) = serde_json::from_slice(&answer.body) else {
        return answer;
    };
    if granted.contains_key("expires_in") {
        return answer;
    }
    let ends = match granted.get("expires_on") {
        Some(serde_json::Value::String(text)) => text.trim().parse::<i64>().ok(),
        Some(other) => other.as_i64(),
        None => None,
    };
    if let Some(ends) = ends {
        granted.insert("expires_in".to_owned(), (ends - now.timestamp()).max(0).into());
        answer.body = serde_json::Value::Object(granted).to_string().into();
    }
    answer
}

fn header(name: &'static str, value: &str) -> Result<(HeaderName, HeaderValue), Trouble> {
    let mut value = HeaderValue::from_str(value).map_err(|_| codes::UNUSABLE.stop(format!("the value for {name}")))?;
    value.set_sensitive(true);
    Ok((HeaderName::from_static(name), value))
}

fn metadata() -> (HeaderName, HeaderValue) {
    (HeaderName::from_static("metadata"), HeaderValue::from_static("true"))
}

/// For messages.
fn shown(path: &Path) -> String {
    PathBuf::from(path).display().to_string()
}
