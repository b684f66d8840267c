//! Azure's Logs Ingestion API: 2xx means taken, and only that.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::taken::unless_taken;
use super::{Batch, Receipt, Settings, SinkError, Table, codes, oversize};
use crate::auth::{Company, Credentials, Identities, Refusal};
use crate::model::Trouble;
use crate::net::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use crate::net::http::{HeaderName, HeaderValue};
use crate::net::{Answer, Authorize as _, Client, Judgement, Lane, Request};

/// Most bytes of an upload.
const MOST: usize = 1_048_576;

/// A data collection rule's two streams.
#[derive(Debug)]
pub struct LogsIngestion {
    client: Client,
    credentials: Credentials,
    work_items: String,
    log: Option<String>,
    fingerprint: String,
}

impl LogsIngestion {
    pub(super) fn new(settings: &Settings, client: Client, identities: &Identities) -> Result<Self, Trouble> {
        let Settings::LogsIngestion {
            endpoint,
            dcr_immutable_id,
            stream,
            log_stream,
            auth,
            expires: _,
            tls: _,
            proxy: _,
        } = settings
        else {
            return Err(codes::UNEXPECTED.stop("not a logs-ingestion workspace"));
        };
        let url = |stream: &str| {
            format!(
                "{}/dataCollectionRules/{}/streams/{}?api-version=2023-01-01",
                endpoint.trim_end_matches('/'),
                path_part(dcr_immutable_id),
                path_part(stream)
            )
        };
        let company = Company {
            identities: identities.clone(),
            kept: None,
        };
        Ok(Self {
            credentials: Credentials::among(auth, endpoint, &client, &company)?,
            client,
            work_items: url(stream),
            log: log_stream.as_deref().map(url),
            fingerprint: format!("logs-ingestion {dcr_immutable_id} {stream}"),
        })
    }

    pub(super) fn url(&self, table: Table) -> Option<&str> {
        match table {
            Table::WorkItems => Some(&self.work_items),
            Table::Log => self.log.as_deref(),
        }
    }

    pub(super) fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.credentials.refusal()
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Gets a token, without using it.
    pub(super) async fn sign_in(&self) -> Result<(), Trouble> {
        self.credentials.authorization(None).await.map(|_| ())
    }

    pub(super) async fn deliver(&self, batch: &Batch) -> Result<Receipt, SinkError> {
        let Some(url) = self.url(batch.table) else {
            return Err(SinkError::Failed(codes::NO_LOG.stop("a batch for the log")));
        };
        let body = compress(&batch.body)?;
        let bytes_sent = body.len() as u64;
        let request = Request::post(url, body)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(CONTENT_ENCODING, HeaderValue::from_static("gzip"))
            .fresh_id(HeaderName::from_static("x-ms-client-request-id"));
        let judge = |_: &Answer| Judgement::Accept;
        let answer = self
            .client
            .send(Lane::Rest, &self.credentials, &request, &judge)
            .await
            .map_err(|error| SinkError::Failed(of_workspace(error.into_trouble())))?;
        match refusal(&answer) {
            Some(error) => Err(oversize::judged(error, &answer, batch.body.len(), MOST)),
            None => Ok(Receipt { bytes_sent }),
        }
    }
}

/// A stream may fail for either end: which one it was is said.
fn of_workspace(mut trouble: Trouble) -> Trouble {
    if !trouble.seen.contains("workspace") {
        trouble.seen = format!("the workspace: {}", trouble.seen);
    }
    trouble
}

/// Level 1: three quarters of the gain for a quarter of the time.
fn compress(body: &[u8]) -> Result<Bytes, SinkError> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 6 + 64), Compression::new(1));
    let packed = encoder.write_all(body).and_then(|()| encoder.finish());
    packed
        .map(Bytes::from)
        .map_err(|error| SinkError::Failed(codes::UNEXPECTED.retry(format!("gzip: {error}"))))
}

pub(super) fn refusal(answer: &Answer) -> Option<SinkError> {
    if answer.status.is_success() {
        return unless_taken(answer);
    }
    let request_id = answer.header("x-ms-request-id").unwrap_or("none");
    let seen = format!(
        "the workspace answered {} (x-ms-request-id {request_id})",
        answer.words()
    );
    Some(match answer.status.as_u16() {
        400 | 403 | 404 if is_classic_table(answer) => SinkError::Failed(codes::CLASSIC_TABLE.stop(seen)),
        400 if is_invalid_stream(answer) => SinkError::Failed(codes::STREAM.retry(seen)),
        400 => SinkError::Refused(codes::REFUSED.stop(seen)),
        403 => SinkError::Failed(codes::FORBIDDEN.retry(seen)),
        404 => SinkError::Failed(codes::NOT_FOUND.stop(seen)),
        413 => SinkError::TooBig(codes::TOO_BIG.retry(seen)),
        _ => SinkError::Failed(codes::UNEXPECTED.stop(seen)),
    })
}

/// The code stands in a header and in the body; bodies may be anything.
fn is_invalid_stream(answer: &Answer) -> bool {
    answer.header("x-ms-error-code") == Some("InvalidStream") || answer.message().starts_with("InvalidStream")
}

/// `InvalidOutputTable`, “Table for output stream 'Custom-…' is not available for destination '…'”: what a deployment of the
/// rule is refused with. What the ingestion API itself says of such a table nobody has written down, so what the portal
/// calls it counts too; no less, for a refusal may repeat a record's own words.
fn is_classic_table(answer: &Answer) -> bool {
    let message = answer.message();
    answer.header("x-ms-error-code") == Some("InvalidOutputTable")
        || message.starts_with("InvalidOutputTable")
        || message.contains("is not available for destination")
        || message.to_ascii_lowercase().contains("custom table (classic)")
}

/// Everything but unreserved characters percent-encoded.
fn path_part(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            part.push(char::from(byte));
        } else {
            part.push_str(&format!("%{byte:02X}"));
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What Azure takes on the wire: its "1 MB", in the strictest reading that its clients know.
    const WIRE: usize = 1_048_576;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2))]
        #[test]
        fn a_full_batch_fits_the_wire_however_badly_it_packs(seed in any::<u64>(), letters in 64u8..=94) {
            let mut random = fastrand::Rng::with_seed(seed);
            let body: Vec<u8> = (0..1_000_000).map(|_| b'!' + random.u8(0..letters)).collect();
            let packed = compress(&body).unwrap();
            prop_assert!(packed.len() <= WIRE, "{} bytes", packed.len());
        }
    }
}
