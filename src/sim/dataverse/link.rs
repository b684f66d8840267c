//! Next links: issued in the real shape, honoured only byte for byte and with the page size they were made for.

use std::collections::HashMap;

use super::page::Place;
use super::refusal::Refusal;

/// What a link stands for.
#[derive(Debug, Clone)]
pub(super) struct Continuation {
    /// The options of the first request, decoded.
    pub options: Vec<(String, String)>,
    /// Its raw query, to which every link's cookie is appended.
    pub raw: String,
    /// The number of the page it leads to, from 2.
    pub number: u64,
    /// Where the page before ended.
    pub after: Place,
    /// The `odata.maxpagesize` it was made with.
    pub page: Option<usize>,
}

/// The links handed out, by path and query.
#[derive(Debug, Default)]
pub(super) struct Links {
    issued: HashMap<String, Continuation>,
}

impl Links {
    /// Hands out a link; `cookie` is the inner cookie's elements. Returns its path and query.
    pub(super) fn issue(&mut self, path: &str, cookie: &str, to: Continuation) -> String {
        let number = to.number;
        let inner = format!("<cookie page=\"{}\">{cookie}</cookie>", number - 1);
        let token = format!(
            "%3Ccookie%20pagenumber=%22{number}%22%20pagingcookie=%22{}%22%20istracking=%22False%22%20/%3E",
            twice(&inner)
        );
        let raw = &to.raw;
        let joint = if raw.is_empty() { "" } else { "&" };
        let target = format!("{path}?{raw}{joint}$skiptoken={token}");
        self.issued.insert(target.clone(), to);
        target
    }

    /// What a request's path and query lead to; `None` when it bears no cookie.
    pub(super) fn follow(&self, target: &str, page: Option<usize>) -> Result<Option<Continuation>, Refusal> {
        if !target.contains("skiptoken=") {
            return Ok(None);
        }
        let Some(found) = self.issued.get(target) else {
            return Err(Refusal::bad("0x80060888", "Malformed XML in the Paging Cookie"));
        };
        if found.page != page {
            return Err(Refusal::bad(
                "0x80060888",
                "The paging cookie belongs to another odata.maxpagesize.",
            ));
        }
        Ok(Some(found.clone()))
    }

    /// Forgets every link: they are refused from now on.
    pub(super) fn forget(&mut self) {
        self.issued.clear();
    }
}

/// Percent-encoded twice with lower-case digits, as the real inner cookie is.
fn twice(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%25{byte:02x}"));
        }
    }
    encoded
}
