//! Identity services in this process, in paused time; Arc's files in a folder of their own.

use std::future::Future;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Mutex;

use super::*;
use crate::auth::token::Token;
use crate::net::http::{HeaderMap, StatusCode};
use crate::net::{Carried, Carrier, Client, ClientSettings, Lost as Gone, Parcel};

type Script = Box<dyn Fn(usize, &Parcel) -> Result<Carried, Gone> + Send + Sync>;

/// Answers as scripted, and remembers what it was asked.
struct Service {
    script: Script,
    asked: Mutex<Vec<Parcel>>,
}

impl Carrier for Service {
    fn carry(&self, parcel: Parcel) -> Pin<Box<dyn Future<Output = Result<Carried, Gone>> + Send>> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(parcel.clone());
        let answer = (self.script)(asked.len(), &parcel);
        Box::pin(async { answer })
    }
}

fn answer(status: u16, body: &str, headers: &[(&'static str, &str)]) -> Result<Carried, Gone> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    Ok(Carried {
        status: StatusCode::from_u16(status).unwrap(),
        headers: map,
        body: body.to_owned().into(),
        torn: false,
    })
}

const GRANTED: &str = r#"{"access_token":"a.b.c","expires_in":"3599","expires_on":"1795168799","resource":"r"}"#;
const SCOPE: &str = "https://monitor.azure.com/.default";

