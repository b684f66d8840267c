//! One section of a walked file: its values, or the defaults that stand in for them.
//!
//! [`super::walk`] has already reported what is missing or of the wrong type; here such a value is
//! merely absent, so that everything else is still checked.

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::keys::{Key, Kind, Presence, SectionKeys};
use super::values;
use super::walk::below;
use super::{About, Secrets};
use crate::net::{SecretError, SecretRef};

/// A section.
#[derive(Debug, Clone)]
pub(super) struct Section<'a> {
    pub(super) document: &'a Document<'a>,
    /// As written: `[connection.auth]`.
    pub(super) header: String,
    /// Where the header stands.
    pub(super) line: usize,
    keys: &'static SectionKeys,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    pub(super) fn root(document: &'a Document<'a>, keys: &'static SectionKeys, table: &'a DeTable<'a>) -> Self {
        Self {
            document,
            header: String::new(),
            line: 1,
            keys,
            table,
        }
    }

    /// The section of that name below this one.
    pub(super) fn section(&self, name: &str) -> Option<Self> {
        let Kind::Section(keys) = self.keys.find(name)?.kind else {
            return None;
        };
        let value = self.table.get(name)?;
        let table = value.get_ref().as_table()?;
        Some(self.lower(below(&self.header, name), keys, value, table))
    }

    /// The sections of that name.
    pub(super) fn sections(&self, name: &str) -> Vec<Self> {
        let Some(Kind::Sections(keys)) = self.keys.find(name).map(|key| key.kind) else {
            return Vec::new();
        };
        let list = self.table.get(name).and_then(|value| value.get_ref().as_array());
        let items = list.into_iter().flatten();
        items
            .filter_map(|item| Some(self.lower(format!("[[{name}]]"), keys, item, item.get_ref().as_table()?)))
            .collect()
    }

    fn lower(
        &self,
        header: String,
        keys: &'static SectionKeys,
        value: &Spanned<DeValue<'a>>,
        table: &'a DeTable<'a>,
    ) -> Self {
        Self {
            document: self.document,
            header,
            line: self.document.line_of(value),
            keys,
            table,
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a DeValue<'a>> {
        self.table.get(name).map(Spanned::get_ref)
    }

    fn presence(&self, name: &str) -> Presence {
        self.keys.find(name).map_or(Presence::Optional, |key| key.presence)
    }

    /// Text, or its default.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        match (self.value(name), self.presence(name)) {
            (Some(value), _) => value.as_str().filter(|text| !text.trim().is_empty()),
            (None, Presence::Text(default)) => Some(default),
            (None, Presence::Required | Presence::Optional | Presence::Integer(_) | Presence::Flag(_)) => None,
        }
    }

    /// A whole number in its range, or its default.
    pub(super) fn integer<T: TryFrom<i64>>(&self, name: &str) -> Option<T> {
        let number = match (self.value(name), self.presence(name)) {
            (Some(value), _) => values::integer(value.as_integer()?)?,
            (None, Presence::Integer(default)) => default,
            (None, Presence::Required | Presence::Optional | Presence::Text(_) | Presence::Flag(_)) => return None,
        };
        T::try_from(number).ok()
    }

    /// A flag, or its default.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match (self.value(name), self.presence(name)) {
            (Some(value), _) => value.as_bool(),
            (None, Presence::Flag(default)) => Some(default),
            (None, Presence::Required | Presence::Optional | Presence::Text(_) | Presence::Integer(_)) => None,
        }
    }

    /// A time, or its default.
    pub(super) fn duration(&self, name: &str) -> Option<Duration> {
        values::duration(self.text(name)?)
    }

    /// A day.
    pub(super) fn date(&self, name: &str) -> Option<NaiveDate> {
        values::date(self.value(name)?)
    }

    /// Text that a check turns into something; what the check refuses is a mistake.
    pub(super) fn checked<T>(&self, name: &str, check: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match check(self.text(name)?) {
            Ok(value) => Some(value),
            Err(why) => {
                self.mistake(name, &format!("{name}: {why}"));
                None
            }
        }
    }

    /// A path, relative to the file; a mistake if nothing can be read there.
    pub(super) fn readable(&self, name: &str) -> Option<PathBuf> {
        Some(self.found(name, self.text(name)?))
    }

    /// The same of a path that does not stand under its key, but stands for it.
    pub(super) fn found(&self, name: &str, path: &str) -> PathBuf {
        let path = self.document.path(path);
        if self.document.secrets == Secrets::Check
            && let Err(error) = std::fs::File::open(&path)
        {
            self.mistake(name, &format!("{name}: cannot read {}: {error}", path.display()));
        }
        path
    }

    /// A reference to a secret, whether or not it is there.
    pub(super) fn secret_reference(&self, name: &str) -> Option<SecretRef> {
        let table = self.value(name)?.as_table()?;
        let text = |key: &str| table.get(key).and_then(|value| value.get_ref().as_str());
        match (text("file"), text("env"), text("credential")) {
            (Some(file), None, None) => Some(SecretRef::File(self.document.path(file))),
            (None, Some(name), None) => Some(SecretRef::Env(name.to_owned())),
            (None, None, Some(name)) => Some(SecretRef::Credential(name.to_owned())),
            (_, _, _) => None,
        }
    }

    /// A reference to a secret that is there.
    pub(super) fn secret(&self, name: &str) -> Option<SecretRef> {
        let secret = self.secret_reference(name)?;
        if self.document.secrets == Secrets::Check {
            self.look_for(name, &secret);
        }
        Some(secret)
    }

    fn look_for(&self, name: &str, secret: &SecretRef) {
        use secrecy::ExposeSecret;
        match secret.read() {
            Err(_) if is_the_services_alone(secret) => {}
            Err(error) => self.secret_mistake(name, &format!("{name}: {}", absent(secret, &error))),
            Ok(_) if self.keys.find(name).is_some_and(Key::is_pem) => {}
            Ok(value) => {
                if let Err(why) = values::one_line(value.expose_secret()) {
                    self.secret_mistake(name, &format!("{name}: {why}"));
                }
            }
        }
        self.warn_of_readers(name, secret);
    }

    /// Doubts a secret that others may read.
    pub(super) fn warn_of_readers(&self, name: &str, secret: &SecretRef) {
        if let Some(mode) = secret.path().and_then(|path| mode_of(&path))
            && mode & 0o007 != 0
        {
            let path = secret.path().unwrap_or_default();
            let text = format!(
                "{name}: others may read {} (mode {mode:04o}); chmod o= it",
                path.display()
            );
            self.document
                .warning_about(About::Secret, self.line_of(name), &self.header, &text);
        }
    }

    fn secret_mistake(&self, name: &str, text: &str) {
        self.document
            .mistake_about(About::Secret, self.line_of(name), &self.header, text);
    }

    /// The line of a key, or of the section if it is not there.
    pub(super) fn line_of(&self, name: &str) -> usize {
        let key = self.table.get_key_value(name);
        key.map_or(self.line, |(key, _)| self.document.line(&key.span()))
    }

    /// Something wrong with the value of a key.
    pub(super) fn mistake(&self, name: &str, text: &str) {
        self.document.mistake(self.line_of(name), &self.header, text);
    }

    /// Something doubtful about what a key names.
    pub(super) fn warning_about(&self, about: About, name: &str, text: &str) {
        self.document
            .warning_about(about, self.line_of(name), &self.header, text);
    }

    /// Something doubtful about the value of a key.
    pub(super) fn warning(&self, name: &str, text: &str) {
        self.document.warning(self.line_of(name), &self.header, text);
    }
}

