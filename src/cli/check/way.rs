//! The way to a server: name, connection, proxy, TLS. Nothing is asked of the server yet.

use super::finding::{Finding, Line};
use crate::net::Client;

/// A line a step; the last one tells where it ends.
pub(super) async fn lines(client: &Client, url: &str) -> Vec<Line> {
    let reach = client.reach(url).await;
    let mut lines = Vec::new();
    if let Some(proxy) = &reach.proxy {
        lines.push(Line::good("way", format!("by the proxy {proxy}")));
    }
    lines.extend(reach.stages.into_iter().map(|stage| match stage.outcome {
        Ok(told) => Line::good(stage.step.as_str(), told),
        Err(trouble) => Line::found(stage.step.as_str(), Finding::of_trouble(&trouble)),
    }));
    lines
}
