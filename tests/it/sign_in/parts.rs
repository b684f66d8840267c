//! The parts of the program that a cell plays with: a source, a sink, and what is configured for both.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use itsmd::auth::{Company, Credentials, Keep, KeptToken, Settings as SignIn};
use itsmd::model::{ChoiceValues, ItemProfile, Partner, Profile, Trouble, WorkItemKind};
use itsmd::net::{Client, ClientSettings, SecretRef, TlsSettings};
use itsmd::sim::ingestion;
use itsmd::sink::{self, Workspace};
use itsmd::source::{Dataverse, Desk, ServiceNow};
use itsmd::store::Prints;
use itsmd::sync::{Readers, Settings};

use super::clock;
use super::method::Method;
use super::place::{MONITOR, NAME, TENANT, USER, stream_id};
use super::secrets::Secrets;
use super::wire::{LOGINS, PROVANCE, SERVICENOW, WORKSPACE, Wire};
use crate::rig::STREAM;

/// A rotated refresh token, as long as the cell lives.
#[derive(Debug, Default)]
struct Kept(Mutex<Option<KeptToken>>);

impl Keep for Kept {
    fn turn(&self) -> BoxFuture<'_, Result<Box<dyn Send>, Trouble>> {
        async { Ok(Box::new(()) as Box<dyn Send>) }.boxed()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<KeptToken>, Trouble>> {
        async { Ok(self.0.lock().unwrap().clone()) }.boxed()
    }

    fn keep(&self, token: KeptToken) -> BoxFuture<'_, Result<(), Trouble>> {
        async {
            *self.0.lock().unwrap() = Some(token);
            Ok(())
        }
        .boxed()
    }
}

fn partner(method: Method) -> Partner {
    if method.is_of_provance() {
        Partner::Provance
    } else {
        Partner::ServiceNow
    }
}

pub fn settings(method: Method) -> Settings {
    Settings {
        sync_days: 120,
        overlap: TimeDelta::minutes(5),
        page_size: 10,
        max_concurrent: 1,
        prints: Prints {
            source: "contoso incident".to_owned(),
            filter: String::new(),
            sink: "workspace".to_owned(),
        },
        columns: "all".to_owned(),
        log: false,
        reconcile: false,
        deletions: false,
        max_deletions: 100,
        partner: partner(method),
        patient: false,
    }
}

fn client(url: &str, wire: &Wire) -> Client {
    let settings = ClientSettings {
        patience: Some(Duration::from_mins(2)),
        ..ClientSettings::new(url, clock::now)
    };
    Client::carried(settings, Arc::new(wire.clone())).unwrap()
}

pub fn readers(method: Method, secrets: &Secrets, wire: &Wire) -> Readers<Desk> {
    let url = if method.is_of_provance() { PROVANCE } else { SERVICENOW };
    let client = client(url, wire);
    let company = Company {
        kept: Some(Arc::new(Kept::default())),
        ..Company::default()
    };
    let sign_in = if method.is_of_the_workspace() {
        SignIn::Basic {
            username: NAME.to_owned(),
            password: always_right(secrets),
        }
    } else {
        sign_in(method, secrets)
    };
    let credentials = Credentials::among(&sign_in, url, &client, &company);
    let credentials = Arc::new(credentials.unwrap());
    let profile = Profile::parse(itsmd::config::shipped_profile(partner(method))).unwrap();
    let item = profile.items[&WorkItemKind::Incident].clone();
    let desk = |item: ItemProfile| {
        let (client, credentials, id) = (client.clone(), Arc::clone(&credentials), stream_id());
        let choice = ChoiceValues::Labels;
        match partner(method) {
            Partner::ServiceNow => Desk::ServiceNow(ServiceNow::new(client, credentials, id, url, item, "", choice)),
            Partner::Provance => Desk::Dataverse(Dataverse::new(client, credentials, id, url, item, "", choice)),
        }
    };
    Readers {
        keys: desk(item.keys_only()),
        rows: desk(item),
    }
}

