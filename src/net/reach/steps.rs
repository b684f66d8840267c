//! The steps themselves, each with its own time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion};

use super::{Reach, Stage, Step};
use crate::model::Trouble;
use crate::net::proxy::Via;
use crate::net::tls::{explain, names};
use crate::net::url::{check_url, host};
use crate::net::{Client, Code, codes};

/// With TLS 1.3 a server refuses a client certificate only after the client took the handshake for done.
const SECOND_THOUGHTS: Duration = Duration::from_millis(250);

/// No proxy's answer to a CONNECT is longer.
const PROXY_HEAD: usize = 8192;

struct Way<'a> {
    url: Url,
    via: Option<Via>,
    tls: &'a Arc<ClientConfig>,
    patience: Duration,
    stages: Vec<Stage>,
}

pub(super) async fn reach(client: &Client, url: &str) -> Reach {
    let nowhere = |stages| Reach { proxy: None, stages };
    let Some((proxies, tls, patience)) = client.network() else {
        return nowhere(Vec::new());
    };
    let url = match check_url(url) {
        Ok(url) => url,
        Err(trouble) => {
            return nowhere(vec![Stage {
                step: Step::Name,
                outcome: Err(trouble),
            }]);
        }
    };
    let mut way = Way {
        via: proxies.via(&url),
        url,
        tls,
        patience,
        stages: Vec::new(),
    };
    way.go().await;
    Reach {
        proxy: way.via.as_ref().map(Via::shown),
        stages: way.stages,
    }
}

impl Way<'_> {
    async fn go(&mut self) {
        let (name, port) = self.first_hop();
        let found = resolve(&name, port, self.patience).await;
        let found =
            found.map_err(|words| self.trouble(&codes::DNS, &codes::PROXY_UNREACHABLE, &format!("{name}: {words}")));
        let shown = found.as_ref().map(|found| addresses(found)).map_err(Trouble::clone);
        self.stages.push(Stage {
            step: Step::Name,
            outcome: shown,
        });
        let Ok(found) = found else { return };
        let connected = connect(&found, self.patience).await;
        let connected = connected.map_err(|words| self.trouble(&codes::UNREACHABLE, &codes::PROXY_UNREACHABLE, &words));
        let shown = connected
            .as_ref()
            .map(|(_, to)| format!("connected to {to}"))
            .map_err(Trouble::clone);
        self.stages.push(Stage {
            step: Step::Tcp,
            outcome: shown,
        });
        let Ok((mut line, _)) = connected else { return };
        if let Some(via) = self.via.clone() {
            let led = tokio::time::timeout(self.patience, tunnel(&mut line, &self.url, &via)).await;
            let led = led.unwrap_or_else(|_| Err((codes::PROXY_REFUSED, "no answer in time".to_owned())));
            let led = led.map_err(|(code, words)| code.retry(format!("{}: {words}", via.shown())));
            let through = led.is_ok();
            self.stages.push(Stage {
                step: Step::Proxy,
                outcome: led.map(|()| format!("{} leads on to {}", via.shown(), host(&self.url))),
            });
            if !through {
                return;
            }
        }
        if self.url.scheme() == "https" {
            let secured = self.secure(line).await;
            self.stages.push(Stage {
                step: Step::Tls,
                outcome: secured,
            });
        }
    }

    fn first_hop(&self) -> (String, u16) {
        match &self.via {
            Some(via) => {
                let standard = if via.uri.scheme_str() == Some("https") { 443 } else { 80 };
                let host = via.uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
                (host, via.uri.port_u16().unwrap_or(standard))
            }
            None => {
                let host = self
                    .url
                    .host_str()
                    .unwrap_or_default()
                    .trim_matches(['[', ']'])
                    .to_owned();
                (host, self.url.port_or_known_default().unwrap_or(443))
            }
        }
    }

    fn trouble(&self, ours: &Code, proxys: &Code, words: &str) -> Trouble {
        match &self.via {
            Some(via) => proxys.retry(format!("{}: {words}", via.shown())),
            None => ours.retry(words),
        }
    }

    async fn secure(&self, line: TcpStream) -> Result<String, Trouble> {
        let target = host(&self.url);
        let name = self
            .url
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned();
        let name = ServerName::try_from(name).map_err(|_| codes::BAD_URL.stop(format!("{target} is not a name")))?;
        let failed = |error: &std::io::Error| {
            let (code, words) = explain(error).unwrap_or_else(|| (codes::TLS, error.to_string()));
            code.retry(format!("{target}: {words}"))
        };
        let connecting = TlsConnector::from(Arc::clone(self.tls)).connect(name, line);
        let secured = tokio::time::timeout(self.patience, connecting).await;
        let mut secured = secured
            .map_err(|_| codes::NOT_TLS.retry(format!("{target}: no answer to the TLS greeting in time")))?
            .map_err(|error| failed(&error))?;
        let mut byte = [0];
        match tokio::time::timeout(SECOND_THOUGHTS, secured.read(&mut byte)).await {
            Ok(Err(error)) => Err(failed(&error)),
            // It may hang up because nobody asks it anything.
            Ok(Ok(_)) | Err(_) => Ok(shown(&secured)),
        }
    }
}

async fn resolve(name: &str, port: u16, patience: Duration) -> Result<Vec<SocketAddr>, String> {
    match tokio::time::timeout(patience, tokio::net::lookup_host((name, port))).await {
        Ok(Ok(found)) => {
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() {
                Err("no address".to_owned())
            } else {
                Ok(found)
            }
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}

fn addresses(found: &[SocketAddr]) -> String {
    found
        .iter()
        .map(|at| at.ip().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// To the first that listens; else what the last one said.
async fn connect(found: &[SocketAddr], patience: Duration) -> Result<(TcpStream, SocketAddr), String> {
    let mut last = String::new();
    for &at in found {
        match tokio::time::timeout(patience, TcpStream::connect(at)).await {
            Ok(Ok(line)) => return Ok((line, at)),
            Ok(Err(error)) => last = format!("{at}: {error}"),
            Err(_) => last = format!("{at}: no answer in time (a firewall that drops packets?)"),
        }
    }
    Err(last)
}

/// Asks the proxy to lead on.
async fn tunnel(line: &mut TcpStream, url: &Url, via: &Via) -> Result<(), (Code, String)> {
    let refused = |error: std::io::Error| (codes::PROXY_REFUSED, error.to_string());
    let port = url.port_or_known_default().unwrap_or(443);
    let target = format!("{}:{port}", url.host_str().unwrap_or_default());
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(authorization) = &via.authorization {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    line.write_all(&head).await.map_err(refused)?;
    let answer = answered(line).await.map_err(refused)?;
    let first = answer.lines().next().unwrap_or_default();
    match first.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        Some("407") => Err((codes::PROXY_SIGN_IN, first.to_owned())),
        Some(_) => Err((codes::PROXY_REFUSED, format!("it answered {first}"))),
        None => Err((codes::PROXY_REFUSED, "its answer is not one of a proxy".to_owned())),
    }
}

/// Byte by byte: what follows the head is already the server's.
async fn answered(line: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while head.len() < PROXY_HEAD && !head.ends_with(b"\r\n\r\n") {
        match line.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn shown(secured: &TlsStream<TcpStream>) -> String {
    let (_, session) = secured.get_ref();
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    match session.peer_certificates().and_then(|chain| names(chain.first()?)) {
        Some(names) => format!(
            "{version}, certificate of {} by {} until {}",
            names.subject, names.issuer, names.ends
        ),
        None => version.to_owned(),
    }
}
