mod certificates;
mod renewal;
mod standing;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::*;
use crate::net::{Client, ClientSettings, SecretRef};

#[derive(Clone, Default)]
struct Endpoint {
    script: Arc<Mutex<VecDeque<(u16, String)>>>,
    forms: Arc<Mutex<Vec<(String, String)>>>,
}

async fn token(State(endpoint): State<Endpoint>, uri: axum::http::Uri, form: String) -> Response {
    endpoint.forms.lock().unwrap().push((uri.path().to_owned(), form));
    let number = endpoint.forms.lock().unwrap().len();
    let (status, body) = endpoint.script.lock().unwrap().pop_front().unwrap_or((
        200,
        format!(r#"{{"access_token":"token-{number}","expires_in":"1000"}}"#),
    ));
    let status = StatusCode::from_u16(status).unwrap();
    if body == "busy" {
        return (status, [("retry-after", "600")], body).into_response();
    }
    (status, body).into_response()
}

/// What a resource answers to a sign-in that it does not take.
fn unauthorized() -> Answer {
    Answer {
        status: StatusCode::UNAUTHORIZED,
        headers: Default::default(),
        body: Default::default(),
        requests: 1,
        unsaid: Default::default(),
    }
}

impl Endpoint {
    async fn start(script: &[(u16, &str)]) -> (Self, String) {
        let endpoint = Self::default();
        let scripted = script.iter().map(|(status, body)| (*status, (*body).to_owned()));
        endpoint.script.lock().unwrap().extend(scripted);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(token).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (endpoint, url)
    }

    fn requests(&self) -> usize {
        self.forms.lock().unwrap().len()
    }
}

fn secret(directory: &tempfile::TempDir, value: &str) -> SecretRef {
    let path = directory.path().join("secret");
    std::fs::write(&path, value).unwrap();
    SecretRef::File(path)
}

fn client(url: &str) -> Client {
    Client::new(ClientSettings::new(url, chrono::Utc::now)).unwrap()
}

fn servicenow(directory: &tempfile::TempDir, url: &str) -> Credentials {
    let settings = Settings::OauthPassword {
        username: "itsmd".into(),
        password: secret(directory, "hunter2"),
        client_id: "id".into(),
        client_secret: secret(directory, "hunter2"),
    };
    Credentials::new(&settings, url, &client(url)).unwrap()
}

fn entra(directory: &tempfile::TempDir, url: &str, tenant: &str) -> Result<Credentials, Trouble> {
    let settings = Settings::EntraPassword {
        tenant_id: tenant.into(),
        client_id: "id".into(),
        username: "itsmd@contoso.com".into(),
        password: secret(directory, "hunter2"),
        authority: url.into(),
        scope: "https://o.crm.dynamics.com/user_impersonation".into(),
    };
    Credentials::new(&settings, url, &client(url))
}

#[tokio::test]
async fn many_who_wait_share_one_sign_in() {
    let directory = tempfile::tempdir().unwrap();
    let (endpoint, url) = Endpoint::start(&[]).await;
    let credentials = servicenow(&directory, &url);
    let asked = (0..20).map(|_| credentials.authorization(None));
    let given = futures_util::future::join_all(asked).await;
    assert!(
        given
            .iter()
            .all(|given| given.as_ref().unwrap() == &Authorization::new("Bearer token-1"))
    );
    assert_eq!(endpoint.requests(), 1);
    let (path, form) = endpoint.forms.lock().unwrap()[0].clone();
    assert_eq!(path, "/oauth_token.do");
    assert!(
        form.contains("grant_type=password") && form.contains("client_secret=hunter2"),
        "{form}"
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_even_if_many_were_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (endpoint, url) = Endpoint::start(&[]).await;
    let credentials = servicenow(&directory, &url);
    let sent = credentials.authorization(None).await.unwrap().unwrap();
    let answer = unauthorized();
    let rejected = Rejected {
        sent: &sent,
        answer: &answer,
    };
    let asked = (0..5).map(|_| credentials.authorization(Some(rejected)));
    for given in futures_util::future::join_all(asked).await {
        assert_eq!(given.unwrap(), Authorization::new("Bearer token-2"));
    }
    assert_eq!(endpoint.requests(), 2);
}

#[tokio::test]
async fn a_refused_sign_in_is_explained_and_not_hammered() {
    let directory = tempfile::tempdir().unwrap();
    let denied = r#"{"error_description":"access_denied","error":"server_error"}"#;
    let (endpoint, url) = Endpoint::start(&[(401, denied); 9]).await;
    let credentials = servicenow(&directory, &url);
    let asked = (0..5).map(|_| credentials.authorization(None));
    for given in futures_util::future::join_all(asked).await {
        let trouble = given.unwrap_err();
        assert_eq!(trouble.code, codes::OAUTH_PASSWORD.id);
        assert!(
            trouble.remedy.contains("locked out") && !trouble.to_string().contains("hunter2"),
            "{trouble}"
        );
    }
    assert_eq!(endpoint.requests(), 1);
}

#[tokio::test]
async fn a_token_that_still_holds_is_used_while_its_renewal_fails() {
    let directory = tempfile::tempdir().unwrap();
    let granted = r#"{"access_token":"first","expires_in":3600,"refresh_in":0}"#;
    let (endpoint, url) = Endpoint::start(&[(200, granted), (400, "<html>"), (200, granted)]).await;
    let credentials = servicenow(&directory, &url);
    for _ in 0..4 {
        let given = credentials.authorization(None).await.unwrap();
        assert_eq!(given, Authorization::new("Bearer first"));
        drop(credentials.identity.turn.lock().await);
    }
    assert_eq!(endpoint.requests(), 2, "the failed renewal is not repeated at once");
}

#[tokio::test]
async fn entra_sends_no_secret_of_a_public_client_and_explains_a_second_factor() {
    let directory = tempfile::tempdir().unwrap();
    let mfa =
        r#"{"error":"invalid_grant","error_description":"AADSTS50076: Due to\r\nTrace ID: 1","error_codes":[50076]}"#;
    let (endpoint, url) = Endpoint::start(&[(400, mfa)]).await;
    let credentials = entra(&directory, &url, "contoso.com").unwrap();
    let trouble = credentials.authorization(None).await.unwrap_err();
    assert!(trouble.remedy.contains("second factor"), "{trouble}");
    let (path, form) = endpoint.forms.lock().unwrap()[0].clone();
    assert_eq!(path, "/contoso.com/oauth2/v2.0/token");
    assert!(!form.contains("client_secret"), "{form}");
    for tenant in ["common", "Consumers"] {
        assert_eq!(entra(&directory, &url, tenant).unwrap_err().code, codes::TENANT.id);
    }
}

#[tokio::test]
async fn a_page_where_the_token_endpoint_should_be_is_no_wrong_password() {
    let directory = tempfile::tempdir().unwrap();
    let (_endpoint, url) = Endpoint::start(&[(404, "<html><title>Page not found</title>")]).await;
    let credentials = servicenow(&directory, &format!("{url}/now/nav/ui"));
    let trouble = credentials.authorization(None).await.unwrap_err();
    assert_eq!(trouble.code, codes::NO_ENDPOINT.id);
    assert!(trouble.seen.contains("/now/nav/ui/oauth_token.do: 404"), "{trouble}");
}

#[tokio::test]
async fn a_page_of_html_is_no_token() {
    let directory = tempfile::tempdir().unwrap();
    let (_endpoint, url) = Endpoint::start(&[(200, "<html>hibernating")]).await;
    let trouble = servicenow(&directory, &url).authorization(None).await.unwrap_err();
    assert_eq!(trouble.code, codes::NO_TOKEN.id);
}

#[tokio::test(start_paused = true)]
async fn a_refused_password_waits_but_another_one_may_try_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings::Basic {
        username: "itsmd".into(),
        password: secret(&directory, "wrong"),
    };
    let url = "http://127.0.0.1:9";
    let credentials = Credentials::new(&settings, url, &client(url)).unwrap();
    let sent = credentials.authorization(None).await.unwrap().unwrap();
    let answer = unauthorized();
    let rejected = Rejected {
        sent: &sent,
        answer: &answer,
    };
    let trouble = credentials.authorization(Some(rejected)).await.unwrap_err();
    assert!(trouble.remedy.contains("web_service_access_only"), "{trouble}");
    assert_eq!(credentials.authorization(None).await.unwrap_err(), trouble);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert!(credentials.authorization(None).await.is_ok());
    credentials.authorization(Some(rejected)).await.unwrap_err();
    secret(&directory, "right");
    assert_ne!(credentials.authorization(None).await.unwrap().unwrap(), sent);
}

#[tokio::test]
async fn the_same_sign_in_is_one_identity_and_a_reload_opens_no_gate() {
    let directory = tempfile::tempdir().unwrap();
    let denied = r#"{"error_description":"access_denied","error":"server_error"}"#;
    let (endpoint, url) = Endpoint::start(&[(401, denied)]).await;
    let company = Company::default();
    let settings = |username: &str, secret_of: &str| Settings::OauthPassword {
        username: username.into(),
        password: secret(&directory, secret_of),
        client_id: "id".into(),
        client_secret: SecretRef::Env("PATH".into()),
    };
    let sign_in = |settings: Settings| {
        let (company, url) = (company.clone(), url.clone());
        async move {
            let credentials = Credentials::among(&settings, &url, &client(&url), &company).unwrap();
            let given = credentials.authorization(None).await;
            (credentials, given)
        }
    };
    let (before, given) = sign_in(settings("itsmd", "wrong")).await;
    let trouble = given.unwrap_err();
    // As a reload does: the new ones are there before the old ones go.
    let (after, given) = sign_in(settings("itsmd", "wrong")).await;
    drop(before);
    assert_eq!(given.unwrap_err(), trouble);
    assert_eq!(after.refusal().unwrap().trouble, trouble);
    assert_eq!(endpoint.requests(), 1);
    // Another user is another identity; another password of the same may try at once.
    sign_in(settings("other", "wrong")).await.1.unwrap();
    let (_right, given) = sign_in(settings("itsmd", "right")).await;
    let token = given.unwrap();
    assert_eq!(after.authorization(None).await.unwrap(), token, "one token for both");
    assert_eq!(endpoint.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_api_key_goes_in_its_own_header_and_waits_when_it_was_refused() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings::ApiKey {
        api_key: secret(&directory, "hunter2"),
    };
    let url = "http://127.0.0.1:9";
    let credentials = Credentials::new(&settings, url, &client(url)).unwrap();
    let sent = credentials.authorization(None).await.unwrap().unwrap();
    let header = crate::net::http::HeaderName::from_static("x-sn-apikey");
    assert_eq!(Some(&sent), Authorization::in_header(header, "hunter2").as_ref());
    assert!(!format!("{credentials:?} {sent:?}").contains("hunter2"));
    let answer = unauthorized();
    let rejected = Rejected {
        sent: &sent,
        answer: &answer,
    };
    let trouble = credentials.authorization(Some(rejected)).await.unwrap_err();
    assert_eq!(trouble.code, codes::API_KEY.id);
    assert_eq!(credentials.authorization(None).await.unwrap_err(), trouble);
    assert_eq!(credentials.refusal().unwrap().next_in, Duration::from_secs(30));
    secret(&directory, "another");
    credentials.authorization(None).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_certificate_alone_sends_nothing_and_waits_when_nobody_was_signed_in() {
    let url = "http://127.0.0.1:9";
    let credentials = Credentials::new(&Settings::Mtls, url, &client(url)).unwrap();
    assert_eq!(credentials.authorization(None).await.unwrap(), None);
    let answer = unauthorized();
    let trouble = credentials.refused(&answer);
    assert_eq!(trouble.code, codes::CLIENT_CERTIFICATE.id);
    assert_eq!(credentials.authorization(None).await.unwrap_err(), trouble);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(credentials.authorization(None).await.unwrap(), None);
}
