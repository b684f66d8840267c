//! The queries, as text with the tables' names put in: saved functions, alert rules, the workbook.
//!
//! They stand in files of their own under `kql/`, written over `ServiceDesk_CL` and `ServiceDeskLog_CL`.

use super::Target;

/// A saved function of the workspace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Function {
    /// What queries call it.
    pub(super) name: &'static str,
    /// As a saved search declares them: `name:type=default`, or nothing.
    pub(super) parameters: &'static str,
    text: &'static str,
}

/// In the order in which one needs another.
pub(super) const FUNCTIONS: [Function; 4] = [
    Function {
        name: "ServiceDeskCurrent",
        parameters: "",
        text: include_str!("kql/functions/ServiceDeskCurrent.kql"),
    },
    Function {
        name: "ServiceDeskOpenIncidents",
        parameters: "",
        text: include_str!("kql/functions/ServiceDeskOpenIncidents.kql"),
    },
    Function {
        name: "ServiceDeskActiveChanges",
        parameters: "computer:string=''",
        text: include_str!("kql/functions/ServiceDeskActiveChanges.kql"),
    },
    Function {
        name: "ServiceDeskHealth",
        parameters: "",
        text: include_str!("kql/functions/ServiceDeskHealth.kql"),
    },
];

impl Function {
    /// Its body.
    pub(super) fn text(&self, of: &Target) -> String {
        over(of, self.text)
    }
}

/// A query over the tables that this deployment has.
pub(super) fn over(of: &Target, query: &str) -> String {
    // One step for both names, for the one may stand in what the other becomes.
    let parts = query.split("ServiceDeskLog_CL");
    let parts: Vec<String> = parts
        .map(|part| part.replace("ServiceDesk_CL", &of.work_items))
        .collect();
    parts.join(&of.log)
}
