//! `itsmd schema`: prints what itsmd generates for other programs.

use std::path::Path;

use super::{Failure, out};
use crate::config::{self, ChosenBy, Location, Secrets};
use crate::schema::{self, ExtraColumns};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to print
    #[arg(value_enum)]
    artefact: Artefact,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Artefact {
    /// JSON Schema of the configuration, for editors
    Config,
    /// ARM template of the two tables
    Table,
    /// ARM template of the data collection rule and of the right to send to it
    Dcr,
    /// All of these in one Bicep file
    Bicep,
}

pub(super) fn run(args: &Args, flag: Option<&Path>) -> Result<(), Failure> {
    let text = match args.artefact {
        Artefact::Config => schema::config(),
        Artefact::Table => schema::table(&columns(flag)?),
        Artefact::Bicep => schema::bicep(&columns(flag)?),
        Artefact::Dcr => schema::dcr(&columns(flag)?),
    };
    out(&text)
}

/// The configuration's own columns; without any configuration there are none.
fn columns(flag: Option<&Path>) -> Result<ExtraColumns, Failure> {
    let location = Location::find(flag);
    if location.chosen_by == ChosenBy::Default && !location.path.exists() {
        return Ok(ExtraColumns::new());
    }
    match config::load_with(location, Secrets::Skip) {
        Ok(loaded) => Ok(loaded.config.extra_columns()),
        Err(errors) => Err(Failure::Usage(errors.to_string())),
    }
}
