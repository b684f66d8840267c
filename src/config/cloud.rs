//! Azure's clouds: an address tells which one it is in, and that tells where its tokens come from.

use super::section::Section;
use super::values;
use crate::net::http::Url;

/// A cloud with an Entra of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    /// Everybody's.
    Public,
    /// The United States' government's.
    UsGovernment,
    /// China's, run by 21Vianet.
    China,
}

/// The domains of sign-in, Azure Monitor and Dataverse in each.
const DOMAINS: &[(&str, Cloud)] = &[
    ("microsoftonline.com", Cloud::Public),
    ("azure.com", Cloud::Public),
    ("dynamics.com", Cloud::Public),
    ("microsoftonline.us", Cloud::UsGovernment),
    ("azure.us", Cloud::UsGovernment),
    ("microsoftdynamics.us", Cloud::UsGovernment),
    ("appsplatform.us", Cloud::UsGovernment),
    ("microsoftonline.cn", Cloud::China),
    ("chinacloudapi.cn", Cloud::China),
    ("azure.cn", Cloud::China),
    ("dynamics.cn", Cloud::China),
];

impl Cloud {
    /// The cloud of an address or of a scope that is one; `None` if its domain does not tell.
    pub(super) fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let host = url.host_str()?;
        let within = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        DOMAINS
            .iter()
            .find(|(domain, _)| within(domain))
            .map(|(_, cloud)| *cloud)
    }

    /// Where tokens are asked for.
    pub(super) fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGovernment => "https://login.microsoftonline.us",
            Self::China => "https://login.partner.microsoftonline.cn",
        }
    }

    /// What a token for the Logs Ingestion API is for.
    pub(super) fn monitor(self) -> &'static str {
        match self {
            Self::Public => "https://monitor.azure.com/.default",
            Self::UsGovernment => "https://monitor.azure.us/.default",
            Self::China => "https://monitor.azure.cn/.default",
        }
    }
}

/// `authority`, or that of the other end's cloud; doubtful if it is another cloud's.
pub(super) fn authority(section: &Section<'_>, other_end: &str) -> Option<String> {
    let cloud = Cloud::of(other_end);
    if section.value("authority").is_none() {
        return Some(cloud.unwrap_or(Cloud::Public).authority().to_owned());
    }
    let given = section.checked("authority", values::address)?;
    doubt(section, "authority", &given, other_end);
    Some(given)
}

/// A workspace's `scope`, or that of the endpoint's cloud, or of the authority's; doubtful if it is another cloud's.
pub(super) fn monitor_scope(section: &Section<'_>, endpoint: &str) -> String {
    if let Some(given) = section.text("scope") {
        doubt(section, "scope", given, endpoint);
        return given.to_owned();
    }
    let authority = section.text("authority").and_then(Cloud::of);
    let cloud = Cloud::of(endpoint).or(authority).unwrap_or(Cloud::Public);
    cloud.monitor().to_owned()
}

fn doubt(section: &Section<'_>, key: &str, given: &str, other_end: &str) {
    let (Some(here), Some(there)) = (Cloud::of(given), Cloud::of(other_end)) else {
        return;
    };
    if here != there {
        let right = match key {
            "authority" => there.authority(),
            _ => there.monitor(),
        };
        let text = format!("{key}: {given} is of another cloud than {other_end}; that one takes {right}");
        section.warning(key, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_tells_the_cloud() {
        for (address, cloud) in [
            ("https://x-1.westeurope-1.ingest.monitor.azure.com", Some(Cloud::Public)),
            (
                "https://x-1.usgovvirginia-1.ingest.monitor.azure.us",
                Some(Cloud::UsGovernment),
            ),
            ("https://monitor.azure.cn/.default", Some(Cloud::China)),
            ("https://monitor.azure.cn//.default", Some(Cloud::China)),
            ("https://login.chinacloudapi.cn", Some(Cloud::China)),
            ("https://fabrikam.crm4.dynamics.com", Some(Cloud::Public)),
            ("https://agency.crm.microsoftdynamics.us", Some(Cloud::UsGovernment)),
            ("https://notazure.com", None),
            ("https://monitor.azure.com.example", None),
            ("http://127.0.0.1:8080", None),
            ("api://instance/.default", None),
        ] {
            assert_eq!(Cloud::of(address), cloud, "{address}");
        }
    }
}
