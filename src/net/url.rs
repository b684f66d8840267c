//! Addresses: https, or plain http to loopback, and nothing secret in them.

use std::net::IpAddr;

use reqwest::Url;

use super::codes;
use crate::model::Trouble;

/// The address, parsed, if it may be used at all.
///
/// What is percent-encoded stays as it is, so a server's next link goes out as it came; the parser only
/// encodes what may not stand in an address raw (`"`, a space, `'` in a query).
pub fn check_url(text: &str) -> Result<Url, Trouble> {
    let shown = without_query(text);
    let Ok(url) = Url::parse(text) else {
        return Err(codes::BAD_URL.stop(format!("“{shown}” is not an address")));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(codes::BAD_URL.stop("the address holds a user name or password"));
    }
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(codes::BAD_URL.stop(format!("“{shown}” is not https"))),
    }
}

/// The address of an identity service: https, or this machine or its own link, where plain http is all there is.
pub(super) fn check_nearby(text: &str) -> Result<Url, Trouble> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "http" && url.username().is_empty() && is_link_local(&url) => Ok(url),
        Ok(_) | Err(_) => check_url(text),
    }
}

fn is_link_local(url: &Url) -> bool {
    let bare = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match bare.parse() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_unicast_link_local(),
        Err(_) => false,
    }
}

/// Whether it stays on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>()
        .map_or_else(|_| bare == "localhost", |address| address.is_loopback())
}

/// `host:port` of an address, for messages; the port only if it is not the scheme's own.
pub fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An address fit for a message: queries and user information stay out.
pub(super) fn without_query(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let shown: String = text[..end].chars().take(200).collect();
    match shown.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => shown,
    }
}

/// Hosts on which people sign in, whatever the path.
const SIGN_IN_HOSTS: [&str; 6] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.windows.net",
    "okta.com",
    "onelogin.com",
];

/// Parts of a path, each of a page on which people sign in.
const SIGN_IN_PATHS: [&str; 9] = [
    "login",
    "signin",
    "sign-in",
    "sign_in",
    "saml",
    "saml2",
    "sso",
    "adfs",
    "authorize",
];

/// Whether people sign in there, as far as an address tells; only words hang on it.
pub(super) fn is_sign_in_page(target: &str) -> bool {
    let plain = without_query(target).to_ascii_lowercase();
    let (host, path) = match plain.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", plain.as_str()),
    };
    let is_host = |known: &&str| {
        host.strip_suffix(*known)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let named = |part: &str| SIGN_IN_PATHS.contains(&part.split('.').next().unwrap_or(part));
    SIGN_IN_HOSTS.iter().any(is_host)
        || path.split('/').any(|part| named(part) || part.starts_with("login_"))
        || ["login.", "sso.", "adfs."].iter().any(|first| host.starts_with(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_page_is_told_from_another_address_of_the_same_service() {
        for page in [
            "https://login.microsoftonline.com/contoso/saml2?SAMLRequest=x",
            "https://contoso.okta.com/app/x",
            "https://contoso.example/adfs/ls",
            "/login.do",
            "/login_with_sso.do?glide_sso_id=1",
        ] {
            assert!(is_sign_in_page(page), "{page}");
        }
        for other in [
            "https://www.contoso.example/api/now/v2/table/incident",
            "https://notokta.com/",
            "/api/now/",
            "nowhere",
        ] {
            assert!(!is_sign_in_page(other), "{other}");
        }
    }

    #[test]
    fn only_https_and_plain_http_to_loopback_are_accepted() {
        for good in [
            "https://contoso.service-now.com",
            "http://127.0.0.1:8080/x",
            "http://[::1]/",
            "http://localhost:1",
        ] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://contoso.service-now.com",
            "ftp://127.0.0.1/",
            "contoso",
            "http://127.0.0.1.example.com/",
            "file:///etc/passwd",
        ] {
            assert_eq!(check_url(bad).unwrap_err().code, "ITSMD-NET-011", "{bad}");
        }
    }

    #[test]
    fn plain_http_to_an_identity_service_stays_on_this_machine_and_its_link() {
        for good in [
            "http://169.254.169.254/metadata",
            "http://[fe80::1]/",
            "http://localhost:40342/",
            "https://imds.example/",
        ] {
            assert!(check_nearby(good).is_ok(), "{good}");
        }
        for bad in [
            "http://10.0.0.1/",
            "http://imds.example/",
            "http://169.254.169.254.example/",
            "http://a@169.254.169.254/",
        ] {
            assert!(check_nearby(bad).is_err(), "{bad}");
        }
        assert!(check_url("http://169.254.169.254/").is_err());
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for bad in ["https://user:hunter2@host/", "http://user:hunter2@host:99999999/"] {
            let trouble = check_url(bad).unwrap_err();
            assert!(!trouble.to_string().contains("hunter2"), "{trouble}");
        }
    }

    #[test]
    fn percent_encoding_is_left_as_it_came() {
        let link = "https://o.crm.dynamics.com/api/data/v9.2/incidents?$select=a,b&$filter=m%20ge%202026&\
                    $skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%2520page%253d%25221%2522\
                    %253e%22%20istracking=%22False%22%20/%3E&x=(a);b^c|{d}`~*!+";
        assert_eq!(check_url(link).unwrap().as_str(), link);
    }
}
