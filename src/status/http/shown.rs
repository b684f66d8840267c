//! What can be looked at: page, report, history, metrics, health, and the page's files.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Json, Response};
use serde::Deserialize;

use super::asked::Asked;
use super::views::Views;
use crate::status::{Controls, History, Report, Said, asset, page as render};

/// What may stand behind the `?` of the page's address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Address {
    #[serde(default)]
    said: String,
}

pub(super) async fn page(
    State(views): State<Arc<Views>>,
    State(asked): State<Arc<Asked>>,
    address: Result<Query<Address>, QueryRejection>,
) -> Result<Html<String>, Response> {
    let (report, history) = (views.report().await?, views.history().await?);
    let said = address.ok().and_then(|Query(address)| Said::parse(&address.said));
    let enabled = asked.is_on();
    let controls = Controls {
        enabled,
        said: said.filter(|_| enabled),
    };
    Ok(Html(render(&report, &history, controls)))
}

pub(super) async fn status(State(views): State<Arc<Views>>) -> Result<Json<Arc<Report>>, Response> {
    Ok(Json(views.report().await?))
}

pub(super) async fn history(State(views): State<Arc<Views>>) -> Result<Json<Arc<History>>, Response> {
    Ok(Json(views.history().await?))
}

pub(super) async fn metrics(State(views): State<Arc<Views>>) -> Result<Response, Response> {
    let text = views.metrics.render(&*views.report().await?);
    let kind = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    Ok(([kind], text).into_response())
}

pub(super) async fn health(State(views): State<Arc<Views>>) -> Response {
    verdict(&views.unhealthy().await)
}

pub(super) async fn readiness(State(views): State<Arc<Views>>) -> Response {
    verdict(&views.unready().await)
}

fn verdict(missing: &[String]) -> Response {
    if missing.is_empty() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, missing.join("\n") + "\n").into_response()
}

/// The page names a file together with a hash of it (`?v=…`): what is kept is never out of date.
pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = asset(&name) else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let kept = [
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, file.etag),
    ];
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known == file.etag)
    {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(header::CONTENT_TYPE, file.content_type)], file.bytes).into_response()
}
