//! Provance, by the Case table of a Dataverse instance.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use itsmd::sim::dataverse::Instance;
use itsmd::sim::world::{World, WorldSettings};

use crate::rig::{Rig, STREAM, ago, loopback, stream};

#[tokio::test(flavor = "multi_thread")]
async fn cases_arrive_once_and_their_changes_follow() {
    let rig = Rig::new().await;
    let instance = Instance::new();
    let mut world = World::new(WorldSettings {
        changes_per_day: 0.0,
        ..WorldSettings::small(5, ago(TimeDelta::hours(1)))
    });
    for item in world.items() {
        instance.put_item(item);
    }
    // The desk's clock stands where its history ends, until the desk lives on.
    let now = Arc::new(Mutex::new(world.now()));
    let shown = Arc::clone(&now);
    instance.set_clock(move || *shown.lock().unwrap());
    let server = instance.start(loopback()).await.unwrap();
    instance.trust(rig.entra.tokens(), &server.url());
    let text = rig.head() + &rig.provance("fabrikam", &server.url(), "page_size = 50");
    std::fs::write(rig.config(), text).unwrap();
    let (status, report) = rig.sync(&[]).await;
    let items = world.items().len();
    assert_eq!(
        (status, &stream(&report, "fabrikam", "incident")["sent"]),
        (0, &items.into()),
        "{report:#}"
    );
    let latest = rig.latest();
    assert_eq!(latest.len(), items);
    let item = &world.items()[0];
    let row = &latest[&item.number];
    assert_eq!(
        (&row["PartnerType_s"], &row["Title_s"]),
        (&"Provance".into(), &item.title.as_str().into())
    );
    assert_eq!(
        row["LastModifiedDate_t"],
        item.modified.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    );

    let changed = world.advance(ago(TimeDelta::zero()));
    *now.lock().unwrap() = world.now();
    for item in &changed {
        instance.put_item(item);
    }
    let distinct: std::collections::HashSet<&str> = changed.iter().map(|item| item.number.as_str()).collect();
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(
        (status, &stream(&report, "fabrikam", "incident")["sent"]),
        (0, &distinct.len().into()),
        "{report:#}"
    );
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "fabrikam", "incident")["sent"], 0, "{report:#}");
    assert_eq!(rig.workspace.count(STREAM), items + distinct.len());
}
