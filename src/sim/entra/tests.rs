mod proof;
mod users;

use std::time::Duration;

use reqwest::Client;
use serde_json::Value;

use super::{Credential, Entra, Server, TokenFault};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const SCOPE: &str = "https://org.crm.dynamics.com/user_impersonation";

async fn serving() -> (Entra, Server) {
    let entra = Entra::new();
    entra.set(|directory| {
        directory.add_application(TENANT, "app", "s3cret");
        directory.add_public_client(TENANT, "public");
        directory.register(TENANT, "federated", Credential::Assertion("ey.a.b".to_owned()));
        directory.add_user(TENANT, "svc@contoso.com", "pass word");
    });
    let server = entra.start(([127, 0, 0, 1], 0).into()).await.unwrap();
    (entra, server)
}

async fn ask(server: &Server, tenant: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/{tenant}/oauth2/v2.0/token", server.url());
    let response = Client::new().post(url).form(form).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

fn with_secret<'a>(client: &'a str, secret: &'a str) -> [(&'a str, &'a str); 4] {
    let scope = ("scope", "https://monitor.azure.com//.default");
    [
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("client_secret", secret),
        scope,
    ]
}

fn with_password<'a>(user: &'a str, password: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("grant_type", "password"),
        ("client_id", "public"),
        ("username", user),
        ("password", password),
        ("scope", SCOPE),
    ]
}

#[tokio::test]
async fn an_application_gets_a_token_for_both_spellings_of_the_scope() {
    let (entra, server) = serving().await;
    entra.set(|directory| directory.refresh_in = Some(Duration::from_secs(1_800)));
    let (status, answer) = ask(&server, TENANT, &with_secret("app", "s3cret")).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"], &answer["refresh_in"]),
        (&"Bearer".into(), &3_599.into(), &1_800.into())
    );
    let token = answer["access_token"].as_str().unwrap();
    let tokens = entra.tokens();
    assert_eq!(tokens.find(token).unwrap().audience, "https://monitor.azure.com/");
    assert!(tokens.valid(token, "https://monitor.azure.com"));
    assert!(!tokens.valid(token, "https://monitor.azure.us"));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "s3cret"),
        ("scope", "https://monitor.azure.com/.default"),
    ];
    assert_eq!(ask(&server, TENANT, &form).await.0, 200);
}

#[tokio::test]
async fn a_public_client_signs_a_user_in_and_must_not_send_a_secret() {
    let (entra, server) = serving().await;
    let (status, answer) = ask(&server, TENANT, &with_password("SVC@contoso.com", "pass word")).await;
    assert_eq!((status, &answer["scope"]), (200, &SCOPE.into()));
    assert!(
        entra
            .tokens()
            .valid(answer["access_token"].as_str().unwrap(), "https://org.crm.dynamics.com")
    );
    assert_eq!(
        ask(&server, "organizations", &with_password("svc@contoso.com", "pass word"))
            .await
            .0,
        200
    );
    let mut form = with_password("svc@contoso.com", "pass word").to_vec();
    form.push(("client_secret", "any"));
    assert_eq!(ask(&server, TENANT, &form).await.1["error_codes"][0], 700_025);
    assert!(entra.requests()[2].with_secret);
}

#[tokio::test]
async fn refusals_bear_their_numbers_and_line_breaks() {
    let (entra, server) = serving().await;
    let bare = [
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("scope", "https://x/.default"),
    ];
    let scope = [
        ("grant_type", "client_credentials"),
        ("client_id", "app"),
        ("client_secret", "s3cret"),
        ("scope", "https://x/read"),
    ];
    type Form<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Form<'_>, u16, &str, u32); 7] = [
        (TENANT, &with_secret("app", "wrong"), 401, "invalid_client", 7_000_215),
        (
            TENANT,
            &with_secret("other", "s3cret"),
            400,
            "unauthorized_client",
            700_016,
        ),
        ("nobody", &with_secret("app", "s3cret"), 400, "invalid_request", 90_002),
        (TENANT, &bare, 401, "invalid_client", 7_000_218),
        (TENANT, &scope, 400, "invalid_scope", 70_011),
        (
            TENANT,
            &with_password("svc@contoso.com", "wrong"),
            400,
            "invalid_grant",
            50_126,
        ),
        (
            "common",
            &with_password("svc@contoso.com", "pass word"),
            400,
            "invalid_request",
            9_001_023,
        ),
    ];
    for (tenant, form, status, error, code) in cases {
        let (seen, body) = ask(&server, tenant, form).await;
        assert_eq!(
            (seen, body["error"].as_str(), body["error_codes"][0].as_u64()),
            (status, Some(error), Some(code.into()))
        );
        let text = body["error_description"].as_str().unwrap();
        assert!(
            text.starts_with(&format!("AADSTS{code}: ")) && text.contains("\r\n"),
            "{text}"
        );
    }
    entra.set(|directory| directory.users[0].mfa = true);
    let (_, body) = ask(&server, TENANT, &with_password("svc@contoso.com", "pass word")).await;
    assert_eq!(body["error_codes"][0], 50_076);
    assert_eq!(entra.requests().iter().filter_map(|one| one.refused).count(), 8);
}

#[tokio::test]
async fn a_token_dies_of_age_and_of_revocation() {
    let (entra, server) = serving().await;
    let token = async || {
        ask(&server, TENANT, &with_secret("app", "s3cret")).await.1["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let tokens = entra.tokens();
    let first = token().await;
    assert!(tokens.valid(&first, "https://monitor.azure.com"));
    tokens.revoke_all();
    assert!(!tokens.valid(&first, "https://monitor.azure.com"));
    entra.set(|directory| directory.ttl = Duration::ZERO);
    assert!(!tokens.valid(&token().await, "https://monitor.azure.com"));
}

#[tokio::test]
async fn a_federated_token_is_taken_to_the_letter() {
    let (_entra, server) = serving().await;
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let form = |assertion| {
        let grant = ("grant_type", "client_credentials");
        [
            grant,
            ("client_id", "federated"),
            ("scope", "https://x/.default"),
            ("client_assertion_type", kind),
            ("client_assertion", assertion),
        ]
    };
    assert_eq!(ask(&server, TENANT, &form("ey.a.b")).await.0, 200);
    assert_eq!(
        ask(&server, TENANT, &form("ey.a.b\n")).await.1["error_codes"][0],
        70_021
    );
}

#[tokio::test]
async fn faults_pass_after_their_requests() {
    let (entra, server) = serving().await;
    entra.fault(TokenFault::TooManyRequests(3), 1);
    entra.fault(TokenFault::Transient, 1);
    let form = with_secret("app", "s3cret");
    assert_eq!(ask(&server, TENANT, &form).await.0, 429);
    assert_eq!(ask(&server, TENANT, &form).await.1["error"], "temporarily_unavailable");
    assert_eq!(ask(&server, TENANT, &form).await.0, 200);
}
