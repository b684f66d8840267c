use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn berlin(text: &str) -> Schedule {
    Schedule::parse(text, chrono_tz::Europe::Berlin).unwrap()
}

fn instants(schedule: &Schedule, from: &str, count: usize) -> Vec<String> {
    let mut now = at(from);
    let mut found = Vec::new();
    for _ in 0..count {
        now = schedule.next_after(now).unwrap();
        found.push(now.format("%d %H:%M:%S").to_string());
    }
    found
}

#[test]
fn five_fields_start_at_second_zero() {
    let schedule = Schedule::parse("*/5 * * * *", Tz::UTC).unwrap();
    assert_eq!(
        schedule.next_after(at("2026-11-20T11:57:12.3Z")),
        Some(at("2026-11-20T12:00:00Z"))
    );
    assert_eq!(
        schedule.next_after(at("2026-11-20T12:00:00Z")),
        Some(at("2026-11-20T12:05:00Z"))
    );
}

#[test]
fn a_fraction_of_a_second_before_an_instant_does_not_lose_it() {
    let schedule = Schedule::parse("*/5 * * * *", Tz::UTC).unwrap();
    assert_eq!(
        schedule.next_after(at("2026-11-20T11:59:59.999Z")),
        Some(at("2026-11-20T12:00:00Z"))
    );
}

#[test]
fn six_fields_start_with_seconds() {
    let schedule = Schedule::parse("30 */5 * * * *", Tz::UTC).unwrap();
    assert_eq!(
        schedule.next_after(at("2026-11-20T12:00:00Z")),
        Some(at("2026-11-20T12:00:30Z"))
    );
}

#[test]
fn a_time_of_day_follows_the_zone_through_both_changes() {
    let schedule = berlin("30 3 * * *");
    assert_eq!(
        instants(&schedule, "2026-03-27T12:00:00Z", 3),
        ["28 02:30:00", "29 01:30:00", "30 01:30:00"]
    );
    assert_eq!(
        instants(&schedule, "2026-10-23T12:00:00Z", 3),
        ["24 01:30:00", "25 02:30:00", "26 02:30:00"]
    );
}

#[test]
fn a_time_of_day_inside_the_gap_comes_right_after_it() {
    assert_eq!(
        instants(&berlin("30 2 * * *"), "2026-03-28T12:00:00Z", 2),
        ["29 01:00:00", "30 00:30:00"]
    );
}

#[test]
fn a_time_of_day_that_comes_twice_rings_once_even_when_asked_in_its_second_hour() {
    let schedule = berlin("30 2 * * *");
    assert_eq!(
        instants(&schedule, "2026-10-24T12:00:00Z", 2),
        ["25 00:30:00", "26 01:30:00"]
    );
    assert_eq!(instants(&schedule, "2026-10-25T01:10:00Z", 1), ["26 01:30:00"]);
}

#[test]
fn a_repeated_schedule_rings_in_both_hours_and_never_goes_back() {
    let found = instants(&berlin("*/20 * * * *"), "2026-10-24T23:50:00Z", 8);
    let expected = ["00:00", "00:20", "00:40", "01:00", "01:20", "01:40", "02:00", "02:20"];
    assert_eq!(found, expected.map(|time| format!("25 {time}:00")));
}

#[test]
fn a_repeated_schedule_loses_nothing_when_an_hour_is_left_out() {
    let found = instants(&berlin("*/20 * * * *"), "2026-03-29T00:20:00Z", 4);
    assert_eq!(found, ["29 00:40:00", "29 01:00:00", "29 01:20:00", "29 01:40:00"]);
}

#[test]
fn working_hours_keep_to_the_zone_across_a_change() {
    let found = instants(&berlin("0 8,17 * * 1-5"), "2026-10-23T12:00:00Z", 3);
    assert_eq!(found, ["23 15:00:00", "26 07:00:00", "26 16:00:00"]);
}

#[test]
fn closer_than_thirty_seconds_is_refused_however_it_is_written() {
    for (text, seconds) in [
        ("* * * * * *", 1),
        ("*/20 * * * * *", 20),
        ("0,31 * * * * *", 29),
        ("5,50 0,59 0,23 * * *", 15),
        ("0,10 0 0 1 1 *", 10),
    ] {
        let refused = Schedule::parse(text, Tz::UTC).unwrap_err();
        let text = text.to_owned();
        assert_eq!(refused, ScheduleError::TooClose { text, seconds });
    }
    for text in ["*/30 * * * * *", "15,45 * * * * *", "* * * * *", "5 4 1 1 *"] {
        Schedule::parse(text, Tz::UTC).unwrap();
    }
}

#[test]
fn what_is_no_schedule_is_refused_with_the_reason() {
    let said = |text| Schedule::parse(text, Tz::UTC).unwrap_err().to_string();
    assert_eq!(
        said("5 minutes"),
        "schedule \"5 minutes\" has 2 fields: five are minute hour day month weekday, a sixth in front is seconds"
    );
    assert!(said("0 0 * * * * 2027").contains("has 7 fields"));
    assert!(said("61 * * * *").starts_with("schedule \"61 * * * *\": "));
    assert_eq!(said("0 0 30 2 *"), "schedule \"0 0 30 2 *\" never comes");
    assert_eq!(time_zone("Europe/Berlin"), Ok(chrono_tz::Europe::Berlin));
    assert!(time_zone("Berlin").unwrap_err().to_string().contains("\"Berlin\""));
}

#[test]
fn the_interval_is_the_distance_of_the_next_two() {
    let now = at("2026-11-20T12:01:00Z");
    assert_eq!(berlin("*/5 * * * *").interval_hint(now), Some(Duration::from_secs(300)));
    assert_eq!(
        berlin("30 3 * * *").interval_hint(now),
        Some(Duration::from_secs(86_400))
    );
}

#[test]
fn a_splay_spreads_names_inside_its_percentage_and_is_the_same_every_time() {
    let now = at("2026-11-20T12:01:00Z");
    let shift = |name: &str| berlin("*/5 * * * *").splayed(name, 10, now).shift().num_seconds();
    let shifts: std::collections::BTreeSet<i64> = (0..40).map(|n| shift(&format!("desk-{n}"))).collect();
    assert!(shifts.iter().all(|seconds| (0..30).contains(seconds)), "{shifts:?}");
    assert!(shifts.len() > 15, "{shifts:?}");
    assert_eq!(shift("contoso"), shift("contoso"));
    assert_eq!(
        berlin("*/5 * * * *").splayed("contoso", 0, now).shift(),
        TimeDelta::zero()
    );
}

#[test]
fn a_splayed_schedule_keeps_its_pace() {
    let now = at("2026-11-20T12:01:00Z");
    let splayed = (0..40)
        .map(|n| berlin("*/5 * * * *").splayed(&format!("desk-{n}"), 10, now))
        .find(|schedule| schedule.shift() > TimeDelta::zero())
        .unwrap();
    let first = splayed.next_after(now).unwrap();
    assert_eq!(first - splayed.shift(), at("2026-11-20T12:05:00Z"));
    assert_eq!(splayed.next_after(first), Some(first + TimeDelta::minutes(5)));
    assert_eq!(splayed.next_after(first - TimeDelta::seconds(1)), Some(first));
}
