//! The page's files beside its HTML, served at `/assets/NAME`: its style, its scripts, the tab's icons, and two vendored libraries.
//!
//! The page names each with a hash of its bytes, so that what a browser keeps is never out of date.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const ICON: &str = "image/svg+xml";

/// Name, type and bytes. What is vendored stands as it came, with its licence beside it.
const FILES: [(&str, &str, &[u8]); 12] = [
    ("page.css", STYLE, include_bytes!("page.css")),
    ("page.js", SCRIPT, include_bytes!("page.js")),
    ("charts.js", SCRIPT, include_bytes!("charts.js")),
    ("controls.js", SCRIPT, include_bytes!("controls.js")),
    ("uplot.css", STYLE, include_bytes!("vendor/uplot-1.6.32/uPlot.min.css")),
    (
        "uplot.js",
        SCRIPT,
        include_bytes!("vendor/uplot-1.6.32/uPlot.iife.min.js"),
    ),
    (
        "idiomorph.js",
        SCRIPT,
        include_bytes!("vendor/idiomorph-0.8.0/idiomorph.min.js"),
    ),
    ("good.svg", ICON, include_bytes!("icons/good.svg")),
    ("busy.svg", ICON, include_bytes!("icons/busy.svg")),
    ("late.svg", ICON, include_bytes!("icons/late.svg")),
    ("bad.svg", ICON, include_bytes!("icons/bad.svg")),
    ("off.svg", ICON, include_bytes!("icons/off.svg")),
];

/// With their quotes, in the order of the files.
static ETAGS: LazyLock<Vec<String>> = LazyLock::new(|| FILES.iter().map(|(_, _, bytes)| etag(bytes)).collect());

/// One file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asset {
    /// E.g. `text/javascript; charset=utf-8`.
    pub content_type: &'static str,
    /// All of it.
    pub bytes: &'static [u8],
    /// With its quotes; another for other bytes. A page that names it in the address, `/assets/page.js?v=…`, may be kept for ever.
    pub etag: &'static str,
}

/// The file of that name.
pub fn asset(name: &str) -> Option<Asset> {
    let place = FILES.iter().position(|(known, _, _)| *known == name)?;
    let (_, content_type, bytes) = FILES.get(place)?;
    Some(Asset {
        content_type,
        bytes,
        etag: ETAGS.get(place)?,
    })
}

/// Where the page finds it, from wherever a proxy shows the page: `assets/page.css?v=1f2e3d4c5b6a`.
pub fn address(name: &str) -> String {
    let version = asset(name).map_or("", |file| file.etag.trim_matches('"'));
    format!("assets/{name}?v={version}")
}

fn etag(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let short = hash.iter().take(6).map(|byte| format!("{byte:02x}"));
    format!("\"{}\"", short.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_there_under_an_address_that_changes_with_its_bytes() {
        for (name, content_type, bytes) in FILES {
            let file = asset(name).unwrap();
            assert_eq!((file.content_type, file.bytes), (content_type, bytes));
            assert_eq!(
                address(name),
                format!("assets/{name}?v={}", file.etag.trim_matches('"'))
            );
        }
        assert_ne!(etag(b"a"), etag(b"b"));
        assert_eq!(asset("../page.rs"), None);
    }

    #[test]
    fn nothing_in_them_is_fetched_from_elsewhere_or_made_from_text() {
        for (name, _, bytes) in FILES {
            let text = std::str::from_utf8(bytes).unwrap();
            let text = text
                .replace("http://www.w3.org/", "")
                .replace("https://github.com/leeoniya/uPlot", "");
            for forbidden in ["http://", "https://", "eval(", "new Function", "@import", "url("] {
                assert!(!text.contains(forbidden), "{name}: {forbidden}");
            }
        }
    }

    #[test]
    fn what_is_vendored_bears_its_licence() {
        for licence in [
            include_str!("vendor/uplot-1.6.32/LICENSE"),
            include_str!("vendor/idiomorph-0.8.0/LICENSE"),
        ] {
            assert!(licence.contains("Permission"));
        }
    }
}
