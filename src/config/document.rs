//! A parsed file that still knows its lines, and the list of what was found in it.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{About, Mistake, Secrets, Warning};

/// A file being read.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// The file, for messages and relative paths.
    pub(super) file: &'a Path,
    /// Whether secrets are looked for.
    pub(super) secrets: Secrets,
    text: &'a str,
    mistakes: RefCell<Vec<Mistake>>,
    warnings: RefCell<Vec<Mistake>>,
}

impl<'a> Document<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str, secrets: Secrets) -> Self {
        Self {
            file,
            secrets,
            text,
            mistakes: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// Parses the text; what is not TOML is a mistake, and then there is no table.
    pub(super) fn table(&self) -> Option<DeTable<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let line = error.span().map_or(1, |span| self.line(&span));
            self.mistake(line, "", &format!("not TOML: {}", error.message().trim()));
        }
        errors.is_empty().then(|| table.into_inner())
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// The line on which a value stands.
    pub(super) fn line_of(&self, value: &Spanned<DeValue<'_>>) -> usize {
        self.line(&value.span())
    }

    pub(super) fn mistake(&self, line: usize, section: &str, text: &str) {
        self.mistake_about(About::Value, line, section, text);
    }

    pub(super) fn mistake_about(&self, about: About, line: usize, section: &str, text: &str) {
        self.mistakes.borrow_mut().push(found(about, line, section, text));
    }

    pub(super) fn warning(&self, line: usize, section: &str, text: &str) {
        self.warning_about(About::Value, line, section, text);
    }

    pub(super) fn warning_about(&self, about: About, line: usize, section: &str, text: &str) {
        self.warnings.borrow_mut().push(found(about, line, section, text));
    }

    /// A path as the file means it: relative to the file's own directory.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    /// What was found, by line, each once.
    pub(super) fn finish(self) -> (Vec<Mistake>, Vec<Warning>) {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort();
        mistakes.dedup();
        let mut warnings = self.warnings.into_inner();
        warnings.sort();
        let file = self.file.to_owned();
        let warnings = warnings
            .into_iter()
            .map(|mistake| Warning {
                file: file.clone(),
                mistake,
            })
            .collect();
        (mistakes, warnings)
    }
}

fn found(about: About, line: usize, section: &str, text: &str) -> Mistake {
    Mistake {
        line,
        section: section.to_owned(),
        text: text.to_owned(),
        about,
    }
}
