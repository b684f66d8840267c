//! A service desk, a directory and a workspace, and a configuration with every method's secrets, each planted.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use itsmd::sim::entra::Credential;
use itsmd::sim::jwt::Certificate;
use itsmd::sim::servicenow::{JwtKey, Provider, Rotation};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::Value;

use super::search::{Plant, Seen};
use crate::daemon::Daemon;
use crate::rig::{DEADLINE, Rig, STREAM, ago, incident};

pub const LOG_STREAM: &str = "Custom-ServiceDeskLog_CL";

/// A refresh token that an instance gave in exchange: it belongs into the state file, and nowhere else.
pub const KEPT: &str = "a refresh token of an exchange";

/// What signs for a workspace by its key.
const COLLECTOR: &str = "00000000-1111-2222-3333-444444444444";

/// The one that is reached by the environment's proxy.
const BEHIND: &str = "server_url = \"https://desk.invalid\"";

/// File, and what is in it.
const PLANTED: [(&str, &str); 11] = [
    ("basic", "plänted/basic+password 1 \"x\""),
    ("wrong", "planted/wrong+password 2"),
    ("password", "planted/oauth+password 3"),
    ("client", "planted/client+secret 4"),
    ("api", "planted/api+key~5"),
    ("azure", "planted/azure+secret 6"),
    ("shared", "cGxhbnRlZC1zaGFyZWQta2V5LXdpdGgtbWFueS1sZXR0ZXJz"),
    ("snow", "planted/entra+secret 8"),
    ("unused", "planted/expired+secret 9"),
    ("proxy", "planted-proxy-password-10"),
    ("inline", "planted-inline-password-11"),
];

pub struct Stage {
    pub rig: Rig,
    keys: Vec<String>,
    refresh: String,
}

pub fn planted(name: &str) -> &'static str {
    PLANTED.iter().find(|(known, _)| *known == name).unwrap().1
}

impl Stage {
    pub async fn new() -> Self {
        let rig = Rig::new().await;
        for (name, secret) in PLANTED {
            write(&rig.folder.path().join(name), secret);
        }
        let keys = [(); 2].map(|()| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap());
        let certificates = [0, 1].map(|place: usize| {
            let params = CertificateParams::new(vec![format!("key-{place}")]).unwrap();
            params.self_signed(&keys[place]).unwrap()
        });
        for (place, key) in keys.iter().enumerate() {
            write(
                &rig.folder.path().join(format!("key-{place}.pem")),
                &key.serialize_pem(),
            );
            write(
                &rig.folder.path().join(format!("certificate-{place}.pem")),
                &certificates[place].pem(),
            );
        }
        let known = certificates.map(|certificate| Certificate::new(certificate.der().to_vec()));
        let refresh = open_the_desk(&rig, &known[0]);
        open_the_directory(&rig, &known[1]);
        for number in 0..20 {
            let time = ago(TimeDelta::hours(i64::from(number)));
            rig.desk.put("incident", &incident(number, "Mail is down", time));
        }
        write(&rig.folder.path().join("refresh"), &refresh);
        let stage = Self {
            rig,
            keys: keys.iter().map(KeyPair::serialize_pem).collect(),
            refresh,
        };
        stage.configure(&stage.good());
        stage
    }

    pub fn folder(&self) -> &Path {
        self.rig.folder.path()
    }

    pub fn configure(&self, text: &str) {
        fs::write(self.rig.config(), text).unwrap();
    }

