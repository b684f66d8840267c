//! The README names everything there is, and what it shows is true: its tables of commands, keys, codes and metrics
//! are what the code says. `ITSMD_BLESS=1 cargo test readme` writes them anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::CommandFactory;
use itsmd::config::Secrets;
use itsmd::config::keys::{self, Key, Kind, Presence, SectionKeys};
use itsmd::net::Code;
use itsmd::status::metrics::METRICS;

/// Nobody reads it while a table is written anew.
static README: Mutex<()> = Mutex::new(());

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    let _one = README.lock().unwrap_or_else(PoisonError::into_inner);
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// What stands between `<!-- name -->` and the next `<!-- end -->` is this.
fn is_golden(name: &str, generated: &str) {
    let _one = README.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let begin = format!("<!-- {name} -->\n");
    let (before, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("the README has no {begin}"));
    let (kept, after) = rest.split_once("<!-- end -->").unwrap();
    if std::env::var_os("ITSMD_BLESS").is_some() {
        std::fs::write(
            root().join("README.md"),
            format!("{before}{begin}{generated}<!-- end -->{after}"),
        )
        .unwrap();
        return;
    }
    assert!(
        kept == generated,
        "the README's table of {name} is not what the code says now: run with ITSMD_BLESS=1 and look at the difference"
    );
}

#[test]
fn the_commands_are_those_of_the_program() {
    let mut table = "\n| command | what it does |\n|---|---|\n".to_owned();
    for command in itsmd::cli::Cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        if !command.has_subcommands() {
            writeln!(table, "| `{}` | {about} |", usage(command)).unwrap();
        }
        for below in command.get_subcommands() {
            let about = below.get_about().map(ToString::to_string).unwrap_or_default();
            writeln!(table, "| `{} {}` | {about} |", command.get_name(), usage(below)).unwrap();
        }
    }
    table.push('\n');
    is_golden("commands", &table);
}

