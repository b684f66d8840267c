use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::json;

use super::*;
use crate::sim::clock::Clock;
use crate::sim::entra::Entra;
use crate::sim::jwt::{Certificate, Signer};
use crate::sim::serve::{Guests, Identity};

const PATH: &str = "/api/now/v2/table/incident";

async fn guarded() -> Handle {
    let handle = started(&[row(1, 0)]).await;
    handle.desk.user("ann", "right");
    handle.desk.client("app", "s3cret", Some("ann"));
    handle
}

async fn token(handle: &Handle, form: &[(&str, &str)]) -> Option<Value> {
    let mut all = vec![("client_id", "app"), ("client_secret", "s3cret")];
    all.extend(form);
    let request = reqwest::Client::new()
        .post(format!("{}/oauth_token.do", handle.url()))
        .form(&all);
    let response = request.send().await.unwrap();
    (response.status() == 200).then_some(response.json().await.unwrap())
}

/// The status, and the header of the second factor.
async fn show(handle: &Handle, headers: &[(&str, &str)]) -> (u16, Option<String>) {
    let mut request = reqwest::Client::new().get(format!("{}{PATH}", handle.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let factor = response
        .headers()
        .get("x-mfa_token")
        .and_then(|value| value.to_str().ok());
    (response.status().as_u16(), factor.map(str::to_owned))
}

const BASIC: (&str, &str) = ("authorization", "Basic YW5uOnJpZ2h0");
const WRONG: (&str, &str) = ("authorization", "Basic YW5uOndyb25n");

#[tokio::test]
async fn basic_authentication_is_denied_to_people_unless_a_role_allows_it() {
    let handle = guarded().await;
    let status = async || show(&handle, &[BASIC]).await.0;
    assert_eq!(status().await, 200);
    handle.desk.change_user("ann", |user| user.interactive = true);
    assert_eq!(status().await, 401);
    handle.desk.change_user("ann", |user| user.basic_role = true);
    assert_eq!(status().await, 200);
    handle
        .desk
        .change_user("ann", |user| (user.basic_role, user.platform_role) = (false, false));
    handle.desk.restrict_basic(false);
    assert_eq!(status().await, 401);
    handle.desk.change_user("ann", |user| user.platform_role = true);
    assert_eq!(status().await, 200);
    handle.desk.change_user("ann", |user| user.active = false);
    assert_eq!(status().await, 401);
}

#[tokio::test]
async fn a_missing_second_factor_is_told_by_its_header() {
    let handle = guarded().await;
    handle
        .desk
        .change_user("ann", |user| user.mfa = Some("123456".to_owned()));
    assert_eq!(show(&handle, &[BASIC]).await, (401, Some("invalid".to_owned())));
    assert_eq!(show(&handle, &[WRONG]).await, (401, None));
    assert_eq!(show(&handle, &[BASIC, ("x-mfa_token", "123456")]).await, (200, None));
}

#[tokio::test]
async fn wrong_passwords_in_a_row_lock_a_user_out_on_both_ways_in() {
    let handle = guarded().await;
    handle.desk.set_lockout(Some(3));
    let by_token = async |password| {
        let form = [("grant_type", "password"), ("username", "ann"), ("password", password)];
        token(&handle, &form).await.is_some()
    };
    show(&handle, &[WRONG]).await;
    assert!(by_token("right").await);
    show(&handle, &[WRONG]).await;
    show(&handle, &[WRONG]).await;
    assert!(!by_token("wrong").await);
    assert!(!by_token("right").await);
    assert_eq!(show(&handle, &[BASIC]).await.0, 401);
}

#[tokio::test]
async fn a_key_counts_where_a_policy_says_so_until_it_expires() {
    let handle = guarded().await;
    let (clock, hand) = Clock::new(ten).with_hand();
    handle.desk.set_clock(move || clock.now());
    handle.desk.api_key("k3y", "ann", Some(ten() + Duration::days(1)));
    let status = async |key| show(&handle, &[("x-sn-apikey", key)]).await.0;
    assert_eq!(status("k3y").await, 401);
    assert_eq!(show(&handle, &[BASIC, ("x-sn-apikey", "wrong")]).await.0, 200);
    handle.desk.allow_api_keys("incident");
    assert_eq!((status("k3y").await, status("wrong").await), (200, 401));
    hand.leap(Duration::days(1));
    assert_eq!(status("k3y").await, 401);
    let in_query = get(&handle, PATH, &[("x-sn-apikey", "k3y")]).await;
    assert_eq!(in_query.status, 401);
}

#[tokio::test]
async fn a_refresh_token_that_is_replaced_is_worthless_after_its_grace() {
    let handle = guarded().await;
    let (clock, hand) = Clock::new(ten).with_hand();
    handle.desk.set_clock(move || clock.now());
    let first = handle.desk.hand_out_refresh_token("app", "ann");
    let refresh = async |with: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", with)];
        Some(token(&handle, &form).await?["refresh_token"].as_str()?.to_owned())
    };
    assert_eq!(refresh(&first).await.as_ref(), Some(&first));
    let grace = std::time::Duration::from_secs(60);
    handle.desk.set_rotation(Rotation::Replaced { grace });
    let second = refresh(&first).await.unwrap();
    assert_ne!(second, first);
    hand.leap(Duration::seconds(59));
    assert!(refresh(&first).await.is_some());
    hand.leap(Duration::seconds(2));
    assert_eq!(refresh(&first).await, None);
    assert!(refresh(&second).await.is_some());
    hand.leap(Duration::days(101));
    assert_eq!(refresh(&second).await, None);
}

#[tokio::test]
async fn a_secret_expires_and_client_credentials_can_be_off() {
    let handle = guarded().await;
    let form = [("grant_type", "client_credentials")];
    assert!(token(&handle, &form).await.is_some());
    handle.desk.set_client_credentials(false);
    assert!(token(&handle, &form).await.is_none());
    handle.desk.set_client_credentials(true);
    handle
        .desk
        .change_client("app", |client| client.expires = Some(Utc::now()));
    assert!(token(&handle, &form).await.is_none());
    handle.desk.change_client("app", |client| client.expires = None);
    handle.desk.remove_user("ann");
    assert!(
        token(&handle, &form).await.is_some(),
        "an application's user needs no password"
    );
    handle.desk.remove_client("app");
    assert!(token(&handle, &form).await.is_none());
}

fn certified() -> (Signer, Certificate) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    (
        Signer::of_key(&key.serialize_der()).unwrap(),
        Certificate::new(certificate.der().to_vec()),
    )
}

