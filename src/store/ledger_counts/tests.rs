use chrono::{TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::model::{ConnectionName, Generation, RecordId, StreamId, Version, WorkItemKind};
use crate::store::{LedgerRow, Missing, Prints, Store, Threads};

fn new_store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    (folder, store)
}

fn stream_of(store: &Store, kind: WorkItemKind) -> StreamKey {
    let id = StreamId {
        connection: ConnectionName::new("contoso"),
        kind,
    };
    let prints = Prints {
        source: "a".into(),
        filter: String::new(),
        sink: "c".into(),
    };
    store.call_here(|db| Ok(db.stream_or_new(&id, &prints)?.key)).unwrap()
}

fn day_of(place: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + TimeDelta::days(place)
}

fn stamp(place: i64) -> DateTime<Utc> {
    day_of(place).and_time(chrono::NaiveTime::MIN).and_utc()
}

fn row(created: Option<i64>, columns: i64, deleted: bool, modified: i64) -> LedgerRow {
    LedgerRow {
        number: "INC0000001".to_owned(),
        version: Version(7),
        modified: stamp(modified),
        revision: None,
        generation: Generation(0),
        columns,
        delivered: stamp(0),
        deleted,
        seen: None,
        created: created.map(day_of),
    }
}

#[derive(Debug, Clone)]
enum Act {
    Write(u8, LedgerRow),
    Undone(u8, LedgerRow),
    Prune(i64),
    PruneOne(u8, i64),
    ForgetVersions,
    Forget,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let written = || {
        let made = (prop::option::of(0i64..4), 1i64..3, any::<bool>(), 0i64..6);
        (
            0u8..6,
            made.prop_map(|(created, columns, deleted, modified)| row(created, columns, deleted, modified)),
        )
    };
    let act = prop_oneof![
        8 => written().prop_map(|(id, row)| Act::Write(id, row)),
        1 => written().prop_map(|(id, row)| Act::Undone(id, row)),
        1 => (0i64..6).prop_map(Act::Prune),
        1 => (0u8..6, 0i64..6).prop_map(|(id, modified)| Act::PruneOne(id, modified)),
        1 => Just(Act::ForgetVersions),
        1 => Just(Act::Forget),
    ];
    prop::collection::vec(act, 1..60)
}

fn id(number: u8) -> RecordId {
    RecordId::new(&format!("record-{number}"))
}

