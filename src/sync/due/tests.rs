use super::*;

fn at(text: &str) -> DateTime<Utc> {
    format!("2026-11-20T{text}:00Z").parse().unwrap()
}

const DOWN: &str = "ITSMD-NET-002";
const REFUSED: &str = "ITSMD-SN-014";

#[test]
fn a_failure_is_told_at_once_then_hourly_with_its_count() {
    let mut diary = Diary::default();
    diary.failed(Worker::Head, DOWN, at("10:00"));
    assert!(diary.is_due(DOWN, at("10:00")));
    assert_eq!(diary.count(DOWN, at("10:00")), "");
    diary.took(Some(DOWN), at("10:00"));
    for minute in 1..60 {
        let now = at("10:00") + TimeDelta::minutes(minute);
        diary.failed(Worker::Head, DOWN, now);
        assert!(!diary.is_due(DOWN, now), "{minute}");
    }
    diary.failed(Worker::Head, DOWN, at("11:00"));
    assert!(diary.is_due(DOWN, at("11:00")));
    assert_eq!(diary.count(DOWN, at("11:00")), " (60 times in the last hour)");
    diary.took(Some(DOWN), at("11:00"));
    assert_eq!(diary.count(DOWN, at("12:00")), " (still, since 2026-11-20 10:00 UTC)");
    diary.failed(Worker::Head, DOWN, at("13:00"));
    assert_eq!(diary.count(DOWN, at("13:00")), " (once since 2026-11-20 11:00 UTC)");
}

#[test]
fn another_cause_is_told_at_once_and_the_end_names_them_all() {
    let mut diary = Diary::default();
    diary.failed(Worker::Head, DOWN, at("10:00"));
    diary.took(Some(DOWN), at("10:00"));
    diary.failed(Worker::Head, REFUSED, at("10:01"));
    assert!(diary.is_due(REFUSED, at("10:01")));
    assert_eq!(diary.over(), None, "the change of the cause is no end");
    diary.took(Some(REFUSED), at("10:01"));
    diary.got_through(Worker::Rest);
    assert_eq!(diary.over(), None, "that was the other worker");
    diary.got_through(Worker::Head);
    let over = diary.over().unwrap();
    assert!(
        over.contains("ITSMD-NET-002 since 2026-11-20 10:00 UTC is over; it failed once") && over.contains(REFUSED),
        "{over}"
    );
    diary.took(None, at("10:02"));
    assert_eq!(diary.over(), None);
}

#[test]
fn what_comes_and_goes_each_minute_is_two_rows_an_hour() {
    let (mut diary, mut rows) = (Diary::default(), 0);
    for minute in 0..240 {
        let now = at("10:00") + TimeDelta::minutes(minute);
        if minute % 2 == 0 {
            diary.failed(Worker::Head, DOWN, now);
            if diary.is_due(DOWN, now) {
                diary.took(Some(DOWN), now);
                rows += 1;
            }
        } else {
            diary.got_through(Worker::Head);
            if diary.over().is_some() {
                diary.took(None, now);
                rows += 1;
            }
        }
    }
    assert_eq!(rows, 8);
}

#[test]
fn a_failure_that_nobody_could_be_told_of_is_told_when_it_is_over() {
    let mut diary = Diary::default();
    diary.failed(Worker::Head, DOWN, at("10:00"));
    diary.away = Some(at("10:00"));
    diary.missed = 2;
    diary.failed(Worker::Head, DOWN, at("10:05"));
    diary.got_through(Worker::Head);
    let over = diary.over().unwrap();
    assert_eq!(
        over,
        "ITSMD-NET-002 since 2026-11-20 10:00 UTC is over; it failed 2 times"
    );
    assert_eq!(
        diary.absence(at("11:40")),
        " (this log could not be written from 2026-11-20 10:00 UTC to 2026-11-20 11:40 UTC; 2 rows are missing)"
    );
    diary.took(None, at("11:40"));
    assert_eq!((diary.absence(at("11:41")), diary.over()), (String::new(), None));
}

#[test]
fn what_failed_since_somebody_looked_is_not_over_because_nothing_was_seen_before() {
    let mut diary = Diary::default();
    diary.failed(Worker::Head, DOWN, at("10:00"));
    diary.took(Some(DOWN), at("10:00"));
    diary.is_clear(at("09:59"));
    assert!(diary.standing().is_some());
    diary.is_clear(at("10:01"));
    assert!(diary.standing().is_none() && diary.over().is_some());
}

#[test]
fn a_clock_that_was_set_back_silences_nobody() {
    let mut diary = Diary::default();
    diary.failed(Worker::Head, DOWN, at("10:00"));
    diary.took(Some(DOWN), at("10:00"));
    assert!(diary.is_due(DOWN, at("08:00")) && diary.is_silent(at("08:00")));
    assert!(!diary.is_due(DOWN, at("10:30")) && !diary.is_silent(at("10:30")));
}
