//! Signing in, to the service desk and to Entra.

use futures_util::FutureExt as _;
use itsmd::sim::dataverse::Fault;
use itsmd::sim::entra::{Credential, Obstacle};

use super::stage::Broken;
use super::stage::Outcome::Fails;
use super::{Case, case};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const PUBLIC: &str = "33333333-3333-3333-3333-333333333333";
const CLIENT: &str = "22222222-2222-2222-2222-222222222222";

/// Signs in by ServiceNow's OAuth; the registry knows `app` with the secret `app-secret`.
fn oauth(broken: &mut Broken, method: &str, secret: &str) {
    broken.rig.desk.client("app", "app-secret", Some("itsmd"));
    broken.secret("app", secret);
    let user = match method {
        "oauth-password" => "username = \"itsmd\"\npassword = { file = \"desk\" }\n",
        _ => "",
    };
    broken.auth(&format!(
        "method = \"{method}\"\n{user}client_id = \"app\"\nclient_secret = {{ file = \"app\" }}"
    ));
}

/// Signs in to Dataverse as a user, in whose way something stands.
async fn in_the_way(broken: &mut Broken, change: impl FnOnce(&mut itsmd::sim::entra::User)) {
    let _instance = broken.dataverse().await;
    let authority = broken
        .connection
        .lines()
        .find(|line| line.starts_with("authority"))
        .unwrap()
        .to_owned();
    broken.rig.entra.set(|directory| {
        directory.add_public_client(TENANT, PUBLIC);
        directory.add_user(TENANT, "svc@contoso.example", "svc-password");
        change(directory.user_mut("svc@contoso.example").unwrap());
    });
    broken.secret("svc", "svc-password");
    broken.auth(&format!(
        "method = \"entra-password\"\ntenant_id = \"{TENANT}\"\nclient_id = \"{PUBLIC}\"\n\
         username = \"svc@contoso.example\"\npassword = {{ file = \"svc\" }}\n{authority}"
    ));
}

/// A user whose password is right and does not suffice.
async fn hindered(broken: &mut Broken, obstacle: Obstacle) {
    in_the_way(broken, |user| user.obstacle = Some(obstacle)).await;
}

