//! A desk that goes on changing while it is watched.

use std::time::Duration;

use chrono::Utc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::item::Item;
use super::world::World;

/// Lets `world` live on by the machine's clock, `rate` times as busy as its history was on average, whatever the hour,
/// and gives every new version to `put`, once a second, until the task is aborted. The world's history is not given.
pub fn keep_changing(mut world: World, rate: f64, put: impl Fn(&Item) + Send + 'static) -> JoinHandle<()> {
    world.hurry(rate / World::busyness(Utc::now()));
    tokio::spawn(async move {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            second.tick().await;
            world.advance(Utc::now()).iter().for_each(&put);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::servicenow::Desk;
    use crate::sim::world::WorldSettings;

    #[tokio::test]
    async fn new_versions_reach_the_desk() {
        let desk = Desk::new();
        let world = World::new(WorldSettings::small(3, Utc::now() - chrono::Duration::days(1)));
        let there = desk.clone();
        let task = keep_changing(world, 2.0, move |item| there.put_item(item));
        let arrived = async {
            while desk.count("incident") == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), arrived).await.unwrap();
        task.abort();
    }
}