#[tokio::test]
async fn an_assertion_must_be_signed_named_meant_and_alive() {
    let handle = guarded().await;
    let (signer, certificate) = certified();
    let key = JwtKey {
        certificate,
        kid: Some("k1".to_owned()),
        audience: None,
        single_use: true,
    };
    handle.desk.change_client("app", |client| client.jwt = Some(key));
    let now = Utc::now().timestamp();
    let right = json!({"iss": "app", "sub": "ann", "aud": "app", "jti": "1", "iat": now, "exp": now + 300});
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": "k1"});
    let ask = async |signer: &Signer, header: &Value, claims: &Value| {
        let assertion = signer.sign_as(header, claims).unwrap();
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        token(&handle, &[("grant_type", grant), ("assertion", &assertion)]).await
    };
    let wrong = [
        ("iss", json!("other")),
        ("sub", json!("bob")),
        ("aud", json!("https://elsewhere")),
        ("exp", json!(now - 301)),
        ("iat", json!(now + 400)),
    ];
    for (claim, value) in wrong {
        let mut claims = right.clone();
        (claims[claim], claims["jti"]) = (value, json!(claim));
        assert!(ask(&signer, &header, &claims).await.is_none(), "{claim}");
    }
    assert!(ask(&certified().0, &header, &right).await.is_none());
    assert!(
        ask(&signer, &json!({"alg": "RS256", "kid": "k2"}), &right)
            .await
            .is_none()
    );
    let granted = ask(&signer, &header, &right).await.unwrap();
    assert_eq!(granted.get("refresh_token"), None);
    let bearer = format!("Bearer {}", granted["access_token"].as_str().unwrap());
    assert_eq!(show(&handle, &[("authorization", &bearer)]).await.0, 200);
    assert_eq!(handle.journal.of("table").last().unwrap().user.as_deref(), Some("ann"));
    assert!(ask(&signer, &header, &right).await.is_none(), "it counts once");
}

