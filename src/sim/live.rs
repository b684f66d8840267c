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
