//! Reading a request's options and its `Prefer` header.

use super::filter::Filter;
use super::refusal::Refusal;
use super::table::Table;

/// The greatest page, and the page without a wish.
pub(super) const MAX_PAGE: usize = 5_000;

/// What a request asks of a table.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub select: Vec<String>,
    pub filter: Option<Filter>,
    /// Columns, and whether each descends.
    pub order: Vec<(String, bool)>,
    pub count: bool,
    pub top: Option<usize>,
}

/// What a request prefers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Preferences {
    pub page: Option<usize>,
    pub annotations: Vec<String>,
}

impl Query {
    /// Reads decoded options; an option or column that does not exist is refused.
    pub(super) fn parse(options: &[(String, String)], table: &Table) -> Result<Self, Refusal> {
        let mut query = Self {
            select: Vec::new(),
            filter: None,
            order: Vec::new(),
            count: false,
            top: None,
        };
        for (name, value) in options {
            match name.as_str() {
                "$select" => query.select = value.split(',').map(|column| column.trim().to_owned()).collect(),
                "$filter" => query.filter = Some(Filter::parse(value, table)?),
                "$orderby" => {
                    query.order = value
                        .split(',')
                        .map(|term| order_term(term, table))
                        .collect::<Result<_, _>>()?;
                }
                "$count" => query.count = value == "true",
                "$top" => query.top = Some(value.parse().map_err(|_| invalid(name))?),
                "$skip" => return Err(Refusal::bad("0x80060888", "Skip Clause is not supported in CRM")),
                "$skiptoken" => {
                    return Err(Refusal::bad(
                        "0x80060888",
                        "The paging cookie is not one that was handed out.",
                    ));
                }
                _ => return Err(invalid(name)),
            }
        }
        for column in &query.select {
            table.check_column(column)?;
        }
        if query.select.is_empty() {
            query.select = table.definition.columns.keys().cloned().collect();
        }
        Ok(query)
    }
}

impl Preferences {
    /// Reads `Prefer` headers; whatever else they wish is not applied.
    pub(super) fn parse<'a>(headers: impl Iterator<Item = &'a str>) -> Self {
        let mut wishes = Self::default();
        for wish in headers.flat_map(split_outside_quotes) {
            let Some((name, value)) = wish.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            match name.trim() {
                "odata.maxpagesize" | "maxpagesize" => wishes.page = value.parse().ok().filter(|size| *size > 0),
                "odata.include-annotations" => {
                    wishes.annotations = value.split(',').map(|one| one.trim().to_owned()).collect();
                }
                _ => {}
            }
        }
        wishes
    }

    /// Whether an annotation of that name is asked for, by name or by a star.
    pub(super) fn wants(&self, annotation: &str) -> bool {
        let covers = |wish: &String| match wish.strip_suffix('*') {
            Some(start) => annotation.starts_with(start),
            None => wish == annotation,
        };
        self.annotations.iter().any(covers)
    }

    /// Rows a page holds.
    pub(super) fn page_size(&self) -> usize {
        self.page.unwrap_or(MAX_PAGE).min(MAX_PAGE)
    }

    /// The `Preference-Applied` header, if anything was.
    pub(super) fn applied(&self) -> Option<String> {
        let mut applied = Vec::new();
        if let Some(size) = self.page {
            applied.push(format!("odata.maxpagesize={size}"));
        }
        if !self.annotations.is_empty() {
            applied.push(format!("odata.include-annotations=\"{}\"", self.annotations.join(",")));
        }
        (!applied.is_empty()).then(|| applied.join(","))
    }
}

fn order_term(term: &str, table: &Table) -> Result<(String, bool), Refusal> {
    let mut words = term.split_whitespace();
    let column = words.next().unwrap_or_default();
    table.check_column(column)?;
    let descends = match (words.next(), words.next()) {
        (None | Some("asc"), None) => false,
        (Some("desc"), None) => true,
        _ => return Err(Refusal::bad("0x80060888", "Syntax error in $orderby.")),
    };
    Ok((column.to_owned(), descends))
}

fn split_outside_quotes(header: &str) -> Vec<&str> {
    let mut inside = false;
    header
        .split(|c| {
            inside ^= c == '"';
            c == ',' && !inside
        })
        .collect()
}

fn invalid(option: &str) -> Refusal {
    Refusal::bad("0x80060888", &format!("The query parameter {option} is not supported."))
}
