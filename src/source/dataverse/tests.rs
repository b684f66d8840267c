//! The real client against the simulated environment, over HTTP.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::auth::{Credentials, Settings};
use crate::model::{ConnectionName, Generation, Position, Profile, SliceId, Verdict, WorkItemKind};
use crate::net::{ClientSettings, SecretRef};
use crate::sim::dataverse::{Cell, Fault, Instance, Row};
use crate::sim::entra::Entra;

const ANY_PORT: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// An environment, who signs in to it, and the client between.
struct World {
    instance: Instance,
    desk: Dataverse,
    _servers: [crate::sim::serve::Server; 2],
    _secret: tempfile::TempDir,
}

impl World {
    async fn new(filter: &str) -> Self {
        let (instance, entra) = (Instance::new(), Entra::new());
        entra.set(|directory| directory.add_application("contoso", "itsmd", "hunter2"));
        let server = instance.start(ANY_PORT.into()).await.unwrap();
        let authority = entra.start(ANY_PORT.into()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "hunter2").unwrap();
        let mut settings = ClientSettings::new(&server.url(), Utc::now);
        settings.backoff = Duration::from_millis(1);
        let client = Client::new(settings).unwrap();
        let auth = Settings::EntraSecret {
            tenant_id: "contoso".into(),
            client_id: "itsmd".into(),
            client_secret: SecretRef::File(folder.path().join("secret")),
            authority: authority.url(),
            scope: format!("{}/.default", server.url()),
        };
        let credentials = Credentials::new(&auth, &server.url(), &client).unwrap();
        let profile = Profile::parse(include_str!("../../../config/profiles/provance.toml")).unwrap();
        let desk = Dataverse::new(
            client,
            Arc::new(credentials),
            StreamId {
                connection: ConnectionName::new("contoso"),
                kind: WorkItemKind::Incident,
            },
            &server.url(),
            profile.items[&WorkItemKind::Incident].clone(),
            filter,
            ChoiceValues::Labels,
        );
        Self {
            instance,
            desk,
            _servers: [server, authority],
            _secret: folder,
        }
    }

    /// So many cases, all stamped with that second.
    fn put(&self, numbers: std::ops::RangeInclusive<u128>, second: i64) {
        for number in numbers {
            let cells = [
                ("incidentid", Cell::Guid(Uuid::from_u128(number))),
                ("ticketnumber", Cell::text(format!("CAS-{number}"))),
                ("modifiedon", Cell::Time(start() + TimeDelta::seconds(second))),
            ];
            let row: Row = cells.map(|(name, cell)| (name.to_owned(), cell)).into();
            self.instance.put("incidents", row);
        }
    }

    /// Reads a slice to its end; every number as often as it came.
    async fn read(&self, slice: &mut Slice, size: u32) -> Vec<String> {
        let mut numbers = Vec::new();
        for _ in 0..100 {
            let page = self.desk.page(slice, size).await.unwrap();
            numbers.extend(page.records.iter().map(number));
            slice.position = Some(page.at);
            if page.end {
                return numbers;
            }
        }
        panic!("no end after 100 pages");
    }

    async fn refusal(&self) -> crate::model::Trouble {
        self.desk.page(&slice(None), 2).await.unwrap_err().trouble().clone()
    }
}

