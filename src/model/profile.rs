//! Profiles: how a product's fields become columns. Data, not code.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::WorkItemKind;
use super::columns::{self, ColumnType, FilledBy};

/// What coded fields (state, priority …) carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChoiceValues {
    /// What people see: `2 - High`.
    Labels,
    /// What the table holds: `2`.
    Codes,
}

/// One column of a row and the field it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Row name.
    pub name: String,
    /// Its type, known or by suffix.
    pub kind: ColumnType,
    /// Source field.
    pub field: String,
    /// Differs from the connection's setting for this column alone.
    pub choice_values: Option<ChoiceValues>,
}

/// How one kind of work item is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemProfile {
    /// `ServiceNow` table, Dataverse entity set.
    pub table: String,
    /// Unique key and tie-break.
    pub id: String,
    /// Last-modified time.
    pub modified: String,
    /// Count of updates, where there is one.
    pub revision: Option<String>,
    /// Opens the record; `{server_url}` and `{id}` are replaced.
    pub url: Option<String>,
    /// In the order in which a row is written.
    pub columns: Vec<Column>,
}

/// A product: a protocol and a field map for each kind of work item it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// How it is read: `servicenow`, `dataverse`.
    pub protocol: String,
    /// The kinds it knows.
    pub items: BTreeMap<WorkItemKind, ItemProfile>,
}

/// A profile that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not TOML of the profile's shape; the parser's words say where.
    #[error("{0}")]
    Syntax(String),
    /// A column that itsmd fills itself.
    #[error("[{kind}.columns] {column}: itsmd fills this column itself; choose another name")]
    OwnColumn {
        /// Section.
        kind: WorkItemKind,
        /// Column.
        column: String,
    },
    /// A name that Log Analytics would refuse, or whose type cannot be told.
    #[error(
        "[{kind}.columns] {column}: not a column name: letters, digits and _ (at most 45), ending in _s, _t, _b or _d"
    )]
    ColumnName {
        /// Section.
        kind: WorkItemKind,
        /// Column.
        column: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    protocol: String,
    incident: Option<ItemFile>,
    change_request: Option<ItemFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemFile {
    table: String,
    id: String,
    modified: String,
    revision: Option<String>,
    url: Option<String>,
    columns: BTreeMap<String, ColumnFile>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ColumnFile {
    Field(String),
    Table {
        field: String,
        choice_values: Option<ChoiceValues>,
    },
}

impl Profile {
    /// Reads a profile file.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let file: ProfileFile = toml::from_str(text).map_err(|error| ProfileError::Syntax(error.to_string()))?;
        let mut items = BTreeMap::new();
        let kinds = [
            (WorkItemKind::Incident, file.incident),
            (WorkItemKind::ChangeRequest, file.change_request),
        ];
        for (kind, item) in kinds {
            let Some(item) = item else { continue };
            items.insert(kind, ItemProfile::from_file(kind, item)?);
        }
        Ok(Self {
            protocol: file.protocol,
            items,
        })
    }
}

impl ItemProfile {
    /// The same records, but of each only id, stamp, revision and number: light to read.
    pub fn keys_only(&self) -> Self {
        let number = self.columns.iter().find(|column| column.name == "ServiceDeskId_s");
        Self {
            columns: number.cloned().into_iter().collect(),
            url: None,
            ..self.clone()
        }
    }

    fn from_file(kind: WorkItemKind, file: ItemFile) -> Result<Self, ProfileError> {
        let mut item = Self {
            table: file.table,
            id: file.id,
            modified: file.modified,
            revision: file.revision,
            url: file.url,
            columns: Vec::new(),
        };
        for (name, column) in file.columns {
            let (field, choice_values) = match column {
                ColumnFile::Field(field) => (field, None),
                ColumnFile::Table { field, choice_values } => (field, choice_values),
            };
            item.add_column(kind, &name, &field, choice_values)?;
        }
        Ok(item)
    }

    /// Adds a column, or replaces the field of one that is there already (`[connection.columns]`).
    pub fn add_column(
        &mut self,
        kind: WorkItemKind,
        name: &str,
        field: &str,
        choice_values: Option<ChoiceValues>,
    ) -> Result<(), ProfileError> {
        let column = Column {
            name: name.to_owned(),
            kind: column_type(kind, name)?,
            field: field.to_owned(),
            choice_values,
        };
        self.columns.retain(|known| known.name != name);
        self.columns.push(column);
        self.columns
            .sort_by(|a, b| (columns::rank(&a.name), &a.name).cmp(&(columns::rank(&b.name), &b.name)));
        Ok(())
    }

    /// The source fields to ask for: key, stamp and revision first, then what is mapped, each once.
    pub fn fields(&self) -> Vec<&str> {
        let mut fields: Vec<&str> = vec![&self.id, &self.modified];
        let more = self
            .revision
            .as_deref()
            .into_iter()
            .chain(self.columns.iter().map(|column| column.field.as_str()));
        for field in more {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        fields
    }
}

fn column_type(kind: WorkItemKind, name: &str) -> Result<ColumnType, ProfileError> {
    if let Some(known) = columns::find(name) {
        return match known.filled_by {
            FilledBy::Profile => Ok(known.kind),
            FilledBy::Itsmd => Err(ProfileError::OwnColumn {
                kind,
                column: name.to_owned(),
            }),
        };
    }
    // https://learn.microsoft.com/azure/azure-monitor/logs/create-custom-table: ^[A-Za-z][A-Za-z0-9_]{1,44}$
    let legal = name.len() <= 45
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match ColumnType::of_suffix(name) {
        Some(kind) if legal => Ok(kind),
        _ => Err(ProfileError::ColumnName {
            kind,
            column: name.to_owned(),
        }),
    }
}
