//! Why there is no answer to be used.

use crate::model::Trouble;

/// Why a request failed for good, after the bounded retries.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NetError {
    /// The server ran out of time over it: asking for less may pass.
    #[error("{0}")]
    TooSlow(Trouble),
    /// The answer was larger than an answer may be: asking for less may pass.
    #[error("{0}")]
    TooBig(Trouble),
    /// Anything else; the trouble's verdict says what happens next.
    #[error("{0}")]
    Failed(Trouble),
}

impl NetError {
    /// What to tell the operator.
    pub fn trouble(&self) -> &Trouble {
        match self {
            Self::TooSlow(trouble) | Self::TooBig(trouble) | Self::Failed(trouble) => trouble,
        }
    }

    /// The same, for those whose work cannot be made smaller.
    pub fn into_trouble(self) -> Trouble {
        match self {
            Self::TooSlow(trouble) | Self::TooBig(trouble) | Self::Failed(trouble) => trouble,
        }
    }
}
