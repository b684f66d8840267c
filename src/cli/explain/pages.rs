//! The pages, one file a namespace.

mod auth;
mod check;
mod dataverse;
mod entra;
mod net;
mod servicenow;
mod state;
mod workspace;

use super::page::{Page, cause, page};

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Page> {
    [
        net::PAGES,
        auth::PAGES,
        entra::PAGES,
        servicenow::PAGES,
        dataverse::PAGES,
        workspace::PAGES,
        state::PAGES,
        check::PAGES,
    ]
    .into_iter()
    .flatten()
}
