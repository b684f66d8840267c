//! Azure's Logs Ingestion API over a workspace that remembers: what it answered 204 to is in
//! [`Workspace::rows`], and nothing else is.
//!
//! [`crate::sim`] says how sure each behaviour is, and by what it is switched.
//! [`Workspace::rows`], and nothing else is.
//!
//! Nothing here was tested against Azure. How far each behaviour can be trusted, by where it comes
//! from: **A** a recorded answer, **B** documentation, **C** somebody quoting a real answer, **D** a
//! third party's stub, **U** nothing known: our choice, and a switch or fault wherever it could matter.
//!
//! | behaviour | grade | switch or fault |
//! |---|---|---|
//! | 204, empty body, `x-ms-request-id`, client's id echoed with hyphens | A | |
//! | error envelope, same code in `x-ms-error-code` | A | |
//! | 404 `NotFound` and its text | A | [`Fault::NotFound`] |
//! | `[]` is 204 | C | |
//! | 413 above 1,048,576 bytes of `Content-Length`, and its text | A | `max_wire_bytes`, [`Fault::TooLarge`] |
//! | that limit is of wire bytes, not of unpacked ones | A, one live test | |
//! | 413 above 50 MiB unpacked | C; the code is a guess | `max_unpacked_bytes` |
//! | a too big upload is cut off instead | B | `cut_oversize`, [`Fault::CutUpload`] |
//! | 403 `OperationFailed`, beginning of its text | C | [`Fault::Forbidden`] |
//! | 400 `InvalidStream`, text | C; the code D | [`Fault::InvalidStream`] |
//! | 401, its code and body | U | [`Fault::Unauthorized`], `tokens` |
//! | 400 for malformed JSON, no array, no objects; code and texts | U | [`Fault::Refuse`], [`Switches::refuse_rows`] |
//! | 400 `InvalidContentLength` for an empty body, `InvalidContentEncoding` | D | |
//! | order of the checks: version, token, size, rule, stream, body | U | |
//! | 404 with an empty body for an unknown api-version | U | |
//! | `Retry-After` with 429 | B; the body is D | [`Fault::TooManyRequests`] |
//! | 500 with an empty body | A, old | [`Fault::Internal`] |
//! | 502 with HTML, 503 and 408 empty | U | [`Fault::BadGateway`], [`Fault::Unavailable`], [`Fault::RequestTimeout`] |
//! | rows taken, answer lost | plain networking | [`Fault::TakeThenCut`] |
//! | undeclared columns vanish behind a 204; names are case-sensitive | B | counted: [`Workspace::dropped_columns`] |
//! | a value of the wrong type is nulled | D | `wrong_type`; counted: [`Workspace::nulled_columns`] |
//! | texts longer than 64 KB are cut | B (256 KB: C) | `field_limit`; counted: [`Workspace::truncated_columns`] |
//! | unit and boundary of that cut: 65,536 bytes, whole characters | U | |
//! | `TimeGenerated` over two days old or a day ahead, or absent: time of receipt | B | [`Switches::set_clock`] |
//! | an unreadable `TimeGenerated`: time of receipt | U | |
//! | rows are visible at once (really: seconds, first rows 15 minutes) | simplified | |
//! | `transformKql` is `source` | B | no other can be declared |
//! | retired `/api/logs`: signature, suffixes, statuses | B | `legacy`, off by default |
//! | whether that API still answers | U | |

mod answer;
mod brief;
mod fault;
mod legacy;
mod logs;
mod rate;
mod stream;
#[cfg(test)]
mod tests;
mod workspace;

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::post;
use serde::Deserialize;

pub use super::menu::Until;
pub use brief::Brief;
pub use fault::{Fault, RetryAfter};
pub use stream::{Declaration, Row, WrongType};
pub use workspace::{Answered, BatchSeen, Keep, Switches, Workspace};

use super::journal::recorded;
use super::serve::{self, Server};
use answer::Answer;
use logs::Upload;

/// More than any upload is read before it is refused.
const READ_AT_MOST: usize = 256 * 1_048_576;

/// A running ingestion endpoint; it stops when dropped, the workspace stays.
#[derive(Debug)]
pub struct Handle {
    server: Server,
    workspace: Workspace,
}

