//! A proxy on the way: it leads on, it wants a password, it says no, it is not there.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::both;
use super::stage::{Authority, Offer, outcome, serve, settings};
use crate::net::reach::Step;
use crate::net::{Client, ClientSettings};

/// A small CONNECT proxy: whatever is asked for, it leads to `behind`, or answers with `refusal`.
struct Proxy {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

async fn proxy(behind: String, refusal: Option<&'static str>) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut line, _)) = listener.accept().await {
            let (behind, seen) = (behind.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(line.read_u8().await.unwrap());
                }
                seen.lock().unwrap().push(String::from_utf8(head).unwrap());
                if let Some(refusal) = refusal {
                    let _ = line.write_all(refusal.as_bytes()).await;
                    return;
                }
                let mut on = TcpStream::connect(behind).await.unwrap();
                line.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    .await
                    .unwrap();
                let _ = copy_bidirectional(&mut line, &mut on).await;
            });
        }
    });
    Proxy { url, heads }
}

/// A name that resolves nowhere but at the proxy.
const DESK: &str = "https://desk.invalid:8443";

fn through(proxy: &str, authority: &Authority) -> Client {
    Client::new(ClientSettings {
        proxy: Some(proxy.to_owned()),
        ..settings(DESK, Some(authority), None)
    })
    .unwrap()
}

#[tokio::test]
async fn requests_go_through_the_proxy_which_resolves_the_name() {
    let authority = Authority::new("Contoso Root");
    let server = serve(Offer::of(&authority, &["desk.invalid"])).await;
    let proxy = proxy(server.replace("https://localhost", "127.0.0.1"), None).await;
    let client = through(&proxy.url, &authority);
    assert_eq!(outcome(&client, DESK).await.unwrap(), 200);
    let token = client
        .post_form(&format!("{DESK}/oauth_token.do"), &[("a", "b")])
        .await
        .unwrap();
    assert_eq!(token.status.as_u16(), 200);
    let reach = client.reach(DESK).await;
    assert_eq!(
        (reach.trouble(), reach.proxy.as_deref()),
        (None, Some(proxy.url.as_str()))
    );
    let steps: Vec<Step> = reach.stages.iter().map(|stage| stage.step).collect();
    assert_eq!(steps, [Step::Name, Step::Tcp, Step::Proxy, Step::Tls]);
    let heads = proxy.heads.lock().unwrap();
    assert_eq!(heads.len(), 3);
    assert!(
        heads.iter().all(|head| head.starts_with("CONNECT desk.invalid:8443 ")),
        "{heads:?}"
    );
}

#[tokio::test]
async fn a_certificate_that_is_wrong_behind_a_proxy_names_the_proxy_too() {
    let authority = Authority::new("Contoso Root");
    let server = serve(Offer::of(&Authority::new("Traffic Inspection"), &["desk.invalid"])).await;
    let proxy = proxy(server.replace("https://localhost", "127.0.0.1"), None).await;
    let (code, seen) = both(&through(&proxy.url, &authority), DESK).await;
    assert_eq!(code, "ITSMD-NET-021", "{seen}");
    assert!(
        seen.contains("Traffic Inspection") && seen.contains(&proxy.url),
        "{seen}"
    );
}

#[tokio::test]
async fn a_proxys_own_troubles_are_told_as_the_proxys() {
    let authority = Authority::new("Contoso Root");
    let wants = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
    let refuses = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    for (refusal, expected) in [
        (wants, "ITSMD-NET-016"),
        (refuses, "ITSMD-NET-017"),
        ("", "ITSMD-NET-017"),
    ] {
        let proxy = proxy(String::new(), Some(refusal)).await;
        let (code, seen) = both(&through(&proxy.url, &authority), DESK).await;
        assert_eq!(code, expected, "{refusal}: {seen}");
        assert!(seen.contains(&proxy.url), "{seen}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for proxy in [gone.as_str(), "http://no-such-proxy.invalid:3128"] {
        let (code, seen) = both(&through(proxy, &authority), DESK).await;
        assert_eq!(code, "ITSMD-NET-015", "{seen}");
        assert!(seen.contains(proxy), "{seen}");
    }
}
