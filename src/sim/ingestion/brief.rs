//! Looking at rows cheaply: a brief of each, or only their number.

use serde::Deserialize;

/// Who a row is and which version, without the rest of it: some 200 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Brief {
    /// `ServiceDeskConnectionName_s`
    #[serde(rename = "ServiceDeskConnectionName_s")]
    pub connection: Box<str>,
    /// `ServiceDeskWorkItemType_s`
    #[serde(rename = "ServiceDeskWorkItemType_s")]
    pub work_item: Box<str>,
    /// `RecordId_s`
    #[serde(rename = "RecordId_s")]
    pub record: Box<str>,
    /// `RecordVersion_s`
    #[serde(rename = "RecordVersion_s")]
    pub version: Box<str>,
    /// `LastModifiedDate_t`
    #[serde(rename = "LastModifiedDate_t")]
    pub modified: Box<str>,
    /// `IsDeleted_b`
    #[serde(rename = "IsDeleted_b")]
    pub deleted: bool,
}

/// Counts the objects of a JSON array without parsing it; `None` when it is not an array of objects.
///
/// Brackets and texts are followed, nothing else is checked.
pub(super) fn count_objects(body: &[u8]) -> Option<usize> {
    let body = body.trim_ascii();
    if body.first() != Some(&b'[') || body.last() != Some(&b']') {
        return None;
    }
    let mut depth = 0_usize;
    let mut objects = 0;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_text(&mut bytes)?,
            b'{' | b'[' => {
                objects += usize::from(depth == 1 && *byte == b'{');
                depth += 1;
            }
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    (depth == 0).then_some(objects)
}

/// Moves behind the quotation mark that ends a text; `None` when there is none.
fn skip_text(bytes: &mut std::slice::Iter<'_, u8>) -> Option<()> {
    loop {
        match bytes.next()? {
            b'"' => return Some(()),
            b'\\' => {
                bytes.next()?;
            }
            _ => {}
        }
    }
}
