//! How one stream stands, in the page's words: one word, one colour, one shape each; the worst first.

use crate::status::{Mood, StreamReport, StreamState};

/// What the page calls a stream's state. The order is that of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Blocked,
    Failing,
    Late,
    Waiting,
    CatchingUp,
    InStep,
    Off,
}

impl Standing {
    pub(super) const ALL: [Self; 7] = [
        Self::Blocked,
        Self::Failing,
        Self::Late,
        Self::Waiting,
        Self::CatchingUp,
        Self::InStep,
        Self::Off,
    ];

    pub(super) fn of(stream: &StreamReport) -> Self {
        match stream.state {
            StreamState::Blocked => Self::Blocked,
            StreamState::Failing => Self::Failing,
            StreamState::Disabled => Self::Off,
            StreamState::Waiting => Self::Waiting,
            StreamState::Live | StreamState::Backfill if stream.is_late(None) => Self::Late,
            StreamState::Live if stream.lag_seconds.is_none() => Self::CatchingUp,
            StreamState::Live => Self::InStep,
            StreamState::Backfill => Self::CatchingUp,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Blocked => "Blocked",
            Self::Failing => "Failing",
            Self::Late => "Behind",
            Self::Waiting => "Waiting",
            Self::CatchingUp => "Catching up",
            Self::InStep => "In step",
            Self::Off => "Switched off",
        }
    }

    /// The colour's name, which is a class of the style.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Blocked | Self::Failing => "bad",
            Self::Late | Self::Waiting => "late",
            Self::CatchingUp => "busy",
            Self::InStep => "good",
            Self::Off => "off",
        }
    }

    /// The name of its shape.
    pub(super) fn shape(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Waiting => "waiting",
            Self::Failing | Self::Late | Self::CatchingUp | Self::InStep | Self::Off => self.class(),
        }
    }
}

/// The colour and the shape of all streams together.
pub(super) fn mood_class(mood: Mood) -> &'static str {
    match mood {
        Mood::InStep => "good",
        Mood::CatchingUp => "busy",
        Mood::Behind => "late",
        Mood::Failing => "bad",
    }
}
