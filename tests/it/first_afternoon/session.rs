//! `init` → `check` → `plan` → `sync`, as the README says it, against a service desk and a workspace.

use chrono::TimeDelta;
use itsmd::sim::world::{World, WorldSettings};
use serde_json::Value;

use super::{itsmd, said, status};
use crate::rig::{Rig, STREAM, ago, stream};

/// A service desk as it is after a week, and the rig around it.
async fn office() -> (Rig, World) {
    let rig = Rig::new().await;
    rig.desk.client("itsmd-client", "client-secret", None);
    let world = World::new(WorldSettings::small(7, ago(TimeDelta::hours(1))));
    rig.desk.put_items(world.items());
    (rig, world)
}

/// What the person at the keyboard gives, as flags; the password comes from the standard input.
fn given<'a>(rig: &'a Rig, etc: &'a str, addresses: &'a [String; 3], files: &'a [String; 2]) -> Vec<String> {
    let [desk, workspace, entra] = addresses;
    let pairs = [
        ("directory", etc),
        ("state-path", "itsmd.db"),
        ("http-listen", "off"),
        ("partner", "servicenow"),
        ("name", "contoso"),
        ("server-url", desk),
        ("requests-per-minute", "6000"),
        ("auth-method", "oauth-password"),
        ("auth-username", "itsmd"),
        ("auth-password-file", "-"),
        ("auth-client-id", "itsmd-client"),
        ("auth-client-secret-file", &files[0]),
        ("workspace-kind", "logs-ingestion"),
        ("workspace-endpoint", workspace),
        ("workspace-log-stream", "Custom-ServiceDeskLog_CL"),
        ("workspace-auth-method", "client-secret"),
        ("workspace-auth-tenant-id", "11111111-1111-1111-1111-111111111111"),
        ("workspace-auth-client-id", "22222222-2222-2222-2222-222222222222"),
        ("workspace-auth-client-secret-file", &files[1]),
        ("workspace-auth-authority", entra),
    ];
    let dcr = rig.ingestion.dcr_immutable_id();
    let pairs = pairs.into_iter().map(|(flag, value)| (flag, value.to_owned()));
    pairs
        .chain([("workspace-dcr-immutable-id", dcr)])
        .flat_map(|(flag, value)| [format!("--{flag}"), value])
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_afternoon_ends_with_every_record_in_the_workspace() {
    let (rig, world) = office().await;
    let etc = rig.folder.path().join("etc").display().to_string();
    let addresses = [rig.servicenow.url(), rig.ingestion.url(), rig.entra_url().to_owned()];
    let client = rig.folder.path().join("client");
    std::fs::write(&client, "client-secret\n").unwrap();
    let files = [client, rig.folder.path().join("azure")].map(|file| file.display().to_string());
    let mut transcript = Vec::new();
    let mut say = |command: &str, output: &std::process::Output| {
        transcript.push(format!("$ itsmd {command}\n{}", said(output)));
        assert_eq!(status(output), 0, "{}", transcript.join("\n"));
    };

    let flags = given(&rig, &etc, &addresses, &files);
    let mut args: Vec<&str> = flags.iter().map(String::as_str).collect();
    args.insert(0, "init");
    let begun = itsmd(&args, "desk-password\n").await;
    say("init …", &begun);
    let config = format!("{etc}/itsmd.toml");
    for command in ["check", "plan", "sync"] {
        // What `init` printed is what is typed next.
        assert!(said(&begun).contains(&format!("itsmd {command} --config {config}")));
        let output = itsmd(&[command, "--config", &config], "").await;
        say(command, &output);
    }

    let items = world.items().len();
    assert_eq!(rig.latest().len(), items);
    let planned = itsmd(&["plan", "--json", "--config", &config], "").await;
    let planned: Value = serde_json::from_slice(&planned.stdout).unwrap();
    let foreseen: u64 = ["incident", "change_request"]
        .map(|kind| stream(&planned, "contoso", kind)["records"].as_u64().unwrap())
        .into_iter()
        .sum();
    assert_eq!(foreseen, items as u64);
    assert_eq!(rig.workspace.count(STREAM), items);
    // The closing note shows it: `cargo test an_afternoon -- --nocapture`.
    println!("{}", transcript.join("\n"));
}
