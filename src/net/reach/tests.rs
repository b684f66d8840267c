//! Servers and proxies with something wrong about them, each seen by a request and by the steps of the way.

mod proxied;
mod stage;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use self::stage::{Authority, Offer, client, outcome, raw, serve};
use super::Step;
use crate::net::Client;

async fn both(client: &Client, url: &str) -> (String, String) {
    let sent = outcome(client, url).await.unwrap_err();
    let reach = client.reach(url).await;
    let reached = reach.trouble().unwrap_or_else(|| panic!("{reach:?}")).clone();
    assert_eq!(sent.code, reached.code, "{sent} / {reached}");
    (sent.code.to_owned(), sent.seen)
}

#[tokio::test]
async fn a_good_server_is_reached_step_by_step_and_its_certificate_told() {
    let authority = Authority::new("Contoso Root");
    let url = serve(Offer::of(&authority, &["localhost"])).await;
    let client = client(&url, Some(&authority), None);
    assert_eq!(outcome(&client, &url).await.unwrap(), 200);
    let reach = client.reach(&url).await;
    let steps: Vec<Step> = reach.stages.iter().map(|stage| stage.step).collect();
    assert_eq!(
        (steps.as_slice(), reach.proxy),
        ([Step::Name, Step::Tcp, Step::Tls].as_slice(), None)
    );
    let told = reach.stages[2].outcome.clone().unwrap();
    assert!(
        told.contains("TLS 1.3") && told.contains("Contoso Root") && told.contains("4096"),
        "{told}"
    );
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_told_with_the_date() {
    let authority = Authority::new("Contoso Root");
    let mut old = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    old.not_before = date_time_ymd(2020, 1, 1);
    old.not_after = date_time_ymd(2021, 3, 4);
    let url = serve(Offer::signed(&authority, &old)).await;
    let (code, seen) = both(&client(&url, Some(&authority), None), &url).await;
    assert_eq!(code, "ITSMD-NET-018", "{seen}");
    assert!(seen.contains("2021-03-04"), "{seen}");

    let mut early = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    early.not_before = date_time_ymd(2094, 5, 6);
    early.not_after = date_time_ymd(2095, 1, 1);
    let url = serve(Offer::signed(&authority, &early)).await;
    let (code, seen) = both(&client(&url, Some(&authority), None), &url).await;
    assert_eq!(code, "ITSMD-NET-019", "{seen}");
    assert!(seen.contains("2094-05-06"), "{seen}");
}

#[tokio::test]
async fn a_certificate_for_other_names_tells_which_it_bears() {
    let authority = Authority::new("Contoso Root");
    let url = serve(Offer::of(&authority, &["desk.contoso.example", "*.fabrikam.example"])).await;
    let (code, seen) = both(&client(&url, Some(&authority), None), &url).await;
    assert_eq!(code, "ITSMD-NET-020", "{seen}");
    for word in ["localhost", "desk.contoso.example", "*.fabrikam.example"] {
        assert!(seen.contains(word), "{seen}");
    }
}

#[tokio::test]
async fn an_unknown_authority_is_named_and_a_self_signed_certificate_called_so() {
    let authority = Authority::new("Contoso Private Root");
    let url = serve(Offer::of(&authority, &["localhost"])).await;
    let (code, seen) = both(&client(&url, None, None), &url).await;
    assert_eq!(code, "ITSMD-NET-021", "{seen}");
    assert!(
        seen.contains("Contoso Private Root") && !seen.contains("besides"),
        "{seen}"
    );

    let url = serve(Offer::of(&authority, &["desk.contoso.example"])).await;
    let (code, seen) = both(&client(&url, None, None), &url).await;
    assert_eq!(code, "ITSMD-NET-021", "{seen}");
    assert!(
        seen.contains("besides, the certificate is not for localhost; it bears desk.contoso.example"),
        "{seen}"
    );

    for is_authority in [false, true] {
        let url = serve(Offer::self_signed(is_authority)).await;
        let (code, seen) = both(&client(&url, None, None), &url).await;
        assert_eq!(code, "ITSMD-NET-022", "authority {is_authority}: {seen}");
    }
}

#[tokio::test]
async fn a_client_certificate_that_is_wanted_or_not_liked_is_told() {
    let (authority, theirs) = (Authority::new("Contoso Root"), Authority::new("Their Clients"));
    let url = serve(Offer::of(&authority, &["localhost"]).demanding(&theirs)).await;
    let (code, seen) = both(&client(&url, Some(&authority), None), &url).await;
    assert_eq!(code, "ITSMD-NET-023", "{seen}");

    let (folder, stranger) = Authority::new("Strangers").client_identity();
    let (code, seen) = both(&client(&url, Some(&authority), Some(&stranger)), &url).await;
    assert_eq!(code, "ITSMD-NET-023", "{seen}");
    drop(folder);

    let (_folder, known) = theirs.client_identity();
    let client = client(&url, Some(&authority), Some(&known));
    assert_eq!(outcome(&client, &url).await.unwrap(), 200);
    assert_eq!(client.reach(&url).await.trouble(), None);
}

#[tokio::test]
async fn a_port_for_plain_http_is_called_no_tls() {
    let url = raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let (code, seen) = both(&client(&url, None, None), &url).await;
    assert_eq!(code, "ITSMD-NET-024", "{seen}");
}

#[tokio::test]
async fn a_server_that_offers_tls_1_1_at_most_is_refused() {
    // A ServerHello: handshake, version 3.2, no extension.
    let mut hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0xc0, 0x13, 0]);
    let by_hello: &'static [u8] = hello.leak();
    let by_alert: &'static [u8] = &[0x15, 3, 1, 0, 2, 2, 70];
    for answer in [by_hello, by_alert] {
        let url = raw(answer).await;
        let (code, seen) = both(&client(&url, None, None), &url).await;
        assert_eq!(code, "ITSMD-NET-025", "{seen}");
    }
}

#[tokio::test]
async fn nobody_listening_and_no_such_name_are_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    drop(listener);
    let (code, _) = both(&client(&url, None, None), &url).await;
    assert_eq!(code, "ITSMD-NET-002");
    let url = "https://no-such-desk.invalid";
    let client = client(url, None, None);
    let reach = client.reach(url).await;
    assert_eq!(reach.trouble().unwrap().code, "ITSMD-NET-001");
}

#[test]
fn a_pair_whose_key_is_another_ones_is_a_mistake_in_the_files() {
    let (_folder, mut identity) = Authority::new("Clients").client_identity();
    let other = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(other.path(), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    identity.client_key = Some(crate::net::SecretRef::File(other.path().to_owned()));
    let trouble = identity.config().unwrap_err();
    assert_eq!(trouble.code, "ITSMD-NET-013", "{trouble}");
}
