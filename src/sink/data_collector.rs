//! The HTTP Data Collector API, retired by Azure in September 2026 but spoken by compatible endpoints.
//!
//! That API appends a type's suffix to every name (`Title` arrives as `Title_s`), so names go out without theirs:
//! `_s`, `_t`, `_b` and `_d` are cut off. It decides by the value: text that looks like a date or a GUID gets `_t` or
//! `_g` there, which no client can prevent. `Computer` and `Message` have no suffix in the table and are sent as they
//! are: an endpoint that appends one to them too gives `Computer_s`, and no other spelling of ours would avoid that.
//! `TimeGenerated` is reserved and left out; the time of arrival takes its place, as in the other API for old rows.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use sha2::Sha256;

use super::taken::unless_taken;
use super::{Batch, Receipt, SinkError, Table, codes, oversize};
use crate::model::Trouble;
use crate::model::columns::ColumnType;
use crate::net::http::header::CONTENT_TYPE;
use crate::net::http::{HeaderName, HeaderValue};
use crate::net::{Answer, Authorization, Authorize, Client, Judgement, Lane, Rejected, Request, SecretRef};

/// Most bytes of an upload.
const MOST: usize = 30 * 1_048_576;

/// One `Log-Type` of a workspace.
#[derive(Debug)]
pub struct DataCollector {
    client: Client,
    url: String,
    workspace_id: String,
    shared_key: SecretRef,
    log_type: String,
    clock: fn() -> DateTime<Utc>,
}

/// The signature of one request; it cannot be renewed.
struct Signed(Authorization);

impl Authorize for Signed {
    async fn authorization(&self, rejected: Option<Rejected<'_>>) -> Result<Option<Authorization>, Trouble> {
        match rejected {
            Some(rejected) => Err(self.refused(rejected.answer)),
            None => Ok(Some(self.0.clone())),
        }
    }

    fn refused(&self, answer: &Answer) -> Trouble {
        codes::SHARED_KEY.stop(format!("the workspace answered {}", answer.words()))
    }
}

impl DataCollector {
    pub(super) fn new(
        endpoint: &str,
        workspace_id: &str,
        shared_key: &SecretRef,
        log_type: &str,
        client: Client,
        clock: fn() -> DateTime<Utc>,
    ) -> Self {
        Self {
            client,
            url: format!("{}/api/logs?api-version=2016-04-01", endpoint.trim_end_matches('/')),
            workspace_id: workspace_id.to_owned(),
            shared_key: shared_key.clone(),
            log_type: log_type.to_owned(),
            clock,
        }
    }

