//! `POST /dataCollectionRules/{id}/streams/{stream}`: check, unpack, take in, answer.

use axum::http::StatusCode;
use serde_json::Value;

use super::answer::Answer;
use super::brief::{Brief, count_objects};
use super::fault::{Fault, RetryAfter};
use super::stream::{Altered, Declaration, Intake, Row};
use super::workspace::{BatchSeen, Held, Keep, Switches, Workspace};

/// What a request says, apart from its rows.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    pub rule: &'a str,
    pub stream: &'a str,
    pub api_version: Option<&'a str>,
    pub bearer: Option<&'a str>,
    pub gzip: bool,
    pub wire: &'a [u8],
}

const API_VERSIONS: [&str; 3] = ["2023-01-01", "2021-11-01-preview", "2023-04-01-preview"];

/// The answer that a fault orders, if it orders one instead of the ordinary.
pub(super) fn ordered(fault: Fault, upload: &Upload<'_>, switches: &Switches) -> Option<Answer> {
    let now = switches.now();
    let answer = match fault {
        Fault::TooManyRequests(form) => too_many().retry_after(form, now),
        Fault::Internal => Answer::empty(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::BadGateway => Answer::html(StatusCode::BAD_GATEWAY),
        Fault::Unavailable(form) => Answer::empty(StatusCode::SERVICE_UNAVAILABLE).retry_after(form, now),
        Fault::RequestTimeout => Answer::empty(StatusCode::REQUEST_TIMEOUT),
        Fault::Unauthorized => unauthorized(),
        Fault::Forbidden => forbidden(upload.rule),
        Fault::InvalidStream => invalid_stream(upload),
        Fault::NotFound => not_found(upload.rule),
        Fault::TooLarge => too_large(switches.max_wire_bytes, upload.wire.len()),
        Fault::Refuse => malformed("The request was refused."),
        Fault::CutUpload | Fault::TakeThenCut | Fault::Delay(_) | Fault::Hang => return None,
    };
    Some(answer)
}

/// Checks an upload, takes its rows in and answers.
pub(super) fn accept(workspace: &Workspace, switches: &Switches, upload: &Upload<'_>) -> Answer {
    if let Some(seconds) = workspace.charge(upload.wire.len(), switches) {
        return too_many().retry_after(RetryAfter::Seconds(seconds), switches.now());
    }
    match check(switches, upload).and_then(|declaration| take_in(workspace, switches, upload, declaration)) {
        Ok(()) => Answer::empty(StatusCode::NO_CONTENT),
        Err(answer) => answer,
    }
}

fn check<'a>(switches: &'a Switches, upload: &Upload<'_>) -> Result<&'a Declaration, Answer> {
    if !upload
        .api_version
        .is_some_and(|version| API_VERSIONS.contains(&version))
    {
        return Err(Answer::empty(StatusCode::NOT_FOUND));
    }
    let Some(bearer) = upload.bearer else {
        return Err(unauthorized());
    };
    if let Some((tokens, audience)) = &switches.tokens
        && !tokens.valid(bearer, audience)
    {
        return Err(unauthorized());
    }
    if upload.wire.len() > switches.max_wire_bytes {
        return Err(too_large(switches.max_wire_bytes, upload.wire.len()));
    }
    if upload.rule != switches.dcr_immutable_id {
        return Err(not_found(upload.rule));
    }
    switches
        .streams
        .get(upload.stream)
        .ok_or_else(|| invalid_stream(upload))
}

fn take_in(
    workspace: &Workspace,
    switches: &Switches,
    upload: &Upload<'_>,
    declaration: &Declaration,
) -> Result<(), Answer> {
    if upload.wire.is_empty() {
        return Err(Answer::error(
            StatusCode::BAD_REQUEST,
            "InvalidContentLength",
            "Content-Length must be greater than zero.",
        ));
    }
    let unpacked = unpack(upload, switches.max_unpacked_bytes)?;
    let body = unpacked.as_deref().unwrap_or(upload.wire);
    let goods = Goods::of(body, switches, declaration)?;
    let batch = BatchSeen {
        stream: upload.stream.to_owned(),
        wire_bytes: upload.wire.len(),
        unpacked_bytes: body.len(),
        rows: goods.count(),
        received: switches.now(),
    };
    workspace.hold(|held| goods.store(batch, held));
    Ok(())
}

/// The rows of a body as far as they are kept.
enum Goods {
    Rows(Vec<(Row, Altered)>),
    Briefs(Vec<Brief>),
    Count(usize),
}

impl Goods {
    fn of(body: &[u8], switches: &Switches, declaration: &Declaration) -> Result<Self, Answer> {
        if switches.counts_only() {
            return count_objects(body)
                .map(Self::Count)
                .ok_or_else(|| malformed("The body is not an array of objects."));
        }
        if switches.keep == Keep::Rows {
            return rows_of(body, switches, declaration).map(Self::Rows);
        }
        refuse_guilty(body, switches)?;
        if switches.keep == Keep::Counts {
            return count_objects(body)
                .map(Self::Count)
                .ok_or_else(|| malformed("The body is not an array of objects."));
        }
        let briefs = serde_json::from_slice(body).map_err(|error| malformed(&error.to_string()))?;
        Ok(Self::Briefs(briefs))
    }

    fn count(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Briefs(briefs) => briefs.len(),
            Self::Count(count) => *count,
        }
    }

    fn store(self, batch: BatchSeen, held: &mut Held) {
        let stream = batch.stream.clone();
        *held.counts.entry(stream.clone()).or_default() += self.count();
        held.batches.push(batch);
        match self {
            Self::Count(_) => {}
            Self::Briefs(briefs) => held.briefs.entry(stream).or_default().extend(briefs),
            Self::Rows(rows) => {
                for (row, altered) in rows {
                    held.note(altered);
                    held.rows.entry(stream.clone()).or_default().push(row);
                }
            }
        }
    }
}

