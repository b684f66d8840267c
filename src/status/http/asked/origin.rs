//! Whether a request comes from the page itself: what another site's page sends is refused, whatever it carries.

use axum::http::header;
use axum::http::{HeaderMap, StatusCode};

use super::super::outcry::Outcry;

/// Programs send neither `Origin` nor `Sec-Fetch-Site`; a browser sends both with every form.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Outcry> {
    let refused = || {
        let words = "This came from another site's page and was refused. Open itsmd's own page and ask there. Behind a proxy: it has to \
                     pass on the name it is asked by, as X-Forwarded-Host or as Host.";
        Err(Outcry::new(StatusCode::FORBIDDEN, words))
    };
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return refused();
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else {
        return Ok(());
    };
    let asked_by = origin.split_once("://").map(|(_, name)| name);
    // No page can send the second name, but a proxy that asks us by another one does.
    let ours = [text(header::HOST.as_str()), text("x-forwarded-host")];
    let same = |ours: &str| asked_by.is_some_and(|name| name.eq_ignore_ascii_case(ours));
    match ours.into_iter().flatten().any(same) {
        true => Ok(()),
        false => refused(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn passes(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        check(&headers.collect()).is_ok()
    }

    #[test]
    fn only_the_page_itself_and_programs_pass() {
        let host = ("host", "127.0.0.1:9477");
        assert!(passes(&[host]));
        assert!(passes(&[
            host,
            ("origin", "http://127.0.0.1:9477"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(passes(&[
            host,
            ("origin", "https://itsmd.example"),
            ("x-forwarded-host", "itsmd.example")
        ]));
        for (origin, site) in [
            ("http://evil.example", "cross-site"),
            ("http://evil.example", "same-origin"),
            ("http://127.0.0.1:9477", "cross-site"),
            ("http://127.0.0.1:9477", "same-site"),
            ("http://127.0.0.1:9478", "same-origin"),
            ("null", "same-origin"),
            ("", "none"),
        ] {
            assert!(
                !passes(&[host, ("origin", origin), ("sec-fetch-site", site)]),
                "{origin} {site}"
            );
        }
        assert!(
            !passes(&[("origin", "http://127.0.0.1:9477")]),
            "without a host nothing is ours"
        );
    }
}
