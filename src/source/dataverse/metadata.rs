//! What an environment says of itself: its tables, their columns, and the labels of its choices (contract: other-itsm,
//! §1.4). Every user may read that; no row is asked for. Labels come in the language of the user that signs in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::headers;
use super::{answer, codes};
use crate::auth::Credentials;
use crate::net::http::StatusCode;
use crate::net::{Answer, Client, Judgement, Lane, Request};
use crate::source::SourceError;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInfo {
    /// `incident`
    pub logical_name: String,
    /// `incidents`: what a profile calls `table`.
    pub entity_set: String,
    /// `incidentid`
    pub id: String,
    /// `title`; a few tables have none.
    pub name: Option<String>,
    /// As people see it, e.g. `Case`.
    pub label: String,
    /// Whether somebody added it to what Dataverse brings.
    pub custom: bool,
}

/// A column that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// What a profile calls the field: `_ownerid_value` for a look-up.
    pub field: String,
    /// `String`, `DateTime`, `Picklist`, `Lookup` …
    pub kind: String,
    /// As people see it, e.g. `Case Number`.
    pub label: String,
    /// Of a choice: codes and their labels.
    pub choices: Vec<(i64, String)>,
}

/// Reads an environment's metadata.
#[derive(Debug)]
pub struct Metadata {
    client: Client,
    credentials: Arc<Credentials>,
    server_url: String,
}

/// The kinds of column whose choices have to be asked for, each by itself.
const CHOICES: [&str; 4] = ["Picklist", "State", "Status", "Boolean"];

impl Metadata {
    /// Nothing is asked yet. `server_url` has no slash at its end.
    pub fn new(client: Client, credentials: Arc<Credentials>, server_url: &str) -> Self {
        Self {
            client,
            credentials,
            server_url: server_url.to_owned(),
        }
    }

    /// Every table that can be read by the Web API, by name.
    ///
    /// # Errors
    /// Sign-in, a refusal, or an answer that is no metadata.
    pub async fn tables(&self) -> Result<Vec<TableInfo>, SourceError> {
        let select = "LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,DisplayName,IsCustomEntity";
        let listed: Listed<Entity> = self.ask(&format!("EntityDefinitions?$select={select}")).await?;
        let mut tables: Vec<TableInfo> = listed.value.into_iter().filter_map(Entity::table).collect();
        tables.sort_by(|a, b| a.logical_name.cmp(&b.logical_name));
        Ok(tables)
    }

    /// The columns of a table that can be read, by field, with the labels of choices.
    ///
    /// # Errors
    /// As [`Self::tables`].
    pub async fn columns(&self, table: &TableInfo) -> Result<Vec<ColumnInfo>, SourceError> {
        let of_table = format!("EntityDefinitions(LogicalName='{}')/Attributes", table.logical_name);
        let select = "LogicalName,AttributeType,AttributeOf,IsValidForRead,DisplayName";
        let listed: Listed<Attribute> = self.ask(&format!("{of_table}?$select={select}")).await?;
        let mut choices = BTreeMap::new();
        for kind in CHOICES {
            let there = |attribute: &Attribute| attribute.kind.as_deref() == Some(kind);
            if !listed.value.iter().any(there) {
                continue;
            }
            let cast = format!("{of_table}/Microsoft.Dynamics.CRM.{kind}AttributeMetadata");
            // Yes and no cannot be shared between columns.
            let global = if kind == "Picklist" { ",GlobalOptionSet" } else { "" };
            let url = format!("{cast}?$select=LogicalName&$expand=OptionSet{global}");
            let listed: Listed<Choice> = self.ask(&url).await?;
            choices.extend(listed.value.into_iter().map(Choice::options));
        }
        let readable = listed.value.into_iter().filter(Attribute::is_readable);
        let mut columns: Vec<ColumnInfo> = readable.map(|attribute| attribute.column(&mut choices)).collect();
        columns.sort_by(|a, b| a.field.cmp(&b.field));
        Ok(columns)
    }

