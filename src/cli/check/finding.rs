//! What a check found: sections of lines for people, findings for programs.

use serde::Serialize;

use crate::model::{Code, Trouble, WorkItemKind};

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
    /// What was looked at: `sign-in`, `incident`.
    pub stage: String,
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
            stage: String::new(),
            seen: seen.into(),
            means: code.means.to_owned(),
            remedy: code.remedy.to_owned(),
        }
    }

    /// A trouble that would stop a sync.
    pub fn of_trouble(trouble: &Trouble) -> Self {
        Self::told(trouble, Severity::Error)
    }

    /// A trouble as grave as that.
    pub fn told(trouble: &Trouble, severity: Severity) -> Self {
        Self {
            code: trouble.code,
            severity,
            connection: None,
            work_item: None,
            stage: String::new(),
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
    /// Nothing speaks against it, but nothing could be seen that speaks for it.
    pub open: bool,
}

impl Line {
    /// Nothing is wrong with it.
    pub fn good(stage: &str, good: impl Into<String>) -> Self {
        Self::of(stage, good, Vec::new())
    }

    /// It could not be looked at, which is nothing wrong by itself.
    pub fn open(stage: &str, told: impl Into<String>) -> Self {
        Self {
            open: true,
            ..Self::good(stage, told)
        }
    }

    /// It was found wanting.
    pub fn found(stage: &str, finding: Finding) -> Self {
        Self::of(stage, "", vec![finding])
    }

    /// Both, or either.
    pub fn of(stage: &str, good: impl Into<String>, mut findings: Vec<Finding>) -> Self {
        for finding in &mut findings {
            stage.clone_into(&mut finding.stage);
        }
        Self {
            stage: stage.to_owned(),
            good: good.into(),
            findings,
            open: false,
        }
    }

    /// About this connection.
    pub fn at(mut self, connection: &str, work_item: Option<WorkItemKind>) -> Self {
        let findings = std::mem::take(&mut self.findings).into_iter();
        self.findings = findings.map(|finding| finding.at(connection, work_item)).collect();
        self
    }

    /// Whether all that was looked at is well: what is only worth knowing does not change that.
    pub fn is_well(&self) -> bool {
        !self.open && self.findings.iter().all(|finding| finding.severity == Severity::Info)
    }

    /// Whether it would stop a sync.
    pub fn is_bad(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// What belongs together: a connection, the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Its name.
    pub title: String,
    /// What else stands in its heading: partner and address.
    pub about: String,
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
    /// Everything that was looked at.
    pub stages: Vec<Stage<'a>>,
}

/// One thing that was looked at, as in the JSON.
#[derive(Debug, Serialize)]
pub(super) struct Stage<'a> {
    /// `configuration`, a connection's name, `workspace`.
    pub section: &'a str,
    /// `sign-in`, `incident`.
    pub stage: &'a str,
    /// Whether nothing about it would stop a sync.
    pub ok: bool,
    /// What is well about it.
    pub told: &'a str,
}

impl<'a> Document<'a> {
    /// Of these sections.
    pub fn of(sections: &'a [Section]) -> Self {
        let lines = sections.iter().flat_map(|section| &section.lines);
        let findings: Vec<&Finding> = lines.clone().flat_map(|line| &line.findings).collect();
        let stages = sections.iter().flat_map(|section| {
            section.lines.iter().map(|line| Stage {
                section: &section.title,
                stage: &line.stage,
                ok: !line.is_bad(),
                told: &line.good,
            })
        });
        Self {
            ok: !lines.into_iter().any(Line::is_bad),
            findings,
            stages: stages.collect(),
        }
    }
}
