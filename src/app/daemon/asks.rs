//! What the page asks for goes the way of the signals: a ring, or slices and a ring.

use std::sync::Arc;

use super::Daemon;
use crate::status::http::{Asks, ControlToken};

impl Daemon {
    pub(super) fn asks(self: &Arc<Self>) -> Asks {
        let [token, is_on, sync, resync] = [(); 4].map(|()| Arc::clone(self));
        Asks {
            token: Box::new(move || token.control_token()),
            is_on: Box::new(move || is_on.crew().parts.config.control_token.is_some()),
            sync: Box::new(move |()| {
                let daemon = Arc::clone(&sync);
                Box::pin(async move {
                    tracing::info!("asked to sync now by the page");
                    daemon.crew().ring_heads();
                    Ok(())
                })
            }),
            resync: Box::new(move |since| {
                let daemon = Arc::clone(&resync);
                Box::pin(async move {
                    tracing::info!(?since, "asked to resync by the page");
                    // Whoever asked may be gone before it is laid for every stream.
                    let laying = tokio::spawn(async move { daemon.resync_all("the page", since).await });
                    laying.await.unwrap_or_else(|error| Err(error.to_string()))
                })
            }),
            now: crate::app::now,
        }
    }

    /// Read at each use, so that a new one needs no restart.
    fn control_token(&self) -> ControlToken {
        let crew = self.crew();
        match crew
            .parts
            .config
            .control_token
            .as_ref()
            .map(crate::net::SecretRef::read)
        {
            Some(Ok(token)) => ControlToken::Is(token),
            Some(Err(error)) => ControlToken::Unreadable(error.to_string()),
            None => ControlToken::Unreadable("it is configured no more".to_owned()),
        }
    }
}
