//! An office in which everything that the README's configurations name is there: users, entries, applications, keys.

use std::any::Any;
use std::process::Output;

use chrono::{TimeDelta, Utc};
use itsmd::sim::clock::Clock;
use itsmd::sim::dataverse::Instance;
use itsmd::sim::entra::machine::{Assigned, Platform};
use itsmd::sim::entra::{Credential, Federated};
use itsmd::sim::jwt::{Certificate, Signer};
use itsmd::sim::serve::{Guests, Identity};
use itsmd::sim::servicenow::{self, JwtKey, Provider};
use itsmd::sim::world::{World, WorldSettings};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::json;

use crate::first_afternoon::said;
use crate::rig::{Rig, ago, incident, loopback};

const CONTOSO: &str = "https://contoso.service-now.com";
const FABRIKAM: &str = "https://fabrikam.crm4.dynamics.com";
const WORKSPACE: &str = "https://dcr-servicedesk-abcd.westeurope-1.ingest.monitor.azure.com";
const LOGIN: &str = "https://login.microsoftonline.com";

const HOME: &str = "11111111-1111-1111-1111-111111111111";
const AZURE_CLIENT: &str = "22222222-2222-2222-2222-222222222222";
const ENTRY: &str = "33333333333333333333333333333333";
const THEIRS: &str = "44444444-4444-4444-4444-444444444444";
const DESK_CLIENT: &str = "55555555-5555-5555-5555-555555555555";
const OIDC: &str = "api://66666666-6666-6666-6666-666666666666";
const PUBLIC: &str = "77777777-7777-7777-7777-777777777777";

pub struct Office {
    rig: Rig,
    instance: Instance,
    servicenow: servicenow::Handle,
    dataverse: String,
    machine: String,
    provance: bool,
    _servers: Vec<Box<dyn Any>>,
}

/// A certificate and its key, PEM.
struct Pair {
    key: String,
    pem: String,
    der: Vec<u8>,
    key_der: Vec<u8>,
}

impl Pair {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        Self {
            key: key.serialize_pem(),
            pem: certificate.pem(),
            der: certificate.der().to_vec(),
            key_der: key.serialize_der(),
        }
    }

    fn known(&self) -> Certificate {
        Certificate::new(self.der.clone())
    }
}

impl Office {
    pub async fn new(method: &str, text: &str) -> Self {
        let rig = Rig::new().await;
        std::fs::create_dir(rig.folder.path().join("secrets")).unwrap();
        rig.workspace
            .set(|switches| switches.dcr_immutable_id = "dcr-00000000000000000000000000000000".to_owned());
        rig.desk
            .put("incident", &incident(1, "Mail is down", ago(TimeDelta::hours(1))));
        rig.desk.client(ENTRY, "client-secret", Some("itsmd"));
        let (instance, machine) = (
            instance(),
            rig.entra.machine(Platform::Vm, vec![Assigned::system(AZURE_CLIENT)]),
        );
        let (dataverse, machine) = (
            instance.start(loopback()).await.unwrap(),
            machine.start(loopback()).await.unwrap(),
        );
        instance.trust(rig.entra.tokens(), &dataverse.url());
        let [server, guest] = ["127.0.0.1", "itsmd"].map(Pair::new);
        let office = Self {
            servicenow: desk_of(&rig, method, &server, &guest).await,
            instance,
            dataverse: dataverse.url(),
            machine: machine.url(),
            provance: text.contains("partner = \"provance\""),
            _servers: vec![Box::new(dataverse), Box::new(machine)],
            rig,
        };
        office.write("ca.pem", &server.pem);
        office.write("contoso.pem", &guest.pem);
        office.write("secrets/contoso-client-key", &guest.key);
        office.secrets();
        office.applications(method);
        office.servicenow_knows(method);
        office
    }

    fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.rig.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn secrets(&self) {
        for (name, secret) in [
            ("workspace-client-secret", "azure-secret"),
            ("contoso-password", "desk-password"),
            ("contoso-client-secret", "client-secret"),
            ("contoso-api-key", "key of the interface"),
            ("fabrikam-client-secret", "client-secret"),
            ("fabrikam-password", "their-password"),
        ] {
            self.write(&format!("secrets/{name}"), &format!("{secret}\n"));
        }
        let token = self.rig.desk.hand_out_refresh_token(ENTRY, "itsmd");
        self.write("secrets/contoso-refresh-token", &token);
    }

