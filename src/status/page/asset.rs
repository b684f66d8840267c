//! The page's files beside its HTML, served at `/assets/NAME`.

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
pub fn asset(_name: &str) -> Option<Asset> {
    None
}