impl Handle {
    /// The `endpoint` to configure, without a slash at the end.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The `dcr_immutable_id` to configure.
    pub fn dcr_immutable_id(&self) -> String {
        self.workspace.switches().dcr_immutable_id
    }

    /// The `stream` to configure.
    pub fn stream(&self) -> &'static str {
        "Custom-ServiceDesk_CL"
    }

    /// The `log_stream` to configure.
    pub fn log_stream(&self) -> &'static str {
        "Custom-ServiceDeskLog_CL"
    }

    /// The workspace behind it.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Cuts every connection and returns once the port is free.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Starts an endpoint of `workspace` at `address`; port 0 lets the kernel choose.
///
/// # Errors
/// When the address cannot be bound.
pub async fn start(workspace: Workspace, address: SocketAddr) -> io::Result<Handle> {
    let server = serve::serve(workspace.router(), Some(address)).await?;
    Ok(Handle { server, workspace })
}

impl Workspace {
    /// The routes of the service in front of it, to be driven without a socket.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .route("/dataCollectionRules/{rule}/streams/{stream}", post(upload))
            .route("/api/logs", post(legacy::post))
            .fallback(nowhere)
            .with_state(self.clone());
        recorded(router, self.journal())
    }
}

async fn nowhere(State(workspace): State<Workspace>) -> Response<Body> {
    Answer::empty(StatusCode::NOT_FOUND).into_response(None, &workspace)
}

#[derive(Debug, Deserialize)]
struct Version {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
}

async fn upload(
    State(workspace): State<Workspace>,
    Path((rule, stream)): Path<(String, String)>,
    Query(version): Query<Version>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let switches = workspace.switches();
    let fault = workspace.next_fault(&format!("upload/{stream}"));
    let client_id = header(&parts.headers, "x-ms-client-request-id");
    let bearer = header(&parts.headers, "authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .filter(|token| !token.is_empty());
    let oversize =
        switches.cut_oversize && length(&parts.headers).is_some_and(|length| length > switches.max_wire_bytes);
    if fault == Some(Fault::CutUpload) || oversize {
        return lost(&workspace, seen(&stream, bearer, client_id));
    }
    let Ok(wire) = axum::body::to_bytes(body, READ_AT_MOST).await else {
        return lost(&workspace, seen(&stream, bearer, client_id));
    };
    let upload = Upload {
        rule: &rule,
        stream: &stream,
        api_version: version.api_version.as_deref(),
        bearer,
        gzip: header(&parts.headers, "content-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("gzip")),
        wire: &wire,
    };
    let seen = seen(&stream, bearer, client_id);
    wait_out(fault).await;
    let ordered = fault.and_then(|fault| logs::ordered(fault, &upload, &switches));
    let answer = ordered.unwrap_or_else(|| logs::accept(&workspace, &switches, &upload));
    if fault == Some(Fault::TakeThenCut) {
        return lost(&workspace, seen);
    }
    workspace.hold(|held| {
        held.answered.push(Answered {
            status: answer.status.as_u16(),
            ..seen
        });
    });
    answer.into_response(client_id, &workspace)
}

async fn wait_out(fault: Option<Fault>) {
    match fault {
        Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
        Some(Fault::Hang) => std::future::pending().await,
        Some(
            Fault::TooManyRequests(_)
            | Fault::Internal
            | Fault::BadGateway
            | Fault::Unavailable(_)
            | Fault::RequestTimeout
            | Fault::CutUpload
            | Fault::TakeThenCut
            | Fault::Unauthorized
            | Fault::Forbidden
            | Fault::InvalidStream
            | Fault::NotFound
            | Fault::TooLarge
            | Fault::Refuse,
        )
        | None => {}
    }
}

fn seen(stream: &str, credential: Option<&str>, client_id: Option<&str>) -> Answered {
    Answered {
        stream: stream.to_owned(),
        status: 0,
        credential: credential.map(ToOwned::to_owned),
        client_request_id: client_id.map(ToOwned::to_owned),
    }
}

/// Cuts the connection.
fn lost(workspace: &Workspace, seen: Answered) -> Response<Body> {
    workspace.hold(|held| held.answered.push(seen));
    serve::cut()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn length(headers: &HeaderMap) -> Option<usize> {
    header(headers, "content-length").and_then(|value| value.parse().ok())
}
