//! Killed at any instant, the next run loses nothing.

use std::collections::{HashMap, HashSet};
use std::process::{Command, Stdio};
use std::time::Duration;

use chrono::TimeDelta;
use itsmd::sim::ingestion::Row;

use crate::machine::Disk;
use crate::rig::{Rig, STREAM, ago, incident, stream};

/// Batches of which the answer may be on its way at a kill: the head's and those of two slices.
const IN_FLIGHT: usize = 3;

/// What happens to it.
struct Story {
    /// Of syncs that were at work: one that a full disk ended before does not count.
    kills: u64,
    records: u32,
    page_size: u32,
    seed: u64,
}

/// What became of it.
struct Ending {
    rounds: u64,
    killed: usize,
    rows: usize,
    twice: usize,
}

impl Ending {
    fn is_little_twice(&self, story: &Story) {
        let Self {
            rounds,
            killed,
            rows,
            twice,
        } = self;
        println!("killed {killed} times at work in {rounds} rounds, {rows} rows, {twice} of them twice");
        // At most the batches in flight at each kill, a page each.
        assert!(
            *twice <= killed * IN_FLIGHT * story.page_size as usize,
            "{twice} rows are there twice"
        );
    }
}

impl Story {
    /// Kills one sync after the other at work, while the desk goes on working, and looks at every row of the workspace.
    async fn told(&self, rig: &Rig, disk: Option<&Disk>) -> Ending {
        for number in 0..self.records {
            let time = ago(TimeDelta::minutes(
                i64::from(number) * 170_000 / i64::from(self.records),
            ));
            rig.desk.put("incident", &incident(number, "Mail is down", time));
        }
        let mut chance = fastrand::Rng::with_seed(self.seed);
        let mut killed = 0;
        let mut rounds = 0;
        while killed < self.kills {
            assert!(rounds < 4 * self.kills, "{killed} killed at work in {rounds} rounds");
            self.desk_works(rig, &mut chance, rounds);
            self.one_is_deleted(rig, disk, rounds).await;
            killed += u64::from(kill_one_at_work(rig, disk, &mut chance).await);
            rounds += 1;
        }
        if let Some(disk) = disk {
            disk.free();
        }
        // What was interrupted goes on; what cannot be seen by it the reconcile finds.
        for more in [&[][..], &["--reconcile", "--accept-deletions"]] {
            let (status, report) = sync(rig, disk, more).await;
            assert_eq!(status, 0, "{report:#}");
        }
        self.none_missing_and_none_older(rig);
        let ending = Ending {
            rounds,
            killed: killed as usize,
            rows: rig.workspace.count(STREAM),
            twice: only_what_was_in_flight_is_there_twice(rig),
        };
        let (_, report) = sync(rig, disk, &[]).await;
        assert_eq!(stream(&report, "contoso", "incident")["sent"], 0);
        ending
    }

    /// Some records change, one of them again and again; one is new.
    fn desk_works(&self, rig: &Rig, chance: &mut fastrand::Rng, round: u64) {
        let revision = (round + 1).to_string();
        let title = format!("Changed in round {round}");
        let some = [
            chance.u32(0..self.records),
            chance.u32(0..self.records),
            0,
            self.records + round as u32,
        ];
        for number in some {
            let row = incident(number, &title, ago(TimeDelta::zero())).with("sys_mod_count", revision.clone());
            rig.desk.put("incident", &row);
        }
    }

    /// One that nobody touched is deleted, if it is known to be delivered: of what was in flight at a kill nobody knows.
    async fn one_is_deleted(&self, rig: &Rig, disk: Option<&Disk>, round: u64) {
        let delivered = rig.workspace.rows(STREAM);
        let Some(candidate) = delivered.get(round as usize * 13) else {
            return;
        };
        let (id, number) = (text(candidate, "RecordId_s"), text(candidate, "ServiceDeskId_s"));
        let Some(row) = rig.desk.get("incident", &id) else {
            return;
        };
        let untouched = row.value("short_description") == "Mail is down";
        let mut trace = seen_from(disk, rig.command(&["trace", &number]));
        if untouched && trace.output().unwrap().status.success() {
            rig.desk.delete("incident", &id);
        }
    }

    /// The desk's own table against the workspace, record by record.
    fn none_missing_and_none_older(&self, rig: &Rig) {
        let latest = rig.latest();
        let table = rig.desk.rows("incident");
        let there: HashSet<&str> = table.iter().map(|row| row.value("number")).collect();
        for (number, row) in &latest {
            let gone = !there.contains(number.as_str());
            assert_eq!(row["IsDeleted_b"], gone, "{number}");
            assert_eq!(row["IncidentState_s"] == "Deleted", gone, "{number}");
        }
        let gone = latest.values().filter(|row| row["IsDeleted_b"] == true).count();
        assert!(
            gone > self.kills as usize / 10,
            "only {gone} were deleted while {} were killed",
            self.kills
        );
        for row in &table {
            let there = &latest[row.value("number")];
            assert_eq!(
                there["Title_s"],
                row.value("short_description"),
                "{}",
                row.value("number")
            );
            let modified = format!("{}Z", row.value("sys_updated_on").replace(' ', "T"));
            assert_eq!(there["LastModifiedDate_t"], modified, "{}", row.value("number"));
        }
        let mut stamps: HashMap<String, String> = HashMap::new();
        for row in rig.workspace.rows(STREAM) {
            let (record, modified) = (text(&row, "RecordId_s"), text(&row, "LastModifiedDate_t"));
            let before = stamps.insert(record.clone(), modified.clone());
            assert!(
                before.is_none_or(|before| before <= modified),
                "{record} went back to {modified}"
            );
        }
    }
}

