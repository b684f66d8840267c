//! One exchange on the wire, and what broke if it broke.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::bodies::Bodies;
use super::unpack::Unpacker;
use super::way::{Coming, Way};
use crate::net::answer::shorten;
use crate::net::code::Code;
use crate::net::counts::Counters;
use crate::net::proxy::Via;
use crate::net::tls::explain;
use crate::net::{Answer, NetError, Unsaid, codes};

/// No token answer is longer.
pub(super) const TOKEN_BODY_LIMIT: usize = 1024 * 1024;

/// Why there is no whole answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// The body went over the limit, in bytes.
    TooBig(usize),
    /// The request timed out, connecting not meant.
    Timeout,
    /// Anything else.
    Transport(Code, String),
}

impl Broken {
    /// The error it is when no attempt is left; `target` names the host, which had so long to answer.
    pub(super) fn into_error(self, target: &str, patience: Duration) -> NetError {
        match self {
            Self::TooBig(limit) => {
                NetError::TooBig(codes::TOO_BIG.retry(format!("{target} sent more than {} KiB", limit.div_ceil(1024))))
            }
            Self::Timeout => {
                let seconds = patience.as_secs_f64();
                NetError::TooSlow(codes::TIMEOUT.retry(format!("{target}: no whole answer within {seconds} s")))
            }
            Self::Transport(code, words) => NetError::Failed(code.retry(format!("{target}: {words}"))),
        }
    }
}

/// Sends once and reads the whole body, in chunks and never beyond the limit.
pub(super) async fn fetch(
    way: &Way,
    request: reqwest::Request,
    body_limit: usize,
    counters: &Counters,
    bodies: &Bodies,
) -> Result<Answer, Broken> {
    let unsaid = Unsaid::of(&request);
    let mut answer = finished(way.send(request), body_limit, counters, bodies).await?;
    answer.unsaid = unsaid;
    Ok(answer)
}

/// The same past every proxy, for a token.
pub(super) async fn fetch_nearby(way: &Way, request: reqwest::Request, counters: &Counters) -> Result<Answer, Broken> {
    let unsaid = Unsaid::of(&request);
    let mut answer = finished(way.send_nearby(request), TOKEN_BODY_LIMIT, counters, &Bodies::default()).await?;
    answer.unsaid = unsaid;
    Ok(answer)
}

async fn finished(
    sending: impl Future<Output = Result<Coming, Broken>>,
    body_limit: usize,
    counters: &Counters,
    bodies: &Bodies,
) -> Result<Answer, Broken> {
    let exchange = async {
        let mut response = sending.await?;
        counters.status(response.status().as_u16());
        let body = read_body(&mut response, body_limit, bodies).await?;
        Counters::add(&counters.bytes_received, body.len() as u64);
        Ok(Answer {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body,
            requests: 1,
            unsaid: Unsaid::default(),
        })
    };
    let outcome = exchange.await;
    match &outcome {
        Err(Broken::Timeout) => Counters::count(&counters.timeouts),
        Err(Broken::Transport(..)) => Counters::count(&counters.unanswered),
        Err(Broken::TooBig(_)) | Ok(_) => {}
    }
    outcome
}

async fn read_body(response: &mut Coming, limit: usize, bodies: &Bodies) -> Result<Bytes, Broken> {
    let announced = response.content_length();
    if announced.is_some_and(|announced| announced > limit as u64) {
        return Err(Broken::TooBig(limit));
    }
    if Unpacker::is_needed(response.headers_mut()) {
        return read_packed(response, Unpacker::new(bodies.room(limit), limit)).await;
    }
    let mut body = match announced {
        Some(announced) => Vec::with_capacity(usize::try_from(announced).unwrap_or(limit)),
        None => bodies.room(limit),
    };
    body.clear();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(Broken::TooBig(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Bytes::from(body))
}

async fn read_packed(response: &mut Coming, mut unpacker: Unpacker) -> Result<Bytes, Broken> {
    while let Some(chunk) = response.chunk().await? {
        unpacker.unpack(&chunk)?;
    }
    // They tell of the packed body.
    response.headers_mut().remove(CONTENT_ENCODING);
    response.headers_mut().remove(CONTENT_LENGTH);
    unpacker.finish().map(Bytes::from)
}

/// `via` is the proxy on the way, if there is one.
pub(super) fn broken(error: &reqwest::Error, via: Option<&Via>) -> Broken {
    if error.is_timeout() && !error.is_connect() {
        return Broken::Timeout;
    }
    let (code, words) = match explain(error) {
        Some(explained) => explained,
        None => {
            let words = causes(error);
            (code_of(error, &words, via.is_some()), words)
        }
    };
    match via {
        Some(via) => Broken::Transport(code, format!("by the proxy {}: {words}", via.shown())),
        None => Broken::Transport(code, words),
    }
}

/// Which code; only words hang on it, never a decision. The libraries do not export the kinds of these errors.
fn code_of(error: &reqwest::Error, words: &str, proxied: bool) -> Code {
    let lower = words.to_ascii_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if proxied && names(&["proxy authorization required"]) {
        return codes::PROXY_SIGN_IN;
    }
    if proxied
        && names(&[
            "tunnel error: unsuccessful",
            "tunnel error: unexpected end",
            "establishing tunnel",
        ])
    {
        return codes::PROXY_REFUSED;
    }
    if proxied && error.is_connect() {
        return codes::PROXY_UNREACHABLE;
    }
    if names(&["dns error", "failed to lookup"]) {
        return codes::DNS;
    }
    if error.is_connect() || error.is_timeout() || refused(error) {
        return codes::UNREACHABLE;
    }
    codes::BROKEN
}

fn refused(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(
            kind,
            Some(ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable)
        ) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The chain of causes in words, outermost left out where an inner one says more; never the URL.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if words.last().is_none_or(|last| !last.contains(&text)) {
            words.push(text);
        }
        cause = error.source();
    }
    if words.is_empty() {
        return "the request could not be sent".to_owned();
    }
    shorten(&words.join(": "))
}
