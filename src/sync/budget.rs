//! All pages in flight share one budget of bytes, so that memory does not grow with slices or window.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const KIB: usize = 1024;

/// The budget; clones share it.
#[derive(Debug, Clone)]
pub struct ByteBudget {
    kib: Arc<Semaphore>,
    whole: u32,
}

impl ByteBudget {
    /// A budget of that many bytes.
    pub fn new(bytes: usize) -> Self {
        let whole = u32::try_from(bytes / KIB).unwrap_or(u32::MAX).max(1);
        Self {
            kib: Arc::new(Semaphore::new(whole as usize)),
            whole,
        }
    }

    /// Waits until a page of so many bytes may be kept; held until it is delivered. Nobody waits for it while a request
    /// is under way or while a server asked for patience, so that one connection's trouble never stalls another's.
    pub(super) async fn keep(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes / KIB).unwrap_or(u32::MAX).clamp(1, self.whole);
        Arc::clone(&self.kib).acquire_many_owned(kib).await.ok()
    }
}