fn start() -> DateTime<Utc> {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn slice(to: Option<i64>) -> Slice {
    Slice {
        id: SliceId(1),
        generation: Generation(0),
        from: start(),
        to: to.map(|second| start() + TimeDelta::seconds(second)),
        position: None,
    }
}

fn number(row: &Mapped) -> String {
    match row {
        Mapped::Record(record) => record.number.to_string(),
        Mapped::SetAside(unmapped) => panic!("{unmapped:?}"),
    }
}

fn numbers(range: std::ops::RangeInclusive<u128>) -> BTreeSet<String> {
    range.map(|number| format!("CAS-{number}")).collect()
}

#[tokio::test]
async fn a_second_larger_than_a_page_is_read_by_links_without_a_repeat() {
    let world = World::new("").await;
    world.put(1..=11, 1);
    world.put(12..=13, 2);
    let read = world.read(&mut slice(Some(60)), 3).await;
    assert_eq!(read.len(), 13);
    assert_eq!(BTreeSet::from_iter(read), numbers(1..=13));
    let seen = world.instance.requests();
    assert!(seen.iter().all(|seen| {
        seen.prefer
            .starts_with("odata.maxpagesize=3,odata.include-annotations=")
    }));
    let first = &seen[0];
    for (name, value) in [
        ("odata-version", "4.0"),
        ("odata-maxversion", "4.0"),
        ("if-none-match", "null"),
        ("accept", "application/json"),
    ] {
        assert!(
            first.headers.contains(&(name.to_owned(), value.to_owned())),
            "{name}: {:?}",
            first.headers
        );
    }
    assert!(
        !seen
            .iter()
            .any(|seen| seen.target.contains("$skip=") || seen.target.contains("$top"))
    );
}

#[tokio::test]
async fn a_link_lost_midway_falls_back_to_the_stamp_and_nothing_is_missed() {
    let world = World::new("").await;
    world.put(1..=9, 1);
    let mut slice = slice(None);
    slice.position = Some(world.desk.page(&slice, 4).await.unwrap().at);
    world.instance.forget_links();
    let read = world.read(&mut slice, 4).await;
    assert_eq!(BTreeSet::from_iter(read), numbers(1..=9));
}

#[tokio::test]
async fn links_refused_again_and_again_in_one_second_are_an_error_and_the_next_run_begins_anew() {
    let world = World::new("").await;
    world.put(1..=9, 1);
    let mut slice = slice(None);
    let mut refused = None;
    // Beginning in that very second, the time never moves.
    slice.position = Some(Position::before(start() + TimeDelta::seconds(1)));
    for _ in 0..5 {
        match world.desk.page(&slice, 4).await {
            Ok(page) => slice.position = Some(page.at),
            Err(error) => {
                refused = Some(error.trouble().code);
                break;
            }
        }
        world.instance.forget_links();
    }
    assert_eq!(refused, Some("ITSMD-DV-014"));
    assert_eq!(BTreeSet::from_iter(world.read(&mut slice, 4).await), numbers(1..=9));
}

#[tokio::test]
async fn a_link_of_an_earlier_process_is_not_followed() {
    let (first, second) = (World::new("").await, World::new("").await);
    first.put(1..=5, 1);
    second.put(1..=5, 1);
    let mut slice = slice(None);
    slice.position = Some(first.desk.page(&slice, 2).await.unwrap().at);
    assert_eq!(BTreeSet::from_iter(second.read(&mut slice, 2).await), numbers(1..=5));
    assert!(!second.instance.requests()[0].target.contains("skiptoken"));
}

#[tokio::test]
async fn another_page_size_begins_at_the_stamp_and_a_cut_slice_at_its_own_end() {
    let world = World::new("").await;
    world.put(1..=5, 1);
    world.put(6..=9, 5);
    let mut whole = slice(Some(60));
    whole.position = Some(world.desk.page(&whole, 2).await.unwrap().at);
    let mut cut = Slice {
        to: slice(Some(5)).to,
        ..whole.clone()
    };
    assert_eq!(BTreeSet::from_iter(world.read(&mut cut, 2).await), numbers(1..=5));
    assert_eq!(BTreeSet::from_iter(world.read(&mut whole, 4).await), numbers(1..=9));
    assert!(world.instance.requests().iter().all(|seen| seen.status == 200));
}

#[tokio::test]
async fn a_link_to_another_host_gets_no_token() {
    let world = World::new("").await;
    let elsewhere = Instance::new();
    let server = elsewhere.start(ANY_PORT.into()).await.unwrap();
    world.instance.set_link_origin(Some(&server.url()));
    world.put(1..=5, 1);
    let mut slice = slice(None);
    slice.position = Some(world.desk.page(&slice, 2).await.unwrap().at);
    let error = world.desk.page(&slice, 2).await.unwrap_err();
    assert_eq!(error.trouble().code, "ITSMD-NET-012");
    assert!(elsewhere.requests().is_empty());
    // Nothing stays tied to that link.
    world.instance.set_link_origin(None);
    assert_eq!(BTreeSet::from_iter(world.read(&mut slice, 2).await), numbers(1..=5));
}

#[tokio::test]
async fn a_column_that_the_table_lacks_is_named_with_its_place() {
    let world = World::new("").await;
    world.instance.drop_column("incidents", "severitycode");
    let trouble = world.refusal().await;
    assert_eq!((trouble.code, trouble.verdict), ("ITSMD-DV-013", Verdict::Stop));
    assert!(
        trouble.seen.contains("column “severitycode” (Impact_s in the profile)"),
        "{trouble}"
    );
    let filtered = World::new("nosuch eq 1").await;
    assert!(filtered.refusal().await.seen.contains("look at `filter`"));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let world = World::new("").await;
    world.instance.fault(0, Fault::Forbidden, 1);
    let trouble = world.refusal().await;
    assert_eq!((trouble.code, trouble.verdict), ("ITSMD-DV-011", Verdict::Stop));
    assert!(trouble.seen.contains("prvReadIncident"), "{trouble}");
    let broken = World::new("title eq").await.refusal().await;
    assert_eq!(broken.code, "ITSMD-DV-012");
    world.put(1..=2, 1);
    world.instance.fault(0, Fault::HalfPage, 4);
    assert_eq!(world.refusal().await.code, "ITSMD-DV-002");
    world.instance.fault(0, Fault::Unauthorized, 1);
    assert!(
        world.desk.page(&slice(None), 2).await.is_ok(),
        "a new token after the first 401"
    );
}

#[tokio::test]
async fn a_first_look_counts_and_finds_the_newest() {
    let world = World::new("ticketnumber ne 'CAS-1'").await;
    world.put(1..=4, 1);
    world.put(5..=5, 9);
    let probe = world.desk.probe(start()).await.unwrap();
    assert_eq!((probe.total, probe.requests), (Some(4), 1));
    assert_eq!(probe.newest, Some(start() + TimeDelta::seconds(9)));
    assert!(probe.server_time.is_some());
}

#[tokio::test]
async fn records_are_found_by_id_within_the_filter_whenever_they_were_modified() {
    let world = World::new("ticketnumber ne 'CAS-2' or ticketnumber eq 'x'").await;
    world.put(1..=60, -5_000);
    let ids: Vec<RecordId> = (1..=61)
        .map(|id| RecordId::new(&Uuid::from_u128(id).to_string()))
        .collect();
    let found = world.desk.by_ids(&ids).await.unwrap().records;
    let expected: BTreeSet<String> = numbers(1..=60).difference(&numbers(2..=2)).cloned().collect();
    assert_eq!(found.iter().map(number).collect::<BTreeSet<_>>(), expected);
    assert_eq!(found.len(), 59);
}

/// A server that answers with these bodies one after the other, and the client in front of it.
async fn canned(bodies: &[&str]) -> (Dataverse, Arc<std::sync::atomic::AtomicUsize>) {
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (bodies, count): (Vec<String>, _) = (bodies.iter().map(|body| (*body).to_owned()).collect(), asked.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let origin = url.clone();
    let answer = move || {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let body = bodies[number.min(bodies.len() - 1)].replace("ORIGIN", &origin);
        async move {
            let status = if body.contains("Timeout") { 500 } else { 200 };
            (axum::http::StatusCode::from_u16(status).unwrap(), body)
        }
    };
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(answer)).await });
    let client = Client::new(ClientSettings::new(&url, Utc::now)).unwrap();
    let credentials = Credentials::new(&Settings::None, &url, &client).unwrap();
    let stream = StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    };
    let profile = Profile::parse(include_str!("../../../config/profiles/provance.toml")).unwrap();
    let item = profile.items[&WorkItemKind::Incident].clone();
    let desk = Dataverse::new(
        client,
        Arc::new(credentials),
        stream,
        &url,
        item,
        "",
        ChoiceValues::Labels,
    );
    (desk, asked)
}

