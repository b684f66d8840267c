use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::model::{ConnectionName, Generation, Position, RecordId, SliceId, StreamId, Version, WorkItemKind};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn new_store() -> (tempfile::TempDir, Store, StreamKey) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let id = StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    };
    let prints = Prints {
        source: "a".into(),
        filter: String::new(),
        sink: "c".into(),
    };
    let stream = store.call_here(|db| db.stream_or_new(&id, &prints)).unwrap().key;
    (folder, store, stream)
}

#[test]
fn a_position_moves_only_from_where_it_stands() {
    let (_folder, store, stream) = new_store();
    let slices = [NewSlice {
        from: at("2026-01-01T00:00:00Z"),
        to: Some(at("2026-01-02T00:00:00Z")),
    }];
    store.call_here(|db| db.lay(stream, Generation(0), &slices)).unwrap();
    let slice = store.call_here(|db| db.slices(stream)).unwrap()[0].slice.clone();
    let first = Position {
        time: at("2026-01-01T05:00:00Z"),
        rest: "x".into(),
    };
    let second = Position {
        time: at("2026-01-01T06:00:00Z"),
        rest: "y".into(),
    };
    let commit = |before: Option<Position>, after: Position| {
        store
            .call_here(|db| db.commit_position(slice.id, Generation(0), before.as_ref(), &after, false))
            .unwrap()
    };
    assert!(commit(None, first.clone()));
    assert!(!commit(None, second.clone()), "it no longer stands at its start");
    assert!(commit(Some(first), second.clone()));
    assert_eq!(
        store.call_here(|db| db.slices(stream)).unwrap()[0].slice.position,
        Some(second)
    );
}

#[test]
fn any_position_comes_back_and_moves_on_from_where_it_stood() {
    let (_folder, store, stream) = new_store();
    let slices = [NewSlice {
        from: at("1970-01-01T00:00:00Z"),
        to: None,
    }];
    store.call_here(|db| db.lay(stream, Generation(0), &slices)).unwrap();
    let id = store.call_here(|db| db.slices(stream)).unwrap()[0].slice.id;
    let mut runner = TestRunner::new(ProptestConfig::with_cases(200));
    let position = || {
        let time = (0i64..4_000_000_000, 0u32..1_000_000_000);
        let rest = prop_oneof![any::<String>(), "[ \\^'\\x00%\\\\]{0,8}", Just(String::new())];
        (time, rest).prop_map(|((seconds, nanos), rest)| Position {
            time: DateTime::from_timestamp(seconds, nanos).unwrap(),
            rest,
        })
    };
    let moved = runner.run(&(position(), position()), |(first, second)| {
        let mut stored = None;
        let undone: Result<(), StoreError> = store.call_here(|db| {
            let moved = db.commit_position(id, Generation(0), None, &first, false)?;
            let there = db.slices(stream)?[0].slice.position.clone();
            // A worker goes on from what it remembers, a restarted one from what it finds.
            let found = there.clone().unwrap();
            let again = db.commit_position(id, Generation(0), Some(&found), &first, false)?;
            let on = db.commit_position(id, Generation(0), Some(&first), &second, false)?;
            stored = Some((moved && again && on, found));
            Err(StoreError::Corrupt("undone".to_owned()))
        });
        prop_assert!(undone.is_err());
        let (moved, found) = stored.unwrap();
        prop_assert!(moved);
        prop_assert_eq!(&found.rest, &first.rest);
        // Never later than it was, and earlier by less than a millisecond.
        prop_assert!(found.time <= first.time && first.time - found.time < chrono::TimeDelta::milliseconds(1));
        Ok(())
    });
    moved.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn slice_ids_are_never_used_again() {
    let (_folder, store, stream) = new_store();
    let slices = [NewSlice {
        from: at("2026-01-01T00:00:00Z"),
        to: Some(at("2026-01-02T00:00:00Z")),
    }];
    let lay_and_drop = || {
        store
            .call_here(|db| {
                db.lay(stream, Generation(0), &slices)?;
                let id = db.slices(stream)?[0].slice.id;
                db.drop_slices_before(stream, at("2026-02-01T00:00:00Z"))?;
                Ok(id)
            })
            .unwrap()
    };
    let first: SliceId = lay_and_drop();
    assert!(lay_and_drop() > first);
}

#[test]
fn the_ledger_gives_back_what_was_written() {
    let (_folder, store, stream) = new_store();
    let id = RecordId::new("9D385017C611228701D22104CC95C371");
    let row = LedgerRow {
        number: "INC0000001".into(),
        version: Version(u64::MAX - 5),
        modified: at("2026-01-01T05:00:00Z"),
        revision: Some(3),
        generation: Generation(2),
        columns: 1,
        delivered: at("2026-01-01T05:01:00Z"),
        deleted: false,
        seen: Seen::of(Some(-6), Some(2)),
        created: "2025-12-24".parse().ok(),
    };
    let written = vec![(id.clone(), row.clone())];
    store.call_here(|db| db.write_delivered(stream, &written)).unwrap();
    let other = RecordId::new("other");
    let read = store
        .call_here(|db| db.delivered(stream, &[other, id.clone()]))
        .unwrap();
    assert_eq!(read, vec![None, Some(row)]);
    let traced = store.call_here(|db| db.trace("inc0000001")).unwrap();
    assert_eq!(traced.len(), 1);
    assert_eq!(traced[0].id, id);
    assert_eq!(
        store
            .call_here(|db| db.prune_ledger(stream, at("2026-01-02T00:00:00Z")))
            .unwrap(),
        1
    );
}

#[test]
fn time_generated_never_goes_back_but_forgets_a_clock_that_was_days_ahead() {
    let (_folder, store, stream) = new_store();
    let next = |now| store.call_here(|db| db.next_generated(stream, now)).unwrap();
    assert_eq!(next(at("2026-01-01T10:00:00Z")), at("2026-01-01T10:00:00Z"));
    assert_eq!(next(at("2026-01-01T09:00:00Z")), at("2026-01-01T10:00:00Z"));
    assert_eq!(next(at("2025-12-25T09:00:00Z")), at("2025-12-25T09:00:00Z"));
}

#[test]
fn a_failed_closure_leaves_nothing_behind() {
    let (_folder, store, stream) = new_store();
    let failed = store.call_here(|db| {
        db.set_window(stream, at("2026-01-01T00:00:00Z"))?;
        Err::<(), _>(StoreError::Corrupt("no".into()))
    });
    assert!(failed.is_err());
    let id = StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    };
    assert_eq!(
        store.call_here(|db| db.stream(&id)).unwrap().unwrap().window_start,
        None
    );
}

