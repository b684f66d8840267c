//! Responses: pages, refusals, and what a fault makes of them.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::protection::Left;
use super::query::Preferences;
use super::refusal::Refusal;
use super::state::Fault;

const JSON: HeaderValue = HeaderValue::from_static("application/json; odata.metadata=minimal");

/// A page or a row.
pub(super) fn body(body: &str, wishes: &Preferences, fault: Option<Fault>) -> Response<Body> {
    let end = if fault == Some(Fault::HalfPage) {
        body.floor_char_boundary(body.len() / 2)
    } else {
        body.len()
    };
    let mut response = Response::new(Body::from(body[..end].to_owned()));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
        .headers_mut()
        .insert("odata-version", HeaderValue::from_static("4.0"));
    if let Some(applied) = wishes.applied().and_then(|applied| HeaderValue::try_from(applied).ok()) {
        response.headers_mut().insert("preference-applied", applied);
    }
    response
}

/// An error: in Dataverse's shape, empty where the real one is, or a gateway's page.
pub(super) fn refusal(refusal: &Refusal) -> Response<Body> {
    let (text, kind) = match refusal.code {
        "html" => (
            "<html><body><h1>502 Bad Gateway</h1></body></html>\r\n".to_owned(),
            HeaderValue::from_static("text/html"),
        ),
        "" => (String::new(), JSON),
        _ => (refusal.body().to_string(), JSON),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = refusal.status;
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Some(seconds) = refusal.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if refusal.status == StatusCode::UNAUTHORIZED {
        let challenge = "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize";
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

/// What is left of the limits, as the service tells it for those who look for faults.
pub(super) fn left(headers: &mut HeaderMap, left: Left) {
    headers.insert(
        "x-ms-ratelimit-burst-remaining-xrm-requests",
        HeaderValue::from(left.requests),
    );
    let time = format!("{}.{:06}", left.time.as_secs(), left.time.subsec_micros());
    if let Ok(time) = HeaderValue::try_from(time) {
        headers.insert("x-ms-ratelimit-time-remaining-xrm-requests", time);
    }
}

/// The refusal that a fault orders, if it orders one.
pub(super) fn ordered(fault: Fault) -> Option<Refusal> {
    let protection = |code, text: &str, retry_after| {
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, code, text);
        Some(Refusal { retry_after, ..refusal })
    };
    match fault {
        Fault::TooManyRequests(wait) => protection(
            "0x80072322",
            "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
            wait,
        ),
        Fault::TooMuchTime(wait) => {
            let text = "Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds over time window of 300 seconds.";
            protection("0x80072321", text, wait)
        }
        Fault::TooManyAtOnce(wait) => protection(
            "0x80072326",
            "Number of concurrent requests exceeded the limit of 52.",
            wait,
        ),
        Fault::Unauthorized => Some(Refusal::new(StatusCode::UNAUTHORIZED, "", "")),
        Fault::Forbidden => {
            let text = "Principal user is missing prvReadIncident privilege.";
            Some(Refusal::new(StatusCode::FORBIDDEN, "0x80040220", text))
        }
        Fault::NoUser => {
            let text = "The user is not a member of the organization.";
            Some(Refusal::new(StatusCode::FORBIDDEN, "0x80072560", text))
        }
        Fault::Internal => Some(Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "0x80040216",
            "An unexpected error occurred.",
        )),
        Fault::BadGateway => Some(Refusal::new(StatusCode::BAD_GATEWAY, "html", "")),
        Fault::Unavailable => Some(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "", "")),
        Fault::HalfPage | Fault::Cut | Fault::Hang | Fault::Delay(_) => None,
    }
}
