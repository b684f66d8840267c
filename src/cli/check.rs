//! `itsmd check`: everything a sync needs is tried once, and each failure comes with its code and remedy.
//!
//! | stage | what is tried | offline too |
//! |---|---|---|
//! | configuration | the file, its secrets, the state file, schedules | yes |
//! | each connection | sign-in, one look and one page of every table | |
//! | workspace | an empty delivery | |
//!
//! Nothing is written anywhere, no row and no state, with one exception: a refresh token that came back takes its place in the
//! configured state file.

pub mod code;
mod configuration;
mod desk;
mod finding;
mod session;
mod table;
mod text;
mod trial;
mod way;
mod workspace;

use std::path::Path;
use std::time::Duration;

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};

use self::finding::{Document, Finding, Line, Section};
use super::paper::Paper;
use super::{Failure, out, runtime, settled, state};
use crate::app::Parts;
use crate::config::{self, Config, Loaded, Location};
use crate::store::{Store, Threads};

/// How long a server may make a check wait.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this connection; may be given more than once
    #[arg(long, value_name = "NAME")]
    connection: Vec<String>,
    /// Only the configuration: ask neither service desk nor workspace
    #[arg(long)]
    offline: bool,
    /// Send one row to the workspace that says of itself that it is a test
    #[arg(long, conflicts_with = "offline")]
    send_test: bool,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// The sections so far; each is shown as soon as it is there.
struct Shown {
    sections: Vec<Section>,
    writer: text::Writer,
    json: bool,
    offline: bool,
}

impl Shown {
    fn add(&mut self, section: Section) -> Result<(), Failure> {
        if !self.json {
            out(&self.writer.section(&section))?;
        }
        self.sections.push(section);
        Ok(())
    }

    /// The result: whether nothing would stop a sync.
    fn end(&self) -> Result<bool, Failure> {
        let document = Document::of(&self.sections);
        if self.json {
            out(&format!("{}\n", serde_json::to_string(&document)?))?;
        } else {
            out(&self.writer.summary(&document, self.offline))?;
        }
        Ok(document.ok)
    }
}

pub(super) fn run(args: &Args, config: Option<&Path>) -> Result<(), Failure> {
    let mut shown = Shown {
        sections: Vec::new(),
        writer: text::Writer::new(Paper::of_stdout()),
        json: args.json,
        offline: args.offline,
    };
    let mut loaded = match config::load(Location::find(config)) {
        Ok(loaded) => loaded,
        Err(errors) => {
            if args.json {
                shown.add(configuration::mistakes(&errors))?;
                shown.end()?;
            }
            return Err(Failure::Usage(errors.to_string()));
        }
    };
    let chosen = super::chosen(&loaded.config, &args.connection)?;
    shown.add(configuration::section(&loaded, &state_file(&loaded.config)))?;
    loaded
        .config
        .connections
        .retain(|c| chosen.is_empty() || chosen.contains(c.name.as_str()));
    if args.offline {
        for connection in &loaded.config.connections {
            shown.add(desk::offline(connection))?;
        }
    } else {
        ask_all(&mut shown, loaded, args.send_test)?;
    }
    if shown.end()? { Ok(()) } else { Err(Failure::Told) }
}

fn state_file(config: &Config) -> Result<Option<Store>, String> {
    state::existing(config).map_err(|failure| match failure {
        Failure::Failed(error) => error.to_string(),
        Failure::Usage(text) => text,
        Failure::Told => String::new(),
    })
}

/// Asks every service desk and the workspace at once; they are shown in the order of the file.
fn ask_all(shown: &mut Shown, loaded: Loaded, send_test: bool) -> Result<(), Failure> {
    // The parts want a state; a check leaves none behind.
    let folder = tempfile::tempdir()?;
    let store = Store::open(&folder.path().join("check.db"), Threads::Inline)?;
    let parts = match Parts::build(loaded.config, store, Some(PATIENCE)) {
        Ok(parts) => parts,
        Err(trouble) => {
            let lines = vec![Line::found("setting up", Finding::of_trouble(&trouble))];
            return shown.add(Section {
                title: "connections".to_owned(),
                about: String::new(),
                lines,
            });
        }
    };
    runtime()?.block_on(settled(&parts, async {
        let desks = parts
            .connections
            .iter()
            .map(|connected| desk::online(connected).boxed());
        let mut asked: FuturesOrdered<_> = desks.collect();
        asked.push_back(workspace::online(&parts.config.workspace, &parts.workspace, send_test).boxed());
        while let Some(section) = asked.next().await {
            shown.add(section)?;
        }
        Ok(())
    }))
}