    async fn ask<T: DeserializeOwned>(&self, what: &str) -> Result<T, SourceError> {
        let path = what.split('?').next().unwrap_or_default();
        let request = headers(Request::get(format!("{}/api/data/v9.2/{what}", self.server_url)));
        let seen = |answer: &Answer| format!("GET {}/api/data/v9.2/{path}: {}", self.server_url, answer.words());
        let judge = |answer: &Answer| match answer.status {
            StatusCode::OK if answer.is_html() => Judgement::Retry(codes::HTML.retry(seen(answer))),
            StatusCode::OK => Judgement::Accept,
            StatusCode::FORBIDDEN => Judgement::Fail(codes::FORBIDDEN.stop(seen(answer))),
            StatusCode::NOT_FOUND => Judgement::Fail(codes::NO_SET.stop(seen(answer))),
            status if answer::refusal(status) => Judgement::Fail(codes::REFUSED.stop(seen(answer))),
            _ => Judgement::Accept,
        };
        let answer = self
            .client
            .send(Lane::Rest, self.credentials.as_ref(), &request, &judge)
            .await?;
        serde_json::from_slice(&answer.body).map_err(|error| {
            let seen = format!("GET {}/api/data/v9.2/{path}: {error}", self.server_url);
            SourceError::Failed(codes::NOT_A_PAGE.retry(seen))
        })
    }
}

#[derive(Deserialize)]
struct Listed<T> {
    value: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Label {
    user_localized_label: Option<LocalizedLabel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LocalizedLabel {
    label: Option<String>,
}

impl Label {
    fn text(label: Option<Self>) -> String {
        let localized = label.and_then(|label| label.user_localized_label);
        localized.and_then(|label| label.label).unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entity {
    logical_name: String,
    entity_set_name: Option<String>,
    primary_id_attribute: Option<String>,
    primary_name_attribute: Option<String>,
    display_name: Option<Label>,
    is_custom_entity: Option<bool>,
}

impl Entity {
    /// `None`: the Web API does not reach it.
    fn table(self) -> Option<TableInfo> {
        Some(TableInfo {
            entity_set: self.entity_set_name.filter(|name| !name.is_empty())?,
            id: self.primary_id_attribute.filter(|name| !name.is_empty())?,
            name: self.primary_name_attribute.filter(|name| !name.is_empty()),
            label: Label::text(self.display_name),
            custom: self.is_custom_entity.unwrap_or(false),
            logical_name: self.logical_name,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    logical_name: String,
    #[serde(rename = "AttributeType")]
    kind: Option<String>,
    /// It only repeats another column, as text.
    attribute_of: Option<String>,
    is_valid_for_read: Option<bool>,
    display_name: Option<Label>,
}

impl Attribute {
    fn is_readable(&self) -> bool {
        let derived = matches!(
            self.kind.as_deref(),
            None | Some("Virtual" | "EntityName" | "CalendarRules" | "PartyList" | "ManagedProperty")
        );
        !derived && self.attribute_of.is_none() && self.is_valid_for_read.unwrap_or(true)
    }

    fn column(self, choices: &mut BTreeMap<String, Vec<(i64, String)>>) -> ColumnInfo {
        let kind = self.kind.unwrap_or_default();
        let choices = choices.remove(&self.logical_name).unwrap_or_default();
        let field = match kind.as_str() {
            "Lookup" | "Owner" | "Customer" => format!("_{}_value", self.logical_name),
            _ => self.logical_name,
        };
        ColumnInfo {
            field,
            kind,
            label: Label::text(self.display_name),
            choices,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Choice {
    logical_name: String,
    option_set: Option<OptionSet>,
    global_option_set: Option<OptionSet>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OptionSet {
    #[serde(default)]
    options: Vec<ChoiceOption>,
    false_option: Option<ChoiceOption>,
    true_option: Option<ChoiceOption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChoiceOption {
    value: Option<i64>,
    label: Option<Label>,
}

impl Choice {
    fn options(self) -> (String, Vec<(i64, String)>) {
        let sets = [self.option_set, self.global_option_set].into_iter().flatten();
        let mut options: Vec<(i64, String)> = sets
            .flat_map(|set| set.options.into_iter().chain(set.false_option).chain(set.true_option))
            .filter_map(|option| Some((option.value?, Label::text(option.label))))
            .collect();
        options.sort_unstable();
        options.dedup();
        (self.logical_name, options)
    }
}
