use super::*;
use crate::model::Version;

const START: &str = "2026-01-01T00:00:00Z";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn record(modified: &str, revision: i64, version: u64) -> Record {
    Record {
        id: RecordId::new("a"),
        number: "INC1".into(),
        modified: at(modified),
        revision: Some(revision),
        created: None,
        version: Version(version),
        row: br#"{"A_s":"x"}"#.to_vec().into(),
    }
}

fn delivery(generation: i64, columns: i64) -> Delivery {
    Delivery {
        stream: StreamKey(1),
        generation: Generation(generation),
        fulfils: Generation(generation),
        columns,
        run_id: "run-1".into(),
        window_start: at(START),
        gone: false,
    }
}

fn choice_after(known: &Record, then: &Record, generation: i64, columns: i64) -> Choice {
    let known = ledger_row(known, &delivery(0, 1), at(START));
    choose(then, Some(&known), &delivery(generation, columns), None)
}

#[test]
fn what_was_never_delivered_is() {
    assert_eq!(
        choose(&record("2026-01-02T00:00:00Z", 1, 1), None, &delivery(0, 1), None),
        Choice::Deliver
    );
}

#[test]
fn an_older_version_never_follows_a_newer_one() {
    let known = record("2026-01-02T00:00:01Z", 2, 1);
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:00Z", 9, 2), 0, 1),
        Choice::Overtaken
    );
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:01Z", 1, 2), 0, 1),
        Choice::Overtaken
    );
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:00Z", 9, 2), 1, 1),
        Choice::Overtaken
    );
}

#[test]
fn an_older_stamp_than_one_that_has_not_come_yet_is_asked_for_again() {
    let known = ledger_row(&record("2026-01-02T00:00:01Z", 2, 1), &delivery(0, 1), at(START));
    let older = record("2026-01-02T00:00:00Z", 3, 2);
    let choice = |now: Option<&str>| choose(&older, Some(&known), &delivery(0, 1), now.map(at));
    assert_eq!(choice(Some("2026-01-02T00:00:00Z")), Choice::Doubtful);
    assert_eq!(choice(Some("2026-01-02T00:00:01Z")), Choice::Overtaken);
    assert_eq!(choice(None), Choice::Overtaken);
}

#[test]
fn a_change_is_delivered_even_when_its_count_of_updates_stepped_back() {
    let known = record("2026-01-02T00:00:00Z", 5, 1);
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:01Z", 3, 2), 0, 1),
        Choice::Deliver
    );
}

#[test]
fn a_change_within_the_same_second_is_delivered() {
    let known = record("2026-01-02T00:00:00Z", 1, 1);
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:00Z", 2, 2), 0, 1),
        Choice::Deliver
    );
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:00Z", 1, 2), 0, 1),
        Choice::Deliver,
        "a silent update"
    );
}

#[test]
fn new_columns_alone_do_not_send_the_window_again_but_a_resync_does() {
    let known = record("2026-01-02T00:00:00Z", 1, 1);
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:00Z", 1, 2), 0, 2),
        Choice::Unchanged
    );
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:00Z", 1, 2), 1, 2),
        Choice::Deliver
    );
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:00Z", 1, 1), 1, 1),
        Choice::Deliver
    );
    assert_eq!(
        choice_after(&known, &record("2026-01-02T00:00:00Z", 1, 1), 0, 1),
        Choice::Unchanged
    );
}

#[test]
fn a_silent_update_behind_a_change_of_columns_is_told_from_it() {
    let stamp = "2026-01-02T00:00:00Z";
    let known = ledger_row(&record(stamp, 1, 1), &delivery(0, 1), at(START));
    let choice = |known: &LedgerRow, version: u64, columns: i64| {
        choose(&record(stamp, 1, version), Some(known), &delivery(0, columns), None)
    };
    // As it looks with the new columns, be it the same or not, is how it is known from now on.
    for first in [1, 2] {
        assert_eq!(choice(&known, first, 2), Choice::Unchanged);
        let (_, seen) = noted(&record(stamp, 1, first), Some(known.clone()), &delivery(0, 2)).unwrap();
        assert_eq!((seen.version, seen.columns), (known.version, known.columns));
        assert_eq!(choice(&seen, first, 2), Choice::Unchanged);
        assert_eq!(
            noted(&record(stamp, 1, first), Some(seen.clone()), &delivery(0, 2)),
            None
        );
        assert_eq!(choice(&seen, 3, 2), Choice::Deliver, "a silent update");
        // Another set again, and the one that it was delivered with.
        assert_eq!(choice(&seen, 3, 3), Choice::Unchanged);
        assert_eq!(choice(&seen, 3, 1), Choice::Deliver);
    }
}

#[test]
fn of_one_record_twice_in_a_page_only_the_later_goes() {
    let page = vec![
        Mapped::Record(record("2026-01-02T00:00:01Z", 2, 2)),
        Mapped::Record(record("2026-01-02T00:00:00Z", 1, 1)),
        Mapped::Record(record("2026-01-02T00:00:01Z", 3, 3)),
        Mapped::Record(record("2025-12-31T23:59:59Z", 3, 4)),
    ];
    let (records, unmapped) = sort_out(page, at(START));
    assert_eq!(
        records.iter().map(|record| record.version).collect::<Vec<_>>(),
        vec![Version(3)]
    );
    assert!(unmapped.is_empty());
}

#[test]
fn an_unchanged_record_with_a_newer_stamp_keeps_the_stamp() {
    let known = ledger_row(&record("2026-01-02T00:00:00Z", 1, 1), &delivery(0, 1), at(START));
    let (_, row) = noted(
        &record("2026-01-02T00:00:05Z", 1, 1),
        Some(known.clone()),
        &delivery(0, 1),
    )
    .unwrap();
    assert_eq!(row.modified, at("2026-01-02T00:00:05Z"));
    assert_eq!(
        noted(&record("2026-01-02T00:00:00Z", 1, 1), Some(known), &delivery(0, 1)),
        None
    );
}

#[test]
fn a_record_without_a_day_gets_it_when_it_is_read_and_is_not_delivered_for_it() {
    let delivery = delivery(0, 1);
    let mut record = record(START, 1, 7);
    let known = ledger_row(&record, &delivery, at(START));
    record.created = "2025-12-24".parse().ok();
    assert_eq!(choose(&record, Some(&known), &delivery, None), Choice::Unchanged);
    let (_, row) = noted(&record, Some(known.clone()), &delivery).unwrap();
    let created = record.created;
    assert_eq!(row, LedgerRow { created, ..known });
    assert_eq!(noted(&record, Some(row), &delivery), None, "once");
}
