//! All pages in flight share one budget of bytes, so that memory does not grow with slices or window.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const KIB: usize = 1024;

/// The budget; clones share it.
#[derive(Debug, Clone)]
pub struct ByteBudget {
    kib: Arc<Semaphore>,
    whole: u32,
    page: Arc<AtomicU32>,
}

impl ByteBudget {
    /// A budget of that many bytes.
    pub fn new(bytes: usize) -> Self {
        let whole = u32::try_from(bytes / KIB).unwrap_or(u32::MAX).max(1);
        let page = whole / 4;
        Self {
            kib: Arc::new(Semaphore::new(whole as usize)),
            whole,
            page: Arc::new(AtomicU32::new(page)),
        }
    }

    /// Waits until a page of the size of the last ones fits; held until the page is delivered.
    pub(super) async fn page(&self) -> Option<OwnedSemaphorePermit> {
        let page = self.page.load(Ordering::Relaxed).clamp(1, self.whole);
        Arc::clone(&self.kib).acquire_many_owned(page).await.ok()
    }

    /// Notes how large a page was; the next ones are taken to be as large.
    pub(super) fn observe(&self, bytes: usize) {
        let kib = u32::try_from(bytes / KIB).unwrap_or(u32::MAX).clamp(1, self.whole);
        let known = self.page.load(Ordering::Relaxed);
        // Up at once, down by an eighth a page: a small page does not promise another.
        self.page.store(kib.max(known - known / 8), Ordering::Relaxed);
    }
}