    /// Every method, one that is refused, and one behind a proxy that is not there.
    fn good(&self) -> String {
        let head = self
            .rig
            .head()
            .replace("listen = \"off\"", "listen = \"127.0.0.1:0\"")
            .replace(
                "[workspace.auth]",
                &format!("log_stream = \"{LOG_STREAM}\"\n[workspace.auth]"),
            );
        let authority = head
            .lines()
            .find(|line| line.starts_with("authority"))
            .unwrap()
            .to_owned();
        let tenant = head
            .lines()
            .find(|line| line.starts_with("tenant_id"))
            .unwrap()
            .to_owned();
        let entra = format!("{tenant}\n{authority}\nscope = \"snow-entry/.default\"");
        let client = "client_id = \"app\"\nclient_secret = { file = \"client\" }";
        let methods = [
            (
                "basic",
                "method = \"basic\"\nusername = \"basic\"\npassword = { file = \"basic\" }".to_owned(),
            ),
            (
                "wrong",
                "method = \"basic\"\nusername = \"basic\"\npassword = { file = \"wrong\" }".to_owned(),
            ),
            (
                "oauth-wrong",
                "method = \"oauth-client-credentials\"\nclient_id = \"app\"\nclient_secret = { file = \"unused\" }"
                    .to_owned(),
            ),
            (
                "oauth-password",
                format!(
                    "method = \"oauth-password\"\nusername = \"person\"\npassword = {{ file = \"password\" }}\n{client}"
                ),
            ),
            (
                "oauth-client",
                format!("method = \"oauth-client-credentials\"\n{client}"),
            ),
            (
                "oauth-refresh",
                format!("method = \"oauth-refresh\"\nrefresh_token = {{ file = \"refresh\" }}\n{client}"),
            ),
            (
                "oauth-jwt",
                format!(
                    "method = \"oauth-jwt-bearer\"\nsubject = \"person\"\nkey_id = \"k\"\nprivate_key = {{ file = \
                     \"key-0.pem\" }}\n{client}"
                ),
            ),
            (
                "api-key",
                "method = \"api-key\"\napi_key = { credential = \"api\" }".to_owned(),
            ),
            (
                "entra-secret",
                format!(
                    "method = \"entra\"\nclient_id = \"snow\"\nclient_secret = {{ credential = \"snow\" }}\n{entra}"
                ),
            ),
            (
                "entra-certificate",
                format!(
                    "method = \"entra\"\nclient_id = \"certified\"\ncertificate = \"certificate-1.pem\"\nprivate_key = {{ \
                     file = \"key-1.pem\" }}\n{entra}"
                ),
            ),
        ];
        let mut text = head;
        for (name, auth) in methods {
            text += &self.connection(name, &self.rig.servicenow.url(), "", &auth);
        }
        let auth = "method = \"basic\"\nusername = \"basic\"\npassword = { file = \"basic\" }";
        text + &self.connection("proxied", "https://desk.invalid", "", auth)
    }

    /// One connection, and a workspace that takes rows by its key.
    pub fn by_shared_key(&self) -> String {
        let url = self.rig.ingestion.url();
        let auth = "method = \"basic\"\nusername = \"basic\"\npassword = { file = \"basic\" }";
        format!(
            "[state]\npath = \"collector.db\"\n[http]\nlisten = \"off\"\n[workspace]\nkind = \"data-collector\"\n\
             endpoint = \"{url}\"\nworkspace_id = \"{COLLECTOR}\"\nshared_key = {{ file = \"shared\" }}\n{}",
            self.connection("basic", &self.rig.servicenow.url(), "", auth)
        )
    }

    /// The workspace takes what is signed with this key.
    pub fn takes_shared_key(&self, key: &str) {
        let legacy = Some((COLLECTOR.to_owned(), key.to_owned()));
        self.rig.workspace.set(|switches| switches.legacy = legacy);
    }

    fn connection(&self, name: &str, url: &str, more: &str, auth: &str) -> String {
        format!(
            "[[connection]]\nname = \"{name}\"\npartner = \"servicenow\"\nserver_url = \"{url}\"\n\
             requests_per_minute = 6000\nwork_items = [\"incident\"]\nschedule = \"0 0 1 1 *\"\n{more}[connection.auth]\n{auth}\n"
        )
    }

    /// Configurations that cannot be used, each with a secret where it does not belong.
    pub fn broken(&self) -> Vec<String> {
        let good = self.good();
        let (inline, proxy) = (planted("inline"), planted("proxy"));
        let instead = |what: &str| good.replacen("{ file = \"basic\" }", what, 1);
        vec![
            instead(&format!("\"{inline}\"")),
            instead(&format!("{{ value = \"{inline}\" }}")),
            instead(&format!("{{ file = \"basic\", password = \"{inline}\" }}")),
            // The parser itself stumbles on these lines.
            instead(&format!("\"{inline}")),
            instead(inline),
            format!("{good}\npasswort = \"{inline}\"\n"),
            good.replace(
                BEHIND,
                &format!("{BEHIND}\nproxy = \"http://somebody:{proxy}@127.0.0.1:9\""),
            ),
            good.replace(BEHIND, &format!("{BEHIND}\nproxy = \"somebody:{proxy}@127.0.0.1:9 9\"")),
            good.replace(
                "https://desk.invalid",
                &format!("https://somebody:{proxy}@desk.invalid"),
            ),
            good.replace("https://desk.invalid", &format!("http://somebody:{proxy}@desk.invalid")),
        ]
    }

    /// The program with its whole log and its credentials.
    pub fn loud(&self, args: &[&str]) -> Command {
        let mut command = self.rig.command(args);
        command
            .env("RUST_LOG", "trace")
            .env("CREDENTIALS_DIRECTORY", self.folder())
            .env(
                "HTTPS_PROXY",
                format!("http://somebody:{}@127.0.0.1:9", planted("proxy")),
            );
        command
    }

