//! Whether an instance takes the user's filter for what it says (C5).
//!
//! A condition on a field that the table lacks is left out without a word, and then everything comes; or, as some
//! instances are set up, nothing does. So a query of all the filter's fields that no record can match is asked for:
//! whatever matches it shows that a part was left out. An instance that answers 403 says it itself.

use super::{ServiceNow, codes, query};
use crate::model::columns::ColumnType;
use crate::model::{Column, ItemProfile};
use crate::net::Lane;
use crate::source::SourceError;

impl ServiceNow {
    /// Requests it took; an error if the table does not know a field of the filter. `matched`: what the filter let
    /// through, if it was counted.
    pub(super) async fn check_filter(&self, matched: Option<u64>) -> Result<u32, SourceError> {
        let fields = query::fields(&self.filter);
        if fields.is_empty() || self.filter_checked.get().is_some() {
            return Ok(0);
        }
        let requests = self.prove_filter(&fields, matched).await?;
        self.filter_checked.get_or_init(|| ());
        Ok(requests)
    }

    async fn prove_filter(&self, fields: &[String], matched: Option<u64>) -> Result<u32, SourceError> {
        let (impossible, mut requests) = self.any_match(&query::impossible(fields)).await?;
        if impossible {
            let absent = self.absent_of(fields).await?;
            if absent.is_empty() {
                let fields = fields.join(", ");
                tracing::warn!(
                    table = self.table(),
                    fields,
                    "the instance seems to leave out a part of `filter`: look at what `itsmd plan` counts"
                );
                self.filter_doubted.get_or_init(|| fields);
                return Ok(requests + 1);
            }
            let seen = format!(
                "table {}: `filter` asks for {}, which no record has",
                self.table(),
                absent.join(", ")
            );
            return Err(SourceError::Failed(codes::FILTER_IGNORED.stop(seen)));
        }
        if matched != Some(0) {
            return Ok(requests);
        }
        // Because nothing matches, or because the instance gives nothing for a query it does not understand?
        let (certain, asked) = self.any_match(&query::certain(fields)).await?;
        requests += asked;
        if certain {
            return Ok(requests);
        }
        let (anything, asked) = self.any_match("").await?;
        if anything {
            let seen = format!(
                "table {}: nothing is given for a query of {}, although there are records",
                self.table(),
                fields.join(", ")
            );
            return Err(SourceError::Failed(codes::FILTER_IGNORED.stop(seen)));
        }
        Ok(requests + asked)
    }

    /// Whether any record matches, seen or counted; and the requests it took.
    pub(super) async fn any_match(&self, query: &str) -> Result<(bool, u32), SourceError> {
        let answered = self.ask(Lane::Head, self.url(query, &self.key_fields(), 1, 0)).await?;
        let any = answered.total.is_some_and(|total| total > 0) || !answered.rows.mapped.is_empty();
        Ok((any, answered.requests))
    }

    /// Those of the fields that a record does not have.
    async fn absent_of(&self, fields: &[String]) -> Result<Vec<String>, SourceError> {
        let column = |field: &String| Column {
            name: field.clone(),
            field: field.clone(),
            kind: ColumnType::String,
            choice_values: None,
        };
        let item = ItemProfile {
            columns: fields.iter().map(column).collect(),
            ..self.mapper.item().clone()
        };
        let reader = self.for_item(item);
        let asked = format!("{},{}", self.key_fields(), fields.join(","));
        let mut absent = reader.ask(Lane::Head, reader.url("", &asked, 20, 0)).await?.rows.absent;
        absent.retain(|field| fields.contains(field));
        Ok(absent)
    }
}
