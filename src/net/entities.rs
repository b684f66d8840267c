//! The letters that a page of HTML writes as `&amp;` or `&#39;`: those that titles bear, every other stays as it is.

/// The longest name of one, without `&` and `;`.
const LONGEST: usize = 8;

/// As a person reads it.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        match after
            .split_once(';')
            .and_then(|(name, behind)| Some((letter(name)?, behind)))
        {
            Some((letter, behind)) => {
                plain.push(letter);
                rest = behind;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain + rest
}

fn letter(name: &str) -> Option<char> {
    if name.len() > LONGEST {
        return None;
    }
    match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => char::from_u32(u32::from_str_radix(hexadecimal, 16).ok()?),
            None => char::from_u32(number.parse().ok()?),
        },
        None => Some(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => ' ',
            "rsquo" => '’',
            "ndash" => '–',
            "mdash" => '—',
            "middot" => '·',
            _ => return None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_once_and_what_is_none_stays() {
        for (written, read) in [
            ("You aren&#39;t signed in", "You aren't signed in"),
            ("R&amp;D &lt;test&gt; &#x2014; &nbsp;x", "R&D <test> — \u{20}x"),
            ("&amp;amp;", "&amp;"),
            ("a & b; &unknown; &#xD800; &", "a & b; &unknown; &#xD800; &"),
        ] {
            assert_eq!(plain(written), read);
        }
    }
}
