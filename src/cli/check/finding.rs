//! What a check found: sections of lines for people, findings for programs.

use serde::Serialize;

use crate::model::{Trouble, WorkItemKind};
use crate::net::Code;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Worth knowing.
    Info,
    /// A sync works, but perhaps not as meant.
    Warning,
    /// It would stop a sync.
    Error,
}

/// One finding, as in the JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// `itsmd explain` knows it.
    pub code: &'static str,
    /// How grave.
    pub severity: Severity,
    /// Which connection, if it is about one.
    pub connection: Option<String>,
    /// Which kind, if it is about one.
    pub work_item: Option<WorkItemKind>,
    /// What was seen.
    pub seen: String,
    /// What it means.
    pub means: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// Of one of our own codes.
    pub fn new(code: &Code, severity: Severity, seen: impl Into<String>) -> Self {
        Self {
            code: code.id,
            severity,
            connection: None,
            work_item: None,
            seen: seen.into(),
            means: code.means.to_owned(),
            remedy: code.remedy.to_owned(),
        }
    }

    /// A trouble that would stop a sync.
    pub fn of_trouble(trouble: &Trouble) -> Self {
        Self {
            code: trouble.code,
            severity: Severity::Error,
            connection: None,
            work_item: None,
            seen: trouble.seen.clone(),
            means: trouble.means.clone(),
            remedy: trouble.remedy.clone(),
        }
    }

    /// About this connection.
    pub fn at(mut self, connection: &str, work_item: Option<WorkItemKind>) -> Self {
        (self.connection, self.work_item) = (Some(connection.to_owned()), work_item);
        self
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What it was: `sign-in`, `incident`.
    pub stage: String,
    /// What is well about it.
    pub good: String,
    /// What is not.
    pub findings: Vec<Finding>,
}

impl Line {
    /// Nothing is wrong with it.
    pub fn good(stage: &str, good: impl Into<String>) -> Self {
        Self {
            stage: stage.to_owned(),
            good: good.into(),
            findings: Vec::new(),
        }
    }

    /// It was found wanting.
    pub fn found(stage: &str, finding: Finding) -> Self {
        Self {
            stage: stage.to_owned(),
            good: String::new(),
            findings: vec![finding],
        }
    }
}

/// What belongs together: a connection, the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Its heading.
    pub title: String,
    /// In the order in which they were looked at.
    pub lines: Vec<Line>,
}

/// `itsmd check --json`.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    /// Whether nothing would stop a sync.
    pub ok: bool,
    /// In the order of the sections.
    pub findings: Vec<&'a Finding>,
}

impl<'a> Document<'a> {
    /// Of these sections.
    pub fn of(sections: &'a [Section]) -> Self {
        let lines = sections.iter().flat_map(|section| &section.lines);
        let findings: Vec<&Finding> = lines.flat_map(|line| &line.findings).collect();
        let ok = findings.iter().all(|finding| finding.severity != Severity::Error);
        Self { ok, findings }
    }
}
