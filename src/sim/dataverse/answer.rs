//! Answering a GET: token, fault, then metadata, one row, or a page.

use axum::body::Body;
use axum::extract::{Query as Options, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use serde_json::json;
use uuid::Uuid;

use super::link::Continuation;
use super::query::{MAX_PAGE, Preferences, Query};
use super::refusal::Refusal;
use super::state::{Fault, Inner, Seen};
use super::table::Table;
use super::wire::{self, Object};
use super::{HANG, Instance, metadata, page, respond};
use crate::sim::fault::http_date;
use crate::sim::serve;

const ROOT: &str = "/api/data/v9.2/";

/// A body that answers, and how many rows it holds.
struct Found {
    body: String,
    rows: usize,
}

pub(super) async fn get(State(instance): State<Instance>, request: Request) -> Response<Body> {
    let (parts, _) = request.into_parts();
    let _busy = Busy(instance.clone());
    let (caller, left, fault) = {
        let mut inner = instance.lock();
        let (caller, now) = (inner.caller(bearer(&parts.headers)), inner.now());
        let entered = inner.meter.enter(&caller, now);
        let ordered = inner.faults.next(&route(parts.uri.path()));
        (caller, entered.ok(), entered.err().or(ordered))
    };
    match fault {
        Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
        Some(Fault::Hang) => tokio::time::sleep(HANG).await,
        Some(
            Fault::Cut
            | Fault::TooManyRequests(_)
            | Fault::TooMuchTime(_)
            | Fault::TooManyAtOnce(_)
            | Fault::Unauthorized
            | Fault::Forbidden
            | Fault::NoUser
            | Fault::Internal
            | Fault::BadGateway
            | Fault::Unavailable
            | Fault::HalfPage,
        )
        | None => {}
    }
    let mut inner = instance.lock();
    let wishes = Preferences::parse(
        parts
            .headers
            .get_all("prefer")
            .iter()
            .filter_map(|value| value.to_str().ok()),
    );
    let refused = fault.and_then(respond::ordered).map_or(Ok(()), Err);
    let allowed = refused.and_then(|()| authorize(&inner, &parts.headers));
    let found = allowed.and_then(|()| find(&mut inner, &parts.method, &parts.uri, &parts.headers, &wishes));
    let mut response = match &found {
        Ok(found) => respond::body(&found.body, &wishes, fault),
        Err(refusal) => respond::refusal(refusal),
    };
    // A date that cannot be a header is not one.
    if let Ok(date) = HeaderValue::try_from(http_date(inner.now())) {
        response.headers_mut().insert(header::DATE, date);
    }
    let status = if fault == Some(Fault::Cut) {
        0
    } else {
        response.status().as_u16()
    };
    if let Some(left) = left {
        respond::left(response.headers_mut(), left);
    }
    let rows = found.map_or(0, |found| found.rows);
    inner.meter.charge(&caller, rows);
    inner.seen.push(Seen {
        status,
        rows,
        ..seen(&parts.uri, &parts.headers)
    });
    if fault == Some(Fault::Cut) {
        serve::cut()
    } else {
        response
    }
}

/// A request under way; it counts until it is dropped, because its caller may hang up.
struct Busy(Instance);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.lock().meter.leave();
    }
}

/// The name under which faults are asked for.
fn route(path: &str) -> String {
    let path = path.strip_prefix(ROOT).unwrap_or(path);
    if path.starts_with("EntityDefinitions") {
        return "metadata".to_owned();
    }
    let row = path.split_once('(').or_else(|| path.split_once("%28"));
    row.map_or_else(|| format!("page/{path}"), |(set, _)| format!("row/{set}"))
}

fn authorize(inner: &Inner, headers: &HeaderMap) -> Result<(), Refusal> {
    let good = bearer(headers).is_some_and(|token| {
        inner
            .tokens
            .as_ref()
            .is_none_or(|(tokens, audience)| tokens.valid(token, audience))
    });
    if good {
        Ok(())
    } else {
        Err(Refusal::new(StatusCode::UNAUTHORIZED, "", ""))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").filter(|token| !token.is_empty())
}

fn find(
    inner: &mut Inner,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    wishes: &Preferences,
) -> Result<Found, Refusal> {
    if method != Method::GET {
        return Err(Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "0x80060888",
            "Only GET is simulated.",
        ));
    }
    let raw_path = uri.path();
    let path = raw_path.replace("%27", "'").replace("%28", "(").replace("%29", ")");
    let Some(path) = path.strip_prefix(ROOT) else {
        return Err(unknown_segment(&path));
    };
    let target = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let options = Options::<Vec<(String, String)>>::try_from_uri(uri);
    let Options(options) = options.map_err(|_| Refusal::bad("0x80060888", "The query cannot be read."))?;
    if path.starts_with("EntityDefinitions") {
        let body = metadata::answer(path, &options, inner.tables.values())?;
        return Ok(Found {
            body: body.to_string(),
            rows: 0,
        });
    }
    let origin = inner.origin.clone().unwrap_or_else(|| {
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        format!("http://{host}")
    });
    if let Some((set, id)) = path.strip_suffix(')').and_then(|path| path.split_once('(')) {
        return one_row(inner, set, id, &options, wishes, &origin);
    }
    let continued = inner.links.follow(&target, wishes.page)?;
    let start = Start {
        path: raw_path,
        raw: uri.query().unwrap_or_default(),
        options,
        origin: &origin,
    };
    page_of(inner, path, &start, continued.as_ref(), wishes)
}

