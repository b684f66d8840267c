//! `cargo bench --bench sync`: what a record costs the client, and beside it what a bare pipe costs that fetches the
//! same pages and posts the same bytes without looking inside.
//!
//! Each part is a process of its own, this program in another role: `desk` (the simulated service desk and
//! workspace), `pipe`, and the real `itsmd`; so the CPU time and the memory are those of one part alone.
//! `ITSMD_BENCH_RECORDS` is the number of incidents, 50,000 unless given. With `-- million` it is another measurement, of
//! size: see `million`.

// Nobody but the operator of the bench sees it fail: it says where, and ends.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod config;
mod desk;
mod idle;
mod measure;
mod million;
mod pipe;
mod table;
mod world;

use std::process::Command;

use desk::{Desk, World};
use measure::{Cost, measure};
use table::Line;

/// Pages read side by side, by the client and by the pipe.
const CONCURRENT: usize = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["desk", world] => desk::serve(&serde_json::from_str(world).unwrap()),
        ["pipe", errand] => pipe::run(errand),
        ["million", ..] => million::run(records(1_000_000)),
        _ => bench(),
    }
}

fn records(usual: usize) -> usize {
    std::env::var("ITSMD_BENCH_RECORDS").map_or(usual, |text| text.parse().unwrap())
}

/// This program in another role.
fn role(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments);
    command
}

fn bench() {
    let records = records(50_000);
    println!("{}", table::HEAD);
    for days in [120, 12] {
        for all_fields in [true, false] {
            let world = World {
                records,
                days,
                all_fields,
            };
            let desk = Desk::start(&world);
            println!("{}", compare(&world, &desk));
        }
    }
    println!();
    for line in idle::lines(&World {
        records,
        days: 120,
        all_fields: false,
    }) {
        println!("{line}");
    }
}

fn compare(world: &World, desk: &Desk) -> Line {
    let folder = tempfile::tempdir().unwrap();
    // Once into a file, not measured: the bytes the pipe has to post.
    let rows = config::write(folder.path(), desk, world.days, true);
    measure(sync(folder.path()));
    desk.ask("forget");
    config::write(folder.path(), desk, world.days, false);
    let client = measure(sync(folder.path()));
    let sent = sent(&client);
    assert_eq!(
        sent,
        world.records as u64,
        "{}",
        String::from_utf8_lossy(&client.output)
    );
    let urls = serde_json::from_str(&desk.ask("urls")).unwrap();
    let errand = pipe::Errand {
        urls,
        rows,
        to: desk.places.drain.clone(),
    };
    let path = folder.path().join("errand.json");
    std::fs::write(&path, serde_json::to_vec(&errand).unwrap()).unwrap();
    let pipe = measure(role(&["pipe", &path.display().to_string()]));
    Line::new(world, client, pipe)
}

fn sync(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_itsmd"));
    command
        .args(["sync", "--json", "--config"])
        .arg(folder.join("itsmd.toml"));
    command
}

/// Rows that `itsmd sync --json` says it delivered.
fn sent(client: &Cost) -> u64 {
    let report: serde_json::Value = serde_json::from_slice(&client.output).unwrap_or_default();
    report["connections"][0]["streams"][0]["sent"].as_u64().unwrap_or(0)
}
