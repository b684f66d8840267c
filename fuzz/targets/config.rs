//! Bytes as a configuration file, secrets not looked for.
#![no_main]

use std::path::Path;

use itsmd::config::{ConfigErrors, Secrets, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // A profile is a file of its own: what the machine has there is no business of this target.
    if text.contains("profile") {
        return;
    }
    match parse(Path::new("/nowhere/itsmd.toml"), text, Secrets::Skip) {
        Ok(loaded) => {
            assert!(!loaded.config.connections.is_empty());
            for connection in &loaded.config.connections {
                assert!((1..=120).contains(&connection.sync_days) && !connection.work_items.is_empty());
            }
        }
        Err(ConfigErrors::Mistakes { mistakes, .. }) => assert!(!mistakes.is_empty(), "what is wrong is said"),
        Err(ConfigErrors::Unreadable { .. }) => unreachable!("nothing was read from a file"),
    }
});
