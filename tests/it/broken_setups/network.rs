//! The way to a server.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use futures_util::FutureExt as _;
use itsmd::sim::serve::Identity;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::stage::Outcome::Fails;
use super::{Case, case};

/// A port on which nobody listens.
fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A proxy that answers everybody alike.
fn proxy(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 2048]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

pub const CASES: &[Case] = &[
    case("a host name that nobody knows", "ITSMD-NET-001", Fails, |broken| {
        async move { broken.server("https://contoso.service-now.invalid") }.boxed_local()
    }),
    case("a port on which nobody listens", "ITSMD-NET-002", Fails, |broken| {
        async move { broken.server(&format!("http://127.0.0.1:{}", closed())) }.boxed_local()
    }),
    case("https to a port of plain http", "ITSMD-NET-024", Fails, |broken| {
        async move {
            let plain = broken.rig.servicenow.url();
            broken.server(&plain.replace("http:", "https:"));
        }
        .boxed_local()
    }),
    case(
        "a certificate of an unknown authority",
        "ITSMD-NET-021",
        Fails,
        |broken| async move { broken.tls(false, |_| {}).await }.boxed_local(),
    ),
    case("a certificate that signed itself", "ITSMD-NET-022", Fails, |broken| {
        async move {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
            let identity = Identity {
                certificate: params.self_signed(&key).unwrap().der().to_vec(),
                key: key.serialize_der(),
            };
            broken.secure(&identity, false).await;
        }
        .boxed_local()
    }),
    case("a certificate that has expired", "ITSMD-NET-018", Fails, |broken| {
        async move {
            let old = |params: &mut CertificateParams| {
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 3, 4);
            };
            broken.tls(true, old).await;
        }
        .boxed_local()
    }),
    case("a certificate of tomorrow", "ITSMD-NET-019", Fails, |broken| {
        async move {
            let early = |params: &mut CertificateParams| {
                params.not_before = date_time_ymd(2094, 5, 6);
                params.not_after = date_time_ymd(2095, 1, 1);
            };
            broken.tls(true, early).await;
        }
        .boxed_local()
    }),
    case("a certificate for another name", "ITSMD-NET-020", Fails, |broken| {
        async move {
            let other = |params: &mut CertificateParams| {
                *params = CertificateParams::new(vec!["desk.contoso.example".to_owned()]).unwrap();
            };
            broken.tls(true, other).await;
        }
        .boxed_local()
    }),
    case(
        "a file of authorities that holds none",
        "ITSMD-NET-013",
        Fails,
        |broken| {
            async move {
                std::fs::write(broken.path("ca.pem"), "no certificate").unwrap();
                broken.connection.push_str("[connection.tls]\nca = \"ca.pem\"\n");
            }
            .boxed_local()
        },
    ),
    case("a proxy on which nobody listens", "ITSMD-NET-015", Fails, |broken| {
        async move {
            broken.server("https://contoso.example");
            broken.keys(&format!("proxy = \"http://127.0.0.1:{}\"", closed()));
        }
        .boxed_local()
    }),
    case(
        "a proxy that wants to know who asks",
        "ITSMD-NET-016",
        Fails,
        |broken| {
            async move {
                let port = proxy(
                    "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                );
                broken.server("https://contoso.example");
                broken.keys(&format!("proxy = \"http://127.0.0.1:{port}\""));
            }
            .boxed_local()
        },
    ),
    case("a proxy that does not lead there", "ITSMD-NET-017", Fails, |broken| {
        async move {
            let port = proxy("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            broken.server("https://contoso.example");
            broken.keys(&format!("proxy = \"http://127.0.0.1:{port}\""));
        }
        .boxed_local()
    }),
];
