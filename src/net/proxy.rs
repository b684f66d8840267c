//! Which proxy leads to an address: the configured one, else the environment's, and never one to this machine.
//!
//! | variable | meaning |
//! |---|---|
//! | `HTTPS_PROXY`, `https_proxy` | for every https address |
//! | `ALL_PROXY`, `all_proxy` | the same, if neither of those is set |
//! | `NO_PROXY`, `no_proxy` | names, domains, addresses and networks that are reached without; `*` is all |
//!
//! A configured proxy is meant: `NO_PROXY` does not apply to it. Its user and password come from the environment's address
//! alone and are never shown.

use std::sync::Arc;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use super::codes;
use super::url::is_loopback;
use crate::model::Trouble;

/// `proxy = "off"`: the environment's is not used either.
const OFF: &str = "off";

/// The proxies of one client.
#[derive(Clone)]
pub(super) struct Proxies {
    matcher: Arc<Matcher>,
}

impl std::fmt::Debug for Proxies {
    // The matcher's own words may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxies").finish_non_exhaustive()
    }
}

/// A proxy on the way to an address.
#[derive(Clone)]
pub(super) struct Via {
    /// Without credentials.
    pub uri: Uri,
    /// For `Proxy-Authorization`.
    pub authorization: Option<HeaderValue>,
}

impl Via {
    /// As it is told: `http://proxy.example:3128`.
    pub fn shown(&self) -> String {
        self.uri.to_string().trim_end_matches('/').to_owned()
    }
}

impl Proxies {
    /// `variable` looks into the environment. Fails if a proxy is named that we cannot speak to: going past it in silence
    /// would surprise.
    pub fn new(configured: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Trouble> {
        let first = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| variable(name).filter(|text| !text.is_empty()))
        };
        let matcher = match configured {
            Some(OFF) => return Ok(Self::none()),
            Some(proxy) => known(Matcher::builder().https(proxy).build(), "`proxy`")?,
            None => {
                let Some(proxy) = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]) else {
                    return Ok(Self::none());
                };
                let spared = first(&["NO_PROXY", "no_proxy"]).unwrap_or_default();
                known(
                    Matcher::builder().https(proxy.as_str()).build(),
                    "HTTPS_PROXY of the environment",
                )?;
                Matcher::builder().https(proxy).no(spared).build()
            }
        };
        Ok(Self {
            matcher: Arc::new(matcher),
        })
    }

    /// No proxy for anything.
    pub fn none() -> Self {
        Self {
            matcher: Arc::new(Matcher::builder().build()),
        }
    }

    /// The proxy that leads there, if one does.
    pub fn via(&self, url: &Url) -> Option<Via> {
        if is_loopback(url) {
            return None;
        }
        let intercept = self.matcher.intercept(&url.as_str().parse().ok()?)?;
        Some(Via {
            uri: intercept.uri().clone(),
            authorization: intercept.basic_auth().cloned(),
        })
    }

    /// The same decisions, as the library takes them. There is one proxy for https and none for anything else, so that its
    /// credentials are those of every answer.
    pub fn apply(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let proxies = self.clone();
        let deciding = move |url: &Url| proxies.via(url).and_then(|via| Url::parse(&via.uri.to_string()).ok());
        let mut proxy = reqwest::Proxy::custom(deciding);
        let anywhere = Uri::from_static("https://proxied.invalid/");
        if let Some(authorization) = self.matcher.intercept(&anywhere).and_then(|i| i.basic_auth().cloned()) {
            proxy = proxy.custom_http_auth(authorization);
        }
        // Of the library's own reading of the environment nothing is wanted.
        builder.no_proxy().proxy(proxy)
    }
}

/// Whether the address was understood, and is of a kind that the library speaks.
fn known(matcher: Matcher, whose: &str) -> Result<Matcher, Trouble> {
    let anywhere = Uri::from_static("https://proxied.invalid/");
    match matcher.intercept(&anywhere) {
        Some(intercept) if matches!(intercept.uri().scheme_str(), Some("http" | "https")) => Ok(matcher),
        // The address may hold a password: it is not repeated.
        Some(_) | None => Err(codes::CLIENT.stop(format!("{whose} is not the address of an http or https proxy"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(configured: Option<&str>, environment: &[(&str, &str)]) -> Result<Proxies, Trouble> {
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Proxies::new(configured, variable)
    }

    fn way(configured: Option<&str>, environment: &[(&str, &str)], url: &str) -> Option<String> {
        let proxies = proxies(configured, environment).unwrap();
        proxies.via(&Url::parse(url).unwrap()).map(|via| via.shown())
    }

    const DESK: &str = "https://contoso.service-now.com/api";

    #[test]
    fn the_environments_proxy_is_used_for_all_but_what_no_proxy_spares() {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let environment = [
                (name, "http://proxy.example:3128"),
                ("NO_PROXY", "example.org,10.0.0.0/8"),
            ];
            let found = |url| way(None, &environment, url);
            assert_eq!(found(DESK).as_deref(), Some("http://proxy.example:3128"), "{name}");
            for spared in [
                "https://desk.example.org/",
                "https://10.1.2.3/",
                "https://127.0.0.1/",
                "https://localhost/",
            ] {
                assert_eq!(found(spared), None, "{name} {spared}");
            }
        }
        assert_eq!(way(None, &[("HTTP_PROXY", "http://proxy.example:3128")], DESK), None);
        assert_eq!(way(None, &[("https_proxy", "proxy:1"), ("no_proxy", "*")], DESK), None);
    }

    #[test]
    fn the_configured_proxy_stands_before_the_environments_and_off_before_both() {
        let environment = [("HTTPS_PROXY", "http://theirs.example:1"), ("NO_PROXY", "*")];
        let ours = way(Some("http://ours.example:3128"), &environment, DESK);
        assert_eq!(ours.as_deref(), Some("http://ours.example:3128"));
        assert_eq!(
            way(Some("http://ours.example:3128"), &environment, "https://127.0.0.1/"),
            None
        );
        assert_eq!(way(Some("off"), &environment[..1], DESK), None);
    }

    #[test]
    fn credentials_of_the_environments_proxy_are_used_and_never_shown() {
        let proxies = proxies(None, &[("HTTPS_PROXY", "http://itsmd:hunter2@proxy.example:3128")]).unwrap();
        let via = proxies.via(&Url::parse(DESK).unwrap()).unwrap();
        assert_eq!(via.authorization.as_ref().unwrap(), "Basic aXRzbWQ6aHVudGVyMg==");
        assert_eq!(via.shown(), "http://proxy.example:3128");
        assert!(!format!("{proxies:?}").contains("hunter2"));
    }

    #[test]
    fn a_proxy_that_we_cannot_speak_to_is_a_mistake_and_not_passed_by() {
        for bad in [
            "socks5://itsmd:hunter2@proxy:1080",
            "ftp://itsmd:hunter2@proxy",
            "http://:::",
        ] {
            let trouble = proxies(None, &[("HTTPS_PROXY", bad)]).unwrap_err();
            assert_eq!(trouble.code, codes::CLIENT.id, "{bad}");
            assert!(!trouble.to_string().contains("hunter2"), "{trouble}");
            assert_eq!(proxies(Some(bad), &[]).unwrap_err().code, codes::CLIENT.id);
        }
    }
}