fn act_out(db: &Db<'_>, stream: StreamKey, act: &Act) -> Result<(), StoreError> {
    match act {
        Act::Write(number, row) => db.write_delivered(stream, &[(id(*number), row.clone())]),
        Act::Undone(number, row) => {
            db.write_delivered(stream, &[(id(*number), row.clone())])?;
            Err(StoreError::Corrupt("undone".to_owned()))
        }
        Act::Prune(before) => db.prune_ledger(stream, stamp(*before)).map(drop),
        Act::PruneOne(number, modified) => {
            let compared = Missing {
                id: id(*number),
                version: Version(7),
                modified: stamp(*modified),
            };
            db.prune_record(stream, &compared).map(drop)
        }
        Act::ForgetVersions => db.forget_versions(stream),
        Act::Forget => db.forget("contoso").map(drop),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn after_any_history_what_is_kept_is_what_a_look_at_every_row_finds(acts in acts()) {
        let (_folder, store) = new_store();
        for act in &acts {
            let kinds = [WorkItemKind::Incident, WorkItemKind::ChangeRequest].map(|kind| stream_of(&store, kind));
            let [stream, other] = kinds;
            // One stream's changes are none of the other's.
            let _ = store.call_here(|db| act_out(db, stream, act));
            let _ = store.call_here(|db| db.write_delivered(other, &[(id(1), row(Some(1), 1, false, 5))]));
            for stream in kinds {
                let (kept, counted) = store.call_here(|db| db.created_kept_and_counted(stream)).unwrap();
                prop_assert_eq!(&kept, &counted, "after {:?}", act);
                let all: u64 = counted.iter().map(|(_, records)| records).sum();
                prop_assert_eq!(store.call_here(|db| db.ledger_records(stream)).unwrap(), all);
                let by_columns = store.call_here(|db| Ok((db.other_columns(stream, 1)?, db.other_columns(stream, 2)?)));
                let (not_one, not_two) = by_columns.unwrap();
                prop_assert_eq!(not_one + not_two, all, "each was made with one of the two sets");
            }
        }
    }
}

#[test]
fn days_are_told_from_the_first_that_is_asked_for_and_the_unknown_is_none_of_them() {
    let (_folder, store) = new_store();
    let stream = stream_of(&store, WorkItemKind::Incident);
    let rows: Vec<_> = [Some(1), Some(2), Some(2), None, Some(4)]
        .into_iter()
        .zip(0u8..)
        .map(|(created, number)| (id(number), row(created, i64::from(number % 2), false, 5)))
        .collect();
    store.call_here(|db| db.write_delivered(stream, &rows)).unwrap();
    let since = |first: i64| store.call_here(|db| db.created_since(stream, day_of(first))).unwrap();
    assert_eq!(since(0), [(day_of(1), 1), (day_of(2), 2), (day_of(4), 1)]);
    assert_eq!(since(2), [(day_of(2), 2), (day_of(4), 1)]);
    assert_eq!(store.call_here(|db| db.undated(stream)).unwrap(), 1);
    assert_eq!(day(day_number(day_of(0))), Some(day_of(0)));
}

#[test]
fn records_of_an_older_file_are_counted_and_get_their_day_when_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("itsmd.db");
    let older = rusqlite::Connection::open(&path).unwrap();
    let before = &crate::store::migrate::MIGRATIONS[..7];
    before.iter().for_each(|sql| older.execute_batch(sql).unwrap());
    older
        .execute_batch(
            "PRAGMA application_id = 0x6974736d; PRAGMA user_version = 7;
             INSERT INTO streams (stream, connection, kind, source_print, filter_print, sink_print)
               VALUES (1, 'contoso', 'incident', 'a', '', 'c');
             INSERT INTO ledger (stream, record, number, version, modified, generation, columns, delivered, deleted)
               VALUES (1, x'0061', 'INC1', 7, 0, 0, 1, 0, 0), (1, x'0062', 'INC2', 7, 0, 0, 1, 0, 0), (1, x'0063', 'INC3', 7, 0, 0, 1, 0, 1);
             INSERT INTO runs (run_id, stream, worker, started, ended, outcome, error, read, requests) VALUES
               ('one', 1, 'head', 7200000, 7260000, 'failed', '{\"code\":\"ITSMD-NET-001\"}', 1, 2),
               ('two', 1, 'head', 7300000, 7360000, 'complete', NULL, 5, 3),
               ('three', 1, 'rest', 7300000, 7360000, 'failed', 'no json', 0, 1);",
        )
        .unwrap();
    drop(older);
    let store = Store::open(&path, Threads::Inline).unwrap();
    let stream = StreamKey(1);
    assert_eq!(store.call_here(|db| db.ledger_records(stream)).unwrap(), 2);
    let (kept, counted) = store.call_here(|db| db.created_kept_and_counted(stream)).unwrap();
    assert_eq!((&kept, kept.as_slice()), (&counted, &[(None, 2)][..]));
    let read = [(RecordId::new("a"), row(Some(3), 1, false, 5))];
    store.call_here(|db| db.write_delivered(stream, &read)).unwrap();
    let (kept, counted) = store.call_here(|db| db.created_kept_and_counted(stream)).unwrap();
    assert_eq!(
        (&kept, kept.as_slice()),
        (&counted, &[(None, 1), (Some(day_of(3)), 1)][..])
    );

    let hours = store
        .call_here(|db| db.run_hours(stream, DateTime::UNIX_EPOCH))
        .unwrap();
    assert_eq!(
        (hours.len(), hours[0].runs, hours[0].failed, hours[0].tally.requests),
        (1, 3, 2, 6)
    );
    let failures = store.call_here(|db| db.failures(stream, DateTime::UNIX_EPOCH)).unwrap();
    assert_eq!(
        (failures.len(), failures[0].code.as_str(), failures[0].over),
        (1, "ITSMD-NET-001", true)
    );
}
