//! A body that should be a page: read as it is, and once more with its text mended where only that keeps it from being one.

use super::text;

/// Why a body is not a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotAPage {
    /// The server's own error, with a status of 200.
    Error(String),
    /// No whole JSON of the right shape.
    Shape(String),
}

/// Reads a body by its protocol's reader.
pub(super) fn read<T>(body: &[u8], reader: impl Fn(&str) -> Result<T, NotAPage>) -> Result<T, NotAPage> {
    let read = match std::str::from_utf8(body) {
        Ok(text) => reader(text),
        Err(error) => Err(NotAPage::Shape(error.to_string())),
    };
    match read {
        Err(NotAPage::Shape(why)) => match text::mended(body) {
            Some(mended) => reader(&mended),
            None => Err(NotAPage::Shape(why)),
        },
        Ok(_) | Err(NotAPage::Error(_)) => read,
    }
}
