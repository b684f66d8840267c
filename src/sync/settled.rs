//! What was settled about single records: asked for by id, and found or found gone.
//!
//! A page may be on its way since before that answer. What is older than the answer must not undo it; what is newer
//! must not be held back; and where nobody can tell, the record is asked for once more. The order is that of numbers:
//! a question has one when it is asked, and another when it is answered.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::model::{Record, RecordId};

/// Remembers as long as a page that may be older is on its way.
#[derive(Debug, Default)]
pub(super) struct Settled(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    clock: u64,
    /// Questions whose answers are not delivered yet.
    open: BTreeSet<u64>,
    known: HashMap<RecordId, Span>,
}

/// When a question was asked and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    asked: u64,
    answered: u64,
}

/// How a page stands to what was settled about one of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Nothing was settled, or the page was asked for afterwards.
    Newer,
    /// The page was answered before.
    Older,
    /// Both were on their way at the same time.
    Doubtful,
}

/// A question that is asked, or answered and not delivered yet.
#[derive(Debug)]
pub(super) struct Question<'a> {
    settled: &'a Settled,
    span: Span,
    doubtful: Mutex<Vec<RecordId>>,
}

/// Records that a question settles once what it says of them is delivered: an answer that did not come through holds
/// nothing else back.
#[derive(Debug)]
pub(super) struct Settling<'a> {
    question: &'a Question<'a>,
    ids: HashSet<RecordId>,
}

impl<'a> Settling<'a> {
    /// Nothing yet.
    pub fn new(question: &'a Question<'a>) -> Self {
        Self {
            question,
            ids: HashSet::new(),
        }
    }

    /// This one, once it is delivered.
    pub fn insert(&mut self, id: &RecordId) {
        self.ids.insert(id.clone());
    }

    /// These are delivered, or set aside; to be called under their claims.
    pub fn delivered(&self, records: &[&Record]) {
        let ids = records.iter().map(|record| &record.id);
        self.question.settles(ids.filter(|id| self.ids.contains(*id)));
    }
}

impl Settled {
    /// A question is asked now.
    pub fn ask(&self) -> Question<'_> {
        let mut answers = self.lock();
        let asked = answers.tick();
        answers.open.insert(asked);
        Question {
            settled: self,
            span: Span {
                asked,
                answered: u64::MAX,
            },
            doubtful: Mutex::default(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

impl Question<'_> {
    /// The answer is there.
    pub fn answered(&mut self) {
        self.span.answered = self.settled.lock().tick();
    }

    /// This question settled what is true of these records.
    pub fn settles<'i>(&self, ids: impl IntoIterator<Item = &'i RecordId>) {
        let mut answers = self.settled.lock();
        for id in ids {
            answers.known.insert(id.clone(), self.span);
        }
    }

    /// Whether this answer may say something about a record.
    pub fn age(&self, id: &RecordId) -> Age {
        let answers = self.settled.lock();
        match answers.known.get(id) {
            Some(known) if self.span.answered < known.asked => Age::Older,
            Some(known) if self.span.asked <= known.answered && self.span != *known => Age::Doubtful,
            Some(_) | None => Age::Newer,
        }
    }

    /// A record of the answer was held back, because nobody could tell.
    pub fn doubts(&self, id: &RecordId) {
        self.doubtful().push(id.clone());
    }

    /// The records that were held back.
    pub fn take_doubts(&self) -> Vec<RecordId> {
        std::mem::take(&mut self.doubtful())
    }

    fn doubtful(&self) -> std::sync::MutexGuard<'_, Vec<RecordId>> {
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        let mut answers = self.settled.lock();
        answers.open.remove(&self.span.asked);
        let oldest = answers.open.first().copied().unwrap_or(u64::MAX);
        answers.known.retain(|_, known| known.answered >= oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> RecordId {
        RecordId::new("a")
    }

    #[test]
    fn only_what_was_answered_before_is_surely_older() {
        let settled = Settled::default();
        let mut before = settled.ask();
        before.answered();
        let mut beside = settled.ask();
        let mut truth = settled.ask();
        truth.answered();
        beside.answered();
        truth.settles([&id()]);
        let mut after = settled.ask();
        after.answered();
        assert_eq!(
            [before.age(&id()), beside.age(&id()), after.age(&id()), truth.age(&id())],
            [Age::Older, Age::Doubtful, Age::Newer, Age::Newer]
        );
    }

    #[test]
    fn nothing_is_remembered_once_no_older_page_is_on_its_way() {
        let settled = Settled::default();
        let page = settled.ask();
        let mut truth = settled.ask();
        truth.answered();
        truth.settles([&id()]);
        drop(truth);
        assert_eq!(settled.lock().known.len(), 1);
        drop(page);
        assert_eq!(settled.lock().known.len(), 0);
        assert_eq!(settled.lock().open.len(), 0);
    }
}