fn now() -> DateTime<Utc> {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn service(
    script: impl Fn(usize, &Parcel) -> Result<Carried, Gone> + Send + Sync + 'static,
) -> (Client, std::sync::Arc<Service>) {
    let service = std::sync::Arc::new(Service {
        script: Box::new(script),
        asked: Mutex::default(),
    });
    let settings = ClientSettings::new("https://itsm.ingest.monitor.azure.com", now);
    (Client::carried(settings, service.clone()).unwrap(), service)
}

fn identity(environment: &[(&str, &str)], client_id: Option<&str>, tokens: &Path) -> Result<ManagedIdentity, Trouble> {
    let variable = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let around = Surroundings {
        variable: &variable,
        arc_tokens: tokens,
        arc_program: Path::new("/no/such/agent"),
    };
    ManagedIdentity::within(client_id, SCOPE, &around)
}

fn trouble(outcome: Result<Token, Failure>) -> (bool, Trouble) {
    match outcome.unwrap_err() {
        Failure::Refused(trouble) => (true, trouble),
        Failure::Unavailable(trouble) => (false, trouble),
    }
}

#[tokio::test(start_paused = true)]
async fn imds_is_asked_with_its_header_for_the_scopes_resource() {
    let (client, service) = service(|_, _| answer(200, GRANTED, &[]));
    let identity = identity(&[], Some("11112222"), Path::new("/")).unwrap();
    identity.sign_in(&client).await.unwrap();
    let asked = service.asked.lock().unwrap();
    assert_eq!(
        asked[0].url.as_str(),
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01\
         &resource=https%3A%2F%2Fmonitor.azure.com&client_id=11112222"
    );
    assert_eq!(asked[0].headers["metadata"], "true");
}

#[tokio::test(start_paused = true)]
async fn imds_is_waited_for_while_it_starts_and_no_longer() {
    for status in [404, 429, 500, 503] {
        let (client, service) = service(move |asked, _| {
            if asked < 5 {
                answer(status, "", &[])
            } else {
                answer(200, GRANTED, &[])
            }
        });
        let began = Instant::now();
        let identity = identity(&[], None, Path::new("/")).unwrap();
        identity.sign_in(&client).await.unwrap();
        assert_eq!(
            (began.elapsed(), service.asked.lock().unwrap().len()),
            (Duration::from_secs(52), 5),
            "{status}"
        );
    }
    let (client, service) = service(|_, _| answer(410, "", &[]));
    let began = Instant::now();
    let (refused, told) = trouble(identity(&[], None, Path::new("/")).unwrap().sign_in(&client).await);
    assert_eq!(
        (refused, told.code, began.elapsed().as_secs()),
        (false, "ITSMD-AUTH-009", 70)
    );
    assert_eq!(service.asked.lock().unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_imds_is_not_repeated_and_told_in_its_words() {
    let body = r#"{"error":"invalid_request","error_description":"Identity not found"}"#;
    let (client, service) = service(move |_, _| answer(400, body, &[]));
    let (refused, told) = trouble(identity(&[], None, Path::new("/")).unwrap().sign_in(&client).await);
    assert_eq!((refused, told.code), (true, "ITSMD-AUTH-021"));
    assert!(told.seen.contains("Identity not found"), "{told}");
    assert_eq!(service.asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_answers_it_says_that_this_is_no_machine_of_azures() {
    let (client, _) = service(|_, _| Err(Gone::Unreachable));
    let (refused, told) = trouble(identity(&[], None, Path::new("/")).unwrap().sign_in(&client).await);
    assert_eq!((refused, told.code), (false, "ITSMD-AUTH-020"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn another_host_for_imds_is_taken_from_the_environment_if_it_is_near() {
    let (client, service) = service(|_, _| answer(200, GRANTED, &[]));
    let at = |host| identity(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", host)], None, Path::new("/")).unwrap();
    at("http://127.0.0.1:8900/").sign_in(&client).await.unwrap();
    let url = service.asked.lock().unwrap()[0].url.to_string();
    assert!(
        url.starts_with("http://127.0.0.1:8900/metadata/identity/oauth2/token?"),
        "{url}"
    );
    let (_, told) = trouble(at("http://imds.example").sign_in(&client).await);
    assert_eq!(told.code, "ITSMD-AUTH-020");
    assert_eq!(service.asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn app_service_is_asked_with_its_key_which_is_never_shown() {
    let granted = r#"{"access_token":"a.b.c","expires_on":"1795173600","token_type":"Bearer"}"#;
    let (client, service) = service(move |_, _| answer(200, granted, &[]));
    let environment = [
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token"),
        ("IDENTITY_HEADER", "hunter2"),
    ];
    let identity = identity(&environment, None, Path::new("/")).unwrap();
    assert!(!format!("{identity:?}").contains("hunter2"));
    identity.sign_in(&client).await.unwrap();
    let asked = service.asked.lock().unwrap();
    assert_eq!(asked[0].url.path(), "/msi/token");
    assert!(
        asked[0]
            .url
            .query()
            .unwrap()
            .starts_with("api-version=2019-08-01&resource=https")
    );
    assert_eq!(asked[0].headers["x-identity-header"], "hunter2");
}

#[test]
fn a_token_of_which_only_the_end_is_known_lives_until_then() {
    let lives = |body: &str| {
        let given = answer(200, body, &[]).unwrap();
        let given = Answer {
            status: given.status,
            headers: given.headers,
            body: given.body,
            requests: 1,
            unsaid: Default::default(),
        };
        let value: serde_json::Value = serde_json::from_slice(&in_seconds(given, now()).body).unwrap();
        value["expires_in"].clone()
    };
    let ends = now().timestamp() + 600;
    assert_eq!(lives(&format!("{{\"expires_on\":\"{ends}\"}}")), 600);
    assert_eq!(lives(&format!("{{\"expires_on\":{ends}}}")), 600);
    assert_eq!(lives("{\"expires_on\":\"5\"}"), 0);
    assert_eq!(lives("{\"expires_on\":\"5\",\"expires_in\":\"7\"}"), "7");
}

/// Arc's agent, which names this file.
fn arc(named: PathBuf) -> (Client, std::sync::Arc<Service>) {
    service(move |_, parcel| {
        let realm = format!("Basic realm={}", named.display());
        match parcel.headers.get("authorization") {
            None => answer(401, "", &[("www-authenticate", realm.as_str())]),
            Some(key) if key == "Basic opensesame" => answer(200, GRANTED, &[]),
            Some(_) => answer(401, "", &[]),
        }
    })
}

const ARC: [(&str, &str); 2] = [
    (
        "IDENTITY_ENDPOINT",
        "http://localhost:40342/metadata/identity/oauth2/token",
    ),
    ("IMDS_ENDPOINT", "http://localhost:40342"),
];

#[tokio::test(start_paused = true)]
async fn arcs_challenge_is_answered_with_what_is_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().canonicalize().unwrap();
    let file = tokens.join("challenge.key");
    std::fs::write(&file, "opensesame\n").unwrap();
    let (client, service) = arc(file);
    identity(&ARC, None, &tokens).unwrap().sign_in(&client).await.unwrap();
    let asked = service.asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|parcel| parcel.headers["metadata"] == "true"));
    drop(asked);
    let refused = identity(&ARC, Some("11112222"), &tokens).unwrap_err();
    assert_eq!(refused.code, "ITSMD-AUTH-021");
}

#[tokio::test(start_paused = true)]
async fn no_other_file_is_read_for_arc_whatever_answers_at_its_port() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let tokens = root.join("tokens");
    std::fs::create_dir_all(tokens.join("deeper")).unwrap();
    std::fs::create_dir(tokens.join("folder.key")).unwrap();
    let put = |name: &str, text: &str| std::fs::write(tokens.join(name), text).unwrap();
    put("challenge.txt", "opensesame");
    put("big.key", &"x".repeat(4097));
    put("deeper/challenge.key", "opensesame");
    put("../outside.key", "opensesame");
    put("target.key", "opensesame");
    symlink(root.join("outside.key"), tokens.join("link.key")).unwrap();
    symlink(tokens.join("target.key"), tokens.join("near.key")).unwrap();
    symlink(&tokens, root.join("tokens2")).unwrap();
    for named in [
        tokens.join("challenge.txt"),
        tokens.join("big.key"),
        tokens.join("deeper/challenge.key"),
        tokens.join("../outside.key"),
        tokens.join("deeper/../target.key"),
        root.join("outside.key"),
        root.join("tokens2/target.key"),
        tokens.join("link.key"),
        tokens.join("near.key"),
        tokens.join("folder.key"),
        tokens.join("absent.key"),
        PathBuf::from("target.key"),
    ] {
        let (client, service) = arc(named.clone());
        let (_, told) = trouble(identity(&ARC, None, &tokens).unwrap().sign_in(&client).await);
        assert_eq!(told.code, "ITSMD-AUTH-022", "{}: {told}", named.display());
        assert_eq!(service.asked.lock().unwrap().len(), 1, "{}", named.display());
    }
}

#[test]
fn a_key_that_may_not_be_read_names_the_group_to_join() {
    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let told = arc::unreadable(Path::new("/var/opt/azcmagent/tokens/x.key"), &denied);
    assert!(told.remedy.contains("himds") && told.seen.contains("x.key"), "{told}");
}
