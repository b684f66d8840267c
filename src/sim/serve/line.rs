//! Connections that can be cut: one at a time from inside a request, or all when the server stops.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::identity::Peer;

/// The connection a request came by.
#[derive(Debug, Clone)]
pub struct Line {
    cut: CancellationToken,
    /// Whether it is encrypted.
    pub secure: bool,
    /// The certificate that the caller showed.
    pub peer: Option<Peer>,
}

impl Line {
    /// Cuts the connection: whatever the handler answers is lost.
    pub fn cut(&self) {
        self.cut.cancel();
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().line.clone()
    }
}

/// Accepts connections that can be cut, over TLS if it has an acceptor.
pub struct Lines {
    listener: TcpListener,
    closed: CancellationToken,
    tls: Option<TlsAcceptor>,
    /// Callers who have not shaken hands yet: one who never does keeps nobody waiting.
    greeting: JoinSet<io::Result<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Lines {
    /// Lines of `listener`; all are cut when `closed` is.
    pub fn new(listener: TcpListener, tls: Option<TlsAcceptor>, closed: CancellationToken) -> Self {
        Self {
            listener,
            closed,
            tls,
            greeting: JoinSet::new(),
        }
    }

    fn line(&self, stream: Box<dyn Stream>, peer: Option<Peer>) -> Cuttable {
        let cut = self.closed.child_token();
        let was_cut = Box::pin(cut.clone().cancelled_owned());
        let secure = self.tls.is_some();
        Cuttable {
            stream,
            line: Line { cut, secure, peer },
            was_cut,
        }
    }
}

impl Listener for Lines {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, peer) = Listener::accept(&mut self.listener) => {
                    // Without it, small answers wait for the client's delayed acknowledgement.
                    let _best_effort = stream.set_nodelay(true);
                    let Some(tls) = &self.tls else {
                        return (self.line(Box::new(stream), None), peer);
                    };
                    let hands = tls.accept(stream);
                    self.greeting.spawn(async move { Ok((hands.await?, peer)) });
                }
                Some(met) = self.greeting.join_next() => {
                    if let Ok(Ok((stream, peer))) = met {
                        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                        let shown = shown.map(|certificate| Peer(Arc::new(certificate.to_vec())));
                        return (self.line(Box::new(stream), shown), peer);
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// What bytes come and go by.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection that fails once it is cut.
pub struct Cuttable {
    stream: Box<dyn Stream>,
    line: Line,
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
