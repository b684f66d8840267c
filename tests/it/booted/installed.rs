//! Install, upgrade, remove, purge.

use std::os::unix::fs::MetadataExt;

use super::machine::Machine;
use super::service::{INCIDENTS, configure, incidents, rig, start};
use crate::rig::STREAM;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn installing_starts_nothing_removing_keeps_everything_and_purging_takes_the_state() {
    let rig = rig().await;
    let machine = Machine::boot();
    machine.dpkg(&["-i", "/itsmd.deb"]);
    assert_eq!(machine.says(&["systemctl", "is-active", "itsmd"]), "inactive");
    assert_eq!(machine.says(&["systemctl", "is-enabled", "itsmd"]), "disabled");
    assert_eq!(
        machine.says(&["stat", "-c", "%U:%G %a", "/etc/itsmd/secrets"]),
        "root:itsmd 750"
    );
    assert!(!machine.path("/var/lib/itsmd").exists(), "nothing ran");
    assert!(machine.runs(&["itsmd", "--version"]).starts_with("itsmd "));

    configure(&machine, &rig);
    machine.systemctl(&["enable", "itsmd"]);
    let first = start(&machine, &rig);
    assert_eq!(
        machine.says(&["stat", "-c", "%U:%G %a", "/var/lib/itsmd"]),
        "itsmd:itsmd 700"
    );

    machine.dpkg(&["-i", "/itsmd.deb"]);
    let upgraded = machine.main_pid();
    assert!(upgraded != first && upgraded != "0", "an upgrade restarts what ran");
    machine.systemctl(&["stop", "itsmd"]);
    machine.dpkg(&["-i", "/itsmd.deb"]);
    assert_eq!(
        machine.says(&["systemctl", "is-active", "itsmd"]),
        "inactive",
        "and starts nothing"
    );
    machine.systemctl(&["start", "itsmd"]);

    machine.dpkg(&["-r", "itsmd"]);
    assert_eq!(machine.main_pid(), "0");
    for kept in [
        "/var/lib/itsmd/itsmd.db",
        "/etc/itsmd/itsmd.toml",
        "/etc/itsmd/secrets/azure",
    ] {
        assert!(machine.path(kept).exists(), "{kept}");
    }
    machine.dpkg(&["-i", "/itsmd.deb"]);
    machine.systemctl(&["start", "itsmd"]);
    assert_eq!(
        incidents(&machine)["records"],
        INCIDENTS,
        "what was delivered is still known"
    );

    machine.dpkg(&["-r", "itsmd"]);
    let purged = machine.tries(&["dpkg", "-P", "itsmd"]);
    let told = String::from_utf8_lossy(&purged.stderr).into_owned();
    assert!(
        purged.status.success() && told.contains("are left in /etc/itsmd"),
        "{told}"
    );
    assert!(!machine.path("/var/lib/itsmd").exists());
    assert!(
        machine.path("/etc/itsmd/secrets/azure").exists(),
        "a secret may not be had twice"
    );
    let link = machine.path("/etc/systemd/system/multi-user.target.wants/itsmd.service");
    assert!(link.symlink_metadata().is_err(), "nothing is left enabled");
    assert_eq!(
        rig.workspace.count(STREAM),
        INCIDENTS,
        "no row was sent twice through all of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn purging_what_was_never_used_leaves_nothing() {
    let machine = Machine::with_package();
    machine.dpkg(&["-P", "itsmd"]);
    assert!(!machine.path("/etc/itsmd").exists());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn a_folder_of_secrets_that_is_there_already_is_left_as_it_is() {
    let machine = Machine::boot();
    machine.write("/etc/itsmd/secrets/azure", "azure-secret\n");
    machine.runs(&["chmod", "0700", "/etc/itsmd/secrets"]);
    machine.dpkg(&["-i", "/itsmd.deb"]);
    let folder = machine.path("/etc/itsmd/secrets").metadata().unwrap();
    assert_eq!((folder.uid(), folder.mode() & 0o777), (0, 0o700));
}
