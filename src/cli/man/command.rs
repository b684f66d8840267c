//! A command: how it is called, what it does, what it takes.

use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::page::Page;
use super::{shown, text};

/// `itsmd-COMMAND(1)`.
pub(super) fn page(command: &Command) -> Page {
    let name = command.get_name();
    let mut page = Page::new(&format!("itsmd-{name}"), 1, &about(command).to_lowercase_first());
    page.heading("SYNOPSIS");
    let below: Vec<&Command> = shown(command).collect();
    if below.is_empty() {
        page.add(Roff::new().text(synopsis(&["itsmd"], command)));
    }
    for (index, below) in below.iter().enumerate() {
        if index > 0 {
            page.raw(".br\n");
        }
        page.add(Roff::new().text(synopsis(&["itsmd", name], below)));
    }
    page.heading("DESCRIPTION");
    let text = text::of(name).unwrap_or_default();
    let (description, more) = text.split_at(text.find("\n.SH ").map_or(text.len(), |at| at + 1));
    page.raw(description);
    if below.is_empty() {
        page.raw(&options(command));
    } else {
        page.heading("COMMANDS");
        for below in below {
            page.part(&format!("{name} {}", below.get_name()));
            page.text(&format!("{}.", about(below)));
            page.raw(&bare_options(below));
        }
    }
    page.raw(more);
    page.heading("SEE ALSO");
    page.raw(".BR itsmd (1),\n.BR itsmd.toml (5)\n.PP\nThe options that every command takes, the files and the exit status are in\n.BR itsmd (1).\n");
    page
}

/// `itsmd sync [--connection NAME]… [--json]`; one flag for each key of the configuration would hide the rest.
pub(super) fn synopsis(before: &[&str], command: &Command) -> Vec<Inline> {
    let name = [before, &[command.get_name()]].concat().join(" ");
    let mut line = vec![bold(name)];
    let mut left_out = false;
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        if argument.is_hide_short_help_set() {
            left_out = true;
            continue;
        }
        let (open, close) = if argument.is_required_set() {
            (" ", "")
        } else {
            (" [", "]")
        };
        line.push(roman(open));
        if let Some(long) = argument.get_long() {
            line.push(bold(format!("--{long}")));
        }
        if argument.get_action().takes_values() {
            if argument.get_long().is_some() {
                line.push(roman(" "));
            }
            line.push(italic(value(argument)));
        }
        let many = matches!(argument.get_action(), ArgAction::Append);
        line.push(roman(format!("{close}{}", if many { "..." } else { "" })));
    }
    if left_out {
        line.extend([roman(" ["), bold("--"), italic("KEY VALUE"), roman("]...")]);
    }
    line
}

fn value(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    names
        .first()
        .map_or_else(|| argument.get_id().to_string().to_uppercase(), ToString::to_string)
}

/// The section OPTIONS, empty if it takes none; options of one heading are a part of it.
pub(super) fn options(command: &Command) -> String {
    let command = command.clone().disable_help_flag(true).mut_args(brought_into_line);
    if command.get_arguments().all(Arg::is_hide_set) {
        return String::new();
    }
    let mut roff = Vec::new();
    // Into memory: it does not fail.
    let _ = Man::new(command).render_options_section(&mut roff);
    let roff = String::from_utf8_lossy(&roff);
    // Every page begins with what stands before the first heading.
    let (_, sections) = roff.split_once(".SH").unwrap_or_default();
    let sections = format!(".SH{sections}");
    let mut below = sections.split("\n.SH ");
    let mut whole = below.next().unwrap_or_default().to_owned();
    for section in below {
        let (heading, rest) = section.split_once('\n').unwrap_or((section, ""));
        whole.push_str(&format!("\n.SS {}\n{rest}", heading.to_lowercase()));
    }
    // Two breaks are a space to groff, and a mistake to mandoc.
    whole.replace("\n.br\n\n.br\n", "\n.sp\n")
}

/// The same without its heading.
pub(super) fn bare_options(command: &Command) -> String {
    options(command).replacen(".SH OPTIONS\n", "", 1)
}

/// What the page of help leaves to its long form is shown; plain words to choose from stand in one line.
fn brought_into_line(argument: Arg) -> Arg {
    let values = argument.get_possible_values();
    let argument = argument.hide_short_help(false);
    // A flag has `true` and `false`.
    if !argument.get_action().takes_values()
        || values.is_empty()
        || values.iter().any(|value| value.get_help().is_some())
    {
        return argument;
    }
    let words: Vec<&str> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    argument
        .hide_possible_values(true)
        .help(format!("{help}: {}", words.join(", ")))
}

/// The one line of a command.
pub(super) fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// How a line begins in the list of `apropos`.
trait LowercaseFirst {
    fn to_lowercase_first(&self) -> String;
}

impl LowercaseFirst for str {
    fn to_lowercase_first(&self) -> String {
        let mut letters = self.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
    }
}