    /// Runs it to its end.
    pub async fn run(&self, seen: &mut Seen, args: &[&str]) {
        let mut command = self.loud(args);
        let folder = self.folder().to_owned();
        let ended = tokio::task::spawn_blocking(move || {
            let files = ["out", "err"].map(|name| folder.join(name));
            command
                .stdout(fs::File::create(&files[0]).unwrap())
                .stderr(fs::File::create(&files[1]).unwrap());
            let mut child = command.spawn().unwrap();
            let deadline = Instant::now() + DEADLINE;
            while child.try_wait().unwrap().is_none() {
                if Instant::now() > deadline {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    return Err(fs::read_to_string(&files[1]).unwrap());
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(files.map(|file| fs::read(file).unwrap()))
        });
        let name = args.join(" ");
        let [out, err] = ended
            .await
            .unwrap()
            .unwrap_or_else(|said| panic!("{name} does not end:\n{said}"));
        seen.add(&format!("stdout of {name}"), out);
        seen.add(&format!("stderr of {name}"), err);
    }

    /// Waits until every connection has had its say.
    pub async fn settled(&self, daemon: &Daemon) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let (_, text) = daemon.get("/api/status").await;
            let report: Value = serde_json::from_str(&text).unwrap();
            let connections = report["connections"].as_array().unwrap();
            let had = connections.iter().filter(|one| one["streams"][0]["state"] != "new");
            let live = connections
                .iter()
                .filter(|one| one["streams"][0]["state"] == "live")
                .count();
            if had.count() == connections.len() && live >= 8 {
                return;
            }
            assert!(Instant::now() < deadline, "{report:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Something new arrives by every way.
    pub async fn settled_again(&self, daemon: &Daemon) {
        self.rig.desk.revoke_tokens(false);
        self.rig.entra.tokens().revoke_all();
        self.rig
            .desk
            .put("incident", &incident(900, "New", Utc::now() - TimeDelta::seconds(2)));
        daemon.signal(rustix::process::Signal::USR1);
        let enough = |workspace: &itsmd::sim::ingestion::Workspace| {
            let rows = workspace.rows(STREAM);
            rows.iter().filter(|row| row["ServiceDeskId_s"] == "INC0000900").count() >= 8
        };
        assert!(self.rig.workspace.wait_until(DEADLINE, enough).await);
    }

    /// The log must be the whole one.
    pub fn log_of(&self, said: &str) -> String {
        assert!(said.contains("TRACE") || said.contains("DEBUG"), "the log is not loud");
        said.to_owned()
    }

    /// Everything that must not show: what was planted, and what the simulators handed out.
    pub fn plants(&self) -> Vec<Plant> {
        let mut plants: Vec<Plant> = PLANTED.iter().map(|(name, secret)| Plant::new(name, secret)).collect();
        for key in &self.keys {
            plants.extend(Plant::of_lines("a private key", key));
        }
        plants.push(Plant::new("the first refresh token", &self.refresh));
        for (kind, token) in self.rig.desk.ever_issued() {
            match kind {
                "access" => plants.push(Plant::new("an access token", &token)),
                // The first one was planted by its file.
                _ if token == self.refresh => {}
                _ => plants.push(Plant::new(KEPT, &token)),
            }
        }
        for token in self.rig.entra.tokens().all() {
            // Its head is the same in all of them, and says nothing.
            let signature = token.rsplit('.').find(|part| part.len() > 20).unwrap();
            plants.push(Plant::new("a token of the directory", signature));
        }
        plants
    }
}

fn write(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Users, an application and a key of the instance; the first refresh token.
fn open_the_desk(rig: &Rig, certificate: &Certificate) -> String {
    let desk = &rig.desk;
    desk.user("basic", planted("basic"));
    desk.user("person", planted("password"));
    desk.client("app", planted("client"), Some("person"));
    let key = JwtKey {
        certificate: certificate.clone(),
        kid: Some("k".to_owned()),
        audience: None,
        single_use: true,
    };
    desk.change_client("app", |client| client.jwt = Some(key));
    desk.allow_api_keys("*");
    desk.api_key(planted("api"), "person", None);
    desk.set_rotation(Rotation::Replaced { grace: Duration::ZERO });
    for application in ["snow", "certified"] {
        desk.user(&format!("by-{application}"), "unknown");
        desk.change_user(&format!("by-{application}"), |user| {
            user.fields.insert("u_appid".to_owned(), application.to_owned());
        });
    }
    let provider = Provider::by_appid(rig.entra.sign_tokens().unwrap(), "snow-entry", "u_appid");
    desk.trust(provider);
    desk.hand_out_refresh_token("app", "person")
}

fn open_the_directory(rig: &Rig, certificate: &Certificate) {
    rig.entra.set(|directory| {
        let tenant = directory.applications[0].tenant.clone();
        directory.applications[0].credential = Credential::Secret(planted("azure").to_owned());
        directory.add_application(&tenant, "snow", planted("snow"));
        directory.register(&tenant, "certified", Credential::Certificate(certificate.clone()));
    });
}