pub fn sink(method: Method, secrets: &Secrets, wire: &Wire) -> Workspace {
    let auth = if method.is_of_the_workspace() {
        sign_in(method, secrets)
    } else {
        SignIn::EntraSecret {
            tenant_id: TENANT.to_owned(),
            client_id: NAME.to_owned(),
            client_secret: always_right(secrets),
            authority: LOGINS[1].to_owned(),
            scope: format!("{MONITOR}/.default"),
        }
    };
    let rule = ingestion::Workspace::new().switches().dcr_immutable_id;
    let settings = sink::Settings::LogsIngestion {
        endpoint: WORKSPACE.to_owned(),
        dcr_immutable_id: rule,
        stream: STREAM.to_owned(),
        log_stream: None,
        auth,
        expires: None,
        proxy: None,
        tls: TlsSettings::default(),
    };
    Workspace::over(&settings, client(WORKSPACE, wire)).unwrap()
}

/// The secret of the side that a cell is not about: right whatever happens to the others.
fn always_right(secrets: &Secrets) -> SecretRef {
    secrets.write("always", "right");
    secrets.secret("always")
}

/// What is configured.
fn sign_in(method: Method, secrets: &Secrets) -> SignIn {
    let (name, right) = (|| NAME.to_owned(), |file| secrets.secret(file));
    let (authority, scope) = match method {
        Method::EntraSecret | Method::EntraCertificate => (LOGINS[0], "snow-entry/.default".to_owned()),
        Method::ProvancePassword => (LOGINS[0], format!("{PROVANCE}/user_impersonation")),
        _ if method.is_of_provance() => (LOGINS[0], format!("{PROVANCE}/.default")),
        _ => (LOGINS[1], format!("{MONITOR}/.default")),
    };
    let (tenant_id, authority) = (TENANT.to_owned(), authority.to_owned());
    match method {
        Method::Basic => SignIn::Basic {
            username: name(),
            password: right("password"),
        },
        Method::ApiKey => SignIn::ApiKey {
            api_key: right("password"),
        },
        Method::OauthPassword => SignIn::OauthPassword {
            username: name(),
            password: right("password"),
            client_id: name(),
            client_secret: right("password"),
        },
        Method::OauthClientCredentials => SignIn::OauthClientCredentials {
            client_id: name(),
            client_secret: right("password"),
        },
        Method::OauthRefresh => SignIn::OauthRefresh {
            client_id: name(),
            client_secret: right("password"),
            refresh_token: right("refresh"),
        },
        Method::OauthJwtBearer => SignIn::OauthJwtBearer {
            client_id: name(),
            client_secret: right("password"),
            subject: name(),
            key_id: "key-1".to_owned(),
            private_key: right("key.pem"),
        },
        Method::EntraSecret | Method::ProvanceSecret | Method::ClientSecret => SignIn::EntraSecret {
            tenant_id,
            client_id: name(),
            client_secret: right("password"),
            authority,
            scope,
        },
        Method::EntraCertificate | Method::ProvanceCertificate | Method::ClientCertificate => {
            SignIn::EntraCertificate {
                tenant_id,
                client_id: "certified".to_owned(),
                certificate: secrets.path("certificate.pem"),
                private_key: right("key.pem"),
                authority,
                scope,
            }
        }
        Method::ProvancePassword => SignIn::EntraPassword {
            tenant_id,
            client_id: "public".to_owned(),
            username: USER.to_owned(),
            password: right("password"),
            authority,
            scope,
        },
        Method::WorkloadIdentity => SignIn::WorkloadIdentity {
            tenant_id,
            client_id: "federated".to_owned(),
            token_file: secrets.path("token"),
            authority,
            scope,
        },
        Method::ManagedIdentity => SignIn::ManagedIdentity { client_id: None, scope },
    }
}