const RISING: &str = r#"{"value":[{"incidentid":"b","modifiedon":"2026-11-20T10:00:01Z"},
    {"incidentid":"a","modifiedon":"2026-11-20T10:00:01Z"},{"incidentid":"c","modifiedon":"2026-11-20T10:00:02Z"}]}"#;
const FALLING: &str = r#"{"value":[{"incidentid":"b","modifiedon":"2026-11-20T10:00:02Z"},
    {"incidentid":"a","modifiedon":"2026-11-20T10:00:01Z"}]}"#;
const EARLY: &str = r#"{"value":[{"incidentid":"b","modifiedon":"2026-11-20T09:59:59Z"}]}"#;

#[tokio::test]
async fn a_page_out_of_order_is_asked_for_once_more_before_it_stops_the_stream() {
    let (desk, _) = canned(&[FALLING, RISING]).await;
    let page = desk.page(&slice(None), 500).await.unwrap();
    assert_eq!((page.records.len(), page.requests, page.end), (3, 2, true));
    assert_eq!(page.at, Position::before(start() + TimeDelta::seconds(2)));
    for (body, code) in [(FALLING, "ITSMD-DV-020"), (EARLY, "ITSMD-DV-021")] {
        let (desk, asked) = canned(&[body]).await;
        let error = desk.page(&slice(None), 500).await.unwrap_err();
        assert_eq!((error.trouble().code, error.trouble().verdict), (code, Verdict::Stop));
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_link_that_leads_to_itself_ends_in_an_error() {
    let circle = r#"{"@odata.nextLink":"ORIGIN/x?$skiptoken=1","value":[]}"#;
    let (desk, _) = canned(&[circle]).await;
    let mut slice = slice(None);
    slice.position = Some(desk.page(&slice, 2).await.unwrap().at);
    assert_eq!(desk.page(&slice, 2).await.unwrap_err().trouble().code, "ITSMD-DV-015");
}

#[tokio::test]
async fn a_database_out_of_time_asks_for_less() {
    let (desk, asked) = canned(&[r#"{"error":{"code":"0x80044151","message":"Execution Timeout Expired."}}"#]).await;
    let error = desk.page(&slice(None), 500).await.unwrap_err();
    assert!(matches!(error, SourceError::TooSlow(_)), "{error}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
}
