//! What is counted, as series: read where it is kept.

use std::time::Duration;

use super::build::{Connected, DeskStream, Parts};
use crate::auth::Credentials;
use crate::net::{Client, Ended, Waits};
use crate::source::Source;
use crate::status::Outcome;
use crate::status::metrics::{
    BATCH_BYTES, BATCH_ROWS, BYTES_SENT, DELETED, HIDDEN, Labels, Metric, READ, REQUESTS, RUN_DURATION, RUNS,
    RequestOutcome, SENT, SET_ASIDE, STATE_BYTES, STATE_FREE, Sample, TOKEN_AGE, TOKEN_EXPIRY, TOKEN_REQUESTS,
    UNCHANGED, Value, WAITED, WAITS, WORKSPACE_REQUESTS,
};

impl Parts {
    /// Every counter there is, and what no report says.
    pub(super) fn samples(&self) -> Vec<Sample> {
        let mut samples = Vec::new();
        for Connected {
            settings,
            client,
            credentials,
            streams,
        } in &self.connections
        {
            if streams.is_empty() {
                continue;
            }
            for stream in streams {
                of_stream(stream, &mut samples);
            }
            let owner = vec![("connection", settings.name.to_string())];
            of_way(client, Some(credentials), &owner, &mut samples);
        }
        if let Some(client) = self.workspace.client() {
            of_way(client, self.workspace.credentials(), &Vec::new(), &mut samples);
            by_outcome(WORKSPACE_REQUESTS, &Vec::new(), client.ended(), &mut samples);
        }
        let state = self.store.extent();
        samples.push(Sample::count(STATE_BYTES, Vec::new(), state.bytes));
        samples.extend(state.free.map(|free| Sample::count(STATE_FREE, Vec::new(), free)));
        samples
    }
}

fn of_stream(stream: &DeskStream, samples: &mut Vec<Sample>) {
    let labels = vec![
        ("connection", stream.id.connection.to_string()),
        ("work_item", stream.id.kind.as_str().to_owned()),
    ];
    let tally = stream.progress.tally();
    for (metric, count) in [
        (READ, tally.read),
        (SENT, tally.sent),
        (UNCHANGED, tally.unchanged),
        (SET_ASIDE, tally.quarantined),
        (DELETED, tally.deleted),
        (HIDDEN, tally.hidden),
        (BYTES_SENT, tally.bytes_sent),
    ] {
        samples.push(Sample::count(metric, labels.clone(), count));
    }
    let ended = stream.source.requests_ended() + stream.keys.requests_ended();
    by_outcome(REQUESTS, &labels, ended, samples);
    let done = stream.progress.done();
    for (outcome, runs) in [
        (Outcome::Complete, done.complete),
        (Outcome::Failed, done.failed),
        (Outcome::Interrupted, done.interrupted),
    ] {
        samples.push(Sample::count(RUNS, with(&labels, "outcome", outcome.as_str()), runs));
    }
    let spreads = [
        (RUN_DURATION, with(&labels, "worker", "head"), done.head),
        (RUN_DURATION, with(&labels, "worker", "rest"), done.rest),
        (BATCH_ROWS, labels.clone(), done.rows),
        (BATCH_BYTES, labels, done.bytes),
    ];
    samples.extend(spreads.map(|(metric, labels, spread)| Sample {
        metric,
        labels,
        value: Value::Spread(spread),
    }));
}

fn by_outcome(metric: Metric, labels: &Labels, ended: Ended, samples: &mut Vec<Sample>) {
    for (outcome, count) in [
        (RequestOutcome::Ok, ended.ok),
        (RequestOutcome::Throttled, ended.throttled),
        (RequestOutcome::Refused, ended.refused),
        (RequestOutcome::Failed, ended.failed),
    ] {
        samples.push(Sample::count(metric, with(labels, "outcome", outcome.as_str()), count));
    }
}

/// A way to a server: its waits, and the token it goes with.
fn of_way(client: &Client, credentials: Option<&Credentials>, owner: &Labels, samples: &mut Vec<Sample>) {
    let Waits { rate, server, backoff } = client.waits();
    for (reason, waited) in [("rate", rate), ("server", server), ("backoff", backoff)] {
        let labels = with(owner, "reason", reason);
        samples.push(Sample::count(WAITS, labels.clone(), waited.times));
        samples.push(Sample::number(WAITED, labels, waited.spent.as_secs_f64()));
    }
    samples.push(Sample::count(
        TOKEN_REQUESTS,
        owner.clone(),
        client.counts().token_requests,
    ));
    if let Some((age, left)) = credentials.and_then(Credentials::token_age) {
        samples.push(Sample::number(TOKEN_AGE, owner.clone(), age.as_secs_f64()));
        let now = Duration::from_millis(super::now().timestamp_millis().max(0).cast_unsigned());
        samples.push(Sample::number(
            TOKEN_EXPIRY,
            owner.clone(),
            (now + left).as_secs_f64().round(),
        ));
    }
}

fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    let mut labels = labels.clone();
    labels.push((name, value.to_owned()));
    labels
}
