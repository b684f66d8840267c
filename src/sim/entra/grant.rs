//! Deciding on a token request: tenant, application, credential, user, scope, in that order.

use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::TokenFault;
use super::directory::Directory;
use super::refusal::Refusal;
use super::{proof, user};
use crate::sim::jwt::Jwt;

/// The form of a token request.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct Params {
    pub grant_type: String,
    pub client_id: String,
    pub scope: String,
    pub client_secret: Option<String>,
    pub client_assertion: Option<String>,
    pub client_assertion_type: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
}

/// One request as the endpoint saw it, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The tenant in the path.
    pub tenant: String,
    /// `client_credentials` or `password`.
    pub grant_type: String,
    /// The application.
    pub client_id: String,
    /// As sent.
    pub scope: String,
    /// With the password grant.
    pub username: Option<String>,
    /// Whether a `client_secret` came along.
    pub with_secret: bool,
    /// The AADSTS number if it was refused.
    pub refused: Option<u32>,
    /// The fault that befell it.
    pub fault: Option<TokenFault>,
}

impl TokenRequest {
    pub(super) fn new(tenant: &str, params: &Params, refused: Option<u32>, fault: Option<TokenFault>) -> Self {
        let Params {
            grant_type,
            client_id,
            scope,
            username,
            client_secret,
            ..
        } = params.clone();
        Self {
            tenant: tenant.to_owned(),
            grant_type,
            client_id,
            scope,
            username,
            with_secret: client_secret.is_some(),
            refused,
            fault,
        }
    }
}

/// What a token will be good for.
#[derive(Debug)]
pub(super) struct Granted {
    pub audience: String,
    pub tenant: String,
    pub client_id: String,
    pub username: Option<String>,
    pub scope: String,
}

/// Where a request came in, and when.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    /// The tenant in its path.
    pub tenant: &'a str,
    /// The whole address without a query: what an assertion must be meant for.
    pub endpoint: &'a str,
    /// By the directory's clock.
    pub now: DateTime<Utc>,
}

pub(super) fn decide(directory: &mut Directory, arrival: &Arrival<'_>, params: &Params) -> Result<Granted, Refusal> {
    let tenant = arrival.tenant;
    let password = match params.grant_type.as_str() {
        "client_credentials" => false,
        "password" => true,
        other => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                70003,
                text,
            ));
        }
    };
    let anywhere = ["common", "consumers", "organizations"]
        .iter()
        .any(|name| tenant.eq_ignore_ascii_case(name));
    if anywhere && !(password && tenant.eq_ignore_ascii_case("organizations")) {
        let text = "The grant type is not supported over the /common or /consumers endpoints.";
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            9_001_023,
            text,
        ));
    }
    if !anywhere && !directory.has_tenant(tenant) {
        let text = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid_request", 90002, text));
    }
    let home = if anywhere { home_of(directory, params) } else { tenant };
    let home = home.to_owned();
    let Some(application) = directory.application(&home, &params.client_id).cloned() else {
        let text = format!(
            "Application with identifier '{}' was not found in the directory '{tenant}'.",
            params.client_id
        );
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            700_016,
            text,
        ));
    };
    if application.disabled {
        let text = format!("Application '{}'(itsmd) is disabled.", params.client_id);
        return Err(Refusal::unauthorized(7_000_112, text).spelled("unauthorized_client"));
    }
    proof::prove(&application, params, arrival)?;
    once_only(directory, params)?;
    let username = if password {
        Some(user::sign_in(directory, tenant, params)?)
    } else {
        None
    };
    let audience = audience_of(directory, &params.scope, password)?;
    Ok(Granted {
        audience,
        tenant: home,
        client_id: params.client_id.clone(),
        username,
        scope: params.scope.clone(),
    })
}

/// The tenant of the user who signs in at `organizations`.
fn home_of<'a>(directory: &'a Directory, params: &Params) -> &'a str {
    let name = params.username.as_deref().unwrap_or_default();
    directory.user("organizations", name).map_or("", |user| &user.tenant)
}

/// Where it is wished, a second time is refused: whoever listened cannot use what was heard.
fn once_only(directory: &mut Directory, params: &Params) -> Result<(), Refusal> {
    let Some(assertion) = params.client_assertion.as_ref().filter(|_| directory.single_use) else {
        return Ok(());
    };
    let id = Jwt::parse(assertion).map_or_else(|| assertion.clone(), |jwt| jwt.id());
    if directory.spent.insert(id) {
        return Ok(());
    }
    Err(Refusal::unauthorized(
        50_013,
        "Assertion failed validation: its 'jti' was used before.",
    ))
}

/// The `aud` of a token for that scope.
fn audience_of(directory: &Directory, scope: &str, password: bool) -> Result<String, Refusal> {
    // A user's scope list may name openid and its like beside the one resource.
    let openid = ["openid", "profile", "email", "offline_access"];
    let mut resources = scope
        .split_whitespace()
        .filter(|one| !password || !openid.contains(one));
    let named = resources.next().and_then(|one| one.rsplit_once('/'));
    let audience = match (named, resources.next()) {
        (Some((audience, ".default")), None) => audience,
        (Some((audience, "user_impersonation")), None) if password => audience,
        _ => {
            let text =
                format!("The provided request must include a 'scope' input parameter. The scope {scope} is not valid.");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid_scope", 70011, text));
        }
    };
    let known = directory.resources.is_empty() || directory.resources.contains(audience.trim_end_matches('/'));
    if !known {
        let text = format!("The resource principal named {audience} was not found in the tenant.");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "invalid_resource", 500_011, text));
    }
    Ok(audience.to_owned())
}

/// The answer that hands out `token`.
pub(super) fn answer(directory: &Directory, granted: &Granted, token: &str) -> Value {
    let number = |time: Duration| {
        let seconds = time.as_secs();
        if directory.numbers_as_strings {
            json!(seconds.to_string())
        } else {
            json!(seconds)
        }
    };
    let mut answer = json!({
        "token_type": "Bearer",
        "expires_in": number(directory.ttl),
        "ext_expires_in": number(directory.ttl),
        "access_token": token,
    });
    if let Some(time) = directory.refresh_in {
        answer["refresh_in"] = number(time);
    }
    if granted.username.is_some() {
        answer["scope"] = json!(granted.scope);
    }
    answer
}
