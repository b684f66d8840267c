use reqwest::{Client, Response};
use serde_json::Value;

use super::*;

const RESOURCE: &str = "https://monitor.azure.com";

struct Place {
    entra: Entra,
    machine: Machine,
    server: Server,
}

async fn place(platform: Platform) -> Place {
    let entra = Entra::new();
    let machine = entra.machine(
        platform,
        vec![Assigned::system("own"), Assigned::user("made", "/subscriptions/1")],
    );
    let server = machine.start(([127, 0, 0, 1], 0).into()).await.unwrap();
    Place { entra, machine, server }
}

impl Place {
    async fn ask(&self, more: &str, headers: &[(&str, &str)]) -> Response {
        let url = format!(
            "{}/metadata/identity/oauth2/token?resource={RESOURCE}{more}",
            self.server.url()
        );
        let client = Client::builder().no_proxy().build().unwrap();
        let mut request = client.get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

const VERSION: &str = "&api-version=2018-02-01";
const METADATA: (&str, &str) = ("Metadata", "true");

#[tokio::test]
async fn a_vm_wants_its_header_and_gives_a_living_token_again() {
    let place = place(Platform::Vm).await;
    let (clock, hand) = Clock::default().with_hand();
    place.machine.set_clock(clock);
    let refused = place.ask(VERSION, &[]).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "bad_request_102");
    assert_eq!(
        place
            .ask(VERSION, &[METADATA, ("X-Forwarded-For", "::1")])
            .await
            .status(),
        400
    );
    assert_eq!(place.ask("", &[METADATA]).await.status(), 400);
    let first: Value = place.ask(VERSION, &[METADATA]).await.json().await.unwrap();
    assert_eq!(
        (&first["expires_in"], &first["client_id"]),
        (&"86400".into(), &"own".into())
    );
    assert!(
        place
            .entra
            .tokens()
            .valid(first["access_token"].as_str().unwrap(), RESOURCE)
    );
    hand.leap(chrono::TimeDelta::hours(23));
    let again: Value = place.ask(VERSION, &[METADATA]).await.json().await.unwrap();
    assert_eq!(again["access_token"], first["access_token"]);
    let left: i64 = again["expires_in"].as_str().unwrap().parse().unwrap();
    assert!((3590..=3600).contains(&left), "{left}");
    hand.leap(chrono::TimeDelta::hours(2));
    let next: Value = place.ask(VERSION, &[METADATA]).await.json().await.unwrap();
    assert_ne!(next["access_token"], first["access_token"]);
}

#[tokio::test]
async fn an_identity_is_chosen_by_any_of_its_names_or_none_is_found() {
    let place = place(Platform::Vm).await;
    for name in [
        "client_id=made",
        "object_id=object-of-made",
        "msi_res_id=/subscriptions/1",
    ] {
        let answer = place.ask(&format!("{VERSION}&{name}"), &[METADATA]).await;
        assert_eq!(answer.json::<Value>().await.unwrap()["client_id"], "made", "{name}");
    }
    let unknown = place.ask(&format!("{VERSION}&client_id=nobody"), &[METADATA]).await;
    assert_eq!(unknown.status(), 400);
    place.machine.set(|setting| {
        setting.identities.remove(0);
        setting.identities.push(Assigned::user("third", "/subscriptions/3"));
    });
    let unclear = place.ask(VERSION, &[METADATA]).await.json::<Value>().await.unwrap();
    assert!(unclear["error_description"].as_str().unwrap().starts_with("Multiple"));
}

#[tokio::test]
async fn faults_come_with_the_statuses_that_are_to_be_tried_again() {
    let place = place(Platform::Vm).await;
    for status in [404, 410, 429, 500] {
        place.machine.fault(MachineFault::Status(status), 1);
        assert_eq!(place.ask(VERSION, &[METADATA]).await.status(), status);
    }
    assert_eq!(place.ask(VERSION, &[METADATA]).await.status(), 200);
    assert_eq!(place.machine.journal().count(), 5);
}

#[tokio::test]
async fn an_app_service_wants_the_header_it_gave_and_says_only_when_a_token_ends() {
    let place = place(Platform::AppService).await;
    let version = "&api-version=2019-08-01";
    assert_eq!(
        place.ask(version, &[("X-IDENTITY-HEADER", "wrong")]).await.status(),
        401
    );
    let header = place.machine.lock().setting.header.clone();
    let granted = place.ask(version, &[("X-IDENTITY-HEADER", &header)]).await;
    let granted: Value = granted.json().await.unwrap();
    assert_eq!(granted.get("expires_in"), None);
    let end: i64 = granted["expires_on"].as_str().unwrap().parse().unwrap();
    assert!(end > Utc::now().timestamp() + 86_000);
}

#[tokio::test]
async fn an_arc_server_gives_a_token_to_whoever_shows_what_is_in_its_file_once() {
    let place = place(Platform::Arc).await;
    let folder = tempfile::tempdir().unwrap();
    place
        .machine
        .set(|setting| folder.path().clone_into(&mut setting.folder));
    let challenge = place.ask(VERSION, &[METADATA]).await;
    assert_eq!(challenge.status(), 401);
    let realm = challenge.headers()["www-authenticate"].to_str().unwrap().to_owned();
    let file = PathBuf::from(realm.strip_prefix("Basic realm=").unwrap());
    assert_eq!(
        (file.parent(), file.extension().unwrap().to_str()),
        (Some(folder.path()), Some("key"))
    );
    let basic = format!("Basic {}", std::fs::read_to_string(&file).unwrap());
    let granted = place.ask(VERSION, &[METADATA, ("Authorization", &basic)]).await;
    assert_eq!(granted.status(), 200);
    assert!(!file.exists());
    assert_eq!(
        place
            .ask(VERSION, &[METADATA, ("Authorization", &basic)])
            .await
            .status(),
        401
    );
}

#[tokio::test]
async fn an_arc_servers_tricks_are_as_they_are_named() {
    let place = place(Platform::Arc).await;
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let realm = async |trick: Trick| {
        place.machine.set(|setting| {
            folder.path().clone_into(&mut setting.folder);
            setting.trick = trick;
        });
        let challenge = place.ask(VERSION, &[METADATA]).await;
        let realm = challenge.headers()["www-authenticate"].to_str().unwrap().to_owned();
        PathBuf::from(realm.strip_prefix("Basic realm=").unwrap_or_default())
    };
    assert!(
        realm(Trick::Elsewhere(other.path().into()))
            .await
            .starts_with(other.path())
    );
    assert_eq!(realm(Trick::Extension).await.extension().unwrap(), "txt");
    assert!(realm(Trick::Link(other.path().join("far"))).await.is_symlink());
    assert_eq!(realm(Trick::Length(4097)).await.metadata().unwrap().len(), 4097);
    assert!(!realm(Trick::Missing).await.exists());
    assert_eq!(realm(Trick::NoRealm).await, PathBuf::new());
    let near = other.path().file_name().unwrap().to_str().unwrap().to_owned();
    let sly = realm(Trick::Traversal(near)).await;
    assert!(sly.starts_with(folder.path()) && sly.canonicalize().unwrap().starts_with(other.path()));
}
