use chrono::{TimeDelta, Utc};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::json;

use super::super::Federated;
use super::*;
use crate::sim::clock::Clock;
use crate::sim::jwt::{Certificate, Signer};

struct Party {
    entra: Entra,
    server: Server,
    signer: Signer,
    certificate: Certificate,
}

fn certified() -> (Signer, Certificate) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    (
        Signer::of_key(&key.serialize_der()).unwrap(),
        Certificate::new(certificate.der().to_vec()),
    )
}

async fn party() -> Party {
    let (entra, server) = serving().await;
    let (signer, certificate) = certified();
    entra.set(|directory| directory.register(TENANT, "signed", Credential::Certificate(certificate.clone())));
    Party {
        entra,
        server,
        signer,
        certificate,
    }
}

impl Party {
    fn header(&self) -> Value {
        json!({"typ": "JWT", "alg": "PS256", "x5t#S256": self.certificate.sha256()})
    }

    fn claims(&self) -> Value {
        let now = Utc::now().timestamp();
        let endpoint = format!("{}/{TENANT}/oauth2/v2.0/token", self.server.url());
        json!({"aud": endpoint, "iss": "signed", "sub": "signed", "jti": "1", "nbf": now, "exp": now + 300})
    }

    /// The number of the refusal, 0 for a token.
    async fn ask(&self, client: &str, assertion: &str) -> u64 {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("scope", "https://x/.default"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
        ];
        let (_, body) = ask(&self.server, TENANT, &form).await;
        body["error_codes"][0].as_u64().unwrap_or(0)
    }

    async fn signed(&self, header: &Value, claims: &Value) -> u64 {
        self.ask("signed", &self.signer.sign_as(header, claims).unwrap()).await
    }
}

#[tokio::test]
async fn an_assertion_signed_by_the_registered_certificate_is_taken_in_both_forms() {
    let party = party().await;
    assert_eq!(party.signed(&party.header(), &party.claims()).await, 0);
    let old = json!({"typ": "JWT", "alg": "RS256", "x5t": party.certificate.sha1()});
    assert_eq!(party.signed(&old, &party.claims()).await, 0);
}

#[tokio::test]
async fn whatever_is_wrong_with_an_assertion_is_found() {
    let party = party().await;
    let (stranger, foreign) = certified();
    let forged = stranger.sign_as(&party.header(), &party.claims()).unwrap();
    assert_eq!(party.ask("signed", &forged).await, 700_027);
    let unknown = json!({"alg": "PS256", "x5t#S256": foreign.sha256()});
    assert_eq!(party.signed(&unknown, &party.claims()).await, 700_027);
    let now = Utc::now().timestamp();
    let wrong = [
        (
            "aud",
            json!("https://login.microsoftonline.com/other/oauth2/v2.0/token"),
            700_023,
        ),
        ("iss", json!("app"), 700_021),
        ("sub", json!("app"), 700_021),
        ("exp", json!(now - 301), 700_024),
        ("nbf", json!(now + 400), 700_024),
        ("exp", json!(null), 50_027),
    ];
    for (claim, value, number) in wrong {
        let mut claims = party.claims();
        claims[claim] = value;
        assert_eq!(party.signed(&party.header(), &claims).await, number, "{claim}");
    }
    assert_eq!(party.ask("signed", "no.token").await, 50_027);
}

#[tokio::test]
async fn an_assertion_may_count_but_once_and_a_certificate_and_a_secret_run_out() {
    let party = party().await;
    party.entra.set(|directory| directory.single_use = true);
    assert_eq!(party.signed(&party.header(), &party.claims()).await, 0);
    assert_eq!(party.signed(&party.header(), &party.claims()).await, 50_013);
    let (clock, hand) = Clock::default().with_hand();
    party.entra.set_clock(clock);
    let end = Utc::now() + TimeDelta::days(30);
    party.entra.set(|directory| {
        for application in &mut directory.applications {
            application.expires = Some(end);
        }
    });
    let secret = async || ask(&party.server, TENANT, &with_secret("app", "s3cret")).await;
    assert_eq!(secret().await.0, 200);
    hand.leap(TimeDelta::days(31));
    assert_eq!(secret().await.1["error_codes"][0], 7_000_222);
    let mut late = party.claims();
    for claim in ["nbf", "exp"] {
        late[claim] = json!(late[claim].as_i64().unwrap() + 31 * 86_400);
    }
    late["jti"] = json!("2");
    assert_eq!(party.signed(&party.header(), &late).await, 700_027);
    party
        .entra
        .set(|directory| directory.renew("app", Credential::Secret("new".to_owned())));
    assert_eq!(secret().await.1["error_codes"][0], 7_000_215);
    party
        .entra
        .set(|directory| directory.application_mut("app").unwrap().disabled = true);
    assert_eq!(secret().await.1["error_codes"][0], 7_000_112);
}

#[tokio::test]
async fn a_clusters_token_stands_for_an_application_if_all_of_it_is_as_registered() {
    let party = party().await;
    let (cluster, stranger) = (Signer::new().unwrap(), Signer::new().unwrap());
    let federated = Federated {
        issuer: "https://cluster".to_owned(),
        subject: "system:serviceaccount:itsm:itsmd".to_owned(),
        audience: "api://AzureADTokenExchange".to_owned(),
        key: cluster.key().unwrap(),
    };
    let credential = Credential::Federated(federated.clone());
    party
        .entra
        .set(|directory| directory.register(TENANT, "pod", credential));
    let exp = Utc::now().timestamp() + 3600;
    let right = json!({"iss": federated.issuer, "sub": federated.subject, "aud": [federated.audience], "exp": exp});
    assert_eq!(party.ask("pod", &cluster.sign(&right).unwrap()).await, 0);
    assert_eq!(party.ask("pod", &stranger.sign(&right).unwrap()).await, 50_013);
    let wrong = [
        ("iss", json!("https://other"), 700_211),
        ("sub", json!("system:serviceaccount:other:itsmd"), 700_213),
        ("aud", json!("sts.amazonaws.com"), 700_212),
        ("exp", json!(exp - 4000), 700_024),
    ];
    for (claim, value, number) in wrong {
        let mut claims = right.clone();
        claims[claim] = value;
        assert_eq!(
            party.ask("pod", &cluster.sign(&claims).unwrap()).await,
            number,
            "{claim}"
        );
    }
}

#[tokio::test]
async fn a_clock_that_leaps_ends_tokens_and_signed_ones_tell_whose_they_are() {
    let (entra, server) = serving().await;
    let key = entra.sign_tokens().unwrap();
    let (clock, hand) = Clock::default().with_hand();
    entra.set_clock(clock);
    let (_, answer) = ask(&server, TENANT, &with_secret("app", "s3cret")).await;
    let token = answer["access_token"].as_str().unwrap();
    let read = crate::sim::jwt::Jwt::parse(token).unwrap();
    let claims = read.claims(&key).unwrap();
    assert_eq!((&claims["appid"], &claims["tid"]), (&"app".into(), &TENANT.into()));
    assert!(entra.tokens().valid(token, "https://monitor.azure.com"));
    hand.leap(TimeDelta::hours(1));
    assert!(!entra.tokens().valid(token, "https://monitor.azure.com"));
}
