//! Secrets: files of the service's group, and credentials that root alone can read.

use super::machine::Machine;
use super::service::{INCIDENTS, configuration, rig, start, write_secrets};
use crate::rig::STREAM;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs systemd-nspawn: run by .ci/stages/booted"]
async fn credentials_are_read_at_the_start_and_looked_at_by_a_reload() {
    let rig = rig().await;
    let machine = Machine::with_package();
    write_secrets(&machine);
    machine.runs(&[
        "sh",
        "-c",
        "chown root:root /etc/itsmd/secrets/* && chmod 0600 /etc/itsmd/secrets/*",
    ]);
    let text = configuration(&rig, |name| format!("{{ credential = \"{name}\" }}"));
    machine.write("/etc/itsmd/itsmd.toml", &text);
    // The shipped example, with its own lines in force.
    let example = std::fs::read_to_string(machine.path("/usr/share/doc/itsmd/examples/credentials.conf")).unwrap();
    let example = example
        .replace(
            "#LoadCredential=workspace-client-secret:/etc/itsmd/secrets/workspace-client-secret",
            "LoadCredential=azure:/etc/itsmd/secrets/azure",
        )
        .replace(
            "#LoadCredential=contoso-password:/etc/itsmd/secrets/contoso-password",
            "LoadCredential=desk:/etc/itsmd/secrets/desk",
        );
    machine.drop_in("credentials", &example);
    let pid = start(&machine, &rig);
    machine.systemctl(&["reload", "itsmd"]);
    machine.until("it was reloaded", |machine| {
        machine.journal().contains("was read again")
    });
    assert_eq!(machine.main_pid(), pid);
    assert_eq!(rig.workspace.count(STREAM), INCIDENTS);
    let shown = machine.journal();
    assert!(
        !shown.contains("azure-secret") && !shown.contains("desk-password"),
        "{shown}"
    );
}
