//! `itsmd explain CODE`: the page on a code, or all codes; the README's troubleshooting is generated from the same tables.

pub mod code;
mod heard;
mod page;
mod pages;

use std::fmt::Write as _;

pub use self::heard::{By, HEARD, Heard};
pub use self::page::{Cause, Page};

use super::paper::{Ink, Paper};
use super::{Failure, out};
use crate::model::Code;
use crate::{app, auth, config, net, sink, source, store, sync};

/// Fewer letters are no message: they stand in too many.
const SHORTEST_SAYING: usize = 5;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// E.g. ITSMD-SN-014, sn-014, AADSTS7000215, or what another program says ("User Not Authenticated"); all codes if none
    /// is given
    code: Option<String>,
}

/// Every code there is, by namespace and number.
pub fn codes() -> Vec<Code> {
    let lists = [
        net::codes::ALL,
        auth::codes::ALL,
        auth::ENTRA_CODES,
        source::servicenow::CODES,
        source::dataverse::CODES,
        sink::codes::ALL,
        sync::codes::ALL,
        &[app::FAULT],
        store::codes::ALL,
        super::check::code::CODES,
        code::CODES,
    ];
    lists.concat()
}

/// The page on a code, if there is one.
pub fn page_on(code: &str) -> Option<&'static Page> {
    pages::all().find(|page| page.code == code)
}

/// What others say that this code explains.
pub fn heard_as(code: &str) -> impl Iterator<Item = &'static Heard> {
    HEARD.iter().filter(move |heard| heard.code == code)
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let paper = Paper::of_stdout();
    let codes = codes();
    let Some(asked) = &args.code else {
        return out(&list(&codes, paper));
    };
    match find(asked, &codes) {
        Ok(code) => out(&explained(code, paper)),
        Err(near) => {
            let heard = said(asked, &codes);
            if !heard.is_empty() {
                let pages: Vec<String> = heard.into_iter().map(|code| explained(code, paper)).collect();
                return out(&pages.join("\n"));
            }
            let near = near.map_or_else(
                || "`itsmd explain` lists them all".to_owned(),
                |code| format!("did you mean {}, {}?", code.id, code.means),
            );
            Err(Failure::Usage(format!("no code {asked:?}; {near}")))
        }
    }
}

/// `ITSMD-SN-014`, `sn-014`, `SN14`, in any case; else the nearest there is.
fn find<'c>(asked: &str, codes: &'c [Code]) -> Result<&'c Code, Option<&'c Code>> {
    let plain = |text: &str| {
        let text = text.trim().to_ascii_uppercase();
        let text = short(&text).replace(['-', '_', ' '], "");
        let digits = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let (space, number) = text.split_at(digits);
        format!("{space}{}", number.trim_start_matches('0'))
    };
    let wanted = plain(asked);
    if let Some(code) = codes.iter().find(|code| plain(code.id) == wanted) {
        return Ok(code);
    }
    let known: Vec<String> = codes.iter().map(|code| short(code.id).to_lowercase()).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let near = config::nearest(short(&asked.trim().to_ascii_uppercase()), &known);
    Err(near.and_then(|near| codes.iter().find(|code| short(code.id).eq_ignore_ascii_case(near))))
}

/// What others' words mean here, most often one code: an AADSTS number, or a message with or without what stands around it.
fn said<'c>(asked: &str, codes: &'c [Code]) -> Vec<&'c Code> {
    let asked = asked.to_lowercase();
    let number = asked.split_once("aadsts").and_then(|(_, rest)| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<u32>().ok()
    });
    if let Some(number) = number {
        let known = auth::ENTRA_NUMBERS
            .iter()
            .find(|(_, numbers)| numbers.contains(&number));
        let id = known.map_or(auth::codes::ENTRA.id, |(code, _)| code.id);
        return codes.iter().filter(|code| code.id == id).collect();
    }
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let asked = plain(&asked);
    if asked.len() < SHORTEST_SAYING {
        return Vec::new();
    }
    let heard: Vec<&Heard> = HEARD
        .iter()
        .filter(|heard| {
            let words = plain(heard.words);
            asked.contains(&words) || words.contains(&asked)
        })
        .collect();
    codes
        .iter()
        .filter(|code| heard.iter().any(|heard| heard.code == code.id))
        .collect()
}

/// Without what all have.
fn short(id: &str) -> &str {
    id.strip_prefix("ITSMD-").unwrap_or(id)
}

fn list(codes: &[Code], paper: Paper) -> String {
    let width = codes.iter().map(|code| code.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for code in codes {
        let head = format!("{}  ", paper.ink(Ink::Bold, &format!("{:<width$}", code.id)));
        text.push_str(&paper.hanging(&head, width + 2, code.means, None));
    }
    text
}

fn explained(code: &Code, paper: Paper) -> String {
    let mut text = paper.hanging(
        &format!("{}  ", paper.ink(Ink::Bold, code.id)),
        code.id.len() + 2,
        code.means,
        None,
    );
    let heading = |text: &mut String, words: &str| {
        // Writing to a String does not fail.
        let _ = write!(text, "\n{}\n", paper.ink(Ink::Bold, words));
    };
    heading(&mut text, "What to do");
    text.push_str(&paper.hanging("  ", 2, code.remedy, None));
    if let Some(page) = page_on(code.id) {
        heading(&mut text, "Why it may be so, the likeliest first");
        for (number, cause) in page.causes.iter().enumerate() {
            text.push_str(&paper.hanging(&format!("  {}. ", number + 1), 5, cause.may, None));
            for (name, words) in [("see", cause.tell), ("do", cause.act)] {
                if !words.is_empty() {
                    let head = format!("     {}", paper.ink(Ink::Soft, &format!("{name:<5}")));
                    text.push_str(&paper.hanging(&head, 10, words, None));
                }
            }
        }
    }
    let mut heard = heard_as(code.id).peekable();
    if heard.peek().is_some() {
        heading(&mut text, "What you may have seen");
        for heard in heard {
            let head = format!("  {}", paper.ink(Ink::Soft, &format!("{:<12}", heard.by.name())));
            text.push_str(&paper.hanging(&head, 14, heard.words, None));
        }
    }
    text
}

#[cfg(test)]
mod tests;