impl Held {
    fn note(&mut self, altered: Altered) {
        let Altered {
            dropped,
            nulled,
            truncated,
            restamped,
        } = altered;
        for (names, counts) in [
            (dropped, &mut self.dropped),
            (nulled, &mut self.nulled),
            (truncated, &mut self.truncated),
        ] {
            for name in names {
                *counts.entry(name).or_default() += 1;
            }
        }
        self.restamped += u64::from(restamped);
    }
}

fn refuse_guilty(body: &[u8], switches: &Switches) -> Result<(), Answer> {
    for row in parse(body)? {
        if switches.refuses(&row) {
            return Err(malformed("A record was refused."));
        }
    }
    Ok(())
}

fn rows_of(body: &[u8], switches: &Switches, declaration: &Declaration) -> Result<Vec<(Row, Altered)>, Answer> {
    let intake = Intake {
        now: switches.now(),
        field_limit: switches.field_limit,
        wrong_type: switches.wrong_type,
    };
    let mut taken = Vec::new();
    for row in parse(body)? {
        if switches.refuses(&row) {
            return Err(malformed("A record was refused."));
        }
        taken.push(
            declaration
                .take_in(row, intake)
                .map_err(|column| malformed(&format!("Wrong type in {column}.")))?,
        );
    }
    Ok(taken)
}

fn parse(body: &[u8]) -> Result<Vec<Row>, Answer> {
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error.to_string()))?;
    let Value::Array(rows) = value else {
        return Err(malformed("The body is not an array."));
    };
    let object = |row| match row {
        Value::Object(row) => Ok(row),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(malformed("A record is not an object."))
        }
    };
    rows.into_iter().map(object).collect()
}

/// The body without its gzip coding; `None` when it had none.
fn unpack(upload: &Upload<'_>, limit: usize) -> Result<Option<Vec<u8>>, Answer> {
    use std::io::Read as _;
    if !upload.gzip {
        return Ok(None);
    }
    let mut body = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut reader = flate2::read::MultiGzDecoder::new(upload.wire).take(most);
    let text = "The body is not what Content-Encoding says.";
    reader
        .read_to_end(&mut body)
        .map_err(|_| Answer::error(StatusCode::BAD_REQUEST, "InvalidContentEncoding", text))?;
    if body.len() > limit {
        let text = format!("Maximum allowed decompressed payload size: {limit} bytes.");
        return Err(Answer::error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadSizeLimitExceeded",
            &text,
        ));
    }
    Ok(Some(body))
}

fn malformed(message: &str) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, "InvalidRequest", message)
}

fn too_many() -> Answer {
    let text = "The request rate is over the limit of the data collection rule.";
    Answer::error(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", text)
}

fn unauthorized() -> Answer {
    Answer::error(
        StatusCode::UNAUTHORIZED,
        "TokenExpired",
        "The authentication token is missing, invalid or expired.",
    )
}

fn forbidden(rule: &str) -> Answer {
    let message = format!(
        "The authentication token provided does not have access to ingest data for the data collection rule with immutable \
         Id '{rule}' PipelineAccessResult: AccessGranted: False, IsRbacPresent: False, IsDcrDceBindingValid: , DcrArmId: , \
         Message: Required authorization action was not found for tenantId  objectId  on resourceId  ConfigurationId: "
    );
    Answer::error(StatusCode::FORBIDDEN, "OperationFailed", &message)
}

fn invalid_stream(upload: &Upload<'_>) -> Answer {
    let Upload { stream, rule, .. } = upload;
    let message =
        format!("The stream {stream} was not configured in the data collection rule with immutable Id {rule}");
    Answer::error(StatusCode::BAD_REQUEST, "InvalidStream", &message)
}

fn not_found(rule: &str) -> Answer {
    let message = format!("Data collection rule with immutable Id '{rule}' not found.");
    Answer::error(StatusCode::NOT_FOUND, "NotFound", &message)
}

fn too_large(limit: usize, given: usize) -> Answer {
    let message =
        format!("Maximum allowed content length: {limit} bytes (1 MB). Provided content length: {given} bytes.");
    Answer::error(StatusCode::PAYLOAD_TOO_LARGE, "ContentLengthLimitExceeded", &message)
}
