//! What more there is to say of a code than what it means and what to do.

/// The page on a code.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its code.
    pub code: &'static str,
    /// Why it may be so, the likeliest first.
    pub causes: &'static [Cause],
}

/// Why it may be so.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// What may be the case.
    pub may: &'static str,
    /// How to find out whether it is.
    pub tell: &'static str,
    /// What to do then.
    pub act: &'static str,
}

/// A page.
pub(super) const fn page(code: &'static str, causes: &'static [Cause]) -> Page {
    Page { code, causes }
}

/// A cause.
pub(super) const fn cause(may: &'static str, tell: &'static str, act: &'static str) -> Cause {
    Cause { may, tell, act }
}
