//! The keys that can be given: each of the table's that a value fits into, where it stands, and what its flag is called.

use crate::config::keys::{
    CONNECTION, CONNECTION_AUTH, HTTP, Key, Kind, STATE, SectionKeys, TLS, Variant, WORKSPACE, WORKSPACE_AUTH,
};

/// A section of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    State,
    Http,
    Workspace,
    WorkspaceAuth,
    WorkspaceTls,
    Connection,
    ConnectionAuth,
    ConnectionTls,
}

impl Place {
    /// As they are written.
    pub const ALL: [Self; 8] = [
        Self::State,
        Self::Http,
        Self::Workspace,
        Self::WorkspaceAuth,
        Self::WorkspaceTls,
        Self::Connection,
        Self::ConnectionAuth,
        Self::ConnectionTls,
    ];

    pub fn keys(self) -> &'static SectionKeys {
        match self {
            Self::State => &STATE,
            Self::Http => &HTTP,
            Self::Workspace => &WORKSPACE,
            Self::WorkspaceAuth => &WORKSPACE_AUTH,
            Self::WorkspaceTls | Self::ConnectionTls => &TLS,
            Self::Connection => &CONNECTION,
            Self::ConnectionAuth => &CONNECTION_AUTH,
        }
    }

    pub fn header(self) -> &'static str {
        match self {
            Self::WorkspaceTls => "[workspace.tls]",
            Self::ConnectionTls => "[connection.tls]",
            Self::State
            | Self::Http
            | Self::Workspace
            | Self::WorkspaceAuth
            | Self::Connection
            | Self::ConnectionAuth => self.keys().header,
        }
    }

    /// What its flags begin with.
    fn prefix(self) -> &'static str {
        match self {
            Self::State => "state-",
            Self::Http => "http-",
            Self::Workspace => "workspace-",
            Self::WorkspaceAuth => "workspace-auth-",
            Self::WorkspaceTls => "workspace-tls-",
            Self::Connection => "",
            Self::ConnectionAuth => "auth-",
            Self::ConnectionTls => "tls-",
        }
    }
}

/// A key in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub place: Place,
    pub key: &'static Key,
}

impl Field {
    /// Every one that can be given, in the order of the file.
    pub fn all() -> impl Iterator<Item = Self> {
        Place::ALL.into_iter().flat_map(|place| {
            let keys = place.keys().keys.iter();
            keys.map(move |key| Self { place, key }).filter(Self::can_be_given)
        })
    }

    fn can_be_given(&self) -> bool {
        let one_value = !matches!(self.key.kind, Kind::Columns | Kind::Section(_) | Kind::Sections(_));
        let used = self.place.keys().choice.is_none_or(|choice| {
            choice.by == self.key.name || variants(self.place).any(|variant| variant.uses(self.key.name))
        });
        one_value && used
    }

    /// `auth-client-secret-file`
    pub fn name(&self) -> String {
        let file = if self.is_secret() { "-file" } else { "" };
        format!("{}{}{file}", self.place.prefix(), self.key.name.replace('_', "-"))
    }

    /// `--auth-client-secret-file`
    pub fn flag(&self) -> String {
        format!("--{}", self.name())
    }

    pub fn is_secret(&self) -> bool {
        matches!(self.key.kind, Kind::Secret)
    }

    /// The words it takes, of what this version has.
    pub fn words(&self) -> Vec<&'static str> {
        let choice = self.place.keys().choice;
        if choice.is_some_and(|choice| choice.by == self.key.name) {
            return variants(self.place).map(|variant| variant.name).collect();
        }
        match self.key.kind {
            Kind::Word(words) => words.to_vec(),
            Kind::Flag => vec!["true", "false"],
            Kind::Text
            | Kind::Filter
            | Kind::Integer(..)
            | Kind::Duration(..)
            | Kind::Date
            | Kind::Secret
            | Kind::Words(_)
            | Kind::Columns
            | Kind::Section(_)
            | Kind::Sections(_) => Vec::new(),
        }
    }
}

/// What this version has of a section's choice.
pub(super) fn variants(place: Place) -> impl Iterator<Item = &'static Variant> {
    let choices = place.keys().choice.into_iter().flat_map(|choice| choice.of);
    choices.filter(|variant| variant.available)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_have_the_same_flag() {
        let mut names: Vec<String> = Field::all().map(|field| field.name()).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.contains(&"auth-client-secret-file".to_owned()), "{names:?}");
    }
}
