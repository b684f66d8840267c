//! What the targets share: desks without a server, answers made of bytes, and what must hold of whatever was read.

use chrono::{DateTime, Utc};
use itsmd::auth::{Credentials, Settings};
use itsmd::config::shipped_profile;
use itsmd::model::{
    ChoiceValues, ConnectionName, ItemProfile, Mapped, Partner, Position, Profile, Record, StreamId, Version,
    WorkItemKind,
};
use itsmd::net::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use itsmd::net::{Answer, Client, ClientSettings};
use itsmd::sink::fuzzing::collector_rows;
use itsmd::source::{Dataverse, Page, ServiceNow};
use itsmd::sync::{Stamp, assemble, fitting};

const KIND: WorkItemKind = WorkItemKind::Incident;

/// A clock that stands still, so that an input means the same each time.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

/// Everything is still to be read.
pub fn beginning() -> Position {
    Position::before(DateTime::UNIX_EPOCH)
}

fn stream() -> StreamId {
    StreamId {
        connection: ConnectionName::new("contoso"),
        kind: KIND,
    }
}

/// A profile's incidents, with a column of each type more.
fn item(partner: Partner, extra: [(&str, &str); 2]) -> ItemProfile {
    let profile = Profile::parse(shipped_profile(partner)).expect("the shipped profile");
    let mut item = profile.items[&KIND].clone();
    for (name, field) in extra {
        item.add_column(KIND, name, field, None).expect("a column");
    }
    item
}

fn client(server: &str) -> (Client, Credentials) {
    let client = Client::new(ClientSettings::new(server, now)).expect("a client");
    let credentials = Credentials::new(&Settings::None, server, &client).expect("no credentials");
    (client, credentials)
}

/// A ServiceNow table that nobody asks.
pub fn servicenow() -> ServiceNow {
    let server = "https://contoso.example";
    let (client, credentials) = client(server);
    let item = item(Partner::ServiceNow, [("Active_b", "active"), ("Effort_d", "effort")]);
    let credentials = std::sync::Arc::new(credentials);
    ServiceNow::new(client, credentials, stream(), server, item, "", ChoiceValues::Codes)
}

/// A Dataverse table that nobody asks.
pub fn dataverse() -> Dataverse {
    let server = "https://contoso.example";
    let (client, credentials) = client(server);
    let item = item(Partner::Provance, [("Active_b", "active"), ("Effort_d", "effort")]);
    let credentials = std::sync::Arc::new(credentials);
    Dataverse::new(client, credentials, stream(), server, item, "", ChoiceValues::Labels)
}

/// A whole page.
pub fn ok(body: &[u8]) -> Answer {
    answer(200, &[], body)
}

/// An answer; headers that HTTP would not carry are left out.
pub fn answer(status: u16, headers: &[(&'static str, &[u8])], body: &[u8]) -> Answer {
    let header = |(name, value): &(&'static str, &[u8])| {
        Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
    };
    Answer {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: headers.iter().filter_map(header).collect::<HeaderMap>(),
        body: body.to_vec().into(),
        requests: 1,
        unsaid: Default::default(),
    }
}

/// The input's first line and what follows it.
pub fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

/// Every row is a record that can be delivered, or is set aside with a reason.
pub fn check_page(page: &Page, at: &Position) {
    assert!(page.at.time >= at.time, "a page never leads back");
    let mut records = Vec::new();
    for mapped in &page.records {
        match mapped {
            Mapped::Record(record) => records.push(record),
            Mapped::SetAside(aside) => assert!(!aside.reason.is_empty()),
        }
    }
    for record in &records {
        assert!(!record.id.as_str().is_empty());
        assert_eq!(record.version, Version::of(&record.row));
    }
    check_delivery(&records);
}

/// Both APIs of the workspace would take the records as whole JSON, one object a record.
fn check_delivery(records: &[&Record]) {
    let stamp = Stamp::new(now(), "run-1");
    let mut rows = 0;
    for range in fitting(&stamp, records) {
        let batch = assemble(&stamp, &records[range]);
        rows += batch.rows;
        let sent: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_slice(&batch.body).expect("a batch is an array of objects");
        assert_eq!(sent.len(), batch.rows);
        let collected = collector_rows(&batch.body).expect("a batch is rewritten");
        let collected: serde_json::Value = serde_json::from_slice(&collected).expect("and still JSON");
        assert_eq!(collected.as_array().map(Vec::len), Some(batch.rows));
    }
    assert_eq!(rows, records.len(), "none is lost on the way into batches");
}
