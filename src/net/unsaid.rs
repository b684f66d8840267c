//! What a request carried and no answer to it may repeat to an operator: gateways quote what they refuse.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Request;
use secrecy::{ExposeSecret, SecretString};

/// Fields of a token request's form that are secrets.
const FIELDS: [&str; 5] = [
    "client_secret",
    "password",
    "refresh_token",
    "client_assertion",
    "assertion",
];

/// A shorter one hides nothing by being left out, and would tear the words of every sentence.
const SHORTEST: usize = 4;

/// The secrets of one request.
#[derive(Debug, Clone, Default)]
pub struct Unsaid(Vec<SecretString>);

impl Unsaid {
    /// Those in its sensitive headers and in its form.
    pub(super) fn of(request: &Request) -> Self {
        let mut found = Self::default();
        for value in request.headers().values().filter(|value| value.is_sensitive()) {
            found.add_header(&String::from_utf8_lossy(value.as_bytes()));
        }
        let kind = request.headers().get(reqwest::header::CONTENT_TYPE);
        let is_form = kind.is_some_and(|kind| kind.as_bytes().ends_with(b"form-urlencoded"));
        if let Some(body) = request.body().and_then(|body| body.as_bytes()).filter(|_| is_form) {
            found.add_form(body, request.url());
        }
        found
    }

    fn add_header(&mut self, value: &str) {
        let (scheme, secret) = value.split_once(' ').unwrap_or(("", value));
        self.add(secret);
        let pair = STANDARD.decode(secret).ok().filter(|_| scheme == "Basic");
        if let Some((_, password)) = pair.and_then(|pair| String::from_utf8(pair).ok()?.split_once(':').map(own)) {
            self.add(&password);
        }
    }

    /// A form is spelled like a query.
    fn add_form(&mut self, body: &[u8], url: &reqwest::Url) {
        let mut spelled = url.clone();
        spelled.set_query(Some(&String::from_utf8_lossy(body)));
        for (name, value) in spelled.query_pairs() {
            if FIELDS.contains(&name.as_ref()) {
                self.add(&value);
            }
        }
    }

    fn add(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.0.push(SecretString::from(secret));
        }
    }

    /// The words without them.
    pub(super) fn leave_out(&self, words: String) -> String {
        self.0
            .iter()
            .fold(words, |words, secret| words.replace(secret.expose_secret(), "[secret]"))
    }
}

fn own((user, password): (&str, &str)) -> (String, String) {
    (user.to_owned(), password.to_owned())
}

#[cfg(test)]
mod tests {
    use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
    use reqwest::{Body, Method};

    use super::*;

    fn request() -> Request {
        Request::new(Method::POST, "https://contoso.example/oauth_token.do".parse().unwrap())
    }

    #[test]
    fn what_stands_in_a_sensitive_header_is_left_out_and_the_password_of_a_pair_too() {
        let mut sent = request();
        let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode("itsmd:hunter2:x"))).unwrap();
        value.set_sensitive(true);
        sent.headers_mut().insert(AUTHORIZATION, value);
        let unsaid = Unsaid::of(&sent);
        let pair = STANDARD.encode("itsmd:hunter2:x");
        let words = unsaid.leave_out(format!("itsmd with hunter2:x, as {pair}"));
        assert_eq!(words, "itsmd with [secret], as [secret]");
    }

    #[test]
    fn the_secret_fields_of_a_form_are_left_out_however_they_are_spelled_on_the_wire() {
        let mut sent = request();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        sent.headers_mut().insert(CONTENT_TYPE, kind);
        *sent.body_mut() = Some(Body::from("username=itsmd&password=a%26b+c%21&client_secret=planted"));
        let words = Unsaid::of(&sent).leave_out("itsmd sent a&b c! and planted".to_owned());
        assert_eq!(words, "itsmd sent [secret] and [secret]");
    }
}
