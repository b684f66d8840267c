//! A flag for each key.

use std::fs::File;
use std::io::Read;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use secrecy::SecretString;

use super::answers::{Answer, Answers};
use super::fields::Field;
use crate::cli::Failure;
use crate::config::secret_of_one_line;

/// What was given, by flag.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags(Vec<(String, String)>);

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        Field::all().fold(command, |command, field| command.arg(argument(&field)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn argument(field: &Field) -> Arg {
    let (name, words) = (field.name(), field.words());
    let mut help = field.key.meaning.trim_end_matches('.').to_owned();
    if field.is_secret() {
        help.push_str("; the file to take it from, - is the standard input");
    }
    let argument = Arg::new(name.clone())
        .long(name)
        .value_name(if field.is_secret() { "FILE" } else { "VALUE" })
        .help(help)
        .help_heading(field.place.header())
        .hide_short_help(true);
    if words.is_empty() {
        argument
    } else {
        argument.value_parser(PossibleValuesParser::new(words))
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = Field::all().filter_map(|field| {
            let value = matches.get_one::<String>(&field.name())?;
            Some((field.name(), value.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Flags {
    /// What they say; the files that they name are read.
    pub fn answers(&self) -> Result<Answers, Failure> {
        let mut answers = Answers::default();
        self.refuse_two_from_stdin()?;
        for field in Field::all() {
            let name = field.name();
            let Some((_, value)) = self.0.iter().find(|(given, _)| *given == name) else {
                continue;
            };
            if !field.is_secret() {
                answers.give(field, Answer::Plain(value.clone()));
                continue;
            }
            answers.give(field, Answer::Secret(secret(field, value)?));
        }
        Ok(answers)
    }

    fn refuse_two_from_stdin(&self) -> Result<(), Failure> {
        let given = |field: &Field| self.0.iter().any(|(name, value)| *name == field.name() && value == "-");
        let mut fields = Field::all().filter(Field::is_secret).filter(given);
        let (Some(one), Some(other)) = (fields.next(), fields.next()) else {
            return Ok(());
        };
        Err(Failure::Usage(format!(
            "{} and {} cannot both be read from the standard input",
            one.flag(),
            other.flag()
        )))
    }
}

/// A key or a password is short; whatever is not is the wrong file.
const LONGEST: u64 = 64 * 1024;

fn secret(field: Field, from: &str) -> Result<SecretString, Failure> {
    let flag = field.name();
    let read = |mut source: Box<dyn Read>| {
        let mut text = String::new();
        source.read_to_string(&mut text).map(|_| text)
    };
    let source: std::io::Result<Box<dyn Read>> = match from {
        "-" => Ok(Box::new(std::io::stdin().take(LONGEST))),
        file => File::open(file).map(|file| Box::new(file.take(LONGEST)) as Box<dyn Read>),
    };
    let text = source
        .and_then(read)
        .map_err(|error| Failure::Usage(format!("--{flag} {from}: {error}")))?;
    if text.trim().is_empty() {
        return Err(Failure::Usage(format!("--{flag} {from}: the secret is empty")));
    }
    if !field.key.is_pem()
        && let Err(why) = secret_of_one_line(&text)
    {
        return Err(Failure::Usage(format!("--{flag} {from}: {why}")));
    }
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(SecretString::from(text.strip_suffix('\r').unwrap_or(text)))
}
