//! Small values: times, numbers, addresses, and which known word was meant.

use std::net::IpAddr;
use std::time::Duration;

use chrono::NaiveDate;
use reqwest::Url;
use toml::de::{DeInteger, DeValue};

use crate::model::ChoiceValues;

/// A whole number, as TOML writes them.
pub(super) fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// `90s`, `5m`, `1h`, `1d`, or several of them: `1h 30m`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut seconds: u64 = 0;
    let mut digits = String::new();
    for c in text.trim().chars().filter(|c| *c != ' ') {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        let number: u64 = std::mem::take(&mut digits).parse().ok()?;
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
    }
    let whole = digits.is_empty() && !text.trim().is_empty();
    whole.then(|| Duration::from_secs(seconds))
}

/// A day, written as TOML's own or as text.
pub(super) fn date(value: &DeValue<'_>) -> Option<NaiveDate> {
    match value {
        DeValue::String(text) => text.trim().parse().ok(),
        DeValue::Datetime(moment) if moment.time.is_none() && moment.offset.is_none() => {
            let date = moment.date?;
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        }
        _ => None,
    }
}

/// The source field of a column, and what its coded values carry if that differs.
pub(super) fn column_source<'v>(value: &'v DeValue<'_>) -> Option<(&'v str, Option<ChoiceValues>)> {
    let table = match value {
        DeValue::String(field) if !field.trim().is_empty() => return Some((field, None)),
        DeValue::Table(table) => table,
        _ => return None,
    };
    let field = table.get("field")?.get_ref().as_str()?;
    let choice = match table.get("choice_values").map(|value| value.get_ref().as_str()) {
        None => None,
        Some(Some("labels")) => Some(ChoiceValues::Labels),
        Some(Some("codes")) => Some(ChoiceValues::Codes),
        Some(_) => return None,
    };
    let known = table
        .keys()
        .all(|key| ["field", "choice_values"].contains(&key.get_ref().as_ref()));
    (known && !field.trim().is_empty()).then_some((field, choice))
}

/// An address as it is used, without trailing slashes; https, or http to this machine alone.
pub(super) fn address(text: &str) -> Result<String, String> {
    let url = web(text)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(
            "plain http is accepted for this machine alone (127.0.0.1, ::1, localhost); write https".to_owned(),
        );
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// What is doubtful about the address of an instance: a path, as one copied from a browser has.
pub fn doubt_of_server(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    if url.path().trim_matches('/').is_empty() {
        return None;
    }
    let origin = url.origin().ascii_serialization();
    Some(format!(
        "a path behind the host is rarely meant, and everything is asked below it: most likely it is {origin} without {}",
        url.path()
    ))
}

/// A proxy's address; http is usual. `off` is none, whatever the environment says.
pub(super) fn proxy(text: &str) -> Result<String, String> {
    if text == "off" {
        return Ok(text.to_owned());
    }
    web(text)?;
    Ok(text.to_owned())
}

fn web(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not an address like https://host.example: {error}"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(format!("the scheme must be https, not {}", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("no user and password in an address: they would be readable here".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("only scheme, host and path: nothing from ? or # on".to_owned());
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a secret can be one: a password with a line break inside is a wrong file, or one with something before or
/// behind the password.
pub fn one_line(secret: &str) -> Result<(), String> {
    match secret.trim().lines().count() {
        0 => Err("the secret is empty".to_owned()),
        1 => Ok(()),
        many => Err(format!(
            "the secret has {many} lines, and one is right: it is sent as it stands, and would be refused"
        )),
    }
}

/// Whether this is a rule's immutable id: `dcr-` and 32 hexadecimal digits.
pub(super) fn is_dcr_id(text: &str) -> bool {
    text.strip_prefix("dcr-")
        .is_some_and(|hex| hex.len() == 32 && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

/// The known word that was most likely meant, if one is near enough.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = word.to_lowercase().replace('-', "_");
    let distances = known
        .iter()
        .map(|known| (distance(&word, &known.replace('-', "_")), *known));
    let (distance, near) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= (near.len() / 3).max(1)).then_some(near)
}

/// How many letters must be put in, left out, replaced or exchanged with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let above = &rows[i - 1];
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    #[test]
    fn times_are_numbers_with_units() {
        assert_eq!(duration("5m"), Some(Duration::from_secs(300)));
        assert_eq!(duration("1h 30m"), Some(Duration::from_secs(5400)));
        for wrong in ["", "5", "m", "5 minutes", "-5m", "99999999999999999999s"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_day_is_written_with_or_without_quotes() {
        let read = |text: &str| {
            let table = DeTable::parse(text).unwrap().into_inner();
            date(table["x"].get_ref())
        };
        let day = NaiveDate::from_ymd_opt(2027, 1, 31);
        assert_eq!(read("x = 2027-01-31"), day);
        assert_eq!(read("x = \"2027-01-31\""), day);
        for wrong in [
            "x = \"31.1.2027\"",
            "x = 2027-01-31T00:00:00Z",
            "x = 12",
            "x = 10:00:00",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for right in [
            "http://127.0.0.1:8080",
            "http://[::1]:1/",
            "http://localhost",
            "https://x.example/",
        ] {
            assert!(address(right).is_ok(), "{right}");
        }
        for wrong in [
            "http://x.example",
            "http://127.0.0.1.example",
            "ftp://x",
            "x.example",
            "https://u:p@x",
            "https://x?y",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("usrname", &["username", "password"]), Some("username"));
        assert_eq!(
            nearest("request_per_minute", &["requests_per_minute", "name"]),
            Some("requests_per_minute")
        );
        assert_eq!(nearest("baisc", &["basic", "entra"]), Some("basic"));
        assert_eq!(nearest("colour", &["username", "password", "scope"]), None);
    }
}
