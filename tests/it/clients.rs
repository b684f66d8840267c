//! The simulators, asked by clients that were not written here. `.ci/long` prepares them and runs this.

use std::process::Command;

use chrono::TimeDelta;

use crate::rig::{Rig, STREAM, ago, incident};

/// Runs `tests/it/clients/<script>` by the Python that `$ITSMD_PYTHON` names.
async fn python(script: &'static str, args: Vec<String>) -> String {
    let python = std::env::var_os("ITSMD_PYTHON").unwrap_or_else(|| "python3".into());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/clients")
        .join(script);
    let run = tokio::task::spawn_blocking(move || Command::new(python).arg(path).args(args).output().unwrap());
    let output = run.await.unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with pysnow: bash .ci/long"]
async fn pysnow_pages_the_simulated_instance_and_finds_every_record() {
    let rig = Rig::new().await;
    for number in 0..2345 {
        rig.desk.put(
            "incident",
            &incident(number, "Mail is down", ago(TimeDelta::minutes(i64::from(number)))),
        );
    }
    let host = rig.servicenow.url().replace("http://", "");
    let found = python(
        "servicenow.py",
        vec![host, "itsmd".to_owned(), "desk-password".to_owned()],
    )
    .await;
    assert_eq!(found.trim(), "2345 records, 2345 of them different");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with azure-monitor-ingestion: bash .ci/long"]
async fn azures_own_client_uploads_to_the_simulated_workspace() {
    let rig = Rig::new().await;
    rig.workspace.set(|switches| switches.tokens = None);
    let (url, rule) = (rig.ingestion.url(), rig.ingestion.dcr_immutable_id());
    python("ingestion.py", vec![url, rule, STREAM.to_owned(), "5000".to_owned()]).await;
    assert_eq!(rig.workspace.count(STREAM), 5000);
}