#[test]
fn every_command_that_it_speaks_of_exists() {
    let program = itsmd::cli::Cli::command();
    let readme = readme();
    // In code, inline or in a block, a command line follows one of these.
    let spoken = ["`itsmd ", "-u itsmd itsmd "];
    let mut seen = 0;
    for rest in spoken.iter().flat_map(|open| readme.split(open).skip(1)) {
        let word = rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap();
        if !word.is_empty() {
            assert!(program.find_subcommand(word).is_some(), "there is no itsmd {word}");
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} were found");
}

/// `sync [--connection NAME]… [--json]`.
fn usage(command: &clap::Command) -> String {
    let mut usage = command.get_name().to_owned();
    // One for each key of the configuration would fill the page.
    let in_short = |argument: &&clap::Arg| !argument.is_hide_short_help_set();
    for argument in command
        .get_arguments()
        .filter(in_short)
        .filter(|argument| !argument.is_hide_set() && argument.get_id() != "help")
    {
        let value = argument
            .get_value_names()
            .and_then(|names| names.first())
            .map_or_else(|| argument.get_id().to_string().to_uppercase(), ToString::to_string);
        let shown = match argument.get_long() {
            Some(long) if argument.get_action().takes_values() => format!("--{long} {value}"),
            Some(long) => format!("--{long}"),
            None => value,
        };
        let many = if matches!(argument.get_action(), clap::ArgAction::Append) {
            "…"
        } else {
            ""
        };
        let shown = if argument.is_required_set() {
            shown
        } else {
            format!("[{shown}]")
        };
        write!(usage, " {shown}{many}").unwrap();
    }
    if !command.get_arguments().all(|argument| in_short(&argument)) {
        usage.push_str(" [--KEY VALUE]…");
    }
    usage
}

#[test]
fn the_keys_are_those_of_the_configuration() {
    let mut table = String::new();
    let mut seen = BTreeSet::new();
    section(&keys::ROOT, &mut seen, &mut table);
    table.push('\n');
    assert!(table.matches("\n|").count() > 50, "{table}");
    is_golden("keys", &table);
}

fn section(section: &'static SectionKeys, seen: &mut BTreeSet<&'static str>, table: &mut String) {
    if !seen.insert(section.header) {
        return;
    }
    let title = if section.header.starts_with('[') {
        format!("`{}`", section.header)
    } else {
        "The file".to_owned()
    };
    write!(
        table,
        "\n#### {title}\n\n| key | takes | unless given | what it is |\n|---|---|---|---|\n"
    )
    .unwrap();
    let shown = || section.keys.iter().filter(|key| is_used(section, key));
    for key in shown() {
        let takes = taken(section, key);
        let default = match key.presence {
            Presence::Required => "must be given".to_owned(),
            Presence::Optional => String::new(),
            Presence::Text("") => "empty".to_owned(),
            Presence::Text(text) => format!("`\"{text}\"`"),
            Presence::Integer(number) => format!("`{number}`"),
            Presence::Flag(flag) => format!("`{flag}`"),
        };
        writeln!(
            table,
            "| `{}` | {takes} | {default} | {} |",
            key.name,
            prose(key.meaning)
        )
        .unwrap();
    }
    variants(section, table);
    for key in shown() {
        if let Kind::Section(below) | Kind::Sections(below) = key.kind {
            self::section(below, seen, table);
        }
    }
}

fn variants(section: &SectionKeys, table: &mut String) {
    let Some(choice) = section.choice else { return };
    write!(table, "\n| `{}` | needs | may have |\n|---|---|---|\n", choice.by).unwrap();
    let list = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    for variant in choice.of.iter().filter(|variant| variant.available) {
        writeln!(
            table,
            "| `{}` | {} | {} |",
            variant.name,
            list(variant.required),
            list(variant.optional)
        )
        .unwrap();
    }
}

/// A key that only what is not built yet would use is not shown.
fn is_used(section: &SectionKeys, key: &Key) -> bool {
    section.choice.is_none_or(|choice| {
        choice.by == key.name
            || choice
                .of
                .iter()
                .any(|variant| variant.available && variant.uses(key.name))
    })
}

fn taken(section: &SectionKeys, key: &Key) -> String {
    match (key.kind, section.choice) {
        (Kind::Word(_), Some(choice)) if choice.by == key.name => {
            let available = choice.of.iter().filter(|variant| variant.available);
            available
                .map(|variant| format!("`\"{}\"`", variant.name))
                .collect::<Vec<_>>()
                .join(", ")
        }
        (Kind::Section(below), _) => format!("a section `{}`", below.header),
        (Kind::Sections(below), _) => format!("sections `{}`", below.header),
        (Kind::Secret, _) => "a secret".to_owned(),
        (kind, _) => kind.to_string(),
    }
}

/// The tables of codes, one a module.
fn listed_codes() -> Vec<Code> {
    itsmd::cli::explain::codes()
}

#[test]
fn the_codes_are_those_of_the_program() {
    let mut table = "\n| code | it means | what to do |\n|---|---|---|\n".to_owned();
    for code in listed_codes() {
        writeln!(
            table,
            "| `{}` | {} | {} |",
            code.id,
            prose(code.means),
            prose(code.remedy)
        )
        .unwrap();
    }
    table.push('\n');
    is_golden("codes", &table);
    every_code_of_the_sources_is_shown();
}

fn every_code_of_the_sources_is_shown() {
    let told = codes_in_sources();
    for code in listed_codes() {
        assert!(told.contains(code.id), "{} was not found in the sources", code.id);
    }
    let readme = readme();
    let shown = codes_in(&readme, "`", "`");
    let missing: Vec<&String> = told.difference(&shown).collect();
    assert!(missing.is_empty(), "not in the README: {missing:?}");
    let invented: Vec<&String> = shown.difference(&told).collect();
    assert!(invented.is_empty(), "in the README and nowhere else: {invented:?}");
}

#[test]
fn the_messages_of_others_are_those_that_the_program_explains() {
    let mut table = "\n| who says it | what | code |\n|---|---|---|\n".to_owned();
    for heard in itsmd::cli::explain::HEARD {
        writeln!(
            table,
            "| {} | {} | `{}` |",
            heard.by.name(),
            prose(heard.words),
            heard.code
        )
        .unwrap();
    }
    table.push('\n');
    is_golden("heard", &table);
}

/// Fit for a table's cell. Addresses become code: rustdoc wants no bare ones.
fn prose(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let bare = word.trim_matches(['(', ')', '.', ',', ';']);
        if bare.starts_with("https://") {
            word.replacen(bare, &format!("`{bare}`"), 1)
        } else {
            word.to_owned()
        }
    });
    let text = words.collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let parts = text.split('`').enumerate();
    // Outside code a bracket would begin a link.
    let parts = parts.map(|(index, part)| {
        if index % 2 == 0 {
            part.replace('[', "\\[")
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// Every `"ITSMD-…-nnn"` outside unit tests.
fn codes_in_sources() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left: Vec<PathBuf> = vec![root().join("src")];
    while let Some(path) = left.pop() {
        if path
            .file_name()
            .is_some_and(|name| name == "tests" || name == "tests.rs")
        {
            continue;
        }
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let running = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        found.append(&mut codes_in(running, "\"", "\""));
    }
    found
}

fn codes_in(text: &str, open: &str, close: &str) -> BTreeSet<String> {
    let begin = format!("{open}ITSMD-");
    let parts = text
        .match_indices(&begin)
        .filter_map(|(at, _)| text[at + open.len()..].split(close).next());
    let is_code = |code: &&str| {
        let number = code.rsplit('-').next().unwrap_or_default();
        code.len() < 20 && number.len() == 3 && number.chars().all(|c| c.is_ascii_digit())
    };
    parts.filter(is_code).map(str::to_owned).collect()
}

#[test]
fn the_metrics_are_those_of_the_program() {
    let mut table = "\n| metric | kind | labels | what it says |\n|---|---|---|---|\n".to_owned();
    for metric in METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let (kind, labels) = (metric.kind.as_str(), labels.join(", "));
        writeln!(table, "| `{}` | {kind} | {labels} | {} |", metric.name, metric.help).unwrap();
    }
    table.push('\n');
    is_golden("metrics", &table);
}

#[test]
fn its_configuration_and_the_shipped_one_can_be_used() {
    let shipped = root().join("config/itsmd.toml");
    let text = std::fs::read_to_string(&shipped).unwrap();
    itsmd::config::parse(&shipped, &text, Secrets::Skip).unwrap();
    let readme = readme();
    let mut whole = 0;
    for block in readme.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        toml::from_str::<toml::Table>(text).unwrap();
        if text.contains("[workspace]") && text.contains("[[connection]]") {
            whole += 1;
            itsmd::config::parse(&root().join("README.md"), text, Secrets::Skip)
                .unwrap_or_else(|errors| panic!("{errors}"));
        }
    }
    assert!(whole > 0, "the README shows no whole configuration");
}

#[test]
fn files_that_it_links_to_are_there() {
    let readme = readme();
    let links: Vec<&str> = readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    for link in links
        .iter()
        .filter(|link| !link.contains("://") && !link.starts_with('#'))
    {
        assert!(root().join(link).exists(), "{link}");
    }
}
