//! A desk that goes on changing while it is watched.

use std::time::Duration;

use chrono::Utc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::servicenow::Desk;
use super::world::World;

/// Lets `world` live on by the machine's clock, `rate` times as busy as its history was, and puts every new
/// version on `desk`, once a second, until the task is aborted. The world's history is not put.
pub fn keep_changing(mut world: World, desk: Desk, rate: f64) -> JoinHandle<()> {
    world.hurry(rate);
    tokio::spawn(async move {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            second.tick().await;
            desk.put_items(&world.advance(Utc::now()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::world::WorldSettings;

    #[tokio::test]
    async fn new_versions_reach_the_desk() {
        let desk = Desk::new();
        let world = World::new(WorldSettings::small(3, Utc::now() - chrono::Duration::days(1)));
        let task = keep_changing(world, desk.clone(), 2.0);
        let arrived = async {
            while desk.count("incident") == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), arrived).await.unwrap();
        task.abort();
    }
}
