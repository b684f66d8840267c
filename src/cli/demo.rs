//! `itsmd demo`: simulated service desks and a workspace on loopback, the daemon, and its page. Nothing to configure,
//! no file outside a temporary folder, records keep arriving until Ctrl-C.

mod show;
mod stage;

use std::net::SocketAddr;
use std::path::Path;

use tokio::net::TcpListener;

use super::{Failure, runtime};
use crate::app::{self, Exit};
use crate::config;
use crate::daemon::{Notifier, Signals};
use crate::store::{Lock, Store, Threads};

use show::show;
use stage::Stage;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the status page listens, if that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9477")]
    listen: SocketAddr,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("itsmd-demo-").tempdir()?;
    runtime()?.block_on(async {
        let signals = Signals::listen()?;
        println!("making 120 days of two service desks …");
        let listener = bind(args.listen).await?;
        let stage = Stage::set(folder.path(), listener.local_addr()?).await?;
        let done = play(folder.path(), &stage, listener, signals).await;
        println!("the demo is over; its folder is removed");
        done
    })
}

async fn bind(wanted: SocketAddr) -> std::io::Result<TcpListener> {
    match TcpListener::bind(wanted).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((wanted.ip(), 0)).await,
    }
}

async fn play(folder: &Path, stage: &Stage, listener: TcpListener, signals: Signals) -> Result<(), Failure> {
    let loaded = config::load(stage.config.as_path()).map_err(|errors| Failure::Usage(errors.to_string()))?;
    let state = loaded.config.state.clone();
    let _held = Lock::beside(&state).take(&format!("process {}, itsmd run", std::process::id()))?;
    let store = Store::open(&state, Threads::Blocking)?;
    println!("status page     http://{}/", listener.local_addr()?);
    println!("                its buttons want the token {}", stage.control_token());
    println!(
        "ServiceNow      {}  connection contoso: incidents and change requests",
        stage.servicenow_url()
    );
    println!(
        "Provance        {}  connection fabrikam: incidents",
        stage.dataverse_url()
    );
    println!("workspace       {}", stage.workspace_url());
    println!("configuration   {}", stage.config.display());
    println!("state           {}", folder.join("itsmd.db").display());
    println!("Ctrl-C ends it.\n");
    let showing = tokio::spawn(show(stage.workspace()));
    let exit = app::run(loaded.config, store, Some(listener), signals, Notifier::default()).await;
    showing.abort();
    match exit? {
        Exit::Stopped => Ok(()),
        Exit::Died => Err(Failure::Told),
    }
}
