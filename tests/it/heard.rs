//! What service desks, Entra and Azure say on the wire leads to the code under which `itsmd explain` lists it.

mod wires;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use bytes::Bytes;
use chrono::Utc;
use futures_util::future::join_all;
use itsmd::app::Parts;
use itsmd::cli::explain::{By, HEARD};
use itsmd::config::{self, Secrets};
use itsmd::sim::serve::{Server, serve};
use itsmd::sink::{Batch, Sink as _, Table};
use itsmd::source::Source as _;
use itsmd::store::{Store, Threads};

use wires::{Asked, Wire, microsoft, servicenow};

/// What no answer shows: nobody answers, or it is about what itsmd does not do.
const UNSEEN: [&str; 3] = ["ITSMD-NET-001", "ITSMD-NET-002", "ITSMD-CK-001"];

async fn server(wire: Wire) -> Server {
    let answer = move |request: Request| {
        let wire = wire.clone();
        async move {
            let path = request.uri().path();
            let token = path.ends_with("/token") || path == "/oauth_token.do";
            let scripted = !token || matches!(wire.asked, Asked::OAuthPassword | Asked::OAuthClient | Asked::Entra);
            if !scripted {
                return Response::new(Body::from(
                    r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#,
                ));
            }
            let kind = if wire.body.starts_with('<') {
                "text/html"
            } else {
                "application/json"
            };
            let response = Response::builder().status(wire.status).header("content-type", kind);
            let response = match wire.header {
                Some((name, value)) => response.header(name, value),
                None => response,
            };
            response.body(Body::from(wire.body)).unwrap()
        }
    };
    serve(Router::new().fallback(answer), None).await.unwrap()
}

fn configuration(asked: Asked, url: &str) -> String {
    let entra = format!(
        "tenant_id = \"contoso.example\"\nclient_id = \"app\"\nclient_secret = {{ file = \"secret\" }}\nauthority = \"{url}\""
    );
    let (partner, auth) = match asked {
        Asked::ServiceNow | Asked::Azure => ("servicenow", "method = \"basic\"\nusername = \"u\"\npassword = { file = \"secret\" }".to_owned()),
        Asked::OAuthPassword => (
            "servicenow",
            "method = \"oauth-password\"\nusername = \"u\"\npassword = { file = \"secret\" }\nclient_id = \"c\"\nclient_secret = { file = \"secret\" }".to_owned(),
        ),
        Asked::OAuthClient => (
            "servicenow",
            "method = \"oauth-client-credentials\"\nclient_id = \"c\"\nclient_secret = { file = \"secret\" }".to_owned(),
        ),
        Asked::Entra | Asked::Dataverse => ("provance", format!("method = \"entra\"\n{entra}")),
    };
    format!(
        "[state]\npath = \"itsmd.db\"\n[workspace]\nkind = \"logs-ingestion\"\nendpoint = \"{url}\"\n\
         dcr_immutable_id = \"dcr-00000000000000000000000000000000\"\n[workspace.auth]\nmethod = \"client-secret\"\n{entra}\n\
         [[connection]]\nname = \"contoso\"\npartner = \"{partner}\"\nserver_url = \"{url}\"\nwork_items = [\"incident\"]\n\
         requests_per_minute = 6000\n[connection.auth]\n{auth}\n"
    )
}

/// The code of what comes of that answer.
async fn code_of(wire: Wire) -> &'static str {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    let asked = wire.asked;
    let server = server(wire).await;
    let file = folder.path().join("itsmd.toml");
    let loaded = config::parse(&file, &configuration(asked, &server.url()), Secrets::Check).unwrap();
    let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let parts = Parts::build(loaded.config, store, Some(Duration::from_millis(1))).unwrap();
    if asked == Asked::Azure {
        let nothing = Batch {
            table: Table::WorkItems,
            body: Bytes::from_static(b"[]"),
            rows: 0,
        };
        return parts.workspace.deliver(&nothing).await.unwrap_err().trouble().code;
    }
    let source = &parts.connections[0].streams[0].source;
    match source.probe(Utc::now() - chrono::TimeDelta::days(1)).await {
        Err(error) => error.trouble().code,
        Ok(probe) => panic!("{asked:?}: {probe:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_that_can_be_seen_on_the_wire_leads_to_its_code() {
    let wires: Vec<Wire> = servicenow().into_iter().chain(microsoft()).collect();
    let told = join_all(wires.iter().map(|wire| code_of(wire.clone()))).await;
    let wrong: Vec<String> = wires
        .iter()
        .zip(told)
        .filter_map(|(wire, code)| {
            let heard = HEARD.iter().find(|heard| heard.words == wire.words);
            let heard = heard.unwrap_or_else(|| panic!("{} is not in the table", wire.words));
            (heard.code != code).then(|| format!("{}: {} in the table, {code} in fact", wire.words, heard.code))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_message_that_is_not_tried_is_one_that_no_answer_bears() {
    let tried: Vec<&str> = servicenow()
        .into_iter()
        .chain(microsoft())
        .map(|wire| wire.words)
        .collect();
    for heard in HEARD.iter().filter(|heard| !tried.contains(&heard.words)) {
        let of_itsmc = heard.by == By::Itsmc;
        assert!(of_itsmc || UNSEEN.contains(&heard.code), "{} is not tried", heard.words);
    }
}
