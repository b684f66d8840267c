use std::collections::HashMap;

use chrono::{Datelike, TimeZone, Timelike};

use super::*;

fn settings() -> WorldSettings {
    let now = Utc.with_ymd_and_hms(2026, 11, 21, 10, 0, 0).unwrap();
    WorldSettings {
        days: 60,
        ..WorldSettings::small(7, now)
    }
}

/// A change is scheduled before it is implemented; an incident is worked on before it is put on hold.
fn rank(item: &Item) -> (u8, State) {
    match (item.kind, item.state) {
        (WorkItemKind::ChangeRequest, State::OnHold) => (1, State::New),
        (_, State::New) => (0, State::New),
        (_, state) => (2, state),
    }
}

#[test]
fn a_seed_gives_one_world() {
    let (one, other) = (World::new(settings()), World::new(settings()));
    assert_eq!(one.history(), other.history());
    let different = World::new(WorldSettings { seed: 8, ..settings() });
    assert_ne!(one.history(), different.history());
}

#[test]
fn history_is_the_last_version_of_everything_and_living_on_continues_it() {
    let mut world = World::new(settings());
    let latest = |versions: Vec<Item>| {
        versions
            .into_iter()
            .map(|item| (item.id.clone(), item))
            .collect::<HashMap<_, _>>()
    };
    let mut known = latest(world.versions());
    assert_eq!(known, latest(world.history()));
    let later = settings().now + Duration::days(2);
    let versions = world.advance(later);
    assert!(versions.len() > 50, "{}", versions.len());
    assert!(
        versions
            .iter()
            .all(|item| item.modified > settings().now && item.modified <= later)
    );
    known.extend(latest(versions));
    assert_eq!(known, latest(world.history()));
}

#[test]
fn states_and_stamps_and_revisions_only_go_forward() {
    let mut last: HashMap<String, Item> = HashMap::new();
    let mut stamp = None;
    for item in World::new(settings()).versions() {
        assert!(Some(item.modified) >= stamp, "in order of time");
        stamp = Some(item.modified);
        assert_eq!(item.modified.nanosecond(), 0);
        if let Some(before) = last.insert(item.id.clone(), item.clone()) {
            assert!(
                rank(&item) >= rank(&before) && item.revision == before.revision + 1,
                "{}",
                item.number
            );
        }
        assert_eq!(item.priority, item.impact + item.urgency - 1);
        assert_eq!(
            item.state == State::Closed || item.state == State::Cancelled,
            item.closed_at.is_some()
        );
    }
}

#[test]
fn weekdays_are_busier_than_weekends_and_mornings_than_nights() {
    let world = World::new(settings());
    let opened =
        |wanted: &dyn Fn(DateTime<Utc>) -> bool| world.items().iter().filter(|item| wanted(item.opened_at)).count();
    let weekend = opened(&|at| at.weekday().num_days_from_monday() >= 5);
    let all = world.items().len();
    assert!((2000..4000).contains(&all), "{all}");
    assert!(weekend * 5 < all, "{weekend} of {all}");
    assert!(opened(&|at| at.hour() < 5) * 10 < all);
}

#[test]
fn outages_come_in_minutes_and_the_nightly_job_closes_in_one_second() {
    let mut by_second: HashMap<_, usize> = HashMap::new();
    let mut by_ten_minutes: HashMap<_, usize> = HashMap::new();
    for item in World::new(settings()).versions() {
        *by_second.entry(item.modified).or_default() += 1;
        if item.revision == 0 {
            *by_ten_minutes.entry(item.modified.timestamp() / 600).or_default() += 1;
        }
    }
    assert!(by_second.values().copied().max() > Some(20));
    assert!(by_ten_minutes.values().copied().max() > Some(20));
}

#[test]
fn a_hurried_world_changes_more() {
    let hour = |pace| {
        let mut world = World::new(settings());
        world.hurry(pace);
        world.advance(settings().now + Duration::hours(1)).len()
    };
    assert!(hour(20.0) > 5 * hour(1.0).max(5));
}