fn text(row: &Row, column: &str) -> String {
    row[column].as_str().unwrap().to_owned()
}

fn seen_from(disk: Option<&Disk>, command: Command) -> Command {
    match disk {
        Some(disk) => disk.command(&command),
        None => command,
    }
}

async fn sync(rig: &Rig, disk: Option<&Disk>, more: &[&str]) -> (i32, serde_json::Value) {
    let mut command = seen_from(disk, rig.command(&[&["sync", "--json"], more].concat()));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {said}"));
    (output.status.code().unwrap_or(-1), report)
}

/// Begins a sync and kills it behind one of its next requests, so that it dies at work however fast the machine is; whether
/// it was still there. On a disk of its own that is full half of the time, and becomes so or ceases to be in the middle.
async fn kill_one_at_work(rig: &Rig, disk: Option<&Disk>, chance: &mut fastrand::Rng) -> bool {
    let mut full = disk.is_some_and(|_| chance.bool());
    if let Some(disk) = disk {
        if full { disk.fill() } else { disk.free() }
    }
    let reconcile = if chance.u32(0..4) == 0 {
        "--reconcile"
    } else {
        "--wait=1m"
    };
    let mut command = seen_from(disk, rig.command(&["sync", reconcile]));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let asked = rig.servicenow.journal.count() + chance.usize(1..9);
    let mut turns = chance.u32(1..40);
    while rig.servicenow.journal.count() < asked && child.try_wait().unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        turns = turns.saturating_sub(1);
        if let Some(disk) = disk.filter(|_| turns == 0) {
            full = !full;
            turns = chance.u32(20..400);
            if full { disk.fill() } else { disk.free() }
        }
    }
    tokio::time::sleep(Duration::from_millis(chance.u64(0..12))).await;
    let at_work = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    at_work
}

/// Row by row: of a version that was delivered before, the batch before was one of the last that its run had taken.
/// Returns how many rows are there more than once.
fn only_what_was_in_flight_is_there_twice(rig: &Rig) -> usize {
    let rows = rig.workspace.rows(STREAM);
    let mut batch_of_row = Vec::with_capacity(rows.len());
    for (number, batch) in rig.workspace.batches().iter().enumerate() {
        batch_of_row.extend(std::iter::repeat_n(number, batch.rows));
    }
    assert_eq!(batch_of_row.len(), rows.len());
    let mut batches_of_run: HashMap<String, Vec<usize>> = HashMap::new();
    for (row, &batch) in rows.iter().zip(&batch_of_row) {
        let batches = batches_of_run.entry(text(row, "SyncRunId_s")).or_default();
        if batches.last() != Some(&batch) {
            batches.push(batch);
        }
    }
    let mut delivered: HashMap<(String, String), usize> = HashMap::new();
    let mut twice = 0;
    for (row, &batch) in rows.iter().zip(&batch_of_row) {
        let version = (text(row, "RecordId_s"), text(row, "RecordVersion_s"));
        let Some(before) = delivered.insert(version, batch) else {
            continue;
        };
        twice += 1;
        let first = batch_of_row.partition_point(|&earlier| earlier < before);
        let (run, again) = (text(&rows[first], "SyncRunId_s"), text(row, "SyncRunId_s"));
        assert_ne!(run, again, "{row:?} was sent twice by one run");
        let behind = batches_of_run[&run].iter().filter(|&&later| later > before).count();
        assert!(
            behind < IN_FLIGHT,
            "{row:?} was sent again, though {behind} batches of its run came after it"
        );
    }
    twice
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_nothing_is_missing_and_little_is_there_twice() {
    let rig = Rig::new().await;
    rig.configure("page_size = 100\nwork_items = [\"incident\"]");
    let story = Story {
        kills: 20,
        records: 6000,
        page_size: 100,
        seed: 7,
    };
    story.told(&rig, None).await.is_little_twice(&story);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two hundred processes: `.ci/long` runs it"]
async fn killed_two_hundred_times_nothing_is_missing_and_only_what_was_in_flight_is_there_twice() {
    let rig = Rig::new().await;
    rig.configure("page_size = 100\nwork_items = [\"incident\"]");
    let story = Story {
        kills: 200,
        records: 60_000,
        page_size: 100,
        seed: 8,
    };
    story.told(&rig, None).await.is_little_twice(&story);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two hundred processes on a disk that fills up: `.ci/long` runs it, as root or with user namespaces"]
async fn killed_two_hundred_times_on_a_disk_that_is_full_half_of_the_time_nothing_is_missing() {
    let rig = Rig::new().await;
    rig.configure("page_size = 100\nwork_items = [\"incident\"]");
    let Some(disk) = Disk::at(&rig.folder.path().join("disk"), 24) else {
        return;
    };
    let config = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), config.replace("\"itsmd.db\"", "\"disk/itsmd.db\"")).unwrap();
    let story = Story {
        kills: 200,
        records: 40_000,
        page_size: 100,
        seed: 9,
    };
    story.told(&rig, Some(&disk)).await.is_little_twice(&story);
}
