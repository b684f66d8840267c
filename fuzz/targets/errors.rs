//! Bytes as an answer that says no, read by every family: a first line of status, a blank and a header's value, then
//! the body.
#![no_main]

use std::sync::LazyLock;

use itsmd::auth;
use itsmd::model::Trouble;
use itsmd::net::Judgement;
use itsmd::sink::{self, SinkError};
use itsmd::source::{Dataverse, ServiceNow};
use itsmd_fuzz::{answer, beginning, dataverse, first_line, servicenow};
use libfuzzer_sys::fuzz_target;

static DESKS: LazyLock<(ServiceNow, Dataverse)> = LazyLock::new(|| (servicenow(), dataverse()));

/// What an operator is told: a line that ends, of bounded length.
fn check(trouble: &Trouble) {
    assert!(trouble.code.starts_with("ITSMD-"));
    assert!(
        trouble.seen.chars().count() < 2_000 && !trouble.seen.contains(char::is_control),
        "{trouble}"
    );
    assert!(!trouble.means.is_empty() && !trouble.remedy.is_empty());
}

fn check_judgement(judgement: &Judgement) {
    match judgement {
        Judgement::Accept => {}
        Judgement::Retry(trouble) | Judgement::Fail(trouble) | Judgement::Slow(trouble) | Judgement::Heavy(trouble) => {
            check(trouble)
        }
    }
}

fn check_sink(error: Option<SinkError>) {
    match error {
        None => {}
        Some(SinkError::TooBig(trouble) | SinkError::Refused(trouble) | SinkError::Failed(trouble)) => check(&trouble),
    }
}

fuzz_target!(|data: &[u8]| {
    let (line, body) = first_line(data);
    let (status, header) = line.split_at(line.len().min(3));
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse().ok());
    let status = status.filter(|status| (200..600).contains(status)).unwrap_or(400);
    let header = header.trim_ascii();
    let names = [
        "content-type",
        "x-ms-error-code",
        "x-ms-request-id",
        "date",
        "location",
        "x-total-count",
    ];
    let answer = answer(status, &names.map(|name| (name, header)), body);
    let (servicenow, dataverse) = &*DESKS;
    let at = beginning();
    for read in [
        servicenow.read_answer(&answer, &at, 100),
        dataverse.read_answer(&answer, &at, 100, false),
        dataverse.read_answer(&answer, &at, 100, true),
    ] {
        match read {
            Ok((_, judgement)) => check_judgement(&judgement),
            Err(error) => check(error.trouble()),
        }
    }
    check_sink(sink::fuzzing::logs_refusal(&answer));
    check_sink(sink::fuzzing::collector_refusal(&answer, 2));
    check(&auth::fuzzing::refusal(&answer));
});