#[tokio::test]
async fn a_directorys_token_is_a_user_by_its_appid() {
    let handle = guarded().await;
    let entra = Entra::new();
    let key = entra.sign_tokens().unwrap();
    entra.set(|directory| directory.add_application("tenant", "app-id", "s3cret"));
    let server = entra.start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "app-id"),
        ("client_secret", "s3cret"),
        ("scope", "snow-entry/.default"),
    ];
    let request = reqwest::Client::new().post(format!("{}/tenant/oauth2/v2.0/token", server.url()));
    let granted: Value = request.form(&form).send().await.unwrap().json().await.unwrap();
    let bearer = format!("Bearer {}", granted["access_token"].as_str().unwrap());
    let status = async || show(&handle, &[("authorization", &bearer)]).await.0;
    assert_eq!(status().await, 401);
    handle
        .desk
        .trust(Provider::by_appid(key.clone(), "snow-entry", "u_appid"));
    assert_eq!(status().await, 401, "no user has that appid");
    handle.desk.change_user("ann", |user| {
        user.fields.insert("u_appid".to_owned(), "app-id".to_owned());
    });
    assert_eq!(status().await, 200);
    let now = Utc::now();
    handle.desk.set_clock(move || now + Duration::seconds(3599 + 301));
    assert_eq!(status().await, 401);
    handle.desk.set_clock(Utc::now);
    handle.desk.trust_nobody();
    handle.desk.trust(Provider::by_appid(key, "another-entry", "u_appid"));
    assert_eq!(status().await, 401);
}

#[tokio::test]
async fn a_certificate_in_the_handshake_is_a_user_until_it_expires() {
    let made = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        (certificate, key)
    };
    let (server, server_key) = made("localhost");
    let (guest, guest_key) = made("guest");
    let desk = Desk::new();
    desk.put_all("incident", &[row(1, 0)]);
    desk.user("ann", "right");
    desk.certificate(Certificate::new(guest.der().to_vec()), "ann");
    let (clock, hand) = Clock::default().with_hand();
    let identity = Identity {
        certificate: server.der().to_vec(),
        key: server_key.serialize_der(),
    };
    let guests = Guests {
        roots: vec![guest.der().to_vec()],
        required: false,
        clock,
    };
    let handle = start_guests(desk, None, &identity, &guests).await.unwrap();
    let url = format!("{}{PATH}", handle.url()).replace("127.0.0.1", "localhost");
    let root = reqwest::Certificate::from_pem(server.pem().as_bytes()).unwrap();
    let client = |shown: Option<String>| {
        let builder = reqwest::Client::builder()
            .tls_certs_only([root.clone()])
            .pool_max_idle_per_host(0);
        match shown {
            Some(pem) => builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap()),
            None => builder,
        }
        .build()
        .unwrap()
    };
    let known = client(Some(format!("{}{}", guest.pem(), guest_key.serialize_pem())));
    assert_eq!(known.get(&url).send().await.unwrap().status(), 200);
    let nobody = client(None);
    assert_eq!(nobody.get(&url).send().await.unwrap().status(), 401);
    let ann = ("authorization", BASIC.1);
    assert_eq!(
        nobody.get(&url).header(ann.0, ann.1).send().await.unwrap().status(),
        200
    );
    handle.desk.require_certificate(true);
    assert_eq!(
        nobody.get(&url).header(ann.0, ann.1).send().await.unwrap().status(),
        401
    );
    assert_eq!(known.get(&url).header(ann.0, ann.1).send().await.unwrap().status(), 200);
    hand.leap(Duration::days(365 * 3000));
    assert!(known.get(&url).send().await.is_err());
}
