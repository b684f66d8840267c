//! Text that is not text: bytes that are no UTF-8, halves of surrogate pairs, bare control characters.
//!
//! A desk cuts a field in the middle of an emoji, or a proxy guesses the encoding: one such row must not keep a page,
//! and with it the stream, from being read. What cannot be read becomes U+FFFD, which people see.

/// The body with whatever no JSON reader would take replaced; `None` if there is nothing of that kind in it.
pub(super) fn mended(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut mended = String::with_capacity(text.len());
    let mut rest: &str = &text;
    let mut inside = false;
    while let Some(at) = rest.find(|c: char| c == '"' || (inside && (c == '\\' || c < ' '))) {
        let (before, from) = rest.split_at(at);
        mended.push_str(before);
        let first = from.chars().next()?;
        rest = match first {
            '"' => {
                inside = !inside;
                mended.push('"');
                &from[1..]
            }
            '\\' => escape(from, &mut mended),
            control => {
                mended.push_str(&format!("\\u{:04x}", u32::from(control)));
                &from[1..]
            }
        };
    }
    mended.push_str(rest);
    (mended.as_bytes() != body).then_some(mended)
}

/// Copies the escape at the beginning of `from`; what is behind it.
fn escape<'a>(from: &'a str, mended: &mut String) -> &'a str {
    let Some(unit) = unit(from) else {
        // A backslash and the character it escapes; nothing behind it at the end of a body that was cut.
        let end = from.chars().take(2).map(char::len_utf8).sum();
        mended.push_str(&from[..end]);
        return &from[end..];
    };
    let pair =
        (0xd800..0xdc00).contains(&unit) && self::unit(&from[6..]).is_some_and(|low| (0xdc00..0xe000).contains(&low));
    let end = if pair { 12 } else { 6 };
    match (0xd800..0xe000).contains(&unit) && !pair {
        true => mended.push('\u{fffd}'),
        false => mended.push_str(&from[..end]),
    }
    &from[end..]
}

/// The number of a `\uXXXX` at the beginning.
fn unit(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: &[u8]) -> serde_json::Value {
        serde_json::from_str(&mended(body).unwrap()).unwrap()
    }

    #[test]
    fn what_is_sound_is_left_alone() {
        for sound in [
            r#"{"a":"b\"c\\","d":"\ud83d\ude00 \u00e4 \\ud800"}"#,
            "{\n\t\"a\" : 1 }",
            "",
            "\"\\",
        ] {
            assert_eq!(mended(sound.as_bytes()), None, "{sound}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_where_they_stand() {
        assert_eq!(read(b"{\"a\":\"caf\xe9 au lait\"}")["a"], "caf\u{fffd} au lait");
        assert_eq!(
            read(b"{\"a\":\"x\xed\xa0\xbd\"}")["a"].as_str().unwrap().chars().next(),
            Some('x')
        );
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced_and_a_whole_one_is_not() {
        assert_eq!(read(br#"{"a":"cut \ud83d"}"#)["a"], "cut \u{fffd}");
        assert_eq!(
            read(br#"{"a":"\ude00\ud83d\ude00\ud83dx"}"#)["a"],
            "\u{fffd}\u{1f600}\u{fffd}x"
        );
    }

    #[test]
    fn bare_control_characters_are_kept_as_what_they_are() {
        assert_eq!(read(b"{\"a\":\n\"one\ntwo\x00\"}")["a"], "one\ntwo\0");
    }

    proptest! {
        #[test]
        fn mending_never_panics_and_never_needs_mending(body in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(once) = mended(&body) {
                prop_assert_eq!(mended(once.as_bytes()), None);
            }
        }
    }
}
