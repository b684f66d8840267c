//! Looking for a secret in whatever form it may have slipped out.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A secret and every form of it.
#[derive(Debug, Clone)]
pub struct Plant {
    pub name: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Plant {
    pub fn new(name: &'static str, secret: &str) -> Self {
        let mut forms = vec![secret.to_owned()];
        // Whatever stands before it in what is encoded moves its letters: three ways, but for those at both ends.
        for before in 0..3_usize {
            let moved = [&b"xyz"[..before], secret.as_bytes()].concat();
            for encoded in [STANDARD_NO_PAD.encode(&moved), URL_SAFE_NO_PAD.encode(&moved)] {
                let begin = [0, 2, 3][before];
                let end = encoded.len().saturating_sub(2);
                forms.extend(encoded.get(begin..end).map(str::to_owned));
            }
        }
        let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        forms.push(percent.to_lowercase());
        forms.push(utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string());
        // Letters of a form that stay as they are.
        let form: String = form_encoded(secret);
        forms.push(form);
        forms.push(percent);
        let json = serde_json::Value::from(secret).to_string();
        forms.push(json.trim_matches('"').to_owned());
        forms.push(format!("{secret:?}").trim_matches('"').to_owned());
        // Debug of bytes.
        forms.push(format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned());
        let mut forms: Vec<_> = forms.into_iter().map(String::into_bytes).collect();
        forms.sort();
        forms.dedup();
        assert!(
            forms.iter().all(|form| form.len() >= 8),
            "{name} is too short to be looked for"
        );
        Self { name, forms }
    }

    /// Of each of its longer lines: a key in PEM.
    pub fn of_lines(name: &'static str, pem: &str) -> Vec<Self> {
        let lines = pem
            .lines()
            .filter(|line| !line.starts_with("-----") && line.len() >= 32);
        lines.map(|line| Self::new(name, line)).collect()
    }

    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.forms.iter().any(|form| contains(bytes, form))
    }
}

/// As forms are posted: what a browser leaves as it is stays so.
fn form_encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"*-._".contains(byte);
    let encode = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        byte if plain(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

/// Everything that somebody may see, by the name of where it is seen.
#[derive(Default)]
pub struct Seen(Vec<(String, Vec<u8>)>);

impl Seen {
    pub fn add(&mut self, place: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.to_owned(), bytes.into()));
    }

    /// What was found where.
    pub fn leaks(&self, plants: &[Plant]) -> Vec<String> {
        let of = |(place, bytes): &(String, Vec<u8>)| {
            let found = plants.iter().filter(|plant| plant.is_in(bytes));
            found
                .map(|plant| format!("{} in {place}", plant.name))
                .collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of).collect()
    }

    /// Whether these words are to be seen anywhere.
    pub fn says(&self, words: &str) -> bool {
        self.0.iter().any(|(_, bytes)| contains(bytes, words.as_bytes()))
    }

    /// Whether there is anything to be seen at a place whose name begins so.
    pub fn has(&self, place: &str) -> bool {
        self.0
            .iter()
            .any(|(name, bytes)| name.starts_with(place) && !bytes.is_empty())
    }
}
