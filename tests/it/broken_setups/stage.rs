//! A world in which all is well, until one thing is broken.

use std::any::Any;
use std::path::PathBuf;

use chrono::TimeDelta;
use itsmd::sim::dataverse::Instance;
use itsmd::sim::serve::Identity;
use itsmd::sim::servicenow::{self, Row};
use itsmd::sim::world::{World, WorldSettings};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::Value;

use crate::rig::{Rig, ago, id, incident, loopback};

/// How a check ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An error: exit status 1.
    Fails,
    /// A warning: exit status 0.
    Warns,
    /// Worth knowing: exit status 0.
    Tells,
    /// A mistake in the file: exit status 2.
    Mistaken,
}

impl Outcome {
    fn severity(self) -> &'static str {
        match self {
            Self::Fails | Self::Mistaken => "error",
            Self::Warns => "warning",
            Self::Tells => "info",
        }
    }

    fn status(self) -> i32 {
        match self {
            Self::Fails => 1,
            Self::Warns | Self::Tells => 0,
            Self::Mistaken => 2,
        }
    }
}

/// A world.
pub struct Broken {
    pub rig: Rig,
    /// The part of the file before the connection.
    pub head: String,
    /// The connection.
    pub connection: String,
    /// What has to live as long.
    pub kept: Vec<Box<dyn Any + Send>>,
}

impl Broken {
    /// A service desk with 30 incidents, every field of theirs filled, and one connection that reads them.
    pub async fn new() -> Self {
        let rig = Rig::new().await;
        for number in 0..30 {
            let modified = ago(TimeDelta::hours(i64::from(number) + 1));
            rig.desk
                .put("incident", &whole(incident(number, "Mail is down", modified)));
        }
        let me = Row::stamped(id(9_001), ago(TimeDelta::days(9)))
            .with("user_name", "itsmd")
            .with("time_zone", "GMT");
        rig.desk.put("sys_user", &me);
        let head = rig.head();
        let connection = rig.connection("contoso", &rig.servicenow.url(), "work_items = [\"incident\"]");
        Self {
            rig,
            head,
            connection,
            kept: Vec::new(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.rig.folder.path().join(name)
    }

    /// A secret that only its owner may read.
    pub fn secret(&self, name: &str, value: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(self.path(name), value).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Keys of the connection's section.
    pub fn keys(&mut self, keys: &str) {
        self.connection = self
            .connection
            .replacen("[connection.auth]", &format!("{keys}\n[connection.auth]"), 1);
    }

    /// Another server than the simulated one.
    pub fn server(&mut self, url: &str) {
        self.connection = self.connection.replace(&self.rig.servicenow.url(), url);
    }

    /// In place of the connection's `auth` section.
    pub fn auth(&mut self, keys: &str) {
        let (before, _) = self.connection.split_once("[connection.auth]").unwrap();
        self.connection = format!("{before}[connection.auth]\n{keys}\n");
    }

    /// Changes the head.
    pub fn in_head(&mut self, from: &str, to: &str) {
        assert!(self.head.contains(from), "{from}");
        self.head = self.head.replace(from, to);
    }

    /// A role of the user.
    pub fn role(&self, name: &'static str) {
        let role = Row::stamped(id(9_100), ago(TimeDelta::days(9))).with("name", name);
        self.rig.desk.put("sys_user_role", &role);
        let has = Row::stamped(id(9_200), ago(TimeDelta::days(9)))
            .reference("user", "sys_user", id(9_001), "itsmd")
            .reference("role", "sys_user_role", id(9_100), name);
        self.rig.desk.put("sys_user_has_role", &has);
    }

    /// A Dataverse environment with a few cases, in place of the service desk.
    pub async fn dataverse(&mut self) -> Instance {
        let instance = Instance::new();
        let server = instance.start(loopback()).await.unwrap();
        instance.trust(self.rig.entra.tokens(), &server.url());
        let world = World::new(WorldSettings {
            changes_per_day: 0.0,
            days: 2,
            ..WorldSettings::small(5, ago(TimeDelta::hours(1)))
        });
        for item in &world.history() {
            instance.put_item(item);
        }
        self.connection = self.rig.provance("contoso", &server.url(), "");
        self.kept.push(Box::new(server));
        instance
    }

    /// The service desk over TLS with a certificate of an authority, changed before it is signed; the authority's file is
    /// `ca.pem`, and trusted if so wished.
    pub async fn tls(&mut self, trusted: bool, change: impl FnOnce(&mut CertificateParams)) {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority
            .distinguished_name
            .push(DnType::CommonName, "Contoso Private Root");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_key = KeyPair::generate().unwrap();
        let root = authority.self_signed(&root_key).unwrap();
        std::fs::write(self.path("ca.pem"), root.pem()).unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &Issuer::new(authority, root_key)).unwrap();
        let identity = Identity {
            certificate: certificate.der().to_vec(),
            key: key.serialize_der(),
        };
        self.secure(&identity, trusted).await;
    }

    /// The service desk over TLS as `identity`.
    pub async fn secure(&mut self, identity: &Identity, trusted: bool) {
        let handle = servicenow::start_as(self.rig.desk.clone(), None, Some(identity))
            .await
            .unwrap();
        self.server(&handle.url());
        self.kept.push(Box::new(handle));
        if trusted {
            self.connection.push_str("[connection.tls]\nca = \"ca.pem\"\n");
        }
    }

    /// What `check` says, held against what it has to say.
    pub async fn checked(&self, name: &str, code: &str, outcome: Outcome) -> Result<(), String> {
        let text = format!("{}\n{}", self.head, self.connection);
        std::fs::write(self.rig.config(), text).unwrap();
        let output = self.rig.itsmd(&["check", "--json"]).await;
        let report: Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("{name}: no JSON: {}", String::from_utf8_lossy(&output.stderr)))?;
        let findings = report["findings"].as_array().unwrap();
        let brief = |finding: &Value| {
            let word = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            format!(
                "  {} {} {}: {}",
                word("code"),
                word("severity"),
                word("stage"),
                word("seen")
            )
        };
        let all = || findings.iter().map(brief).collect::<Vec<_>>().join("\n");
        let status = output.status.code();
        if status != Some(outcome.status()) {
            return Err(format!(
                "{name}: ends with {status:?}, wanted {}\n{}",
                outcome.status(),
                all()
            ));
        }
        if !findings
            .iter()
            .any(|finding| finding["code"] == code && finding["severity"] == outcome.severity())
        {
            return Err(format!("{name}: no {} {code}\n{}", outcome.severity(), all()));
        }
        if let Some(other) = findings
            .iter()
            .find(|finding| finding["severity"] == "error" && finding["code"] != code)
        {
            return Err(format!("{name}: another error than {code}: {}", brief(other)));
        }
        Ok(())
    }
}

/// With something in every field that the profile reads.
fn whole(row: Row) -> Row {
    let texts = [
        "urgency",
        "impact",
        "priority",
        "opened_by",
        "resolved_by",
        "closed_by",
        "contact_type",
        "assigned_to",
        "category",
        "description",
        "escalation",
        "assignment_group",
        "subcategory",
        "close_code",
        "cmdb_ci",
    ];
    let row = texts.into_iter().fold(row, |row, field| row.with(field, "1"));
    let now = ago(TimeDelta::hours(3));
    row.time("closed_at", Some(now)).time("resolved_at", Some(now))
}
