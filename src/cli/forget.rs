//! `itsmd forget`: drops what is known of a connection, while nobody works with it.

use std::io::IsTerminal;

use super::{Failure, out, state};
use crate::config::Config;
use crate::status::words::count;
use crate::store::{Db, Lock, StoreError};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The connection whose state is dropped; it need not be configured any more
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> Result<(), Failure> {
    let Some(store) = state::existing(config)? else {
        state::tell_there_is_none(config);
        return Err(Failure::Told);
    };
    let taken = Lock::beside(&config.state).take(&format!("process {}, itsmd forget", std::process::id()));
    let _held = match taken {
        Err(error @ StoreError::Held { .. }) => return Err(anyhow::anyhow!("{error}; stop it first").into()),
        taken => taken?,
    };
    let name = args.connection.as_str();
    let (known, records) = store.call_here(|db| stored(db, name))?;
    if !known.iter().any(|known| known == name) {
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        return Err(Failure::Usage(format!(
            "nothing is known of a connection {name:?}; there is state of: {known}"
        )));
    }
    let configured = config.connection(name).is_some();
    if !args.yes {
        ask_first(name, records, configured)?;
    }
    let streams = store.call_here(|db| db.forget(name))?;
    let noun = if streams == 1 { "stream" } else { "streams" };
    out(&format!(
        "{name} forgotten: {streams} {noun}, {} records\n",
        count(records)
    ))?;
    if configured {
        eprintln!("it is still configured: the next run delivers its whole window once more");
    }
    Ok(())
}

/// The connections there is state of, and how many records this one has.
fn stored(db: &Db<'_>, name: &str) -> Result<(Vec<String>, u64), StoreError> {
    let (mut known, mut records) = (Vec::new(), 0);
    for (connection, _, key) in db.stream_names()? {
        if connection == name {
            records += db.ledger_records(key)?;
        }
        if known.last() != Some(&connection) {
            known.push(connection);
        }
    }
    // A sign-in that never came to reading leaves its refresh token.
    if !known.iter().any(|known| known == name) && db.refresh_token(name)?.is_some() {
        known.push(name.to_owned());
    }
    Ok((known, records))
}

fn ask_first(name: &str, records: u64, configured: bool) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "this is no terminal to ask on: say --yes to forget the connection".to_owned(),
        ));
    }
    let again = if configured {
        ", and they will be delivered again"
    } else {
        ""
    };
    super::confirm(&format!(
        "Forget {name}? What is known of {} records is dropped{again}.",
        count(records)
    ))
}
