//! What needs a socket or an environment of its own, played by the program itself.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use chrono::TimeDelta;
use itsmd::sim::clock::{Clock, Hand};
use itsmd::sim::entra::machine::{Assigned, Machine, MachineFault, Platform};
use itsmd::sim::jwt::Certificate;
use itsmd::sim::serve::{Guests, Identity, Server};
use itsmd::sim::servicenow::{self, Handle};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::rig::{Rig, STREAM, ago, incident, loopback, stream};

const RECORDS: usize = 5;

fn fill(rig: &Rig) {
    for number in 0..u32::try_from(RECORDS).unwrap() {
        let time = ago(TimeDelta::hours(i64::from(number)));
        rig.desk.put("incident", &incident(number, "Mail is down", time));
    }
}

/// The exit status, and the code of what went wrong with incidents.
fn told(output: &Output) -> (i32, String) {
    let said = || panic!("no JSON: {}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| said());
    let code = stream(&report, "contoso", "incident")["error"]["code"].clone();
    (
        output.status.code().unwrap_or(-1),
        code.as_str().unwrap_or_default().to_owned(),
    )
}

/// A workspace to which the program signs in by the identity of the App Service that it runs on.
struct AppService {
    rig: Rig,
    machine: Machine,
    server: Option<Server>,
    endpoint: String,
    header: String,
}

impl AppService {
    async fn new() -> Self {
        let rig = Rig::new().await;
        fill(&rig);
        let machine = rig.entra.machine(Platform::AppService, vec![Assigned::system("own")]);
        let server = machine.start(loopback()).await.unwrap();
        let endpoint = format!("{}/msi/token", server.url());
        let mut header = String::new();
        machine.set(|setting| setting.header.clone_into(&mut header));
        let head = rig.head();
        let (head, _) = head.split_once("[workspace.auth]").unwrap();
        let identity = "[workspace.auth]\nmethod = \"managed-identity\"\n";
        let connection = rig.connection("contoso", &rig.servicenow.url(), "");
        std::fs::write(rig.config(), format!("{head}{identity}{connection}")).unwrap();
        Self {
            rig,
            machine,
            server: Some(server),
            endpoint,
            header,
        }
    }

    async fn sync(&self, header: &str) -> (i32, String) {
        let mut command = self.rig.command(&["sync", "--json"]);
        command
            .env("IDENTITY_ENDPOINT", &self.endpoint)
            .env("IDENTITY_HEADER", header);
        told(
            &tokio::task::spawn_blocking(move || command.output().unwrap())
                .await
                .unwrap(),
        )
    }

    async fn assert_mended(&self) {
        assert_eq!(self.sync(&self.header).await, (0, String::new()));
        assert_eq!(self.rig.workspace.count(STREAM), RECORDS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_services_identity_signs_in_and_what_is_wrong_with_it_is_told() {
    let mut service = AppService::new().await;
    assert_eq!(service.sync("wrong").await, (1, "ITSMD-AUTH-021".to_owned()));
    service.machine.set(|setting| setting.identities.clear());
    assert_eq!(service.sync(&service.header).await, (1, "ITSMD-AUTH-021".to_owned()));
    assert_eq!(service.machine.journal().count(), 2, "each run tries once");
    service
        .machine
        .set(|setting| setting.identities.push(Assigned::system("own")));
    let address = service.server.as_ref().unwrap().address();
    service.server.take().unwrap().stop().await;
    assert_eq!(service.sync(&service.header).await, (1, "ITSMD-AUTH-020".to_owned()));
    assert_eq!(service.rig.workspace.count(STREAM), 0);
    service.server = Some(service.machine.start(address).await.unwrap());
    service.machine.fault(MachineFault::Delay(Duration::from_secs(1)), 1);
    service.assert_mended().await;
    assert_eq!(service.machine.journal().count(), 3);
    // The identity's tokens end while it goes on giving others.
    service.rig.entra.tokens().revoke_all();
    service.machine.set(|setting| setting.repeats = false);
    service.assert_mended().await;
}

/// A service desk that asks for certificates.
struct Guarded {
    rig: Rig,
    desk: Handle,
    hand: Hand,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: Vec<u8>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "Authority of a test");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().to_vec(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for that name until then, and its key.
    fn signs(&self, name: &str, days: i64) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let end = (chrono::Utc::now() + TimeDelta::days(days)).date_naive();
        let (year, month, day) = (
            chrono::Datelike::year(&end),
            chrono::Datelike::month(&end),
            chrono::Datelike::day(&end),
        );
        params.not_after = rcgen::date_time_ymd(year, u8::try_from(month).unwrap(), u8::try_from(day).unwrap());
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

impl Guarded {
    async fn new() -> Self {
        let rig = Rig::new().await;
        fill(&rig);
        let authority = Authority::new();
        let (server, server_key) = authority.signs("127.0.0.1", 4000);
        let folder = rig.folder.path();
        write(folder, "ca.pem", &authority.pem);
        for (name, days) in [("guest", 30), ("stranger", 30)] {
            let (certificate, key) = authority.signs(name, days);
            write(folder, &format!("{name}.pem"), &certificate.pem());
            write(folder, &format!("{name}-key.pem"), &key.serialize_pem());
            if name == "guest" {
                rig.desk
                    .certificate(Certificate::new(certificate.der().to_vec()), "itsmd");
            }
        }
        let identity = Identity {
            certificate: server.der().to_vec(),
            key: server_key.serialize_der(),
        };
        let (clock, hand) = Clock::default().with_hand();
        let guests = Guests {
            roots: vec![authority.der.clone()],
            required: false,
            clock,
        };
        let desk = servicenow::start_guests(rig.desk.clone(), None, &identity, &guests)
            .await
            .unwrap();
        Self { rig, desk, hand }
    }

    async fn sync(&self, shown: &str, auth: &str) -> (i32, String) {
        let text = format!(
            "{}[[connection]]\nname = \"contoso\"\npartner = \"servicenow\"\nserver_url = \"{}\"\n\
             requests_per_minute = 6000\nwork_items = [\"incident\"]\n[connection.tls]\nca = \"ca.pem\"\n{shown}\n\
             [connection.auth]\n{auth}\n",
            self.rig.head(),
            self.desk.url()
        );
        std::fs::write(self.rig.config(), text).unwrap();
        told(&self.rig.itsmd(&["sync", "--json"]).await)
    }
}

const GUEST: &str = "client_certificate = \"guest.pem\"\nclient_key = { file = \"guest-key.pem\" }";
const MTLS: &str = "method = \"mtls\"";
const BASIC: &str = "method = \"basic\"\nusername = \"itsmd\"\npassword = { file = \"desk\" }";

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_signs_in_alone_or_beside_a_password_until_it_ends() {
    let guarded = Guarded::new().await;
    let stranger = GUEST.replace("guest", "stranger");
    assert_eq!(guarded.sync(&stranger, MTLS).await, (1, "ITSMD-AUTH-015".to_owned()));
    guarded.hand.leap(TimeDelta::days(31));
    let (status, code) = guarded.sync(GUEST, MTLS).await;
    assert!(status == 1 && code.starts_with("ITSMD-NET-"), "{status} {code}");
    guarded.hand.leap(TimeDelta::days(-31));
    assert_eq!(guarded.rig.workspace.count(STREAM), 0);
    assert_eq!(guarded.sync(GUEST, MTLS).await, (0, String::new()));
    assert_eq!(guarded.rig.workspace.count(STREAM), RECORDS);

    guarded.rig.desk.require_certificate(true);
    assert_eq!(guarded.sync("", BASIC).await, (1, "ITSMD-AUTH-002".to_owned()));
    assert_eq!(guarded.sync(GUEST, BASIC).await, (0, String::new()));
    guarded.rig.desk.revoke_certificates();
    assert_eq!(guarded.sync(GUEST, MTLS).await, (1, "ITSMD-AUTH-015".to_owned()));
}
