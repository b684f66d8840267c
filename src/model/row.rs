//! Writing one row of `ServiceDesk_CL` as JSON, straight into its final bytes.

use chrono::{DateTime, Datelike, Timelike, Utc};

/// The longest field, in UTF-8 bytes, mark included: Log Analytics truncates beyond it without a word.
pub const MAX_FIELD_BYTES: usize = 65_536;

/// Stands at the end of a field that was cut.
pub const CUT_MARK: &str = " …[cut]";

/// Writes one JSON object; what is empty is left out.
#[derive(Debug)]
pub struct RowWriter {
    buffer: Vec<u8>,
    truncated: bool,
}

impl RowWriter {
    /// An object without members yet.
    pub fn new(capacity: usize) -> Self {
        let mut buffer = Vec::with_capacity(capacity);
        buffer.push(b'{');
        Self {
            buffer,
            truncated: false,
        }
    }

    fn name(&mut self, name: &str) {
        if self.buffer.len() > 1 {
            self.buffer.push(b',');
        }
        // Column names are identifiers: nothing in them needs escaping.
        self.buffer.push(b'"');
        self.buffer.extend_from_slice(name.as_bytes());
        self.buffer.extend_from_slice(b"\":");
    }

    /// Text; cut on a character boundary if it is too long for a field.
    pub fn text(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        self.name(name);
        if value.len() <= MAX_FIELD_BYTES {
            self.json_string(value);
            return;
        }
        self.truncated = true;
        let mut end = MAX_FIELD_BYTES - CUT_MARK.len();
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        self.json_string(&format!("{}{CUT_MARK}", &value[..end]));
    }

    fn json_string(&mut self, value: &str) {
        // Writing to a Vec cannot fail, and a str always serializes.
        let _ = serde_json::to_writer(&mut self.buffer, value);
    }

    /// A time in UTC: ISO 8601 with `Z`, with a fraction only if it has one.
    pub fn time(&mut self, name: &str, value: DateTime<Utc>) {
        self.name(name);
        self.buffer.push(b'"');
        push_time(&mut self.buffer, value);
        self.buffer.push(b'"');
    }

    /// True or false.
    pub fn flag(&mut self, name: &str, value: bool) {
        self.name(name);
        self.buffer.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A number; what JSON cannot say (NaN, infinities) is left out.
    pub fn number(&mut self, name: &str, value: f64) {
        if value.is_finite() {
            self.name(name);
            let _ = serde_json::to_writer(&mut self.buffer, &value);
        }
    }

    /// Whether a field was cut.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// The finished object.
    pub fn finish(mut self) -> Box<[u8]> {
        self.buffer.push(b'}');
        self.buffer.into_boxed_slice()
    }
}

/// Appends `2026-11-20T10:00:00Z`.
pub fn push_time(buffer: &mut Vec<u8>, time: DateTime<Utc>) {
    if !(0..=9999).contains(&time.year()) {
        buffer.extend_from_slice(time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true).as_bytes());
        return;
    }
    let two = |buffer: &mut Vec<u8>, value: u32| {
        buffer.push(b'0' + (value / 10 % 10) as u8);
        buffer.push(b'0' + (value % 10) as u8);
    };
    let year = time.year().unsigned_abs();
    two(buffer, year / 100);
    two(buffer, year % 100);
    for (mark, value) in [
        (b'-', time.month()),
        (b'-', time.day()),
        (b'T', time.hour()),
        (b':', time.minute()),
        (b':', time.second()),
    ] {
        buffer.push(mark);
        two(buffer, value);
    }
    let millis = time.nanosecond() / 1_000_000 % 1000;
    if millis > 0 {
        buffer.push(b'.');
        buffer.push(b'0' + (millis / 100) as u8);
        two(buffer, millis % 100);
    }
    buffer.push(b'Z');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_cut_field_is_the_longest_beginning_that_fits_and_whole_characters(
            piece in "\\PC{1,5}",
            bytes in MAX_FIELD_BYTES - 8..MAX_FIELD_BYTES + 40,
        ) {
            let text = piece.repeat(bytes.div_ceil(piece.len()));
            let mut row = RowWriter::new(16);
            row.text("A_s", &text);
            let cut = row.truncated();
            let row: serde_json::Value = serde_json::from_slice(&row.finish()).unwrap();
            let written = row["A_s"].as_str().unwrap();
            prop_assert_eq!(cut, text.len() > MAX_FIELD_BYTES);
            if cut {
                prop_assert!(written.len() <= MAX_FIELD_BYTES);
                let beginning = written.strip_suffix(CUT_MARK).unwrap();
                let next = text.strip_prefix(beginning).unwrap().chars().next().unwrap();
                prop_assert!(written.len() + next.len_utf8() > MAX_FIELD_BYTES);
            } else {
                prop_assert_eq!(written, text);
            }
        }
    }

    fn written(write: impl FnOnce(&mut RowWriter)) -> String {
        let mut row = RowWriter::new(16);
        write(&mut row);
        String::from_utf8(row.finish().into_vec()).unwrap()
    }

    #[test]
    fn empty_text_is_absent_and_quotes_are_escaped() {
        let row = written(|row| {
            row.text("A_s", "");
            row.text("B_s", "say \"hi\"\n");
            row.flag("C_b", false);
        });
        assert_eq!(row, r#"{"B_s":"say \"hi\"\n","C_b":false}"#);
    }

    #[test]
    fn times_are_iso_8601_in_utc() {
        let time = "2026-01-02T03:04:05Z".parse().unwrap();
        assert_eq!(
            written(|row| row.time("A_t", time)),
            r#"{"A_t":"2026-01-02T03:04:05Z"}"#
        );
        let time = "2026-01-02T03:04:05.067Z".parse().unwrap();
        assert_eq!(
            written(|row| row.time("A_t", time)),
            r#"{"A_t":"2026-01-02T03:04:05.067Z"}"#
        );
    }

    #[test]
    fn a_long_field_is_cut_on_a_character_boundary_and_says_so() {
        let mut row = RowWriter::new(16);
        row.text("A_s", &"ä".repeat(40_000));
        assert!(row.truncated());
        let row: serde_json::Value = serde_json::from_slice(&row.finish()).unwrap();
        let text = row["A_s"].as_str().unwrap();
        assert!(text.len() <= MAX_FIELD_BYTES && text.len() > MAX_FIELD_BYTES - 4);
        assert!(text.ends_with(CUT_MARK));
    }
}
