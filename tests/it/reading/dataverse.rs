//! The same of a Dataverse instance: pages emptied, in disorder, too heavy; rows that cannot be given; large seconds.

use chrono::{DateTime, TimeDelta, Utc};
use itsmd::sim::dataverse::{Cell, Instance};
use itsmd::sim::serve::Server;
use serde_json::Value;
use uuid::Uuid;

use super::between::{Between, Passing, between};
use crate::rig::{Rig, STREAM, ago, loopback, stream};

struct World {
    rig: Rig,
    instance: Instance,
    proxy: Between,
    _server: Server,
}

impl World {
    async fn new(more: &str, change: impl Fn(&mut Passing) + Send + Sync + 'static) -> Self {
        let (rig, instance) = (Rig::new().await, Instance::new());
        let server = instance.start(loopback()).await.unwrap();
        let proxy = between(server.url(), change).await;
        instance.trust(rig.entra.tokens(), &proxy.url);
        instance.set_link_origin(Some(&proxy.url));
        std::fs::write(rig.config(), rig.head() + &rig.provance("fabrikam", &proxy.url, more)).unwrap();
        Self {
            rig,
            instance,
            proxy,
            _server: server,
        }
    }

    fn put(&self, number: u32, modified: DateTime<Utc>) {
        let cells = [
            ("incidentid", Cell::Guid(guid(number))),
            ("ticketnumber", Cell::text(format!("CAS-{number:05}"))),
            ("title", Cell::text("Mail is down")),
            ("modifiedon", Cell::Time(modified)),
        ];
        self.instance
            .put("incidents", cells.map(|(name, cell)| (name.to_owned(), cell)).into());
    }

    fn fill(&self, records: u32) {
        for number in 0..records {
            // Three of each second.
            self.put(
                number,
                ago(TimeDelta::days(10)) + TimeDelta::seconds(i64::from(number) / 3),
            );
        }
    }

    /// Syncs: status, the stream's report, and rows in the workspace.
    async fn sync(&self) -> (i32, Value, usize) {
        let (status, report) = self.rig.sync(&[]).await;
        (
            status,
            stream(&report, "fabrikam", "incident").clone(),
            self.rig.workspace.count(STREAM),
        )
    }
}

fn guid(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number.wrapping_mul(0x9e37_79b9)) << 96 | u128::from(number))
}

fn page(answer: &Passing) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

fn rows(answer: &Passing) -> Vec<Value> {
    page(answer)["value"].as_array().cloned().unwrap_or_default()
}

/// A page of rows in full, not of keys.
fn in_full(answer: &Passing) -> bool {
    rows(answer).first().is_some_and(|row| row.get("title").is_some())
}

fn set_rows(answer: &mut Passing, rows: Vec<Value>) {
    let mut page = page(answer);
    page["value"] = rows.into();
    answer.body = serde_json::to_vec(&page).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_page_with_a_link_is_not_the_end() {
    let world = World::new("page_size = 10", |answer| {
        let emptied = rows(answer)
            .iter()
            .any(|row| row["ticketnumber"] == "CAS-00015" || row["ticketnumber"] == "CAS-00025");
        if in_full(answer) && emptied {
            set_rows(answer, Vec::new());
        }
    })
    .await;
    world.fill(60);
    let (status, report, sent) = world.sync().await;
    assert_eq!((status, sent), (0, 40), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_out_of_order_or_range_stop_the_stream_before_a_position_moves() {
    let swap: fn(&mut Passing) = |answer| {
        let mut rows = rows(answer);
        if rows.len() > 20 {
            rows.swap(3, 20);
            set_rows(answer, rows);
        }
    };
    let strange: fn(&mut Passing) = |answer| {
        let mut rows = rows(answer);
        if rows.len() > 20 {
            rows[0]["modifiedon"] = "2020-01-01T00:00:00Z".into();
            set_rows(answer, rows);
        }
    };
    for (change, code) in [(swap, "ITSMD-DV-020"), (strange, "ITSMD-DV-021")] {
        let world = World::new("", change).await;
        world.fill(60);
        let (status, report, sent) = world.sync().await;
        assert_eq!(
            (status, sent, &report["error"]["code"]),
            (1, 0, &code.into()),
            "{report:#}"
        );
        let check = world.rig.itsmd(&["check", "--json"]).await;
        assert!(String::from_utf8_lossy(&check.stdout).contains(code));
        world.proxy.heal();
        let (status, report, sent) = world.sync().await;
        assert_eq!((status, sent), (0, 60), "{report:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_page_and_a_gateway_that_gives_up_halve_the_page() {
    let one = |spoil: fn(&mut Passing)| async move {
        let world = World::new("page_size = 50", move |answer| {
            if in_full(answer) && rows(answer).len() > 25 {
                spoil(answer);
            }
        })
        .await;
        world.fill(90);
        let (status, report, sent) = world.sync().await;
        assert_eq!((status, sent), (0, 90), "{report:#}");
    };
    tokio::join!(
        one(|answer| answer.body.truncate(answer.body.len() / 2)),
        one(|answer| answer.fail(502, "<html><title>Bad gateway</title></html>")),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_of_many_pages_drains_completely() {
    let world = World::new("page_size = 500", |_| {}).await;
    let second = ago(TimeDelta::days(2));
    for number in 0..3001 {
        world.put(number, second);
    }
    let (status, report, sent) = world.sync().await;
    assert_eq!((status, sent), (0, 3001), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_served_is_set_aside_and_the_others_of_its_second_arrive() {
    let world = World::new("page_size = 25", |answer| {
        if in_full(answer) && rows(answer).iter().any(|row| row["ticketnumber"] == "CAS-00040") {
            answer.fail(
                500,
                r#"{"error":{"code":"0x80044151","message":"SQL timeout expired."}}"#,
            );
        }
    })
    .await;
    world.fill(80);
    let (status, report, sent) = world.sync().await;
    assert_eq!((status, sent, &report["quarantined"]), (0, 79, &1.into()), "{report:#}");
    let list = world.rig.itsmd(&["quarantine", "list", "--json"]).await;
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    let aside = &list["records"][0];
    assert_eq!(aside["number"], "CAS-00040", "{list:#}");
    assert!(aside["reason"].as_str().unwrap().contains("SQL timeout"), "{list:#}");
    let (status, report, _) = world.sync().await;
    assert_eq!(
        (status, &report["sent"], &report["quarantined"]),
        (0, &0.into(), &0.into()),
        "{report:#}"
    );
}
