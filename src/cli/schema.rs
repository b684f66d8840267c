//! `itsmd schema`: prints what itsmd generates for other programs.

use std::path::Path;

use super::{Failure, out};
use crate::config::{self, ChosenBy, Location, Secrets};
use crate::schema::{self, Target};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to print
    #[arg(value_enum)]
    artefact: Artefact,
    /// Another table than ServiceDesk_CL, to run beside ITSMC: the log's table is then named after it
    #[arg(long, value_name = "NAME_CL")]
    table: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Artefact {
    /// JSON Schema of the configuration, for editors
    Config,
    /// ARM template of the two tables
    Table,
    /// ARM template of the data collection rule and of the right to send to it
    Dcr,
    /// Everything for Azure in one Bicep file: tables, rule, role, functions, workbook, alert rules
    Bicep,
    /// The same as one ARM template
    Arm,
    /// The saved functions as text
    Kql,
    /// ARM template of the saved functions
    Functions,
    /// The workbook, for the portal's advanced editor
    Workbook,
    /// ARM template of the alert rules
    Alerts,
}

pub(super) fn run(args: &Args, flag: Option<&Path>) -> Result<(), Failure> {
    let print = match args.artefact {
        Artefact::Config => return out(&schema::config()),
        Artefact::Table => schema::table,
        Artefact::Dcr => schema::dcr,
        Artefact::Bicep => schema::bicep,
        Artefact::Arm => schema::arm,
        Artefact::Kql => schema::kql,
        Artefact::Functions => schema::functions,
        Artefact::Workbook => schema::workbook,
        Artefact::Alerts => schema::alerts,
    };
    out(&print(&target(args.table.as_deref(), flag)?))
}

/// The table that was asked for, with the configuration's own columns; without any configuration there are none.
fn target(table: Option<&str>, flag: Option<&Path>) -> Result<Target, Failure> {
    let named = match table {
        None => Target::default(),
        Some(name) => Target::of_table(name).ok_or_else(|| {
            Failure::Usage(format!(
                "--table {name}: a table of one's own begins with a letter, ends in _CL, and has only letters, digits and _, \
                 42 in all"
            ))
        })?,
    };
    let location = Location::find(flag);
    if location.chosen_by == ChosenBy::Default && !location.path.exists() {
        return Ok(named);
    }
    match config::load_with(location, Secrets::Skip) {
        Ok(loaded) => Ok(Target {
            extra: loaded.config.extra_columns(),
            ..named
        }),
        Err(errors) => Err(Failure::Usage(errors.to_string())),
    }
}
