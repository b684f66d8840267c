//! `itsmd discover`: what an instance's metadata shows, and a profile drafted from it that reads what there is.

use chrono::TimeDelta;
use itsmd::sim::dataverse::Instance;
use itsmd::sim::serve::Server;
use itsmd::sim::world::{World, WorldSettings};
use serde_json::Value;

use super::said;
use crate::rig::{Rig, ago, loopback, stream};

/// An instance with incidents and changes, and a configuration that leads to it.
async fn fabrikam() -> (Rig, Instance, World, Server) {
    let rig = Rig::new().await;
    let instance = Instance::new();
    let world = World::new(WorldSettings::small(3, ago(TimeDelta::hours(1))));
    for item in world.items() {
        instance.put_item(item);
    }
    let server = instance.start(loopback()).await.unwrap();
    instance.trust(rig.entra.tokens(), &server.url());
    std::fs::write(rig.config(), rig.head() + &rig.provance("fabrikam", &server.url(), "")).unwrap();
    (rig, instance, world, server)
}

async fn json(rig: &Rig, args: &[&str]) -> Value {
    let output = rig
        .itsmd(&[&["discover", "--connection", "fabrikam", "--json"], args].concat())
        .await;
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)))
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_columns_and_labels_are_listed_without_reading_a_row() {
    let (rig, instance, _, _server) = fabrikam().await;
    let tables = json(&rig, &[]).await;
    let sets: Vec<&str> = tables["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["entity_set"].as_str().unwrap())
        .collect();
    assert_eq!(sets, ["incidents", "new_changerequests"]);
    let columns = json(&rig, &["--table", "incident"]).await;
    let columns = columns["columns"].as_array().unwrap();
    let column = |field: &str| columns.iter().find(|column| column["field"] == field);
    let priority = column("prioritycode").unwrap();
    let label = |label: &str| {
        priority["choices"]
            .as_array()
            .unwrap()
            .iter()
            .any(|choice| choice["label"] == label)
    };
    assert!(label("High") && label("Normal"), "{priority}");
    assert_eq!(column("_ownerid_value").unwrap()["kind"], "Owner");
    assert!(
        column("prioritycodename").is_none(),
        "what only repeats another column is not shown"
    );
    let read = instance.requests().iter().map(|request| request.rows).sum::<usize>();
    assert_eq!(read, 0);
    let unknown = rig
        .itsmd(&["discover", "--connection", "fabrikam", "--table", "change"])
        .await;
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        said(&unknown).contains("there are: new_changerequest"),
        "{}",
        said(&unknown)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drafted_profile_is_accepted_and_brings_both_kinds_of_work_item() {
    let (rig, _instance, world, server) = fabrikam().await;
    let profile = rig.folder.path().join("fabrikam.toml");
    let file = profile.to_str().unwrap();
    let tables = "incident=incidents,change_request=new_changerequests";
    let draft = [
        "discover",
        "--connection",
        "fabrikam",
        "--draft",
        tables,
        "--output",
        file,
    ];
    let drafted = rig.itsmd(&draft).await;
    assert!(drafted.status.success(), "{}", said(&drafted));
    let again = rig.itsmd(&draft).await;
    assert_eq!(again.status.code(), Some(2), "a file that is there is not overwritten");
    let both = rig
        .provance("fabrikam", &server.url(), "profile = \"fabrikam.toml\"")
        .replace("[\"incident\"]", "[\"incident\", \"change_request\"]");
    std::fs::write(rig.config(), rig.head() + &both).unwrap();
    let checked = rig.itsmd(&["check"]).await;
    assert!(
        checked.status.success(),
        "{}\n{}",
        said(&checked),
        std::fs::read_to_string(&profile).unwrap()
    );
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    assert_eq!(rig.latest().len(), world.items().len());
    for kind in ["incident", "change_request"] {
        assert_eq!(stream(&report, "fabrikam", kind)["quarantined"], 0);
    }
    let complete = |item: &&itsmd::sim::item::Item| item.planned.is_some() && item.risk.is_some();
    let item = world.items().iter().find(complete).unwrap();
    let row = &rig.latest()[&item.number];
    assert_eq!(row["Title_s"], item.title.as_str());
    for column in ["CRState_s", "Risk_s", "PlannedStartDate_t", "AssignedTo_s"] {
        assert!(row[column].is_string(), "{column} of {row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servicenow_instance_is_told_to_be_known() {
    let rig = Rig::new().await;
    let output = rig.itsmd(&["discover", "--connection", "contoso"]).await;
    assert_eq!(output.status.code(), Some(2));
    let said = said(&output);
    assert!(
        said.contains("tables are known") && said.contains("sys_dictionary_list.do"),
        "{said}"
    );
    assert!(rig.servicenow.journal.requests().is_empty());
}
