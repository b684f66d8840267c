use std::collections::VecDeque;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::auth::{Company, Credentials, Identities, Settings};
use crate::net::{Authorize, Client, ClientSettings};

/// An endpoint that takes each refresh token once and gives the next: `r1`, `r2`, …
#[derive(Debug, Clone, Default)]
struct Rotating {
    valid: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Answers of somebody else, in order; `None` is the endpoint's own.
    between: Arc<Mutex<VecDeque<Option<StatusCode>>>>,
}

async fn rotate(State(rotating): State<Rotating>, form: String) -> Response {
    let token = form.split("refresh_token=").last().unwrap_or_default().to_owned();
    let number = {
        let mut asked = rotating.asked.lock().unwrap();
        asked.push(token.clone());
        asked.len()
    };
    if let Some(Some(status)) = rotating.between.lock().unwrap().pop_front() {
        return (status, axum::response::Html("<html><title>Please wait</title></html>")).into_response();
    }
    let mut valid = rotating.valid.lock().unwrap();
    let Some(at) = valid.iter().position(|valid| *valid == token) else {
        let denied = r#"{"error_description":"access_denied","error":"server_error"}"#;
        return (StatusCode::UNAUTHORIZED, denied).into_response();
    };
    valid.remove(at);
    valid.push(format!("r{number}"));
    format!(r#"{{"access_token":"a{number}","expires_in":100,"refresh_token":"r{number}"}}"#).into_response()
}

impl Rotating {
    async fn start(valid: &[&str]) -> (Self, String) {
        let rotating = Self::default();
        *rotating.valid.lock().unwrap() = valid.iter().map(|token| (*token).to_owned()).collect();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(rotate).with_state(rotating.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (rotating, url)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A state that may fail to write.
#[derive(Debug, Default)]
struct Shelf {
    token: Mutex<Option<KeptToken>>,
    failures: Mutex<VecDeque<Trouble>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Shelf {
    fn shown(&self) -> Option<String> {
        let token = self.token.lock().unwrap();
        token.as_ref().map(|kept| kept.token.expose_secret().to_owned())
    }
}

impl Keep for Shelf {
    fn turn(&self) -> BoxFuture<'_, Result<Box<dyn Send>, Trouble>> {
        let turn = Arc::clone(&self.turn);
        async move { Ok(Box::new(turn.lock_owned().await) as Box<dyn Send>) }.boxed()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<KeptToken>, Trouble>> {
        async { Ok(self.token.lock().unwrap().clone()) }.boxed()
    }

    fn keep(&self, token: KeptToken) -> BoxFuture<'_, Result<(), Trouble>> {
        async move {
            if let Some(trouble) = self.failures.lock().unwrap().pop_front() {
                return Err(trouble);
            }
            *self.token.lock().unwrap() = Some(token);
            Ok(())
        }
        .boxed()
    }
}

struct Desk {
    folder: tempfile::TempDir,
    url: String,
    shelf: Arc<Shelf>,
}

impl Desk {
    fn new(url: &str) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            url: url.to_owned(),
            shelf: Arc::default(),
        };
        desk.configure("first");
        desk
    }

    fn configure(&self, token: &str) {
        std::fs::write(self.folder.path().join("token"), token).unwrap();
    }

    fn settings(&self) -> Settings {
        Settings::OauthRefresh {
            client_id: "id".into(),
            client_secret: SecretRef::Env("PATH".into()),
            refresh_token: SecretRef::File(self.folder.path().join("token")),
        }
    }

    /// Without a gate before it.
    fn refresh(&self) -> Refresh {
        let grant = Grant::new(&self.settings(), &self.url).unwrap();
        let first = SecretRef::File(self.folder.path().join("token"));
        Refresh::new(
            grant,
            first,
            Arc::clone(&self.shelf) as Arc<dyn Keep>,
            Arc::default(),
            TaskTracker::new(),
        )
    }

    /// What a process signs in with: all share the shelf, each has its own memory.
    fn process(&self) -> Credentials {
        self.process_of(&Identities::default())
    }

    /// The same as one configuration of a process that may have had others before.
    fn process_of(&self, identities: &Identities) -> Credentials {
        let settings = self.settings();
        let client = Client::new(ClientSettings::new(&self.url, chrono::Utc::now)).unwrap();
        let company = Company {
            identities: identities.clone(),
            kept: Some(Arc::clone(&self.shelf) as Arc<dyn Keep>),
        };
        Credentials::among(&settings, &self.url, &client, &company).unwrap()
    }
}

async fn sign_in(process: &Credentials) -> Result<(), Trouble> {
    process.authorization(None).await.map(|given| assert!(given.is_some()))
}

#[tokio::test]
async fn what_comes_back_is_kept_and_refreshes_next_in_whichever_process() {
    let (endpoint, url) = Rotating::start(&["first"]).await;
    let desk = Desk::new(&url);
    sign_in(&desk.process()).await.unwrap();
    assert_eq!(desk.shelf.shown().as_deref(), Some("r1"));
    let (one, other) = (desk.process(), desk.process());
    let (a, b) = tokio::join!(sign_in(&one), sign_in(&other));
    a.and(b).unwrap();
    assert_eq!(endpoint.asked(), ["first", "r1", "r2"], "no token was used twice");
    assert_eq!(desk.shelf.shown().as_deref(), Some("r3"));
}

#[tokio::test]
async fn nothing_is_signed_in_with_before_what_came_back_is_kept_and_no_token_is_lost_over_it() {
    let (endpoint, url) = Rotating::start(&["first"]).await;
    let desk = Desk::new(&url);
    let full = codes::KEPT.retry("the disk is full");
    desk.shelf.failures.lock().unwrap().extend([full.clone(), full]);
    let process = desk.process();
    assert_eq!(sign_in(&process).await.unwrap_err().code, codes::KEPT.id);
    assert_eq!(sign_in(&process).await.unwrap_err().code, codes::KEPT.id);
    assert_eq!(endpoint.asked(), ["first"], "nothing is asked while it cannot be kept");
    sign_in(&process).await.unwrap();
    assert_eq!(endpoint.asked(), ["first", "r1"]);
    assert_eq!(desk.shelf.shown().as_deref(), Some("r2"));
}

#[tokio::test]
async fn what_comes_back_is_kept_even_if_nobody_waits_for_it_any_more() {
    let (_endpoint, url) = Rotating::start(&["first"]).await;
    let desk = Desk::new(&url);
    let process = desk.process();
    // Asked once, and left before the answer is there.
    assert!(sign_in(&process).now_or_never().is_none());
    let kept = async {
        while desk.shelf.shown().is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), kept)
        .await
        .unwrap();
    assert_eq!(desk.shelf.shown().as_deref(), Some("r1"));
}

#[tokio::test]
async fn who_ends_the_process_can_wait_for_what_comes_back() {
    let (_endpoint, url) = Rotating::start(&["first"]).await;
    let desk = Desk::new(&url);
    let identities = Identities::default();
    let process = desk.process_of(&identities);
    assert!(sign_in(&process).now_or_never().is_none());
    drop(process);
    identities.exchanged().await;
    assert_eq!(desk.shelf.shown().as_deref(), Some("r1"));
    identities.exchanged().await;
}

#[tokio::test]
async fn what_could_not_be_kept_outlives_a_reload() {
    let (endpoint, url) = Rotating::start(&["first"]).await;
    let desk = Desk::new(&url);
    desk.shelf
        .failures
        .lock()
        .unwrap()
        .push_back(codes::KEPT.retry("the disk is full"));
    let identities = Identities::default();
    let before = desk.process_of(&identities);
    assert_eq!(sign_in(&before).await.unwrap_err().code, codes::KEPT.id);
    let after = desk.process_of(&identities);
    drop(before);
    sign_in(&after).await.unwrap();
    assert_eq!(endpoint.asked(), ["first", "r1"]);
    assert_eq!(desk.shelf.shown().as_deref(), Some("r2"));
}

#[tokio::test]
async fn another_server_is_never_shown_the_kept_token() {
    let (_endpoint, url) = Rotating::start(&["first"]).await;
    let (other, elsewhere) = Rotating::start(&[]).await;
    let mut desk = Desk::new(&url);
    sign_in(&desk.process()).await.unwrap();
    let here = std::mem::replace(&mut desk.url, elsewhere);
    sign_in(&desk.process()).await.unwrap_err();
    assert_eq!(other.asked(), ["first"], "which is configured for it");
    desk.url = here;
    sign_in(&desk.process()).await.unwrap();
}

#[tokio::test]
async fn another_configured_token_replaces_the_kept_one() {
    let (endpoint, url) = Rotating::start(&["first", "new"]).await;
    let desk = Desk::new(&url);
    sign_in(&desk.process()).await.unwrap();
    desk.configure("new");
    sign_in(&desk.process()).await.unwrap();
    sign_in(&desk.process()).await.unwrap();
    assert_eq!(endpoint.asked(), ["first", "new", "r2"]);
}

#[tokio::test]
async fn a_kept_token_that_is_refused_falls_back_to_the_configured_one_once() {
    let (endpoint, url) = Rotating::start(&["first"]).await;
    let desk = Desk::new(&url);
    sign_in(&desk.process()).await.unwrap();
    // A rotation whose answer never came.
    *endpoint.valid.lock().unwrap() = vec!["first".into()];
    sign_in(&desk.process()).await.unwrap();
    assert_eq!(endpoint.asked(), ["first", "r1", "first"]);
    assert_eq!(desk.shelf.shown().as_deref(), Some("r3"));

    endpoint.valid.lock().unwrap().clear();
    let process = desk.process();
    let trouble = sign_in(&process).await.unwrap_err();
    assert_eq!(trouble.code, codes::OAUTH_REFRESH.id);
    assert_eq!(sign_in(&process).await.unwrap_err(), trouble);
    assert_eq!(endpoint.asked()[3..], ["r3", "first"], "then it waits");
    assert_eq!(
        desk.shelf.shown().as_deref(),
        Some("r3"),
        "it may be the server's passing trouble"
    );
    assert_eq!(process.refusal().unwrap().refusals, 1);
    desk.configure("new");
    endpoint.valid.lock().unwrap().push("new".into());
    sign_in(&process).await.unwrap();
    assert!(process.refusal().is_none());
}

#[tokio::test]
async fn a_page_of_somebody_in_between_spends_no_token_and_replaces_none() {
    let (endpoint, url) = Rotating::start(&["first"]).await;
    let desk = Desk::new(&url);
    sign_in(&desk.process()).await.unwrap();

    endpoint.between.lock().unwrap().push_back(Some(StatusCode::FORBIDDEN));
    let trouble = sign_in(&desk.process()).await.unwrap_err();
    assert_eq!(trouble.code, codes::UNAVAILABLE.id, "nobody has seen the token");
    assert_eq!(endpoint.asked()[1..], ["r1"], "the configured token is left alone");

    // The kept one is refused in a passing disorder, and the configured one meets a page that says 200.
    let valid = std::mem::take(&mut *endpoint.valid.lock().unwrap());
    endpoint.between.lock().unwrap().extend([None, Some(StatusCode::OK)]);
    let trouble = sign_in(&desk.process()).await.unwrap_err();
    assert_eq!(trouble.code, codes::NO_TOKEN.id);
    assert_eq!(desk.shelf.shown().as_deref(), Some("r1"), "it is the only live one");
    *endpoint.valid.lock().unwrap() = valid;
    sign_in(&desk.process()).await.unwrap();
    assert_eq!(endpoint.asked()[2..], ["r1", "first", "r1"]);
}

#[tokio::test]
async fn the_configured_token_is_tried_once_after_a_kept_one_however_often_the_gate_opens() {
    let (endpoint, url) = Rotating::start(&["first"]).await;
    let desk = Desk::new(&url);
    sign_in(&desk.process()).await.unwrap();
    endpoint.valid.lock().unwrap().clear();
    let client = Client::new(ClientSettings::new(&url, chrono::Utc::now)).unwrap();
    let refresh = desk.refresh();
    for _ in 0..3 {
        let outcome = refresh.sign_in(&client).await;
        assert!(matches!(outcome, Err(Failure::Refused(trouble)) if trouble.code == codes::OAUTH_REFRESH.id));
    }
    assert_eq!(endpoint.asked()[1..], ["r1", "first", "r1", "r1"]);
}