/// Whether systemd keeps the credentials of a running service from this process: systemd 252 does so with what it runs for
/// a reload. The service itself has them, and looks at them again when the reload reaches it.
fn is_the_services_alone(secret: &SecretRef) -> bool {
    let (SecretRef::Credential(_), Some(folder)) = (secret, std::env::var_os("CREDENTIALS_DIRECTORY")) else {
        return false;
    };
    std::fs::metadata(folder).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

/// Why a secret is not there. A credential is handed over by systemd, to the unit alone.
fn absent(secret: &SecretRef, error: &SecretError) -> String {
    let (SecretRef::Credential(credential), SecretError::File { .. }) = (secret, error) else {
        return error.to_string();
    };
    if std::env::var_os("CREDENTIALS_DIRECTORY").is_some() {
        return format!(
            "systemd handed over no credential \"{credential}\": the unit needs LoadCredential={credential}:/path/of/the/file \
             (systemctl edit itsmd) and a restart; {error}"
        );
    }
    format!(
        "the credential \"{credential}\" is handed over by systemd, and this command was not started by it; try it as the \
         service would: sudo systemd-run --pipe --wait -p User=itsmd -p LoadCredential={credential}:/path/of/the/file \
         itsmd check; {error}"
    )
}

fn mode_of(path: &std::path::Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some(metadata.permissions().mode() & 0o7777)
}
