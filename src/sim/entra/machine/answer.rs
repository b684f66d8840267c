//! What an endpoint answers: headers first, then the version, the resource, the identity, the challenge.

use axum::Json;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Assigned, Inner, Machine, Platform};
use crate::sim::entra::grant::Granted;
use crate::sim::form;

/// A refusal: status, error, description.
type No = (u16, &'static str, String);

impl Machine {
    pub(super) fn answer(&self, parts: &Parts) -> Response<Body> {
        let mut inner = self.lock();
        let query = form::parameters(parts.uri.query().unwrap_or_default());
        let asked = |name: &str| {
            let mut found = query.iter().filter(|(key, _)| key == name);
            found.next().map(|(_, value)| value.as_str())
        };
        if let Err(no) = inner.admit(parts, asked("api-version")) {
            return refuse(no);
        }
        let resource = match asked("resource") {
            Some(resource) if !resource.is_empty() => resource.to_owned(),
            _ => return refuse((400, "invalid_resource", "The 'resource' parameter is missing.".into())),
        };
        let identity = match inner.identity(asked) {
            Ok(identity) => identity.clone(),
            Err(no) => return refuse(no),
        };
        if inner.platform == Platform::Arc && !inner.met(parts) {
            return inner.challenge();
        }
        let now = inner.clock.now();
        let (token, end) = self.token(&mut inner, &identity, &resource, now);
        Json(inner.granted(&identity, &resource, &token, end, now)).into_response()
    }

    fn token(
        &self,
        inner: &mut Inner,
        identity: &Assigned,
        resource: &str,
        now: DateTime<Utc>,
    ) -> (String, DateTime<Utc>) {
        let place = (identity.client_id.clone(), resource.to_owned());
        if let Some((token, end)) = inner.given.get(&place).filter(|(_, end)| *end > now) {
            return (token.clone(), *end);
        }
        let granted = Granted {
            audience: resource.to_owned(),
            tenant: "the-machine's".to_owned(),
            client_id: identity.client_id.clone(),
            username: None,
            scope: String::new(),
        };
        let given = (self.tokens.issue(&granted, inner.setting.ttl), now + inner.setting.ttl);
        if inner.setting.repeats {
            inner.given.insert(place, given.clone());
        }
        given
    }
}

impl Inner {
    /// Whether the request bears what only a program on the machine can make it bear.
    fn admit(&self, parts: &Parts, version: Option<&str>) -> Result<(), No> {
        let shown = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        if parts.method != Method::GET {
            return Err((405, "invalid_request", "Method not allowed.".into()));
        }
        let least = match self.platform {
            Platform::AppService => {
                if shown("x-identity-header") != Some(self.setting.header.as_str()) {
                    return Err((401, "unauthorized", "The identity header is missing or wrong.".into()));
                }
                "2019-08-01"
            }
            Platform::Vm | Platform::Arc => {
                // A request that was passed on is not of a program on the machine.
                if shown("x-forwarded-for").is_some() || shown("via").is_some() {
                    return Err((400, "bad_request_102", "Requests by way of a proxy are refused.".into()));
                }
                if !shown("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
                    return Err((400, "bad_request_102", "Required metadata header not specified".into()));
                }
                if parts.uri.path() != "/metadata/identity/oauth2/token" {
                    return Err((404, "not_found", "There is nothing at this path.".into()));
                }
                "2018-02-01"
            }
        };
        match version {
            Some(version) if version >= least => Ok(()),
            Some(_) | None => Err((
                400,
                "bad_request",
                "The api-version is missing or not supported.".into(),
            )),
        }
    }

    /// The identity that is asked for; the machine's own, or its only one, if none is.
    fn identity<'a>(&self, asked: impl Fn(&str) -> Option<&'a str>) -> Result<&Assigned, No> {
        let all = &self.setting.identities;
        let names = ["client_id", "object_id", "principal_id", "msi_res_id", "mi_res_id"];
        let named = names.iter().find_map(|name| Some((*name, asked(name)?)));
        let missing = || (400, "invalid_request", "Identity not found".to_owned());
        let Some((name, wanted)) = named else {
            let own = all.iter().find(|one| one.resource_id.is_empty());
            return match (own, all.as_slice()) {
                (Some(own), _) => Ok(own),
                (None, [only]) => Ok(only),
                (None, []) => Err(missing()),
                (None, _) => Err((
                    400,
                    "invalid_request",
                    "Multiple user assigned identities exist, please specify the clientId / resourceId of the \
                     identity in the token request"
                        .to_owned(),
                )),
            };
        };
        let same = |one: &&Assigned| match name {
            "client_id" => one.client_id == wanted,
            "object_id" | "principal_id" => one.object_id == wanted,
            _ => !one.resource_id.is_empty() && one.resource_id == wanted,
        };
        all.iter().find(same).ok_or_else(missing)
    }

    /// The answer that hands out a token; its numbers are texts, and App Service says but when it ends.
    fn granted(&self, of: &Assigned, resource: &str, token: &str, end: DateTime<Utc>, now: DateTime<Utc>) -> Value {
        let left = (end - now).num_seconds().to_string();
        let until = end.timestamp().to_string();
        let mut answer = json!({
            "access_token": token,
            "client_id": of.client_id,
            "expires_on": until,
            "resource": resource,
            "token_type": "Bearer",
        });
        if self.platform != Platform::AppService {
            answer["expires_in"] = json!(left);
            answer["ext_expires_in"] = json!(left);
            answer["not_before"] = json!(now.timestamp().to_string());
        }
        answer
    }
}

fn refuse((status, error, text): No) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({"error": error, "error_description": text}))).into_response()
}

/// A fault's answer.
pub(super) fn trouble(status: u16) -> Response<Body> {
    let text = match status {
        404 => "The endpoint is being updated.",
        410 => "The endpoint will be back within 70 seconds.",
        429 => "Too many requests.",
        _ => "Failed to retrieve token from the Active directory.",
    };
    let mut response = refuse((status, "unknown", text.to_owned()));
    if status == 429 {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}
