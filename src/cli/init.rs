//! `itsmd init`: a first configuration and its secret files, from questions or from flags.
//!
//! What is asked and which flags there are comes from [`crate::config::keys`], the table that the reader of the file works
//! from. What would be written is read as `check --offline` reads it first; then all of it is written, or nothing: no file
//! that is there already is touched, and an interruption leaves nothing behind. A secret is typed without echo or read
//! from a file or the standard input; on the command line it would be seen by everybody on the machine.

mod answers;
mod ask;
mod fields;
mod fit;
mod flags;
mod next;
mod owner;
mod prompt;
mod text;
mod write;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use self::answers::Answers;
use self::flags::Flags;
use super::{Failure, note, out};
use crate::config::{self, Location, Secrets};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every key of the configuration is a flag, shown by --help. What is missing is asked for on a terminal."
)]
pub(super) struct Args {
    /// Where to write itsmd.toml and the folder secrets [default: where --config is, else /etc/itsmd]
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

pub(super) fn run(args: &Args, config: Option<&Path>) -> Result<(), Failure> {
    let file = place(args, config)?;
    write::refuse_if_there(std::slice::from_ref(&file))?;
    // Before the first question: nobody types all of it for nothing.
    write::refuse_if_closed(&file)?;
    let mut answers = args.flags.answers()?;
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        talk(&file, &mut answers)?;
    } else if let Some(missing) = answers.missing() {
        return Err(Failure::Usage(format!(
            "this is no terminal to ask on, and there is no {}",
            missing.iter().map(fields::Field::flag).collect::<Vec<_>>().join(", ")
        )));
    }
    let drafted = text::draft(&answers);
    match config::parse(&file, &drafted.text, Secrets::Skip) {
        Err(errors) => return Err(Failure::Usage(refused(&errors))),
        Ok(loaded) => loaded.warnings.iter().for_each(|warning| {
            let (section, text) = (&warning.mistake.section, &warning.mistake.text);
            note(&format!("warning: {section} {text}"));
        }),
    }
    let written = write::all(&file, &drafted)?;
    out(&next::steps(&file, &written))
}

/// Where the configuration will stand.
fn place(args: &Args, config: Option<&Path>) -> Result<PathBuf, Failure> {
    let file = match (&args.directory, config) {
        (Some(_), Some(_)) => {
            return Err(Failure::Usage("--directory or --config, not both".to_owned()));
        }
        (Some(directory), None) => directory.join("itsmd.toml"),
        (None, _) => Location::find(config).path,
    };
    Ok(std::path::absolute(file)?)
}

/// Asks until what is there can be used; what was answered stands as the default of the next round.
fn talk(file: &Path, answers: &mut Answers) -> Result<(), Failure> {
    ask::greet(file);
    ask::what_is_missing(answers)?;
    while let Err(errors) = config::parse(file, &text::draft(answers).text, Secrets::Skip) {
        note(&format!("\n{}", refused(&errors)));
        note("Once more, please; Enter keeps what is in brackets.\n");
        ask::everything(answers)?;
    }
    Ok(())
}

/// The mistakes without their lines: there is no file yet.
fn refused(errors: &config::ConfigErrors) -> String {
    let mistakes = errors.mistakes().iter();
    let told: Vec<String> = mistakes
        .map(|mistake| format!("{} {}", mistake.section, mistake.text).trim().to_owned())
        .collect();
    format!("this cannot be used, and nothing was written:\n  {}", told.join("\n  "))
}
