//! Queries: a range of last-modified time, the user's filter in parentheses, ordered to the last tie.

use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::{ItemProfile, push_time};

/// What may stand in a query component as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What of which entity set is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query<'a> {
    /// Without a slash at its end.
    pub server_url: &'a str,
    pub item: &'a ItemProfile,
    /// The user's `$filter`; may be empty.
    pub filter: &'a str,
}

impl Query<'_> {
    /// Rows from `from` on and before `to`. Never `$skip` or `$top`: the page's size is a preference.
    pub fn rows(&self, fields: &[&str], from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> String {
        let order = format!("{} asc,{} asc", self.item.modified, self.item.id);
        self.url(fields, &self.since(from, to), &order)
    }

    /// The newest row first, and how many there are.
    pub fn newest(&self, from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> String {
        let ItemProfile { id, modified, .. } = self.item;
        let url = self.url(&[id, modified], &self.since(from, to), &format!("{modified} desc"));
        format!("{url}&$count=true")
    }

    /// These records and no others, wherever they are in time.
    pub fn by_ids(&self, fields: &[&str], ids: &[&str]) -> String {
        let ItemProfile { id, modified, .. } = self.item;
        let any: Vec<String> = ids.iter().map(|value| format!("{id} eq {}", literal(value))).collect();
        let condition = self.narrowed(format!("({})", any.join(" or ")));
        self.url(fields, &condition, &format!("{modified} asc,{id} asc"))
    }

    fn since(&self, from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> String {
        let modified = &self.item.modified;
        let until = to.map(|to| format!(" and {modified} lt {}", stamp(to)));
        self.narrowed(format!("{modified} ge {}{}", stamp(from), until.unwrap_or_default()))
    }

    fn narrowed(&self, condition: String) -> String {
        match self.filter.trim() {
            "" => condition,
            // Without parentheses an `or` of the user's would reach past the range.
            filter => format!("{condition} and ({filter})"),
        }
    }

    fn url(&self, fields: &[&str], filter: &str, order: &str) -> String {
        let list = |text: &str| text.split(',').map(encode).collect::<Vec<_>>().join(",");
        format!(
            "{}/api/data/v9.2/{}?$select={}&$filter={}&$orderby={}",
            self.server_url,
            encode(&self.item.table),
            list(&fields.join(",")),
            encode(filter),
            list(order),
        )
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

fn stamp(time: DateTime<Utc>) -> String {
    let mut text = Vec::with_capacity(24);
    push_time(&mut text, time);
    String::from_utf8_lossy(&text).into_owned()
}

/// A key as OData writes it: a GUID bare, anything else a text.
fn literal(id: &str) -> String {
    if uuid::Uuid::try_parse(id).is_ok() && id.len() == 36 {
        return id.to_owned();
    }
    format!("'{}'", id.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Profile, WorkItemKind};

    fn item() -> ItemProfile {
        let profile = Profile::parse(include_str!("../../../config/profiles/provance.toml")).unwrap();
        profile.items[&WorkItemKind::Incident].clone()
    }

    fn query<'a>(item: &'a ItemProfile, filter: &'a str) -> Query<'a> {
        Query {
            server_url: "https://contoso.crm.dynamics.com",
            item,
            filter,
        }
    }

    #[test]
    fn a_page_is_asked_for_by_range_and_order_alone() {
        let item = item();
        let url = query(&item, "statecode eq 0 or contains(title,'a&b')").rows(
            &["incidentid", "modifiedon", "_ownerid_value"],
            "2026-11-20T10:00:00Z".parse().unwrap(),
            Some("2026-11-21T00:00:00Z".parse().unwrap()),
        );
        assert_eq!(
            url,
            "https://contoso.crm.dynamics.com/api/data/v9.2/incidents\
             ?$select=incidentid,modifiedon,_ownerid_value\
             &$filter=modifiedon%20ge%202026-11-20T10%3A00%3A00Z%20and%20modifiedon%20lt%202026-11-21T00%3A00%3A00Z\
             %20and%20%28statecode%20eq%200%20or%20contains%28title%2C%27a%26b%27%29%29\
             &$orderby=modifiedon%20asc,incidentid%20asc"
        );
    }

    #[test]
    fn a_start_inside_a_second_is_asked_for_as_it_is() {
        let item = item();
        let url = query(&item, " ").rows(&["incidentid"], "2026-11-20T10:00:00.5Z".parse().unwrap(), None);
        assert!(
            url.contains("$filter=modifiedon%20ge%202026-11-20T10%3A00%3A00.500Z&"),
            "{url}"
        );
    }

    #[test]
    fn a_first_look_counts_without_skip_or_top() {
        let item = item();
        assert_eq!(
            query(&item, "").newest("2026-11-20T10:00:00Z".parse().unwrap(), None),
            "https://contoso.crm.dynamics.com/api/data/v9.2/incidents?$select=incidentid,modifiedon\
             &$filter=modifiedon%20ge%202026-11-20T10%3A00%3A00Z&$orderby=modifiedon%20desc&$count=true"
        );
    }

    #[test]
    fn ids_are_bare_guids_or_quoted_texts() {
        let item = item();
        let guid = "9d385017-c611-2287-01d2-2104cc95c371";
        let url = query(&item, "statecode eq 0").by_ids(&["incidentid"], &[guid, "o'x"]);
        let condition = format!(
            "$filter=%28incidentid%20eq%20{guid}%20or%20incidentid%20eq%20%27o%27%27x%27%29%20and%20%28statecode%20eq%200%29&"
        );
        assert!(url.contains(&condition), "{url}");
    }
}
