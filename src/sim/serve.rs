//! Serving a simulator: a port of the kernel's choosing, a graceful stop, bodies that break on purpose.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::fault::Canned;

/// How long open connections may take to end when a server stops.
const GRACE: Duration = Duration::from_secs(2);

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: Option<JoinHandle<io::Result<()>>>,
}

/// Serves `router` on `address`, or on a free port of 127.0.0.1.
///
/// # Errors
/// The address cannot be bound.
pub async fn serve(router: Router, address: Option<SocketAddr>) -> io::Result<Server> {
    let address = address.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let task = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
    Ok(Server {
        address,
        stop,
        task: Some(task),
    })
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting, lets open requests end (at most two seconds), frees the port.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let Some(mut task) = self.task.take() else { return };
        if tokio::time::timeout(GRACE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// A canned answer as a response.
pub fn canned(canned: Canned) -> Response<Body> {
    let mut response = Response::new(Body::from(canned.body));
    *response.status_mut() = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in canned.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The first half of `body`; then the connection is reset.
pub fn reset_in_the_middle(body: &Bytes) -> Body {
    let half = body.slice(..body.len() / 2);
    let broken = io::Error::new(io::ErrorKind::ConnectionReset, "reset on purpose");
    // The pause lets the first half reach the caller before the end of the connection does.
    Body::from_stream(stream::unfold(Some((half, broken)), |left| async move {
        let (half, broken) = left?;
        if half.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            return Some((Err(broken), None));
        }
        Some((Ok(half), Some((Bytes::new(), broken))))
    }))
}

/// A body that comes in `pieces` parts with a pause before each.
pub fn slowly(body: Bytes, pieces: usize, pause: Duration) -> Body {
    let piece = (body.len() / pieces.max(1)).max(1);
    Body::from_stream(stream::unfold(body, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let part = left.split_to(piece.min(left.len()));
        Some((Ok::<_, Infallible>(part), left))
    }))
}

/// The parameters of a query string or form, decoded, in order.
pub fn parameters(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Percent-decodes; `+` is a space; bytes that are not UTF-8 are replaced.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%').then(|| tail.get(..2)).flatten().and_then(hex_pair);
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = tail.get(2..).unwrap_or_default();
            continue;
        }
        bytes.push(if first == b'+' { b' ' } else { first });
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;

    #[test]
    fn parameters_are_decoded_in_order() {
        let parameters = parameters("a=1%5E2&b=x+y&c&d=%zz%C3%A9");
        let expected = [("a", "1^2"), ("b", "x y"), ("c", ""), ("d", "%zzé")];
        assert_eq!(
            parameters,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[tokio::test]
    async fn a_stopped_server_frees_its_port() {
        let router = Router::new().route("/", get(|| async { "here" }));
        let server = serve(router, None).await.unwrap();
        let (url, address) = (server.url(), server.address());
        assert_eq!(reqwest::get(&url).await.unwrap().text().await.unwrap(), "here");
        server.stop().await;
        assert!(reqwest::get(&url).await.is_err());
        assert!(TcpListener::bind(address).await.is_ok());
    }

    #[tokio::test]
    async fn a_reset_body_is_an_error_after_its_first_half() {
        let router = Router::new().route(
            "/",
            get(|| async { reset_in_the_middle(&Bytes::from(vec![b'x'; 4096])) }),
        );
        let server = serve(router, None).await.unwrap();
        let answer = reqwest::get(server.url()).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.bytes().await.is_err());
    }
}
