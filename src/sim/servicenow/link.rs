//! The `Link` header, as recorded answers have it: no space after `;` or `,`, all parameters repeated with
//! limit and offset last, `next` absent at the end, and on the first page a `prev` whose offset is -1.

/// The header, or `None` when one page holds everything.
pub(super) fn header(
    base: &str,
    asked: &[(String, String)],
    offset: usize,
    limit: usize,
    total: usize,
) -> Option<String> {
    if limit == 0 || (offset == 0 && total <= limit) {
        return None;
    }
    let kept: String = asked
        .iter()
        .filter(|(name, _)| name != "sysparm_limit" && name != "sysparm_offset")
        .map(|(name, value)| format!("{}={}&", encode(name), encode(value)))
        .collect();
    let link = |relation: &str, offset: i64| {
        format!("<{base}?{kept}sysparm_limit={limit}&sysparm_offset={offset}>;rel=\"{relation}\"")
    };
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let previous = if offset == 0 {
        -1
    } else {
        number(offset.saturating_sub(limit))
    };
    let mut links = vec![link("first", 0), link("prev", previous)];
    if offset + limit < total {
        links.push(link("next", number(offset + limit)));
    }
    let last = total.saturating_sub(1) / limit * limit;
    links.push(link("last", number(last)));
    Some(links.join(","))
}

/// Percent-encodes; commas stay as they are, which is what makes splitting the header at them wrong.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b',' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Vec<(String, String)> {
        let asked = [
            ("sysparm_limit", "2"),
            ("sysparm_fields", "number,sys_id"),
            ("sysparm_query", "a=1^b>2"),
        ];
        asked.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    #[test]
    fn the_first_page_links_to_a_previous_one_at_minus_one() {
        let header = header("http://h/t", &asked(), 0, 2, 5).unwrap();
        let base =
            "<http://h/t?sysparm_fields=number,sys_id&sysparm_query=a%3D1%5Eb%3E2&sysparm_limit=2&sysparm_offset=";
        assert_eq!(
            header,
            format!("{base}0>;rel=\"first\",{base}-1>;rel=\"prev\",{base}2>;rel=\"next\",{base}4>;rel=\"last\"")
        );
    }

    #[test]
    fn the_last_page_links_to_no_next_and_one_page_to_nothing() {
        assert!(!header("http://h/t", &asked(), 4, 2, 5).unwrap().contains("next"));
        assert_eq!(header("http://h/t", &asked(), 0, 5, 5), None);
    }
}
