//! The same on Dataverse.

use chrono::TimeDelta;
use itsmd::model::{ConnectionName, StreamId, WorkItemKind};
use itsmd::sim::dataverse::Instance;
use itsmd::sim::world::{World, WorldSettings};
use itsmd::store::Sweep;

use super::sweep;
use crate::rig::{Rig, STREAM, ago, loopback, stream};

#[tokio::test(flavor = "multi_thread")]
async fn deletions_and_silent_updates_of_cases_are_found() {
    let rig = Rig::new().await;
    let instance = Instance::new();
    let world = World::new(WorldSettings {
        changes_per_day: 0.0,
        ..WorldSettings::small(5, ago(TimeDelta::hours(1)))
    });
    for item in world.items() {
        instance.put_item(item);
    }
    let server = instance.start(loopback()).await.unwrap();
    instance.trust(rig.entra.tokens(), &server.url());
    let text = rig.head() + &rig.provance("fabrikam", &server.url(), "page_size = 50");
    std::fs::write(rig.config(), text).unwrap();
    rig.sync(&[]).await;
    let items = world.items().len();
    assert_eq!(rig.workspace.count(STREAM), items);

    let [deleted, hidden, silent] = [&world.items()[3], &world.items()[5], &world.items()[7]];
    instance.delete("incidents", Instance::id_of(deleted));
    instance.hide("incidents", Instance::id_of(hidden), true);
    let mut changed = silent.clone();
    changed.title = "Silently changed".to_owned();
    instance.put_item(&changed);
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "fabrikam", "incident")["sent"], 0, "no cursor sees it");

    let fabrikam = StreamId {
        connection: ConnectionName::new("fabrikam"),
        kind: WorkItemKind::Incident,
    };
    let (status, report) = sweep(&rig, &fabrikam, Sweep::Nightly).await;
    let cases = stream(&report, "fabrikam", "incident");
    assert_eq!(
        (status, &cases["deleted"], &cases["sent"]),
        (0, &2.into(), &3.into()),
        "{report:#}"
    );
    let latest = rig.latest();
    assert_eq!(latest[&silent.number]["Title_s"], "Silently changed");
    for gone in [deleted, hidden] {
        let row = &latest[&gone.number];
        assert_eq!(
            (&row["IsDeleted_b"], &row["PartnerType_s"]),
            (&true.into(), &"Provance".into())
        );
    }
    instance.hide("incidents", Instance::id_of(hidden), false);
    let (status, report) = sweep(&rig, &fabrikam, Sweep::Whole).await;
    assert_eq!(
        (status, &stream(&report, "fabrikam", "incident")["sent"]),
        (0, &1.into()),
        "{report:#}"
    );
    assert_eq!(rig.latest()[&hidden.number]["IsDeleted_b"], false);
}
