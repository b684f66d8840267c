//! Serving a simulator: a port of the kernel's choosing, connections that can be cut, bodies that break on purpose.
//!
//! A router answers with [`cut`] where a gateway would die: over a socket the connection closes without an answer,
//! and a caller that drives the router in its own process sees [`is_cut`].

mod identity;
mod line;

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderValue, Response, StatusCode};
use axum::middleware::{Next, from_fn};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::fault::Canned;
pub use identity::{Guests, Identity, Peer};
use line::{Line, Lines};

/// Marks a response that must not arrive: whoever carries it cuts the connection instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut;

/// Marks a request that came over TLS.
#[derive(Debug, Clone, Copy)]
struct Secure;

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    closed: CancellationToken,
    task: Option<JoinHandle<()>>,
}

/// Serves `router` on `address`, or on a free port of 127.0.0.1.
///
/// # Errors
/// The address cannot be bound.
pub async fn serve(router: Router, address: Option<SocketAddr>) -> io::Result<Server> {
    serve_as(router, address, None).await
}

/// Serves `router` likewise, over TLS as `identity`, if it has one.
///
/// # Errors
/// The address cannot be bound, or the identity cannot be used.
pub async fn serve_as(router: Router, address: Option<SocketAddr>, identity: Option<&Identity>) -> io::Result<Server> {
    let tls = identity.map(|identity| identity.acceptor(None)).transpose()?;
    listen(router, address, tls).await
}

/// Serves `router` over TLS as `identity`, and asks callers for certificates of their own; what a caller showed is
/// among a request's extensions as [`Peer`].
///
/// # Errors
/// The address cannot be bound, or a certificate cannot be used.
pub async fn serve_guests(
    router: Router,
    address: Option<SocketAddr>,
    identity: &Identity,
    guests: &Guests,
) -> io::Result<Server> {
    let tls = identity.acceptor(Some(guests))?;
    listen(router, address, Some(tls)).await
}

async fn listen(router: Router, address: Option<SocketAddr>, tls: Option<TlsAcceptor>) -> io::Result<Server> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = address.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let closed = CancellationToken::new();
    let lines = Lines::new(listener, tls, closed.clone());
    let service = router
        .layer(from_fn(carry))
        .into_make_service_with_connect_info::<Line>();
    let serving = axum::serve(lines, service).with_graceful_shutdown(closed.clone().cancelled_owned());
    let task = tokio::spawn(async move {
        // It ends by `closed` alone: accept errors are retried inside.
        let _ended = serving.await;
    });
    Ok(Server {
        address,
        scheme,
        closed,
        task: Some(task),
    })
}

async fn carry(ConnectInfo(line): ConnectInfo<Line>, mut request: Request, next: Next) -> Response<Body> {
    if line.secure {
        request.extensions_mut().insert(Secure);
    }
    if let Some(peer) = &line.peer {
        request.extensions_mut().insert(peer.clone());
    }
    let response = next.run(request).await;
    if is_cut(&response) {
        line.cut();
    }
    response
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, or `https`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Cuts every connection and returns once the port is free.
    pub async fn stop(mut self) {
        self.closed.cancel();
        if let Some(task) = self.task.take() {
            let _ended = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

/// How a request came: `http` or `https`.
pub fn scheme(extensions: &Extensions) -> &'static str {
    extensions.get::<Secure>().map_or("http", |Secure| "https")
}

/// A response that never arrives: its connection is cut.
pub fn cut() -> Response<Body> {
    let mut response = Response::default();
    response.extensions_mut().insert(Cut);
    response
}

/// Whether the connection is cut instead of giving this response.
pub fn is_cut(response: &Response<Body>) -> bool {
    response.extensions().get::<Cut>().is_some()
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;

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
