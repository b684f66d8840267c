//! A page of the manual: its name, its section, and what is in it.

use chrono::DateTime;
use clap_mangen::roff::{Inline, Roff};

/// Its first entry says when this version was made.
const CHANGES: &str = include_str!("../../../systemd/debian/changelog");

/// One page.
#[derive(Debug)]
pub(super) struct Page {
    title: String,
    section: u8,
    body: String,
}

impl Page {
    /// An empty page: `itsmd-sync` and 1, with its one line for `apropos`.
    pub fn new(title: &str, section: u8, about: &str) -> Self {
        let mut page = Self {
            title: title.to_owned(),
            section,
            body: String::new(),
        };
        page.heading("NAME");
        page.body
            .push_str(&format!("{} \\- {}\n", escaped(title), escaped(about)));
        page
    }

    /// Its file: `itsmd-sync.1`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.title, self.section)
    }

    /// Whether a person means it: `itsmd-sync`, `itsmd-sync.1`, or only `sync`.
    pub fn is_called(&self, name: &str) -> bool {
        name == self.title || name == self.name() || self.title.strip_prefix("itsmd-") == Some(name)
    }

    /// Begins a section.
    pub fn heading(&mut self, heading: &str) {
        self.add(Roff::new().control("SH", [heading]));
    }

    /// Begins a part of a section.
    pub fn part(&mut self, heading: &str) {
        self.add(Roff::new().control("SS", [heading]));
    }

    /// One paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.add(Roff::new().control("PP", []).text([Inline::Roman(text.to_owned())]));
    }

    /// Words behind a heading.
    pub fn text(&mut self, text: &str) {
        self.add(Roff::new().text([Inline::Roman(text.to_owned())]));
    }

    /// One entry of a list: what it is, and what is said of it.
    pub fn entry(&mut self, head: Vec<Inline>, said: &str) {
        self.add(
            Roff::new()
                .control("TP", [])
                .text(head)
                .text([Inline::Roman(said.to_owned())]),
        );
    }

    /// Adds what is built.
    pub fn add(&mut self, roff: &Roff) {
        self.raw(&roff.to_roff());
    }

    /// Adds what is written in roff already.
    pub fn raw(&mut self, roff: &str) {
        self.body.push_str(roff);
    }

    /// The whole page.
    pub fn roff(&self) -> String {
        let (title, section, day) = (self.title.to_uppercase(), self.section.to_string(), day());
        let version = concat!("itsmd ", env!("CARGO_PKG_VERSION"));
        let head = Roff::new()
            .control("TH", [title.as_str(), &section, &day, version, "itsmd manual"])
            // No word is broken, so that what is copied from a page is what was meant.
            .control("nr", ["HY", "0"])
            .control("nh", [])
            .control("ad", ["l"])
            .render();
        format!("{head}{}", self.body)
    }
}

/// As roff reads it: a hyphen stays the hyphen of the keyboard.
fn escaped(text: &str) -> String {
    let roff = Roff::new().text([Inline::Roman(text.to_owned())]).to_roff();
    roff.trim_end().to_owned()
}

/// The day of this version; empty if nobody wrote it down.
fn day() -> String {
    let signed = CHANGES.lines().find(|line| line.starts_with(" -- "));
    let stamp = signed
        .and_then(|line| line.split_once(">  "))
        .map(|(_, stamp)| stamp.trim());
    let day = stamp.and_then(|stamp| DateTime::parse_from_rfc2822(stamp).ok());
    day.map_or_else(String::new, |day| day.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changelog_begins_with_this_version_and_says_its_day() {
        let first = CHANGES.lines().next().unwrap();
        assert!(
            first.starts_with(concat!("itsmd (", env!("CARGO_PKG_VERSION"), "-")),
            "{first}"
        );
        assert_eq!(day().len(), 10, "{:?}", day());
    }

    #[test]
    fn a_page_is_found_by_whatever_it_is_called() {
        let page = Page::new("itsmd-sync", 1, "sync once");
        assert!(
            ["itsmd-sync", "itsmd-sync.1", "sync"]
                .into_iter()
                .all(|name| page.is_called(name))
        );
        assert!(!page.is_called("itsmd"));
        assert!(
            page.roff().contains(".SH NAME\nitsmd\\-sync \\- sync once\n"),
            "{}",
            page.roff()
        );
    }
}
