//! `init` → `check` → `plan` → `sync`, as the README says it, against a service desk and a workspace.

use std::process::Output;

use chrono::TimeDelta;
use itsmd::sim::world::{World, WorldSettings};
use serde_json::Value;

use super::{itsmd_in, said, status};
use crate::rig::{Rig, STREAM, ago, stream};

/// A service desk as it is after ten days, and the rig around it.
async fn office() -> (Rig, World) {
    let rig = Rig::new().await;
    rig.desk
        .client("33333333333333333333333333333333", "client-secret", None);
    let dcr = "dcr-00000000000000000000000000000000";
    rig.workspace.set(|switches| switches.dcr_immutable_id = dcr.to_owned());
    let world = World::new(WorldSettings::small(7, ago(TimeDelta::hours(1))));
    rig.desk.put_items(world.items());
    // Beside `azure`, which the rig has: the files that the README's command takes secrets from.
    std::fs::write(rig.folder.path().join("client"), "client-secret\n").unwrap();
    (rig, world)
}

fn set_up() -> String {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, rest) = readme.split_once("\n## Set-up in ten minutes\n").unwrap();
    rest.split("\n## ").next().unwrap().to_owned()
}

/// What is typed after `sudo itsmd` in the README, with this office's addresses.
fn init_of_the_readme(rig: &Rig) -> Vec<String> {
    let set_up = set_up();
    let (_, rest) = set_up.split_once("\nsudo itsmd init --").unwrap();
    let (command, _) = rest.split_once(" < password\n").unwrap();
    let command = here(&format!("init --{command}"), rig).replace("\\\n", " ");
    command.split_whitespace().map(str::to_owned).collect()
}

fn here(text: &str, rig: &Rig) -> String {
    text.replace("https://contoso.service-now.com", &rig.servicenow.url())
        .replace(
            "https://dcr-servicedesk-abcd.westeurope-1.ingest.monitor.azure.com",
            &rig.ingestion.url(),
        )
        .replace("https://login.microsoftonline.com", rig.entra_url())
}

/// The configuration that the README shows is the one that its command makes, but for what only this office needs.
fn is_the_one_shown(written: &str, rig: &Rig) {
    let set_up = set_up();
    let shown = set_up.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let shown = here(shown, rig).replace("/etc/itsmd/secrets/", "secrets/");
    let shown: toml::Table = toml::from_str(&shown).unwrap();
    let mut written: toml::Table = toml::from_str(written).unwrap();
    written.remove("state");
    written.remove("http");
    let connections = written["connection"].as_array_mut().unwrap();
    connections[0].as_table_mut().unwrap().remove("requests_per_minute");
    assert_eq!(written, shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_afternoon_ends_with_every_record_in_the_workspace() {
    let (rig, world) = office().await;
    let etc = rig.folder.path().join("etc").display().to_string();
    let config = format!("{etc}/itsmd.toml");
    let mut transcript = Vec::new();
    let mut say = |command: &str, output: &Output| {
        transcript.push(format!("$ itsmd {command}\n{}", said(output)));
        assert_eq!(status(output), 0, "{}", transcript.join("\n"));
    };

    let mut args = init_of_the_readme(&rig);
    let ours = [
        ("--directory", etc.as_str()),
        ("--state-path", "itsmd.db"),
        ("--http-listen", "off"),
        ("--requests-per-minute", "6000"),
        ("--workspace-auth-authority", rig.entra_url()),
    ];
    args.extend(
        ours.into_iter()
            .flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()]),
    );
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let begun = itsmd_in(rig.folder.path(), &words, "desk-password\n").await;
    say("init …", &begun);
    is_the_one_shown(&std::fs::read_to_string(&config).unwrap(), &rig);
    for command in ["check", "plan", "sync"] {
        // What `init` printed is what is typed next.
        assert!(said(&begun).contains(&format!("itsmd {command} --config {config}")));
        let output = itsmd_in(rig.folder.path(), &[command, "--config", &config], "").await;
        say(command, &output);
    }

    let items = world.items().len();
    assert_eq!(rig.latest().len(), items);
    let planned = itsmd_in(rig.folder.path(), &["plan", "--json", "--config", &config], "").await;
    let planned: Value = serde_json::from_slice(&planned.stdout).unwrap();
    let foreseen: u64 = ["incident", "change_request"]
        .map(|kind| stream(&planned, "contoso", kind)["records"].as_u64().unwrap())
        .into_iter()
        .sum();
    assert_eq!(foreseen, items as u64);
    assert_eq!(rig.workspace.count(STREAM), items);
    // To be shown: `cargo test an_afternoon -- --nocapture`.
    println!("{}", transcript.join("\n"));
}
