//! The buttons: whether they exist, and what was said after the last one was pressed.

/// The buttons of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Controls {
    /// `[http] control_token` is configured: the page bears the forms of `POST /api/sync` and `POST /api/resync`, each with a
    /// field `token`, the second with an optional field `since` (a day, as `--since` of the command line).
    pub enabled: bool,
    /// What a form that was sent just now has led to: `/?said=sync`.
    pub said: Option<Said>,
}

/// What was asked for by a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// To sync now.
    Sync,
    /// To deliver the window, or a part of it, again.
    Resync,
}

impl Said {
    /// As it stands in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Resync => "resync",
        }
    }

    /// From the address; whatever else stands there says nothing.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Sync, Self::Resync]
            .into_iter()
            .find(|said| said.as_str() == word)
    }

    /// One sentence for the page.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Sync => "Asked to sync now: every stream is read at once.",
            Self::Resync => "Asked to deliver again: the streams below show how far it is.",
        }
    }
}
