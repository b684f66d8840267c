//! `itsmd run`: the daemon.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::{Failure, block_on};
use crate::app::{self, Exit};
use crate::config::Config;
use crate::daemon::{Notifier, Signals};
use crate::model::Trouble;
use crate::store::{Lock, Store, Threads};

pub(super) fn run(config: Result<Config, Failure>) -> Result<(), Failure> {
    let config = config?;
    let _held = Lock::beside(&config.state).take(&format!("process {}, itsmd run", std::process::id()))?;
    let store = Store::open(&config.state, Threads::Blocking)?;
    block_on(async move {
        let signals = Signals::listen()?;
        let listener = match config.http {
            Some(address) => bind(address).await,
            None => None,
        };
        match app::run(config, store, listener, signals, Notifier::from_env()).await {
            Ok(Exit::Stopped) => Ok(()),
            Ok(Exit::Died) => Err(Failure::Told),
            // Of its own it fails only where the configuration cannot be used: starting again would not help.
            Err(error) => Err(match error.downcast::<Trouble>() {
                Ok(trouble) => Failure::Usage(trouble.to_string()),
                Err(error) => Failure::Failed(error),
            }),
        }
    })
}

/// A listener that cannot bind is a warning, never a reason not to sync.
async fn bind(address: SocketAddr) -> Option<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => {
            let address = listener.local_addr().unwrap_or(address);
            tracing::info!("status page at http://{address}/");
            Some(listener)
        }
        Err(error) => {
            tracing::warn!(%error, "no status page: cannot listen on {address}; set [http] listen to a free address");
            None
        }
    }
}