#[test]
fn a_newer_or_foreign_file_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let newer = folder.path().join("newer.db");
    drop(Store::open(&newer, Threads::Inline).unwrap());
    rusqlite::Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    assert!(matches!(
        Store::open(&newer, Threads::Inline),
        Err(StoreError::Newer { found: 99, .. })
    ));
    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    assert!(matches!(
        Store::open(&foreign, Threads::Inline),
        Err(StoreError::Foreign { .. })
    ));
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is not a database, only some text that is long enough").unwrap();
    assert!(matches!(
        Store::open(&text, Threads::Inline),
        Err(StoreError::Foreign { .. })
    ));
}

#[test]
fn the_second_to_take_the_lock_learns_who_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let lock = Lock::beside(&folder.path().join("itsmd.db"));
    assert_eq!(lock.holder(), None);
    let held = lock.take("process 1, itsmd run").unwrap();
    assert!(matches!(lock.take("me"), Err(StoreError::Held { holder, .. }) if holder == "process 1, itsmd run"));
    assert_eq!(lock.holder().as_deref(), Some("process 1, itsmd run"));
    drop(held);
    lock.take("me").unwrap();
}

#[test]
fn rows_without_an_id_share_one_counted_entry() {
    let (_folder, store, stream) = new_store();
    let aside = |mark: u64| Aside {
        id: None,
        number: String::new(),
        version: None,
        modified: None,
        reason: "no sys_id".into(),
        mark,
    };
    let now = at("2026-01-01T00:00:00Z");
    // The overlap reads the first again and again.
    let marks = [1, 2, 1, 1];
    store
        .call_here(|db| {
            marks
                .into_iter()
                .try_for_each(|mark| db.set_aside(stream, &aside(mark), now))
        })
        .unwrap();
    let entries = store.call_here(|db| db.quarantine()).unwrap();
    assert_eq!((entries.len(), entries[0].rows), (1, 2));
}

#[test]
fn a_cancelled_resync_leaves_its_slices_to_be_read_as_if_nothing_was_asked_for() {
    let (_folder, store, stream) = new_store();
    let day = |from: &str, to: &str| NewSlice {
        from: at(from),
        to: Some(at(to)),
    };
    let slices = [day("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")];
    let (cancelled, unfinished, left) = store
        .call_here(|db| {
            db.lay(stream, Generation(0), &slices)?;
            let generation = db.raise_generation(stream, at("2026-01-02T00:00:00Z"))?;
            db.lay(
                stream,
                generation,
                &[day("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")],
            )?;
            let cancelled = db.cancel_resync(stream)?;
            Ok((cancelled, db.resync_unfinished(stream)?, db.slices(stream)?))
        })
        .unwrap();
    assert_eq!((cancelled, unfinished), (1, false), "only the resync's own slice");
    assert!(left.iter().all(|s| s.slice.generation == Generation(0) && !s.complete));
}

