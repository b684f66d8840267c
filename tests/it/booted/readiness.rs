//! Ready means: configuration, state file and schedule are up. No other side is waited for.

use std::net::{TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use super::machine::Machine;
use super::service::{INCIDENTS, arrive, as_file, configuration, configure, hurry, in_step, rig, start, write_secrets};
use crate::rig::STREAM;

/// How long a start may take.
const AT_ONCE: Duration = Duration::from_secs(10);

/// More than twice the shortened watchdog, so that an answer that is missing would show.
const WATCHED: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn without_a_configuration_it_is_not_started_and_a_bad_one_is_not_tried_again() {
    let rig = rig().await;
    let machine = Machine::with_package();
    let started = machine.tries(&["systemctl", "start", "itsmd"]);
    assert!(!started.status.success());
    assert_eq!(machine.property("AssertResult"), "no");
    assert_eq!(machine.property("ActiveState"), "inactive");

    let text = configuration(&rig, as_file);
    machine.write("/etc/itsmd/itsmd.toml", &text.replace("partner =", "partnr ="));
    write_secrets(&machine);
    assert!(!machine.tries(&["systemctl", "start", "itsmd"]).status.success());
    machine.until("it gave up", |machine| machine.property("ActiveState") == "failed");
    assert_eq!(machine.property("ExecMainStatus"), "2");
    assert_eq!(machine.property("NRestarts"), "0");
    let journal = machine.journal();
    assert!(
        journal.contains("partnr") && journal.contains("itsmd.toml:"),
        "{journal}"
    );

    configure(&machine, &rig);
    start(&machine, &rig);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn it_is_ready_and_stays_alive_though_no_name_resolves_and_no_desk_answers() {
    let rig = rig().await;
    let machine = Machine::with_package();
    configure(&machine, &rig);
    hurry(&machine, Duration::from_secs(10));
    // Both take what comes and say nothing: worse than a refusal, which is an answer.
    let names = UdpSocket::bind("127.0.0.53:53").unwrap();
    let desk = TcpListener::bind("127.0.0.1:0").unwrap();
    machine.write(
        "/etc/resolv.conf",
        "nameserver 127.0.0.53\noptions timeout:30 attempts:5\n",
    );
    let mut text = configuration(&rig, as_file);
    let connection = |name: &str, url: &str| {
        rig.connection(name, url, "schedule = \"* * * * *\"")
            .replace("{ file = \"desk\" }", &as_file("desk"))
    };
    // More than there are threads that wait for names.
    for number in 0..12 {
        let name = format!("nowhere-{number}");
        text.push_str(&connection(&name, &format!("https://{name}.example")));
    }
    let silent = format!("http://{}", desk.local_addr().unwrap());
    text.push_str(&connection("silent", &silent));
    machine.write("/etc/itsmd/itsmd.toml", &text);

    let begun = Instant::now();
    machine.systemctl(&["start", "itsmd"]);
    assert!(
        begun.elapsed() < AT_ONCE,
        "{:?}\n{}",
        begun.elapsed(),
        machine.journal()
    );
    assert_eq!(machine.property("ActiveState"), "active");
    let pid = machine.main_pid();
    // The one desk that answers is not held up by those that do not.
    arrive(&machine, &rig, INCIDENTS);
    machine.until("its state is told", |machine| {
        machine.property("StatusText").contains("streams")
    });
    println!("status text: {}", machine.property("StatusText"));
    // Here time itself is what is looked at: several beats have to come.
    while begun.elapsed() < WATCHED {
        assert_eq!(machine.main_pid(), pid, "{}", machine.journal());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(machine.property("NRestarts"), "0");
    drop((names, desk));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn what_was_delivered_is_known_after_a_restart_and_a_crash() {
    let rig = rig().await;
    let machine = Machine::with_package();
    configure(&machine, &rig);
    hurry(&machine, Duration::from_secs(60));
    let first = start(&machine, &rig);
    machine.systemctl(&["restart", "itsmd"]);
    let second = machine.main_pid();
    assert_ne!(first, second);
    machine.systemctl(&["kill", "-s", "KILL", "itsmd"]);
    machine.until("it runs again", |machine| {
        machine.property("NRestarts") == "1" && machine.property("ActiveState") == "active"
    });
    machine.runs(&["runuser", "-u", "itsmd", "--", "itsmd", "sync"]);
    in_step(&machine);
    assert_eq!(rig.workspace.count(STREAM), INCIDENTS, "nothing was sent twice");
}
