//! The simulators, asked by clients that were not written here. `.ci/long` prepares them and runs this.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use chrono::TimeDelta;
use itsmd::sim::fault::{Fault, Spelling};
use itsmd::sim::serve::Identity;
use itsmd::sim::servicenow::{self, Handle};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::rig::{Rig, STREAM, ago, incident};

/// Runs `tests/it/clients/<script>` by that program; what it printed.
async fn run(program: OsString, script: &'static str, args: Vec<String>) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/clients")
        .join(script);
    let mut command = Command::new(program);
    // Authorities that the environment names would come before the script's.
    command
        .arg(path)
        .args(args)
        .env_remove("REQUESTS_CA_BUNDLE")
        .env_remove("CURL_CA_BUNDLE");
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = ran.await.unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// By the Python that `$ITSMD_PYTHON` names.
async fn python(script: &'static str, args: Vec<String>) -> Vec<String> {
    let python = std::env::var_os("ITSMD_PYTHON").unwrap_or_else(|| "python3".into());
    run(python, script, args).await
}

/// A rig with so many incidents, one a minute.
async fn rig(incidents: u32) -> Rig {
    let rig = Rig::new().await;
    for number in 0..incidents {
        let time = ago(TimeDelta::minutes(i64::from(number)));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
    rig
}

/// The desk of `rig` served over TLS by a certificate of an authority made for it, which is written to a file.
async fn over_tls(rig: &Rig) -> (Handle, PathBuf) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Otherwise both have the same name, and the certificate looks as if it had signed itself.
    params
        .distinguished_name
        .push(DnType::CommonName, "Authority of a test");
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let identity = Identity {
        certificate: certificate.der().to_vec(),
        key: key.serialize_der(),
    };
    let file = rig.folder.path().join("authority.pem");
    std::fs::write(&file, authority).unwrap();
    let handle = servicenow::start_as(rig.desk.clone(), None, Some(&identity))
        .await
        .unwrap();
    (handle, file)
}

fn credentials(url: String) -> Vec<String> {
    vec![url, "itsmd".to_owned(), "desk-password".to_owned()]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with pysnow: bash .ci/long"]
async fn pysnow_pages_the_simulated_instance_and_finds_every_record() {
    let rig = rig(2345).await;
    let host = rig.servicenow.url().replace("http://", "");
    let said = python("servicenow.py", credentials(host)).await;
    assert_eq!(said, ["2345 records, 2345 of them different"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with pysnc: bash .ci/long"]
async fn servicenows_own_client_pages_the_simulated_instance_over_tls_and_finds_every_record() {
    let rig = rig(2345).await;
    let (instance, authority) = over_tls(&rig).await;
    let authority = authority.display().to_string();
    let said = python("glide.py", [credentials(instance.url()), vec![authority]].concat()).await;
    assert_eq!(
        said,
        [
            "2345 records, 2345 of them different, 2345 counted",
            "a wrong password is an AuthenticationException"
        ]
    );
    assert_eq!(instance.journal.of("/table/incident").len(), 25);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with pysnc: bash .ci/long"]
async fn servicenows_own_client_knows_the_cancelled_transaction_by_its_words() {
    let rig = rig(50).await;
    let (instance, authority) = over_tls(&rig).await;
    let args = [
        credentials(instance.url()),
        vec![authority.display().to_string(), "cancelled".to_owned()],
    ]
    .concat();
    for spelling in [Spelling::JunkElement, Spelling::Spliced] {
        instance.faults.push("table", Fault::ErrorMember(spelling), 1);
        let said = python("glide.py", args.clone()).await;
        assert!(
            said.concat().starts_with("Maximum execution time exceeded."),
            "{spelling:?}: {said:?}"
        );
    }
}

/// What an upload, one to an unknown rule and one of more than a megabyte must come to.
fn check(rig: &Rig, said: &[String], refusals: [&str; 2]) {
    assert_eq!((said.len(), said[0].as_str()), (3, "taken"), "{said:#?}");
    for (said, refusal) in said[1..].iter().zip(refusals) {
        assert!(said.starts_with(refusal), "{said:#?}");
    }
    assert_eq!(rig.workspace.count(STREAM), 5000);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python with azure-monitor-ingestion: bash .ci/long"]
async fn azures_python_client_uploads_to_the_simulated_workspace_and_reads_its_refusals() {
    let rig = rig(0).await;
    rig.workspace.set(|switches| switches.tokens = None);
    let (url, rule) = (rig.ingestion.url(), rig.ingestion.dcr_immutable_id());
    let said = python("ingestion.py", vec![url, rule, STREAM.to_owned(), "5000".to_owned()]).await;
    let unknown = "not found: 404 NotFound Data collection rule with immutable Id 'dcr-0000";
    let large = "refused: 413 ContentLengthLimitExceeded Maximum allowed content length: 1048576 bytes (1 MB).";
    check(&rig, &said, [unknown, large]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Node.js with @azure/monitor-ingestion: bash .ci/long"]
async fn azures_javascript_client_uploads_to_the_simulated_workspace_and_reads_its_refusals() {
    let rig = rig(0).await;
    rig.workspace.set(|switches| switches.tokens = None);
    let folder = std::env::var("ITSMD_NODE_FOLDER").unwrap_or_else(|_| ".".to_owned());
    let (url, rule) = (rig.ingestion.url(), rig.ingestion.dcr_immutable_id());
    let args = vec![folder, url, rule, STREAM.to_owned(), "5000".to_owned()];
    let said = run("node".into(), "ingestion.mjs", args).await;
    let unknown = "AggregateLogsUploadError: 404 NotFound 1 failed: Data collection rule with immutable Id 'dcr-0000";
    let large = "AggregateLogsUploadError: 413 ContentLengthLimitExceeded 1 failed: Maximum allowed content length";
    check(&rig, &said, [unknown, large]);
}