    pub(super) fn fingerprint(&self) -> String {
        format!("data-collector {} {}", self.workspace_id, self.log_type)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn deliver(&self, batch: &Batch) -> Result<Receipt, SinkError> {
        match batch.table {
            Table::WorkItems => {}
            Table::Log => return Err(SinkError::Failed(codes::NO_LOG.stop("a batch for the log"))),
        }
        let body = rewrite(&batch.body)?;
        let bytes_sent = body.len() as u64;
        let (request, signed) = self.sign(Bytes::from(body)).map_err(SinkError::Failed)?;
        let judge = |_: &Answer| Judgement::Accept;
        let answer = self
            .client
            .send(Lane::Rest, &signed, &request, &judge)
            .await
            .map_err(|error| SinkError::Failed(error.into_trouble()))?;
        match refusal(&answer, batch.rows) {
            Some(error) => Err(oversize::judged(error, &answer, bytes_sent as usize, MOST)),
            None => Ok(Receipt { bytes_sent }),
        }
    }

    fn sign(&self, body: Bytes) -> Result<(Request, Signed), Trouble> {
        let date = (self.clock)().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let key = self
            .shared_key
            .read()
            .map_err(|error| codes::SHARED_KEY.stop(error.to_string()))?;
        let unusable = |what: &str| codes::SHARED_KEY.stop(what);
        let signature =
            signature(key.expose_secret(), body.len(), &date).ok_or_else(|| unusable("`shared_key` is not base64"))?;
        let header = |text: &str| HeaderValue::from_str(text).map_err(|_| unusable("`log_type` cannot be sent"));
        let authorization = Authorization::new(&format!("SharedKey {}:{signature}", self.workspace_id))
            .ok_or_else(|| unusable("`workspace_id` cannot be sent"))?;
        let request = Request::post(self.url.as_str(), body)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(HeaderName::from_static("log-type"), header(&self.log_type)?)
            .header(HeaderName::from_static("x-ms-date"), header(&date)?);
        Ok((request, Signed(authorization)))
    }
}

/// Base64(HMAC-SHA256(key, …)) over the length in bytes, not in characters; `None` if the key is not base64.
fn signature(key: &str, length: usize, date: &str) -> Option<String> {
    let key = STANDARD.decode(key.trim()).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("POST\n{length}\napplication/json\nx-ms-date:{date}\n/api/logs").as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

pub(super) fn refusal(answer: &Answer, rows: usize) -> Option<SinkError> {
    if answer.status.is_success() {
        return unless_taken(answer);
    }
    let seen = format!("the workspace answered {}", answer.words());
    Some(match answer.status.as_u16() {
        400 => SinkError::Refused(codes::REFUSED.stop(seen)),
        403 => SinkError::Failed(codes::SHARED_KEY.stop(seen)),
        // Wrong address or too large: halving tells them apart, and ends at a single row.
        404 if rows > 1 => SinkError::TooBig(codes::COLLECTOR_NOT_FOUND.stop(seen)),
        404 => SinkError::Failed(codes::COLLECTOR_NOT_FOUND.stop(seen)),
        413 => SinkError::TooBig(codes::TOO_BIG.retry(seen)),
        _ => SinkError::Failed(codes::UNEXPECTED.stop(seen)),
    })
}

/// The rows with the names that this API wants, in one pass: values are copied unread.
pub(super) fn rewrite(body: &[u8]) -> Result<Vec<u8>, SinkError> {
    let mut out = Vec::with_capacity(body.len());
    let mut json = serde_json::Deserializer::from_slice(body);
    let written = json.deserialize_seq(Rows(&mut out)).and_then(|()| json.end());
    written.map_err(|error| SinkError::Failed(codes::NOT_ROWS.stop(error.to_string())))?;
    Ok(out)
}

struct Rows<'a>(&'a mut Vec<u8>);

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let mut mark = b'[';
        self.0.push(mark);
        while rows.next_element_seed(Row { out: self.0, mark })?.is_some() {
            mark = b',';
        }
        self.0.push(b']');
        Ok(())
    }
}

struct Row<'a> {
    out: &'a mut Vec<u8>,
    mark: u8,
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        if self.mark == b',' {
            self.out.push(b',');
        }
        let mut mark = b'{';
        while let Some((name, value)) = members.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            if name == "TimeGenerated" {
                continue;
            }
            self.out.push(mark);
            mark = b',';
            // Writing to a Vec cannot fail.
            let _ = serde_json::to_writer(&mut *self.out, without_suffix(&name));
            self.out.push(b':');
            self.out.extend_from_slice(value.get().as_bytes());
        }
        if mark == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
        Ok(())
    }
}

fn without_suffix(name: &str) -> &str {
    if ColumnType::of_suffix(name).is_some() {
        return &name[..name.len() - 2];
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_published_test_vector() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
        let body = r#"[{"Subject":"Grüße","Number":42}]"#;
        let signature = signature(key, body.len(), "Mon, 04 Apr 2016 08:00:00 GMT").unwrap();
        assert_eq!(signature, "buGwzc0T1uwr5QG1dzeoyhziEUcCWac38Hr4+I0eUxk=");
        assert_eq!(super::signature("not base64!", 1, ""), None);
    }

    #[test]
    fn names_go_out_without_their_suffix_and_values_untouched() {
        let rows = br#"[{"TimeGenerated":"x","Title_s":"a \"b\" \u00e4","IsDeleted_b":false,"Computer":"web_s"},{"N_d":1.50}, {"TimeGenerated":"y"}]"#;
        let expected = r#"[{"Title":"a \"b\" \u00e4","IsDeleted":false,"Computer":"web_s"},{"N":1.50},{}]"#;
        assert_eq!(String::from_utf8(rewrite(rows).unwrap()).unwrap(), expected);
        assert_eq!(rewrite(b"[]").unwrap(), b"[]");
        assert!(rewrite(b"[1]").is_err());
        assert!(rewrite(b"[{}").is_err());
    }
}
