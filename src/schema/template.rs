//! A deployment, described once and written twice: as an ARM template and as Bicep. What holds for the one holds
//! for the other, for neither is written by hand.

mod arm;
mod bicep;

use serde_json::Value;

/// What a deployment makes, and what it asks for.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// The first lines of the Bicep file.
    pub(super) about: &'static str,
    pub(super) parameters: Vec<Parameter>,
    /// Long texts that a resource names.
    pub(super) variables: Vec<(&'static str, String)>,
    /// A resource stands after those it needs.
    pub(super) resources: Vec<Resource>,
    pub(super) outputs: Vec<(&'static str, Expr)>,
}

impl Template {
    /// As an ARM template.
    pub(super) fn arm(&self) -> Value {
        arm::template(self)
    }

    /// As a Bicep file.
    pub(super) fn bicep(&self) -> String {
        bicep::template(self)
    }

    fn resource(&self, symbol: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.symbol == symbol)
    }
}

/// Something that whoever deploys gives, or may give.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// `string`, `int` or `bool`.
    pub(super) kind: &'static str,
    pub(super) description: &'static str,
    /// None: it has to be given.
    pub(super) default: Option<Expr>,
    pub(super) range: Option<(i64, i64)>,
}

/// One resource.
#[derive(Debug)]
pub(super) struct Resource {
    /// What the others call it.
    pub(super) symbol: &'static str,
    pub(super) kind: &'static str,
    pub(super) api: &'static str,
    pub(super) name: Expr,
    /// Is there already: only named, not made.
    pub(super) existing: bool,
    pub(super) parent: Option<&'static str>,
    /// What an extension of a resource extends.
    pub(super) scope: Option<&'static str>,
    pub(super) depends_on: Vec<&'static str>,
    /// The parameter without which it is not made.
    pub(super) only_if: Option<&'static str>,
    pub(super) body: Vec<(&'static str, Node)>,
}

impl Resource {
    pub(super) fn new(symbol: &'static str, kind: &'static str, api: &'static str, name: Expr) -> Self {
        Self {
            symbol,
            kind,
            api,
            name,
            existing: false,
            parent: None,
            scope: None,
            depends_on: Vec::new(),
            only_if: None,
            body: Vec::new(),
        }
    }
}

/// A value of a resource's body.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Bool(bool),
    Int(i64),
    Of(Expr),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Of(Expr::Text(text.into()))
    }

    pub(super) fn texts(texts: &[&str]) -> Self {
        Self::List(texts.iter().map(|text| Self::text(*text)).collect())
    }

    pub(super) fn map<const N: usize>(members: [(&str, Node); N]) -> Self {
        Self::Map(members.map(|(key, node)| (key.to_owned(), node)).into())
    }
}

/// What is worked out where it is deployed.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    Text(String),
    Int(i64),
    Bool(bool),
    Parameter(&'static str),
    Variable(&'static str),
    /// The id of a resource, by its symbol.
    IdOf(&'static str),
    /// What a resource says of itself once it is there: symbol, path below `properties`.
    Property(&'static str, &'static str),
    /// A function that both languages have, and a member of its answer.
    Call(&'static str, Vec<Expr>, Option<&'static str>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
}

impl Expr {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn call<const N: usize>(function: &'static str, arguments: [Expr; N]) -> Self {
        Self::Call(function, arguments.into(), None)
    }
}
