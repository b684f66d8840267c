//! Stopping: in order, and within its time whatever hangs.

use std::time::{Duration, Instant};

use itsmd::sim::fault::Fault;

use super::machine::Machine;
use super::service::{configure, rig, start};

/// `TimeoutStopSec` is 30; a stop that takes that long is a kill.
const IN_ORDER: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn it_stops_in_order_while_a_page_hangs() {
    let rig = rig().await;
    let machine = Machine::with_package();
    configure(&machine, &rig);
    start(&machine, &rig);
    rig.servicenow.faults.push("table", Fault::Hang, 100);
    let asked = rig.servicenow.journal.requests().len();
    machine.systemctl(&["kill", "-s", "USR1", "itsmd"]);
    machine.until("a page hangs", |_| rig.servicenow.journal.requests().len() > asked);
    let begun = Instant::now();
    machine.systemctl(&["stop", "itsmd"]);
    let took = begun.elapsed();
    assert!(took < IN_ORDER, "{took:?}\n{}", machine.journal());
    assert_eq!(machine.property("Result"), "success");
    assert_eq!(machine.property("ActiveState"), "inactive");
    println!("stopped in {took:?} while a page hung");
}
