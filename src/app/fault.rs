//! What is our own fault: a panic ends what panicked and nothing else.

use std::future::Future;

use tokio_util::task::AbortOnDropHandle;

use crate::model::{Code, Trouble};

/// A panic.
pub const FAULT: Code = Code {
    id: "ITSMD-SY-099",
    means: "itsmd itself is at fault",
    remedy: "please report it, with this line; nothing is lost, the next run goes on",
};

/// Runs `work` in a task of its own, begun at once and dropped with this future; a panic is its words.
pub(super) fn guarded<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T, String>> {
    // Not inside the future: a pass is large, and here it is on the heap already.
    let task = AbortOnDropHandle::new(tokio::spawn(work));
    async { task.await.map_err(|error| error.to_string()) }
}

/// A panic as the operator reads it.
pub(super) fn trouble(seen: &str) -> Trouble {
    FAULT.retry(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_its_words_and_ends_nothing_else() {
        let panicked = guarded(async { panic!("the desk is on fire") }).await;
        assert!(panicked.unwrap_err().contains("the desk is on fire"));
        assert_eq!(guarded(async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn work_is_dropped_with_whoever_waits_for_it() {
        let (alive, mut ended) = tokio::sync::mpsc::channel::<()>(1);
        let waiting = tokio::spawn(guarded(async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        }));
        tokio::task::yield_now().await;
        waiting.abort();
        assert_eq!(ended.recv().await, None);
    }
}
