//! A loopback server whose connections can be cut: one at a time from inside a request, or all when it stops.
//!
//! Everything behind a [`Line::cut`] sees what a client of the real thing sees when a gateway dies: the
//! connection closes without an answer.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::sim::journal::Journal;

async fn record(
    State(journal): State<Journal>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let uri = request.uri();
    let entry = journal.open(request.method().as_str(), uri.path(), uri.query().unwrap_or_default());
    let response = next.run(request).await;
    if !line.0.is_cancelled() {
        entry.close(response.status().as_u16());
    }
    response
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    closed: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `router` at `address`; port 0 lets the kernel choose. Every request is written to `journal`; one
    /// whose connection was cut stays without a status there.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(address: SocketAddr, router: Router, journal: Journal) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let closed = CancellationToken::new();
        let lines = Lines {
            listener,
            closed: closed.clone(),
        };
        let router = router.layer(from_fn_with_state(journal, record));
        let service = router.into_make_service_with_connect_info::<Line>();
        let until = closed.clone().cancelled_owned();
        let serving = axum::serve(lines, service).with_graceful_shutdown(until);
        let task = tokio::spawn(async move {
            // It ends by `closed` alone: accept errors are retried inside.
            let _ended = serving.await;
        });
        Ok(Self {
            address,
            closed,
            task: Some(task),
        })
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
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

/// The connection a request came by; a handler gets it as `ConnectInfo<Line>`.
#[derive(Debug, Clone)]
pub struct Line(CancellationToken);

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Line {
    /// One that leads to no socket: whoever made it looks whether it was cut.
    pub fn new() -> Self {
        Self(CancellationToken::new())
    }

    /// Whether the answer is lost.
    pub fn is_cut(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Cuts the connection: whatever the handler answers is lost.
    pub fn cut(&self) {
        self.0.cancel();
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        Self(stream.io().cut.clone())
    }
}

/// Accepts connections that can be cut.
#[derive(Debug)]
pub struct Lines {
    listener: TcpListener,
    closed: CancellationToken,
}

impl Listener for Lines {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        // Without it, small answers wait for the client's delayed acknowledgement.
        let _best_effort = stream.set_nodelay(true);
        let cut = self.closed.child_token();
        let was_cut = Box::pin(cut.clone().cancelled_owned());
        (Cuttable { stream, cut, was_cut }, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A TCP connection that fails once it is cut.
#[derive(Debug)]
pub struct Cuttable {
    stream: TcpStream,
    cut: CancellationToken,
    was_cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Cuttable {
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.was_cut.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionReset.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
