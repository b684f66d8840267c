//! Bytes as a token endpoint's answer: granted, and refused.
#![no_main]

use std::time::Duration;

use itsmd::auth::fuzzing::{lives, refusal};
use itsmd_fuzz::{answer, ok};
use libfuzzer_sys::fuzz_target;

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fuzz_target!(|body: &[u8]| {
    match lives(&ok(body)) {
        Ok((renewed, ends)) => assert!(renewed <= ends && ends <= YEAR),
        // Whatever came may be half a token: none of it is repeated.
        Err(trouble) => assert!(trouble.seen.len() < 100, "{trouble}"),
    }
    assert!(!refusal(&answer(400, &[], body)).remedy.is_empty());
});
