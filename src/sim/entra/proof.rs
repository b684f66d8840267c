//! Whether an application is the one it says it is: by a secret, by an assertion that it signed, or by one that
//! somebody signed whom the directory trusts.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::directory::{Application, Credential, Federated};
use super::grant::{Arrival, Params};
use super::refusal::Refusal;
use crate::sim::jwt::{Certificate, Jwt, is_for, time};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How wrong the clock of an assertion's maker may be.
const SKEW: TimeDelta = TimeDelta::minutes(5);

pub(super) fn prove(application: &Application, params: &Params, arrival: &Arrival<'_>) -> Result<(), Refusal> {
    let neither = params.client_secret.is_none() && params.client_assertion.is_none();
    let missing = || {
        let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        Err(Refusal::unauthorized(7_000_218, text))
    };
    let expired = application.expires.is_some_and(|expires| expires <= arrival.now);
    match &application.credential {
        Credential::Public if params.grant_type != "password" => missing(),
        Credential::Public if neither => Ok(()),
        Credential::Public => {
            let text = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.";
            Err(Refusal::unauthorized(700_025, text))
        }
        Credential::Secret(_) | Credential::Assertion(_) | Credential::Certificate(_) | Credential::Federated(_)
            if neither =>
        {
            missing()
        }
        Credential::Secret(secret) if params.client_secret.as_ref() == Some(secret) => {
            if expired {
                Err(too_old(application))
            } else {
                Ok(())
            }
        }
        Credential::Secret(_) => Err(wrong_secret(application)),
        Credential::Assertion(known) => {
            let right = assertion(params).is_some_and(|sent| sent == known);
            if right { Ok(()) } else { Err(no_match(70021, "")) }
        }
        Credential::Certificate(known) => by_certificate(known, expired, application, params, arrival),
        Credential::Federated(trusted) => by_federation(trusted, params, arrival.now),
    }
}

/// The assertion, if it is said to be one.
fn assertion(params: &Params) -> Option<&String> {
    let typed = params.client_assertion_type.as_deref() == Some(ASSERTION_TYPE);
    params.client_assertion.as_ref().filter(|_| typed)
}

fn by_certificate(
    known: &Certificate,
    expired: bool,
    application: &Application,
    params: &Params,
    arrival: &Arrival<'_>,
) -> Result<(), Refusal> {
    let Some(sent) = assertion(params).and_then(|sent| Jwt::parse(sent)) else {
        return Err(malformed());
    };
    let thumbprints = [("x5t#S256", known.sha256()), ("x5t", known.sha1())];
    let named = thumbprints.iter().any(|(name, right)| sent.header[*name] == **right);
    if !named {
        return Err(certificate("was not found", application));
    }
    if expired || known.expires.is_some_and(|expires| expires <= arrival.now) {
        return Err(certificate("is expired", application));
    }
    let Some(claims) = known.key().and_then(|key| sent.claims(&key).cloned()) else {
        return Err(certificate(
            "was found, but use of the key to verify the signature failed",
            application,
        ));
    };
    if !is_for(&claims, &[arrival.endpoint]) {
        let text = "Client assertion audience claim does not match Realm issuer.";
        return Err(Refusal::unauthorized(700_023, text));
    }
    let id = application.client_id.as_str();
    if claims["iss"] != id || claims["sub"] != id {
        let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
        return Err(Refusal::unauthorized(700_021, text));
    }
    in_time(&claims, arrival.now)
}

fn by_federation(trusted: &Federated, params: &Params, now: DateTime<Utc>) -> Result<(), Refusal> {
    let Some(sent) = assertion(params).and_then(|sent| Jwt::parse(sent)) else {
        return Err(malformed());
    };
    if sent.issuer() != trusted.issuer {
        return Err(no_match(700_211, " issuer"));
    }
    let Some(claims) = sent.claims(&trusted.key) else {
        return Err(Refusal::unauthorized(50_013, "Assertion failed signature validation."));
    };
    if claims["sub"] != trusted.subject.as_str() {
        return Err(no_match(700_213, " subject"));
    }
    if !is_for(claims, &[&trusted.audience]) {
        return Err(no_match(700_212, " audience"));
    }
    in_time(claims, now)
}

/// `exp` must be there, `nbf` may.
fn in_time(claims: &Value, now: DateTime<Utc>) -> Result<(), Refusal> {
    let Some(end) = time(claims, "exp") else {
        return Err(malformed());
    };
    let begun = time(claims, "nbf").is_none_or(|start| start <= now + SKEW);
    if begun && now < end + SKEW {
        return Ok(());
    }
    let text = format!(
        "Client assertion is not within its valid time range. Current time: {}, expiry time of assertion {}.",
        now.to_rfc3339(),
        end.to_rfc3339()
    );
    Err(Refusal::unauthorized(700_024, text))
}

fn wrong_secret(application: &Application) -> Refusal {
    let text = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
         not the client secret ID, for a secret added to app '{}'.",
        application.client_id
    );
    Refusal::unauthorized(7_000_215, text)
}

fn too_old(application: &Application) -> Refusal {
    let text = format!(
        "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your \
         app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: \
         https://aka.ms/certCreds.",
        application.client_id
    );
    Refusal::unauthorized(7_000_222, text)
}

fn certificate(reason: &str, application: &Application) -> Refusal {
    let text = format!(
        "The certificate with identifier used to sign the client assertion is not registered on application. \
         [Reason - The key {reason}. Please visit the Azure Portal for application '{}'.]",
        application.client_id
    );
    Refusal::unauthorized(700_027, text)
}

fn no_match(code: u32, part: &str) -> Refusal {
    let text = format!("No matching federated identity record found for presented assertion{part}.");
    let error = if code == 70021 {
        "invalid_request"
    } else {
        "invalid_client"
    };
    let status = if code == 70021 {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::UNAUTHORIZED
    };
    Refusal::new(status, error, code, text)
}

fn malformed() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        "invalid_request",
        50_027,
        "JWT token is invalid or malformed.",
    )
}