pub const CASES: &[Case] = &[
    case("a wrong password", "ITSMD-AUTH-002", Fails, |broken| {
        async move { broken.secret("desk", "wrong") }.boxed_local()
    }),
    case("a user who is for people", "ITSMD-AUTH-002", Fails, |broken| {
        async move { broken.rig.desk.change_user("itsmd", |user| user.interactive = true) }.boxed_local()
    }),
    case("a user who is locked out", "ITSMD-AUTH-002", Fails, |broken| {
        async move { broken.rig.desk.change_user("itsmd", |user| user.locked = true) }.boxed_local()
    }),
    case("a user who is not active", "ITSMD-AUTH-002", Fails, |broken| {
        async move { broken.rig.desk.change_user("itsmd", |user| user.active = false) }.boxed_local()
    }),
    case("a user who needs a second factor", "ITSMD-AUTH-003", Fails, |broken| {
        async move {
            let code = Some("123456".to_owned());
            broken.rig.desk.change_user("itsmd", |user| user.mfa = code);
        }
        .boxed_local()
    }),
    case("a wrong secret of the OAuth entry", "ITSMD-AUTH-006", Fails, |broken| {
        async move { oauth(broken, "oauth-password", "wrong") }.boxed_local()
    }),
    case("an OAuth entry that is gone", "ITSMD-AUTH-006", Fails, |broken| {
        async move {
            oauth(broken, "oauth-password", "app-secret");
            broken.rig.desk.remove_client("app");
        }
        .boxed_local()
    }),
    case(
        "client credentials that are not enabled",
        "ITSMD-AUTH-007",
        Fails,
        |broken| {
            async move {
                oauth(broken, "oauth-client-credentials", "app-secret");
                broken.rig.desk.set_client_credentials(false);
            }
            .boxed_local()
        },
    ),
    case(
        "client credentials without an application user",
        "ITSMD-AUTH-007",
        Fails,
        |broken| {
            async move {
                oauth(broken, "oauth-client-credentials", "app-secret");
                broken.rig.desk.client("app", "app-secret", None);
            }
            .boxed_local()
        },
    ),
    case("an API key without a policy", "ITSMD-AUTH-014", Fails, |broken| {
        async move {
            broken.rig.desk.api_key("now_key", "itsmd", None);
            broken.secret("key", "now_key");
            broken.auth("method = \"api-key\"\napi_key = { file = \"key\" }");
        }
        .boxed_local()
    }),
    case("a refresh token that has run out", "ITSMD-AUTH-016", Fails, |broken| {
        async move {
            oauth(broken, "oauth-refresh", "app-secret");
            broken.secret("refresh", "long-gone");
            broken.connection.push_str("refresh_token = { file = \"refresh\" }\n");
        }
        .boxed_local()
    }),
    case("a tenant that does not exist", "ITSMD-AUTH-041", Fails, |broken| {
        async move { broken.in_head(TENANT, "99999999-1111-1111-1111-111111111111") }.boxed_local()
    }),
    case("an application of another tenant", "ITSMD-AUTH-040", Fails, |broken| {
        async move { broken.in_head(CLIENT, "99999999-2222-2222-2222-222222222222") }.boxed_local()
    }),
    case("a wrong client secret", "ITSMD-AUTH-037", Fails, |broken| {
        async move { broken.secret("azure", "the-id-of-the-secret") }.boxed_local()
    }),
    case("a client secret that has expired", "ITSMD-AUTH-038", Fails, |broken| {
        async move {
            broken.rig.entra.set(|directory| {
                let expired = chrono::Utc::now() - chrono::TimeDelta::days(1);
                directory.application_mut(CLIENT).unwrap().expires = Some(expired);
            });
        }
        .boxed_local()
    }),
    case(
        "an application that does not let people in without its secret",
        "ITSMD-AUTH-039",
        Fails,
        |broken| {
            async move {
                in_the_way(broken, |_| {}).await;
                let secret = Credential::Secret("its own".to_owned());
                broken.rig.entra.set(|directory| directory.renew(PUBLIC, secret));
            }
            .boxed_local()
        },
    ),
    case("the scope of another cloud", "ITSMD-AUTH-042", Fails, |broken| {
        async move {
            broken.rig.entra.set(|directory| {
                directory.resources.insert("https://monitor.azure.com".to_owned());
            });
            broken.head.push_str("scope = \"https://monitor.azure.us/.default\"\n");
        }
        .boxed_local()
    }),
    case("a token for another resource", "ITSMD-AUTH-004", Fails, |broken| {
        async move {
            broken
                .head
                .push_str("scope = \"https://management.azure.com/.default\"\n");
        }
        .boxed_local()
    }),
    case(
        "an account that needs a second factor",
        "ITSMD-AUTH-030",
        Fails,
        |broken| async move { in_the_way(broken, |user| user.mfa = true).await }.boxed_local(),
    ),
    case("an account's wrong password", "ITSMD-AUTH-031", Fails, |broken| {
        async move { in_the_way(broken, |user| user.password = "another".to_owned()).await }.boxed_local()
    }),
    case("consent that nobody gave", "ITSMD-AUTH-036", Fails, |broken| {
        async move { hindered(broken, Obstacle::Consent).await }.boxed_local()
    }),
    case("an account that is locked", "ITSMD-AUTH-033", Fails, |broken| {
        async move { hindered(broken, Obstacle::Locked).await }.boxed_local()
    }),
    case("a sign-in that a policy blocks", "ITSMD-AUTH-046", Fails, |broken| {
        async move { hindered(broken, Obstacle::Blocked).await }.boxed_local()
    }),
    case(
        "an environment without the application user",
        "ITSMD-DV-016",
        Fails,
        |broken| async move { broken.dataverse().await.fault(0, Fault::NoUser, 1_000) }.boxed_local(),
    ),
];
