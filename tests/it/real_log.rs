//! A real service desk's log: every version of 17,000 incidents, as they happened.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Timelike, Utc};
use itsmd::sim::ingestion::{Brief, Keep};
use itsmd::sim::servicenow::Row;

use crate::rig::{Rig, STREAM, id, stream};

const LOG: &str = "../shared/data/servicenow-incident-log.csv.gz";

/// Versions that happen after the first sync.
const HELD_BACK: usize = 2000;

struct Version {
    id: String,
    number: String,
    modified: DateTime<Utc>,
    row: Row,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_log_arrives_version_by_version_and_each_version_once() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LOG);
    if !path.exists() {
        println!("skipped: {LOG} is not there");
        return;
    }
    let now = Utc::now().with_nanosecond(0).unwrap();
    let versions = read(&path, now);
    assert!(versions.len() > 93_000, "{} versions before the cut", versions.len());
    let (history, later) = versions.split_at(versions.len() - HELD_BACK);
    let rig = Rig::new().await;
    rig.workspace.set(|switches| switches.keep = Keep::Versions);
    // Until the versions held back, the desk's clock stands where the last of the others stands.
    let clock = Arc::new(Mutex::new(history.last().unwrap().modified));
    let shown = Arc::clone(&clock);
    rig.desk.set_clock(Box::new(move || *shown.lock().unwrap()));
    rig.desk.put_all("incident", history.iter().map(|version| &version.row));
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(status, 0, "{report:#}");
    let mut last: HashMap<&str, &Version> = history.iter().map(|version| (version.id.as_str(), version)).collect();
    let mut delivered = last.len();
    assert_eq!(rig.workspace.count(STREAM), delivered);

    let mut moved = 0;
    for step in steps(later) {
        rig.desk.put_all("incident", step.iter().map(|version| &version.row));
        *clock.lock().unwrap() = step.last().unwrap().modified;
        last.extend(step.iter().map(|version| (version.id.as_str(), version)));
        let changed: HashSet<&str> = step.iter().map(|version| version.id.as_str()).collect();
        let (status, report) = rig.sync(&[]).await;
        assert_eq!(status, 0, "{report:#}");
        delivered += changed.len();
        moved += changed.len();
        assert_eq!(
            stream(&report, "contoso", "incident")["sent"],
            changed.len(),
            "{report:#}"
        );
    }
    let briefs = rig.workspace.briefs(STREAM);
    let there: HashMap<&str, &Brief> = briefs.iter().map(|brief| (brief.record.as_ref(), brief)).collect();
    assert_eq!(there.len(), last.len());
    for (id, version) in &last {
        assert_eq!(
            there[id].modified.as_ref(),
            version.modified.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "{}",
            version.number
        );
    }
    let distinct: HashSet<(&str, &str)> = briefs.iter().map(|b| (b.record.as_ref(), b.version.as_ref())).collect();
    assert_eq!(briefs.len(), distinct.len(), "no version was delivered twice");
    assert_eq!(briefs.len(), delivered);
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "{report:#}");
    println!(
        "{} incidents, {} versions happened, {delivered} were seen and delivered",
        last.len(),
        versions.len()
    );
    assert!(
        last.len() >= 16_000 && moved >= 2000,
        "{moved} versions were moved after the first sync"
    );
}

/// Cuts the versions into steps in which no incident changes twice: between two syncs only the last version can be seen.
fn steps(versions: &[Version]) -> Vec<&[Version]> {
    let mut steps = Vec::new();
    let (mut from, mut changed) = (0, HashSet::new());
    for (at, version) in versions.iter().enumerate() {
        if !changed.insert(version.id.as_str()) {
            steps.push(&versions[from..at]);
            from = at;
            changed = HashSet::from([version.id.as_str()]);
        }
    }
    steps.push(&versions[from..]);
    steps
}

/// Reads the log up to the cut and shifts it so that the cut is now. Its minutes hold up to 420 versions: their seconds
/// are spread in the order of the versions.
fn read(path: &Path, now: DateTime<Utc>) -> Vec<Version> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|known| *known == name).unwrap();
    let (number, updated, count) = (at("number"), at("sys_updated_at"), at("sys_mod_count"));
    let cut = minute("1/5/2016 00:00").unwrap();
    let shift = now - cut;
    let mut rows: Vec<(DateTime<Utc>, i64, Vec<&str>)> = lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|row| (minute(row[updated]).unwrap(), row[count].parse().unwrap(), row))
        .filter(|(time, ..)| *time < cut)
        .collect();
    rows.sort_by(|a, b| (a.0, a.2[number], a.1).cmp(&(b.0, b.2[number], b.1)));
    let mut versions: Vec<Version> = Vec::with_capacity(rows.len());
    for minute_of in rows.chunk_by(|a, b| a.0 == b.0) {
        for (place, (time, _, row)) in minute_of.iter().enumerate() {
            let second = i64::try_from(place * 60 / minute_of.len()).unwrap();
            let modified = *time + shift + TimeDelta::seconds(second);
            versions.push(version(&header, row, modified, shift));
        }
    }
    versions
}

fn version(header: &[&str], row: &[&str], modified: DateTime<Utc>, shift: TimeDelta) -> Version {
    let value = |name: &str| match row[header.iter().position(|known| *known == name).unwrap()] {
        "?" => String::new(),
        text => text.to_owned(),
    };
    let number = value("number");
    let digits: u32 = number.trim_start_matches("INC").parse().unwrap();
    let time = |name: &str| minute(&value(name)).map(|time| time + shift);
    let named = |name: &str| value(name);
    let row = Row::stamped(id(digits), modified)
        .with("number", number.clone())
        .with("sys_mod_count", value("sys_mod_count"))
        .labelled("state", value("incident_state"), value("incident_state"))
        .with("short_description", value("u_symptom"))
        .labelled(
            "urgency",
            named("urgency").chars().take(1).collect::<String>(),
            named("urgency"),
        )
        .labelled(
            "impact",
            named("impact").chars().take(1).collect::<String>(),
            named("impact"),
        )
        .labelled(
            "priority",
            named("priority").chars().take(1).collect::<String>(),
            named("priority"),
        )
        .with("category", value("category"))
        .with("subcategory", value("subcategory"))
        .with("contact_type", value("contact_type"))
        .with("opened_by", value("opened_by"))
        .with("assigned_to", value("assigned_to"))
        .with("assignment_group", value("assignment_group"))
        .with("resolved_by", value("resolved_by"))
        .with("close_code", value("closed_code"))
        .with("cmdb_ci", value("cmdb_ci"))
        .with(
            "description",
            format!("reassigned {} times", value("reassignment_count")),
        )
        .time("opened_at", time("opened_at"))
        .time("resolved_at", time("resolved_at"))
        .time("closed_at", time("closed_at"));
    Version {
        id: id(digits),
        number,
        modified,
        row,
    }
}

/// `29/2/2016 01:16`.
fn minute(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, "%d/%m/%Y %H:%M")
        .ok()
        .map(|time| time.and_utc())
}
