//! What was answered, and what is still missing.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::fields::{Field, Place, variants};
use crate::config::keys::{Presence, Variant};
use crate::config::methods_for;
use crate::model::Partner;

/// The value of a key.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// As it will stand in the file.
    Plain(String),
    /// It goes to a file of its own.
    Secret(SecretString),
}

/// By place and key.
#[derive(Debug, Default)]
pub(super) struct Answers(BTreeMap<(Place, &'static str), Answer>);

impl Answers {
    pub fn give(&mut self, field: Field, answer: Answer) {
        self.0.insert((field.place, field.key.name), answer);
    }

    pub fn forget(&mut self, field: Field) {
        self.0.remove(&(field.place, field.key.name));
    }

    pub fn of(&self, field: Field) -> Option<&Answer> {
        self.0.get(&(field.place, field.key.name))
    }

    /// What was answered in plain words.
    pub fn plain(&self, place: Place, key: &str) -> Option<&str> {
        let (_, answer) = self.0.iter().find(|((at, name), _)| *at == place && *name == key)?;
        match answer {
            Answer::Plain(text) => Some(text),
            Answer::Secret(_) => None,
        }
    }

    pub fn any_of(&self, place: Place) -> bool {
        self.0.keys().any(|(at, _)| *at == place)
    }

    /// The kind or method that was chosen.
    pub fn variant(&self, place: Place) -> Option<&'static Variant> {
        let chosen = self.plain(place, place.keys().choice?.by)?;
        variants(place).find(|variant| variant.name == chosen)
    }

    /// What has to be answered, in the order in which it is asked: what depends on a choice only once that is made.
    pub fn required(&self) -> Vec<Field> {
        let places = [
            Place::Connection,
            Place::ConnectionAuth,
            Place::ConnectionTls,
            Place::Workspace,
            Place::WorkspaceAuth,
        ];
        places.into_iter().flat_map(|place| self.required_of(place)).collect()
    }

    fn required_of(&self, place: Place) -> Vec<Field> {
        let wanted = match place {
            // Its certificate is the sign-in itself.
            Place::ConnectionTls => self.plain(Place::ConnectionAuth, "method") == Some("mtls"),
            Place::WorkspaceAuth => self.variant(Place::Workspace).is_some_and(|kind| kind.uses("auth")),
            Place::State
            | Place::Http
            | Place::Workspace
            | Place::WorkspaceTls
            | Place::Connection
            | Place::ConnectionAuth => true,
        };
        let variant = self.variant(place);
        Field::all()
            .filter(|field| wanted && field.place == place)
            .filter(|field| {
                field.key.presence == Presence::Required
                    || variant.is_some_and(|variant| variant.required.contains(&field.key.name))
                    || (place == Place::ConnectionTls && field.key.name.starts_with("client_"))
            })
            .collect()
    }

    /// What the chosen kinds and methods may have beside that, and nothing stands in for. Whose cloud it is follows from
    /// the addresses.
    pub fn optional(&self) -> Vec<Field> {
        [Place::ConnectionAuth, Place::WorkspaceAuth]
            .into_iter()
            .flat_map(|place| {
                let variant = self.variant(place);
                Field::all().filter(move |field| {
                    field.place == place
                        && field.key.presence == Presence::Optional
                        && field.key.name != "authority"
                        && variant.is_some_and(|variant| variant.optional.contains(&field.key.name))
                })
            })
            .collect()
    }

    /// What has to be answered and was not; `None` if that is nothing.
    pub fn missing(&self) -> Option<Vec<Field>> {
        let required = self.required().into_iter();
        let missing: Vec<Field> = required.filter(|field| self.of(*field).is_none()).collect();
        (!missing.is_empty()).then_some(missing)
    }

    /// The words a field takes: of the methods only those that sign in to the partner chosen.
    pub fn words(&self, field: Field) -> Vec<&'static str> {
        let mut words = field.words();
        if field.place == Place::ConnectionAuth
            && field.key.name == "method"
            && let Some(partner) = self.plain(Place::Connection, "partner").and_then(Partner::parse)
        {
            words.retain(|word| methods_for(partner).contains(word));
        }
        words
    }
}