#[test]
fn a_quarantined_record_is_found_by_its_number_in_any_case() {
    let (_folder, store, stream) = new_store();
    let aside = Aside {
        id: Some(RecordId::new("9d385017c611228701d22104cc95c371")),
        number: "INC0012345".into(),
        version: None,
        modified: None,
        reason: "opened_at is no time".into(),
        mark: 0,
    };
    let found = store
        .call_here(|db| {
            db.set_aside(stream, &aside, at("2026-01-01T00:00:00Z"))?;
            Ok((
                db.quarantine_of("inc0012345")?,
                db.quarantine_entry(1)?,
                db.quarantine_entry(2)?,
            ))
        })
        .unwrap();
    assert_eq!(
        (found.0.len(), found.0.first() == found.1.as_ref(), found.2),
        (1, true, None)
    );
}

#[test]
fn deletions_that_are_accepted_no_longer_leave_the_sweep_where_it_stands() {
    let (_folder, store, stream) = new_store();
    let sweep = store
        .call_here(|db| {
            db.ask_sweep(stream, Sweep::Nightly)?;
            db.withdraw_acceptance(stream)?;
            assert_eq!(db.sweep(stream)?.asked, Some(Sweep::Nightly));
            db.ask_sweep(stream, Sweep::WholeAccepted)?;
            db.swept(stream, Sweep::WholeAccepted, None, at("2026-01-03T00:00:00Z"), &[])?;
            db.withdraw_acceptance(stream)?;
            db.sweep(stream)
        })
        .unwrap();
    assert_eq!(
        (sweep.asked, sweep.below),
        (Some(Sweep::Whole), Some(at("2026-01-03T00:00:00Z")))
    );
}

#[test]
fn what_was_hidden_from_a_sweep_is_kept_until_it_ends() {
    let (_folder, store, stream) = new_store();
    let begin = |sweep: Sweep| {
        let begun = |db: &Db<'_>| {
            db.ask_sweep(stream, sweep)?;
            db.swept(stream, sweep, None, at("2026-01-03T00:00:00Z"), &[])?;
            db.set_hidden(stream, 7)
        };
        store.call_here(begun).unwrap();
    };
    let hidden = || store.call_here(|db| db.sweep(stream)).unwrap().hidden;
    begin(Sweep::Nightly);
    assert_eq!(hidden(), 7);
    let ended = store.call_here(|db| db.end_sweep(stream, Sweep::Nightly, at("2026-01-04T00:00:00Z"), None));
    assert_eq!((ended.unwrap(), hidden()), (true, 0));
}

#[test]
fn a_sweep_goes_on_where_it_stood_and_a_wider_one_begins_anew() {
    let (_folder, store, stream) = new_store();
    let missing = Missing {
        id: RecordId::new("9d385017c611228701d22104cc95c371"),
        version: Version(7),
        modified: at("2026-01-05T00:00:00Z"),
    };
    store
        .call_here(|db| {
            db.ask_sweep(stream, Sweep::Nightly)?;
            db.swept(
                stream,
                Sweep::Nightly,
                None,
                at("2026-01-03T00:00:00Z"),
                std::slice::from_ref(&missing),
            )?;
            db.ask_sweep(stream, Sweep::Nightly)
        })
        .unwrap();
    let row = store.call_here(|db| db.sweep(stream)).unwrap();
    assert_eq!(
        (row.asked, row.below),
        (Some(Sweep::Nightly), Some(at("2026-01-03T00:00:00Z")))
    );
    assert_eq!(
        store.call_here(|db| db.missing(stream, None, 10)).unwrap(),
        std::slice::from_ref(&missing)
    );
    assert_eq!(
        store.call_here(|db| db.missing(stream, Some(&missing.id), 10)).unwrap(),
        []
    );

    store.call_here(|db| db.ask_sweep(stream, Sweep::Whole)).unwrap();
    let row = store.call_here(|db| db.sweep(stream)).unwrap();
    assert_eq!((row.asked, row.below), (Some(Sweep::Whole), None));
    assert_eq!(store.call_here(|db| db.count_missing(stream)).unwrap(), 0);

    // What a run of the narrower one writes now comes too late.
    let (stands, day) = (at("2026-01-03T00:00:00Z"), at("2026-01-02T00:00:00Z"));
    store
        .call_here(|db| {
            assert!(!db.swept(
                stream,
                Sweep::Nightly,
                Some(stands),
                day,
                std::slice::from_ref(&missing)
            )?);
            assert!(!db.end_sweep(stream, Sweep::Nightly, at("2026-01-09T00:00:00Z"), None)?);
            assert_eq!(db.count_missing(stream)?, 0);
            assert!(db.swept(stream, Sweep::Whole, None, stands, std::slice::from_ref(&missing))?);
            db.end_sweep(stream, Sweep::Whole, at("2026-01-09T00:00:00Z"), Some("{}"))
        })
        .unwrap();
    let row = store.call_here(|db| db.sweep(stream)).unwrap();
    assert_eq!(
        (row.asked, row.nights, row.ended, row.blocked.as_deref()),
        (None, 1, Some(at("2026-01-09T00:00:00Z")), Some("{}"))
    );
}
