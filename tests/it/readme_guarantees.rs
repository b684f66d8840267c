//! The README's guarantees name the tests that hold them up: each is there, and runs where the README says so.

use std::path::{Path, PathBuf};

/// A test function of this package.
#[derive(Debug)]
struct Test {
    /// `it::reading::hidden::name`, `source::servicenow::rows::tests::name`.
    path: String,
    ignored: bool,
}

/// A name in the table, and whether it is marked as long.
#[derive(Debug)]
struct Named<'a> {
    name: &'a str,
    long: bool,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// `src/net/client/tests.rs` → `net::client::tests`; `tests/it/crash.rs` → `it::crash`.
fn module(file: &Path) -> String {
    let bare = file.with_extension("");
    let parts = bare.iter().skip(1).map(|part| part.to_string_lossy().into_owned());
    let parts: Vec<String> = parts.filter(|part| part != "mod" && part != "lib").collect();
    parts.join("::")
}

/// The tests of a file. Attributes stand above their function, one a line; a module inside a file is `tests`.
fn tests(module: &str, text: &str) -> Vec<Test> {
    let mut found = Vec::new();
    let (mut inside, mut is_test, mut ignored) = (String::new(), false, false);
    for line in text.lines() {
        let line_inside = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(" {"));
        if let Some(name) = line_inside {
            inside = format!("::{name}");
        }
        let line = line.trim();
        if line.starts_with("#[") {
            is_test |= line.contains("test]") || line.contains("test(");
            ignored |= line.starts_with("#[ignore");
            continue;
        }
        let function = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(name) = function.and_then(|rest| rest.split(['(', '<']).next())
            && is_test
        {
            found.push(Test {
                path: format!("{module}{inside}::{name}"),
                ignored,
            });
        }
        (is_test, ignored) = (false, false);
    }
    found
}

fn all_tests() -> Vec<Test> {
    let folders = ["src", "tests/it"];
    let files = folders.iter().flat_map(|folder| files(&root().join(folder)));
    files
        .flat_map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            tests(&module(file.strip_prefix(root()).unwrap()), &text)
        })
        .collect()
}

fn guarantees(readme: &str) -> &str {
    let from = readme.find("## What itsmd guarantees").unwrap();
    let section = &readme[from + 3..];
    &section[..section.find("\n## ").unwrap()]
}

/// The last cell of each line of the table.
fn named(section: &str) -> Vec<Vec<Named<'_>>> {
    let lines = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.ends_with(" |"))
        .skip(1);
    let cells = lines.filter_map(|line| line.strip_suffix(" |")?.rsplit(" | ").next());
    cells
        .map(|cell| {
            let names = cell.split(", ").map(|name| match name.strip_suffix(" (long)") {
                Some(name) => (name, true),
                None => (name, false),
            });
            names
                .map(|(name, long)| Named {
                    name: name.trim_matches('`'),
                    long,
                })
                .collect()
        })
        .collect()
}

/// What is wrong with a name.
fn wrong(named: &Named<'_>, tests: &[Test]) -> Option<String> {
    let end = format!("::{}", named.name);
    let found: Vec<&Test> = tests.iter().filter(|test| test.path.ends_with(&end)).collect();
    match found[..] {
        _ if !named.name.contains("::") => Some(format!("{} is named without its module", named.name)),
        [] => Some(format!("{} is no test", named.name)),
        [test] if test.ignored && !named.long => Some(format!("{} is ignored and not marked as long", named.name)),
        [test] if !test.ignored && named.long => Some(format!("{} is marked as long and is not", named.name)),
        [_] => None,
        _ => Some(format!("{} is the name of several tests", named.name)),
    }
}

#[test]
fn every_guarantee_names_tests_that_are_there_and_run() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let tests = all_tests();
    assert!(tests.len() > 300, "only {} tests were found", tests.len());
    let rows = named(guarantees(&readme));
    assert!(rows.len() > 10, "{rows:?}");
    let wrong: Vec<String> = rows.iter().flatten().filter_map(|named| wrong(named, &tests)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_name_that_is_not_there_or_does_not_run_is_found() {
    let text = "#[test]\nfn runs() {}\n#[tokio::test]\n#[ignore = \"slow\"]\nasync fn sleeps() {}\nfn helps() {}\n\
                mod tests {\n    #[test]\n    fn runs() {}\n    proptest! {\n        #[test]\n        fn holds(x in 0..9) {}\n    }\n}\n";
    let tests = tests("net::limit", text);
    let paths: Vec<&str> = tests.iter().map(|test| test.path.as_str()).collect();
    let expected = [
        "net::limit::runs",
        "net::limit::sleeps",
        "net::limit::tests::runs",
        "net::limit::tests::holds",
    ];
    assert_eq!(paths, expected);
    let table = "| guarantee | how | held up by |\n|---|---|---|\n| a | b | `limit::runs`, `limit::sleeps` (long) |\n| a | b | \
                 `tests::holds` |\n| a | b | `limit::sleeps`, `limit::runs` (long), `limit::helps`, `runs` |\n";
    let rows = named(table);
    let wrong = |row: &[Named<'_>]| row.iter().filter_map(|named| wrong(named, &tests)).count();
    assert_eq!(rows.iter().map(|row| wrong(row)).collect::<Vec<_>>(), [0, 0, 4]);
}
