//! `$filter`: comparisons joined by `and`, `or`, `not` and parentheses, with SQL's three-valued logic.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::cell::{Cell, sql_order};
use super::refusal::Refusal;
use super::table::{Row, Table};

/// A condition on a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    Compare {
        column: String,
        operator: Operator,
        value: Literal,
    },
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Text(String),
    Number(f64),
    Bool(bool),
    Time(DateTime<Utc>),
    Guid(Uuid),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
}

impl Filter {
    /// Reads a filter over `table`'s columns.
    pub(super) fn parse(text: &str, table: &Table) -> Result<Self, Refusal> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, table };
        let filter = parser.or()?;
        if parser.tokens.is_empty() {
            Ok(filter)
        } else {
            Err(syntax("Syntax error at the end of the filter."))
        }
    }

    /// Whether a row meets it; what cannot be said of nothing is not met.
    pub(super) fn meets(&self, row: &Row) -> bool {
        self.test(row) == Some(true)
    }

    fn test(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Compare {
                column,
                operator,
                value,
            } => operator.test(row.get(column).unwrap_or(&Cell::Null), value),
            Self::And(a, b) => match (a.test(row), b.test(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.test(row), b.test(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Not(inner) => inner.test(row).map(|met| !met),
        }
    }
}

impl Operator {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "lt" => Self::Lt,
            "le" => Self::Le,
            _ => return None,
        })
    }

    fn test(self, cell: &Cell, value: &Literal) -> Option<bool> {
        if *value == Literal::Null {
            let null = *cell == Cell::Null;
            return match self {
                Self::Eq => Some(null),
                Self::Ne => Some(!null),
                Self::Gt | Self::Ge | Self::Lt | Self::Le => None,
            };
        }
        let order = compare(cell, value)?;
        Some(match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
        })
    }
}

/// How a cell compares; `None` with nothing, and across types.
fn compare(cell: &Cell, value: &Literal) -> Option<Ordering> {
    match (cell, value) {
        (Cell::Text(a), Literal::Text(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        (Cell::Time(a), Literal::Time(b)) => Some(a.cmp(b)),
        (Cell::Bool(a), Literal::Bool(b)) => Some(a.cmp(b)),
        (Cell::Guid(a) | Cell::Lookup { id: a, .. }, Literal::Guid(b)) => Some(sql_order(*a).cmp(&sql_order(*b))),
        (Cell::Int(_) | Cell::Real(_) | Cell::Choice(..), Literal::Number(b)) => Some(cell.number().total_cmp(b)),
        _ => None,
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    table: &'a Table,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn take(&mut self, word: &str) -> bool {
        let here = matches!(self.tokens.first(), Some(Token::Word(found)) if found == word);
        if here {
            self.tokens = &self.tokens[1..];
        }
        here
    }

    fn or(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.and()?;
        while self.take("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.and()?));
        }
        Ok(filter)
    }

    fn and(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.one()?;
        while self.take("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, Refusal> {
        if self.take("not") {
            return Ok(Filter::Not(Box::new(self.one()?)));
        }
        match self.next() {
            Some(Token::Open) => {
                let inner = self.or()?;
                if self.next() == Some(&Token::Close) {
                    Ok(inner)
                } else {
                    Err(syntax("')' or operator expected."))
                }
            }
            Some(Token::Word(column)) => self.comparison(column),
            Some(Token::Close | Token::Text(_)) | None => Err(syntax("Expression expected.")),
        }
    }

    fn comparison(&mut self, column: &str) -> Result<Filter, Refusal> {
        self.table.check_column(column)?;
        let operator = match self.next() {
            Some(Token::Word(word)) => Operator::parse(word),
            Some(Token::Open | Token::Close | Token::Text(_)) | None => None,
        };
        let operator = operator.ok_or_else(|| syntax("The operator is not supported."))?;
        let value = match self.next() {
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            Some(Token::Word(word)) => literal(word)?,
            Some(Token::Open | Token::Close) | None => return Err(syntax("A value is expected.")),
        };
        if !agrees(self.table.attribute_type(column), &value) {
            return Err(syntax("A binary operator with incompatible types was detected."));
        }
        Ok(Filter::Compare {
            column: column.to_owned(),
            operator,
            value,
        })
    }
}

/// Whether a value can be compared with a column of that type.
fn agrees(attribute: &str, value: &Literal) -> bool {
    match value {
        Literal::Null => true,
        Literal::Text(_) => attribute == "String",
        Literal::Number(_) => ["BigInt", "Double", "Picklist"].contains(&attribute),
        Literal::Bool(_) => attribute == "Boolean",
        Literal::Time(_) => attribute == "DateTime",
        Literal::Guid(_) => ["Uniqueidentifier", "Lookup"].contains(&attribute),
    }
}

fn literal(word: &str) -> Result<Literal, Refusal> {
    match word {
        "null" => return Ok(Literal::Null),
        "true" => return Ok(Literal::Bool(true)),
        "false" => return Ok(Literal::Bool(false)),
        _ => {}
    }
    if word.len() == 36
        && let Ok(id) = Uuid::parse_str(word)
    {
        return Ok(Literal::Guid(id));
    }
    if let Ok(number) = word.parse() {
        return Ok(Literal::Number(number));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(word) {
        return Ok(Literal::Time(time.to_utc()));
    }
    if let Ok(day) = word.parse::<NaiveDate>() {
        return Ok(Literal::Time(day.and_time(NaiveTime::MIN).and_utc()));
    }
    Err(syntax(&format!("Could not read the value {word}.")))
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '(' | ')' => {
                tokens.push(if first == '(' { Token::Open } else { Token::Close });
                rest = &rest[1..];
            }
            '\'' => {
                let (quoted, behind) = quoted(&rest[1..])?;
                tokens.push(Token::Text(quoted));
                rest = behind;
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || "()'".contains(c))
                    .unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// A text up to its closing quotation mark, doubled ones undone, and what follows.
fn quoted(text: &str) -> Result<(String, &str), Refusal> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (before, behind) = rest
            .split_once('\'')
            .ok_or_else(|| syntax("There is an unterminated string literal."))?;
        value.push_str(before);
        let Some(more) = behind.strip_prefix('\'') else {
            return Ok((value, behind));
        };
        value.push('\'');
        rest = more;
    }
}

fn syntax(message: &str) -> Refusal {
    Refusal::bad("0x80060888", message)
}
