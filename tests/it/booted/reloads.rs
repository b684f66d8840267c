//! `systemctl reload`, and the signals.

use chrono::TimeDelta;

use super::machine::Machine;
use super::service::{INCIDENTS, arrive, as_file, configuration, configure, rig, start};
use crate::rig::{STREAM, ago, incident};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn a_bad_file_fails_the_reload_and_a_good_one_is_taken() {
    let rig = rig().await;
    let machine = Machine::with_package();
    configure(&machine, &rig);
    let pid = start(&machine, &rig);
    let good = configuration(&rig, as_file);

    machine.write("/etc/itsmd/itsmd.toml", &good.replace("partner =", "partnr ="));
    let refused = machine.tries(&["systemctl", "reload", "itsmd"]);
    assert!(!refused.status.success(), "a bad file fails the reload");
    let journal = machine.journal();
    assert!(
        journal.contains("partnr") && journal.contains("did you mean"),
        "{journal}"
    );
    assert!(!journal.contains("SIGHUP"), "the daemon never heard of it\n{journal}");
    assert_eq!(
        (machine.property("ActiveState"), machine.main_pid()),
        ("active".to_owned(), pid.clone())
    );

    rig.desk.put("incident", &incident(500, "New", ago(TimeDelta::zero())));
    machine.systemctl(&["kill", "-s", "USR1", "itsmd"]);
    arrive(&machine, &rig, INCIDENTS + 1);

    machine.write(
        "/etc/itsmd/itsmd.toml",
        &good.replace("name = \"contoso\"", "name = \"renamed\""),
    );
    machine.systemctl(&["reload", "itsmd"]);
    arrive(&machine, &rig, 2 * (INCIDENTS + 1));
    assert_eq!(machine.main_pid(), pid, "a reload is no restart");
    let renamed = rig.workspace.rows(STREAM);
    assert!(
        renamed
            .iter()
            .any(|row| row["ServiceDeskConnectionName_s"] == "renamed")
    );

    rig.desk
        .put("incident", &incident(501, "Newer", ago(TimeDelta::zero())));
    machine.systemctl(&["kill", "-s", "USR1", "itsmd"]);
    arrive(&machine, &rig, 2 * (INCIDENTS + 1) + 1);
    machine.systemctl(&["kill", "-s", "USR2", "itsmd"]);
    arrive(&machine, &rig, 2 * (INCIDENTS + 1) + 1 + INCIDENTS + 2);
}
