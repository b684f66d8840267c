//! `itsmd(1)`: the manual.

use clap::Command;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::command::{about, bare_options, options, synopsis};
use super::page::Page;
use super::{shown, text};

/// `itsmd(1)`.
pub(super) fn page(program: &Command) -> Page {
    let mut page = Page::new(
        "itsmd",
        1,
        "keep an Azure Log Analytics workspace in step with service desks",
    );
    page.heading("SYNOPSIS");
    let line = [
        bold("itsmd"),
        roman(" [--config "),
        italic("FILE"),
        roman("] [--log-format text|json] "),
        italic("COMMAND"),
        roman(" ..."),
    ];
    page.add(Roff::new().text(line));
    page.raw(text::BEFORE_THE_COMMANDS);
    page.heading("COMMANDS");
    page.raw("Each has a page of its own,\n.BR itsmd\\-sync (1)\nand so on, with examples.\n");
    for command in shown(program) {
        let name = command.get_name();
        let below: Vec<&Command> = shown(command).collect();
        if below.is_empty() {
            entry(&mut page, &["itsmd"], command);
        }
        for below in below {
            entry(&mut page, &["itsmd", name], below);
        }
    }
    page.raw(&options(program));
    page.raw(text::AFTER_THE_COMMANDS);
    page.heading("SEE ALSO");
    let mut also: Vec<String> = shown(program)
        .map(|command| format!(".BR itsmd\\-{} (1)", command.get_name()))
        .collect();
    also.extend(
        [
            ".BR itsmd.toml (5)",
            ".BR systemctl (1)",
            ".BR journalctl (1)",
            ".BR systemd.exec (5)",
        ]
        .map(str::to_owned),
    );
    page.raw(&also.join(",\n"));
    page.raw("\n");
    page
}

/// A command with its options, indented under it.
fn entry(page: &mut Page, before: &[&str], command: &Command) {
    page.add(Roff::new().control("SS", []).text(synopsis(before, command)));
    page.raw(&format!(
        "{}.\n",
        Roff::new().text([roman(about(command))]).to_roff().trim_end()
    ));
    let brief = command.clone().mut_args(|argument| {
        let hidden = argument.is_hide_short_help_set();
        argument.hide(hidden)
    });
    page.raw(&bare_options(&brief));
}
