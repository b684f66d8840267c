//! `itsmd completions SHELL`: prints a shell's completion script.

use clap::CommandFactory;

use super::{Cli, Failure, out};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whose
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "itsmd", &mut script);
    out(&String::from_utf8_lossy(&script))
}