    /// What the directory knows; a certificate or a cluster's token takes the place of a secret.
    fn applications(&self, method: &str) {
        let pair = Pair::new("itsmd");
        for name in ["azure.pem", "fabrikam.pem"] {
            self.write(name, &pair.pem);
        }
        for name in ["workspace-private-key", "fabrikam-private-key"] {
            self.write(&format!("secrets/{name}"), &pair.key);
        }
        let cluster = Signer::new().unwrap();
        let federated = Federated {
            issuer: "https://cluster.contoso.example".to_owned(),
            subject: "system:serviceaccount:itsm:itsmd".to_owned(),
            audience: "api://AzureADTokenExchange".to_owned(),
            key: cluster.key().unwrap(),
        };
        let exp = Utc::now().timestamp() + 3600;
        let claims = json!({"iss": federated.issuer, "sub": federated.subject, "aud": federated.audience, "exp": exp});
        self.write("secrets/token", &cluster.sign(&claims).unwrap());
        self.rig.entra.set(|directory| {
            directory.add_application(THEIRS, DESK_CLIENT, "client-secret");
            directory.add_public_client(THEIRS, PUBLIC);
            directory.add_user(THEIRS, "itsmd@fabrikam.com", "their-password");
            match method {
                "client-certificate" => directory.renew(AZURE_CLIENT, Credential::Certificate(pair.known())),
                "workload-identity" => directory.renew(AZURE_CLIENT, Credential::Federated(federated)),
                "entra+certificate" => directory.renew(DESK_CLIENT, Credential::Certificate(pair.known())),
                _ => assert!(
                    directory
                        .applications
                        .iter()
                        .any(|application| application.tenant == HOME)
                ),
            }
        });
    }

    /// What the instance knows, as far as its administrator would have set it up for this way in.
    fn servicenow_knows(&self, method: &str) {
        let desk = &self.rig.desk;
        match method {
            "api-key" => {
                desk.allow_api_keys("*");
                desk.api_key("key of the interface", "itsmd", None);
            }
            "oauth-jwt-bearer" => {
                let pair = Pair::new("itsmd");
                self.write("secrets/contoso-private-key", &pair.key);
                desk.change_client(ENTRY, |client| {
                    client.jwt = Some(JwtKey {
                        certificate: pair.known(),
                        kid: Some("itsmd-2026".to_owned()),
                        audience: None,
                        single_use: true,
                    });
                });
            }
            "entra" if !self.provance => {
                desk.change_user("itsmd", |user| {
                    user.fields.insert("u_appid".to_owned(), DESK_CLIENT.to_owned());
                });
                let key = self.rig.entra.sign_tokens().unwrap();
                desk.trust(Provider::by_appid(key, OIDC, "u_appid"));
            }
            _ => {}
        }
    }

    /// The README's text with this office's addresses.
    fn here(&self, text: &str) -> String {
        let folder = self.rig.folder.path().display().to_string();
        let text = text
            .replace(CONTOSO, &self.servicenow.url())
            .replace(FABRIKAM, &self.dataverse)
            .replace(WORKSPACE, &self.rig.ingestion.url())
            .replace(LOGIN, self.rig.entra_url())
            .replace("/etc/itsmd", &folder)
            .replace("\npartner = ", "\nrequests_per_minute = 6000\npartner = ");
        format!("[state]\npath = \"itsmd.db\"\n[http]\nlisten = \"off\"\n{text}")
    }

    /// `check`, then `sync`; everything there is arrives.
    pub async fn try_out(&self, text: &str) {
        std::fs::write(self.rig.config(), self.here(text)).unwrap();
        for args in [["check"].as_slice(), &["sync", "--json"]] {
            let output = self.run(args).await;
            assert!(output.status.success(), "{args:?} of\n{text}\n{}", said(&output));
        }
        let there = if self.provance {
            self.instance.rows("incidents").len()
        } else {
            1
        };
        assert_eq!(self.rig.latest().len(), there, "{text}");
    }

    async fn run(&self, args: &[&str]) -> Output {
        let mut command = self.rig.command(args);
        command.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", &self.machine);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        tokio::time::timeout(crate::rig::DEADLINE * 3, run)
            .await
            .expect("itsmd does not end")
            .unwrap()
    }
}

fn instance() -> Instance {
    let instance = Instance::new();
    let world = World::new(WorldSettings::small(3, ago(TimeDelta::hours(1))));
    for item in world.items().iter().take(5) {
        instance.put_item(item);
    }
    instance
}

/// The rig's desk, behind TLS that asks for certificates where that is the way in.
async fn desk_of(rig: &Rig, method: &str, server: &Pair, guest: &Pair) -> servicenow::Handle {
    if method != "mtls" {
        return servicenow::start(rig.desk.clone(), None).await.unwrap();
    }
    rig.desk.certificate(guest.known(), "itsmd");
    let identity = Identity {
        certificate: server.der.clone(),
        key: server.key_der.clone(),
    };
    let guests = Guests {
        roots: vec![guest.der.clone()],
        required: false,
        clock: Clock::default(),
    };
    let handle = servicenow::start_guests(rig.desk.clone(), None, &identity, &guests)
        .await
        .unwrap();
    assert!(handle.url().starts_with("https://127.0.0.1:"));
    handle
}
