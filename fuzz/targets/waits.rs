//! Bytes as headers that ask to wait: lines of `name value`, where the name is the first letter of one of four.
#![no_main]

use itsmd::net::retry::{LONGEST_WISH, Wish, backoff, http_date, words};
use itsmd_fuzz::{answer, now};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lines = data.split(|byte| *byte == b'\n').filter(|line| line.len() > 1).take(8);
    let headers: Vec<_> = lines
        .map(|line| match line[0] {
            b'a' => ("retry-after", &line[1..]),
            b'r' => ("x-ratelimit-reset", &line[1..]),
            b'l' => ("x-ratelimit-limit", &line[1..]),
            _ => ("date", &line[1..]),
        })
        .collect();
    let answer = answer(429, &headers, b"");
    let wish = Wish::of(&answer.headers, answer.date().unwrap_or_else(now));
    if let Some(wait) = wish.wait() {
        assert!(wait <= LONGEST_WISH);
        assert!(!words(wait).is_empty());
    }
    if let Some(date) = std::str::from_utf8(data).ok().and_then(http_date) {
        let written = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let spelled = (1..=9999).contains(&chrono::Datelike::year(&date));
        assert!(!spelled || http_date(&written) == Some(date), "{date}");
    }
    let attempt = data
        .iter()
        .fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
    assert!(
        backoff(attempt, std::time::Duration::from_secs(1), f64::from(attempt)) <= itsmd::net::retry::LONGEST_BACKOFF
    );
});
