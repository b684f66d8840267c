//! The check on a terminal.

use std::collections::BTreeSet;

use super::finding::{Document, Finding, Line, Section, Severity};
use crate::cli::paper::{Ink, Paper};

/// Writes section after section; what was explained once is not explained again.
#[derive(Debug)]
pub(super) struct Writer {
    paper: Paper,
    told: BTreeSet<(&'static str, String)>,
}

impl Writer {
    pub fn new(paper: Paper) -> Self {
        Self {
            paper,
            told: BTreeSet::new(),
        }
    }

    /// A section: its heading, a line a stage, below it what is wrong and what to do.
    pub fn section(&mut self, section: &Section) -> String {
        let title = self.paper.ink(Ink::Bold, &section.title);
        let mut text = format!("{title}  {}\n", self.paper.ink(Ink::Soft, &section.about));
        let stages = section.lines.iter().map(|line| line.stage.chars().count());
        let width = stages.max().unwrap_or(0);
        for line in &section.lines {
            text.push_str(&self.stage(line, width));
        }
        text.push('\n');
        text
    }

    fn stage(&mut self, line: &Line, width: usize) -> String {
        let mut text = String::new();
        let (stage, indent) = (&line.stage, width + 6);
        if !line.good.is_empty() || line.findings.is_empty() {
            // A stage is not both well and doubtful.
            let (mark, ink) = if line.is_well() {
                ("✓", Ink::Good)
            } else {
                ("·", Ink::Soft)
            };
            let head = format!("  {} {stage:<width$}  ", self.paper.ink(ink, mark));
            text.push_str(&self.paper.hanging(&head, indent, &line.good, None));
        }
        for finding in &line.findings {
            let (mark, ink) = match finding.severity {
                Severity::Info => ("·", Ink::Soft),
                Severity::Warning => ("!", Ink::Doubt),
                Severity::Error => ("✗", Ink::Bad),
            };
            let head = format!("  {} {stage:<width$}  ", self.paper.ink(ink, mark));
            text.push_str(&self.paper.hanging(&head, indent, &finding.seen, None));
            text.push_str(&self.explained(finding, indent));
        }
        text
    }

    fn explained(&mut self, finding: &Finding, indent: usize) -> String {
        let short = finding.code.strip_prefix("ITSMD-").unwrap_or(finding.code);
        let part = |name: &str, words: &str, ink: Option<Ink>| {
            let head = format!(
                "{}{}",
                " ".repeat(indent),
                self.paper.ink(Ink::Soft, &format!("{name:<8}"))
            );
            self.paper.hanging(&head, indent + 8, words, ink)
        };
        if !self.told.insert((finding.code, finding.remedy.clone())) {
            return part("code", &format!("{}, as above", finding.code), Some(Ink::Soft));
        }
        let mut text = String::new();
        // What is only worth knowing says enough by itself.
        if finding.severity != Severity::Info {
            text.push_str(&part("means", &finding.means, None));
            text.push_str(&part("remedy", &finding.remedy, None));
        }
        let more = format!("{}; more: itsmd explain {short}", finding.code);
        text.push_str(&part("code", &more, Some(Ink::Soft)));
        text
    }

    /// `1 error, 2 warnings`, and what that means.
    pub fn summary(&self, document: &Document<'_>, offline: bool) -> String {
        let of = |severity: Severity| {
            let findings = document.findings.iter();
            findings.filter(|finding| finding.severity == severity).count()
        };
        let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
        let number = |count: usize, noun: &str| match count {
            1 => format!("1 {noun}"),
            count => format!("{count} {noun}s"),
        };
        let (ink, mark, found) = match (errors, warnings) {
            (0, 0) => (Ink::Good, "✓", "all well".to_owned()),
            (0, warnings) => (
                Ink::Doubt,
                "!",
                format!("{}, nothing that would stop a sync", number(warnings, "warning")),
            ),
            (errors, 0) => (Ink::Bad, "✗", number(errors, "error")),
            (errors, warnings) => (
                Ink::Bad,
                "✗",
                format!("{}, {}", number(errors, "error"), number(warnings, "warning")),
            ),
        };
        let asked = if offline {
            "; neither service desks nor workspace were asked"
        } else {
            ""
        };
        format!("{} {found}{asked}\n", self.paper.ink(ink, mark))
    }
}

#[cfg(test)]
mod tests {
    use super::super::code;
    use super::*;

    fn contoso() -> Section {
        let hidden = |seen: &str| Finding::new(&code::NOTHING_VISIBLE, Severity::Error, seen);
        Section {
            title: "contoso".into(),
            about: "ServiceNow".into(),
            lines: vec![
                Line::good("sign-in", ""),
                Line::found("incident", hidden("12 records, none to be seen")),
                Line::found("change_request", hidden("3 records")),
            ],
        }
    }

    #[test]
    fn good_stages_have_a_tick_and_bad_ones_their_remedy_once() {
        let expected = "\
contoso  ServiceNow
  ✓ sign-in
  ✗ incident        12 records, none to be seen
                    means   the user may read none of the records although there are some
                    remedy  give the user a role that reads this table, and look at the table's access rules
                    code    ITSMD-CK-006; more: itsmd explain CK-006
  ✗ change_request  3 records
                    code    ITSMD-CK-006, as above

";
        let mut writer = Writer::new(Paper::PLAIN);
        assert_eq!(writer.section(&contoso()), expected);
        let sections = [contoso()];
        let document = Document::of(&sections);
        assert_eq!(
            (document.ok, writer.summary(&document, false).as_str()),
            (false, "✗ 2 errors\n")
        );
    }

    #[test]
    fn a_stage_with_a_doubt_and_one_that_could_not_be_looked_at_have_no_tick() {
        let zone = Finding::new(&code::USER_ZONE, Severity::Warning, "time zone Europe/Berlin");
        let section = Section {
            title: "contoso".into(),
            about: "ServiceNow".into(),
            lines: vec![
                Line::open("session", "not to be read by this user"),
                Line::of("session", "itsmd, time zone Europe/Berlin", vec![zone]),
            ],
        };
        let text = Writer::new(Paper::PLAIN).section(&section);
        assert!(
            !text.contains('✓') && text.matches("  · session").count() == 2,
            "{text}"
        );
        assert!(text.contains("  ! session"), "{text}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [60, 80, 120] {
            let text = Writer::new(Paper::of_width(width)).section(&contoso());
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{line}");
            }
        }
    }
}
