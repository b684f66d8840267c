//! Who may use whom. A module uses only those below it; a forbidden use fails here with its file and line.

mod code;
mod rules;

use std::path::{Path, PathBuf};

use rules::{Offence, check};

/// Every Rust file below these folders of the package, with its path from there.
fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut left: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.strip_prefix(root).unwrap().to_owned(), text));
        }
    }
    found.sort();
    found
}

fn told(offences: &[Offence]) -> String {
    offences.iter().map(|offence| format!("\n  {offence}")).collect()
}

/// What is wrong with a made-up file.
fn offences(path: &str, text: &str) -> String {
    told(&check(Path::new(path), text))
}

#[test]
fn every_source_file_uses_only_what_is_below_it() {
    let sources = sources(&["src"]);
    assert!(sources.len() > 50, "only {} files were looked at", sources.len());
    let found: Vec<Offence> = sources.iter().flat_map(|(path, text)| check(path, text)).collect();
    assert!(found.is_empty(), "{} offences:{}", found.len(), told(&found));
}

#[test]
fn no_source_file_is_longer_than_400_lines_or_unfinished() {
    let sources = sources(&["src", "tests", "benches"]);
    let found: Vec<Offence> = sources
        .iter()
        .flat_map(|(path, text)| rules::shape(path, text))
        .collect();
    assert!(found.is_empty(), "{} offences:{}", found.len(), told(&found));
}

#[test]
fn a_use_of_a_module_above_is_found_with_its_line() {
    assert_eq!(
        offences("src/net/client.rs", "//! A client.\n\nuse crate::sync::Stream;\n"),
        "\n  src/net/client.rs:3: net may not use sync"
    );
    assert_eq!(offences("src/net/client.rs", "use crate::model::Trouble;\n"), "");
}

#[test]
fn every_way_of_naming_a_module_is_seen() {
    for (path, text) in [
        ("src/net/client.rs", "fn f() { crate::store::Store::open(); }"),
        ("src/net/client.rs", "use crate::{model::Trouble, store};"),
        (
            "src/net/client.rs",
            "use crate::{\n    model::{Trouble, Verdict},\n    store as db,\n};",
        ),
        ("src/net/client.rs", "use super::super::store::Store;"),
        ("src/net/mod.rs", "pub use super::store::Store;"),
        ("src/net.rs", "mod tests { use super::super::store::Store; }"),
        ("src/net/client.rs", "use super::super::{model, store};"),
        ("src/main.rs", "fn main() { itsmd::store::main() }"),
    ] {
        let found = offences(path, text);
        assert!(found.contains("may not use store"), "{path}: {text}: {found:?}");
    }
}

#[test]
fn comments_and_text_in_quotes_are_no_uses() {
    for text in [
        "//! Unlike [`crate::store`], it remembers nothing.",
        "/* crate::store /* nested */ crate::store */",
        "const NAME: &str = \"crate::store\";",
        "const NAME: &str = r#\"a \" crate::store\"#;",
        "fn f<'a>(x: &'a str) -> char { '\"' } // crate::store",
        "mod tests { use super::store; }",
    ] {
        assert_eq!(offences("src/net/client.rs", text), "", "{text}");
    }
}

#[test]
fn the_simulators_are_used_by_the_demo_alone() {
    assert!(offences("src/cli/status.rs", "use crate::sim::World;").contains("cli may not use sim"));
    assert!(offences("src/app/build.rs", "use crate::sim::World;").contains("app may not use sim"));
    assert_eq!(offences("src/cli/demo.rs", "use crate::sim::World;"), "");
    assert_eq!(offences("src/app/demo/desks.rs", "use crate::sim::World;"), "");
    assert_eq!(offences("src/source/tests.rs", "use crate::sim::World;"), "");
    let inline = "#[cfg(test)]\nmod tests {\n use crate::sim::World;\n}";
    assert_eq!(offences("src/source/mod.rs", inline), "");
    assert!(offences("src/sim/tests.rs", "use crate::source::Page;").contains("sim may not use source"));
    assert!(offences("src/sim/world.rs", "use crate::source::Page;").contains("sim may not use source"));
}

#[test]
fn foreign_crates_stay_where_they_belong() {
    assert!(offences("src/sync/run.rs", "use rusqlite::Connection;").contains("rusqlite belongs to store"));
    assert!(offences("src/sync/run.rs", "use reqwest::Url;").contains("reqwest belongs to net"));
    assert_eq!(offences("src/store/mod.rs", "use rusqlite::Connection;"), "");
    assert_eq!(
        offences("src/sim/serve.rs", "#[cfg(test)]\nmod tests {\n use reqwest::Url;\n}"),
        ""
    );
    assert!(offences("src/daemon/mod.rs", "use crate::model::StreamId;").contains("daemon may not use model"));
}

#[test]
fn the_clock_is_read_at_the_root_alone() {
    assert!(offences("src/sync/run.rs", "fn f() {\n Utc::now()\n}").contains("src/sync/run.rs:2: the clock"));
    assert!(offences("src/model/slice.rs", "std::time::SystemTime::now()").contains("the clock"));
    assert_eq!(offences("src/app/mod.rs", "Utc::now()"), "");
    assert_eq!(offences("src/sync/tests.rs", "Utc::now()"), "");
}

#[test]
fn a_long_file_a_mark_and_an_unwrap_are_found() {
    let shape = |text: &str| told(&rules::shape(Path::new("src/net/x.rs"), text));
    assert_eq!(
        shape(&"\n".repeat(401)),
        "\n  src/net/x.rs:401: 401 lines, and 400 are the most"
    );
    assert_eq!(shape(&"\n".repeat(400)), "");
    assert!(shape("// TO\u{44}O: later").contains(":1: a mark of unfinished work"));
    assert!(shape("fn f() {\n x.unwrap()\n}").contains(":2: unwrap() outside tests"));
    assert_eq!(
        shape("// never unwrap()\n#[cfg(test)]\nmod tests {\n x.unwrap()\n}"),
        ""
    );
}