fn one_row(
    inner: &Inner,
    set: &str,
    id: &str,
    options: &[(String, String)],
    wishes: &Preferences,
    origin: &str,
) -> Result<Found, Refusal> {
    let table = inner.tables.get(set).ok_or_else(|| unknown_segment(set))?;
    let name = &table.definition.logical_name;
    let query = Query::parse(options, table)?;
    let id = Uuid::parse_str(id).map_err(|_| Refusal::bad("0x80060888", "Error in query syntax."))?;
    let row = table
        .visible()
        .find(|(found, _)| *found == id)
        .map(|(_, row)| row)
        .ok_or_else(|| {
            let message = format!("Entity '{name}' With Id = {id} Does Not Exist");
            Refusal::new(StatusCode::NOT_FOUND, "0x80040217", message)
        })?;
    let mut object = Object::new();
    object.member(
        "@odata.context",
        &json!(format!("{origin}{ROOT}$metadata#{set}/$entity")),
    );
    let members = wire::row(row, &query.select, table, wishes, inner.zone).end();
    // Two objects become one: the context goes before the row's own members.
    let body = format!(
        "{},{}",
        object.end().trim_end_matches('}'),
        members.trim_start_matches('{')
    );
    Ok(Found { body, rows: 1 })
}

/// A request as it came, apart from its table.
struct Start<'a> {
    path: &'a str,
    raw: &'a str,
    options: Vec<(String, String)>,
    origin: &'a str,
}

fn page_of(
    inner: &mut Inner,
    set: &str,
    start: &Start<'_>,
    continued: Option<&Continuation>,
    wishes: &Preferences,
) -> Result<Found, Refusal> {
    let Inner {
        tables, links, zone, ..
    } = inner;
    let table = tables.get(set).ok_or_else(|| unknown_segment(set))?;
    let options = continued.map_or(&start.options, |link| &link.options);
    let query = Query::parse(options, table)?;
    let number = continued.map_or(1, |link| link.number);
    // A page size wins over $top, as documented.
    let top = query.top.filter(|_| wishes.page.is_none());
    let size = top.unwrap_or(MAX_PAGE).min(wishes.page_size());
    let cut = page::cut(table, &query, continued.map(|link| &link.after), size, number);
    let rows: Vec<String> = cut
        .rows
        .iter()
        .map(|row| wire::row(row, &query.select, table, wishes, *zone).end())
        .collect();
    let mut object = Object::new();
    object.member(
        "@odata.context",
        &json!(format!(
            "{}{ROOT}$metadata#{set}({})",
            start.origin,
            query.select.join(",")
        )),
    );
    if query.count {
        count(&mut object, table, &query, wishes);
    }
    object.raw("value", &format!("[{}]", rows.join(",")));
    if let Some(after) = cut.next.filter(|_| top.is_none()) {
        let raw = continued.map_or(start.raw, |link| &link.raw).to_owned();
        let cookie = after.cookie(&query);
        let to = Continuation {
            options: options.clone(),
            raw,
            number: number + 1,
            after,
            page: wishes.page,
        };
        let target = links.issue(start.path, &cookie, to);
        object.member("@odata.nextLink", &json!(format!("{}{target}", start.origin)));
    }
    Ok(Found {
        body: object.end(),
        rows: rows.len(),
    })
}

fn count(object: &mut Object, table: &Table, query: &Query, wishes: &Preferences) {
    let met = table
        .visible()
        .filter(|(_, row)| query.filter.as_ref().is_none_or(|filter| filter.meets(row)));
    let total = met.count();
    object.member("@odata.count", &json!(total.min(MAX_PAGE)));
    let further = [
        ("Microsoft.Dynamics.CRM.totalrecordcount", json!(total.min(MAX_PAGE))),
        (
            "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded",
            json!(total > MAX_PAGE),
        ),
    ];
    for (name, value) in further {
        if wishes.wants(name) {
            object.member(&format!("@{name}"), &value);
        }
    }
}

fn unknown_segment(name: &str) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "0x8006088a",
        format!("Resource not found for the segment '{name}'."),
    )
}

fn seen(uri: &Uri, headers: &HeaderMap) -> Seen {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let prefer: Vec<String> = headers.get_all("prefer").iter().map(text).collect();
    Seen {
        target: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        prefer: prefer.join(","),
        token: bearer(headers).map(ToOwned::to_owned),
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        status: 0,
        rows: 0,
    }
}
