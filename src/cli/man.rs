//! `itsmd man`: the manual, written by the program itself, so that it never lags behind what the program does.
//!
//! | page | from |
//! |---|---|
//! | `itsmd.1` | the prose in `text/`, and every command with its options |
//! | `itsmd-COMMAND.1` | the command's prose and its options |
//! | `itsmd.toml.5` | the table of keys that the configuration is read by |

mod command;
mod configuration;
mod page;
mod program;
mod text;

use std::path::{Path, PathBuf};

use clap::CommandFactory;

use self::page::Page;
use super::{Cli, Failure, out};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which page: itsmd, itsmd-sync and so on, itsmd.toml
    #[arg(value_name = "PAGE", default_value = "itsmd", conflicts_with = "to")]
    page: String,
    /// Write every page into this folder, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let pages = pages();
    if let Some(folder) = &args.to {
        return write(folder, &pages);
    }
    match pages.iter().find(|page| page.is_called(&args.page)) {
        Some(page) => out(&page.roff()),
        None => {
            let names: Vec<String> = pages.iter().map(Page::name).collect();
            let asked = &args.page;
            Err(Failure::Usage(format!(
                "no page {asked:?}; there are: {}",
                names.join(", ")
            )))
        }
    }
}

/// All pages: the program's first, the file's last.
fn pages() -> Vec<Page> {
    let program = Cli::command();
    let commands: Vec<&clap::Command> = shown(&program).collect();
    let mut pages = vec![program::page(&program)];
    pages.extend(commands.into_iter().map(command::page));
    pages.push(configuration::page());
    pages
}

/// The commands that people are told of.
fn shown(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command.get_subcommands().filter(|below| !below.is_hide_set())
}

fn write(folder: &Path, pages: &[Page]) -> Result<(), Failure> {
    use anyhow::Context as _;

    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for page in pages {
        let path = folder.join(page.name());
        std::fs::write(&path, page.roff()).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(name: &str) -> String {
        let pages = pages();
        let page = pages.iter().find(|page| page.is_called(name));
        page.unwrap_or_else(|| panic!("no {name}")).roff()
    }

    #[test]
    fn every_command_has_a_page_with_words_of_its_own() {
        let program = Cli::command();
        for command in shown(&program) {
            let name = command.get_name();
            assert!(text::of(name).is_some(), "src/cli/man/text/{name}.man is missing");
            let page = page(&format!("itsmd-{name}"));
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"] {
                assert!(
                    page.contains(&format!("\n.SH {section}\n")) || page.contains(&format!("\n.SH \"{section}\"\n")),
                    "{name}: {section}"
                );
            }
        }
    }

    #[test]
    fn no_words_are_kept_of_a_command_that_is_gone() {
        let program = Cli::command();
        for name in text::commands() {
            // The simulators are not in every build.
            assert!(
                name == "demo" || program.find_subcommand(name).is_some(),
                "there is no itsmd {name}"
            );
        }
    }

    #[test]
    fn the_manual_names_every_command_and_every_option() {
        let (program, manual) = (Cli::command(), page("itsmd"));
        for command in shown(&program) {
            let below: Vec<&clap::Command> = shown(command).collect();
            let own = page(command.get_name());
            for command in below.into_iter().chain([command]) {
                assert!(manual.contains(command.get_name()), "{}", command.get_name());
                for long in command
                    .get_arguments()
                    .filter(|one| !one.is_hide_set())
                    .filter_map(clap::Arg::get_long)
                {
                    let long = format!("\\-\\-{}", long.replace('-', "\\-"));
                    assert!(own.contains(&long), "{}: {long}", command.get_name());
                }
            }
        }
    }

    #[test]
    fn the_page_on_the_file_names_every_key_that_can_be_used() {
        let page = page("itsmd.toml");
        for key in [
            "server_url",
            "dcr_immutable_id",
            "requests_per_minute",
            "client_secret",
            "listen",
        ] {
            assert!(page.contains(&format!("\\fB{key}\\fR = ")), "{key}");
        }
        assert!(page.matches("\n.TP\n").count() > 60);
    }
}
