//! The check on a terminal.

use std::fmt::Write as _;

use super::finding::{Document, Finding, Line, Section, Severity};

/// A section: its heading, a line a stage, below it what is wrong and what to do.
pub(super) fn section(section: &Section) -> String {
    let mut text = format!("{}\n", section.title);
    let width = section
        .lines
        .iter()
        .map(|line| line.stage.chars().count())
        .max()
        .unwrap_or(0);
    for line in &section.lines {
        text.push_str(&stage(line, width));
    }
    text.push('\n');
    text
}

fn stage(line: &Line, width: usize) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    if !line.good.is_empty() || line.findings.is_empty() {
        let _ = writeln!(
            text,
            "{}",
            format!("  ✓ {:<width$}  {}", line.stage, line.good).trim_end()
        );
    }
    for finding in &line.findings {
        let mark = match finding.severity {
            Severity::Info => "i",
            Severity::Warning => "!",
            Severity::Error => "✗",
        };
        let _ = writeln!(text, "  {mark} {:<width$}  {}", line.stage, finding.seen);
        let indent = " ".repeat(width + 6);
        let _ = writeln!(text, "{indent}means:  {} [{}]", finding.means, finding.code);
        let _ = writeln!(text, "{indent}remedy: {}", finding.remedy);
    }
    text
}

/// `1 error, 2 warnings`, and what that means.
pub(super) fn summary(document: &Document<'_>, offline: bool) -> String {
    let of = |severity: Severity| {
        document
            .findings
            .iter()
            .filter(|finding: &&&Finding| finding.severity == severity)
            .count()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let number = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    };
    let found = match (errors, warnings) {
        (0, 0) => "all well".to_owned(),
        (0, warnings) => format!("{}, nothing that would stop a sync", number(warnings, "warning")),
        (errors, 0) => number(errors, "error"),
        (errors, warnings) => format!("{}, {}", number(errors, "error"), number(warnings, "warning")),
    };
    let asked = if offline {
        "; neither service desks nor workspace were asked"
    } else {
        ""
    };
    format!("{found}{asked}\n")
}

#[cfg(test)]
mod tests {
    use super::super::code;
    use super::*;

    #[test]
    fn good_stages_have_a_tick_and_bad_ones_their_remedy() {
        let finding = Finding::new(&code::NOTHING_VISIBLE, Severity::Error, "12 records, none to be seen");
        let contoso = Section {
            title: "contoso".into(),
            lines: vec![Line::good("sign-in", ""), Line::found("incident", finding)],
        };
        let expected = "\
contoso
  ✓ sign-in
  ✗ incident  12 records, none to be seen
              means:  the user may read none of the records although there are some [ITSMD-CK-006]
              remedy: give the user a role that reads this table, and look at the table's access rules

";
        assert_eq!(section(&contoso), expected);
        let sections = [contoso];
        let document = Document::of(&sections);
        assert_eq!((document.ok, summary(&document, false).as_str()), (false, "1 error\n"));
    }
}
