//! The statements that the twin understands: `RETURN` of literals and counts, several of them joined by `UNION ALL`,
//! and the lists of labels, types, indexes, constraints, components and databases, with `YIELD`, `RETURN` and
//! `ORDER BY` behind them; and the one that changes a password.

use super::token::{Token, tokens};
use crate::base::Value;
use serde_json::json;

/// What was understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Parsed {
    /// A statement that reads.
    Reads(Statement),
    /// `ALTER CURRENT USER SET PASSWORD FROM … TO …`.
    SetsPassword { from: Given, to: Given },
}

/// A text as it stands in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Text(String),
    /// The parameter of that name.
    Parameter(String),
}

/// A statement that reads.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    /// Rows with the same columns.
    Rows(Vec<Row>),
    /// A list of something.
    List { what: What, shape: Shape },
}

/// A row: names of its columns with what stands in them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub counted: Counted,
    pub columns: Vec<(String, Cell)>,
}

/// What is counted for a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Nothing,
    /// Nodes, of a label or all.
    Nodes(Option<String>),
    /// Relationships, of a type or all.
    Relationships(Option<String>),
}

/// What stands in a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Literal(Value),
    Count,
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Labels,
    Types,
    Indexes,
    Constraints,
    Components,
    Info,
    /// All databases, or the one that a statement without a name goes to.
    Databases {
        only_home: bool,
    },
}

/// Which columns of a list are wanted, under which names and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Column and new name; `None` for all.
    pub yields: Option<Vec<(String, String)>>,
    /// The same, of what was yielded.
    pub returns: Option<Vec<(String, String)>>,
    /// Column, and whether descending.
    pub order: Vec<(String, bool)>,
}

pub(super) fn parse(statement: &str) -> Result<Parsed, String> {
    let mut parser = Parser { tokens: tokens(statement)?, place: 0 };
    let parsed = if parser.word("ALTER") { parser.password()? } else { Parsed::Reads(parser.statement()?) };
    match parser.next() {
        None => Ok(parsed),
        Some(token) => Err(invalid(Some(&token))),
    }
}

fn invalid(token: Option<&Token>) -> String {
    match token {
        None => "Invalid input: unexpected end of the statement".to_owned(),
        Some(Token::Word(word) | Token::Quoted(word) | Token::Text(word)) => format!("Invalid input '{word}'"),
        Some(Token::Number(number)) => format!("Invalid input '{number}'"),
        Some(Token::Sign(sign)) => format!("Invalid input '{sign}'"),
    }
}

struct Parser {
    tokens: Vec<Token>,
    place: usize,
}

impl Parser {
    /// `CURRENT USER SET PASSWORD FROM $old TO $new`.
    fn password(&mut self) -> Result<Parsed, String> {
        self.words(&["CURRENT", "USER", "SET", "PASSWORD", "FROM"])?;
        let from = self.given()?;
        self.words(&["TO"])?;
        Ok(Parsed::SetsPassword { from, to: self.given()? })
    }

    fn words(&mut self, wanted: &[&str]) -> Result<(), String> {
        if wanted.iter().all(|word| self.word(word)) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn given(&mut self) -> Result<Given, String> {
        if self.sign('$') {
            return self.name().map(Given::Parameter);
        }
        match self.next() {
            Some(Token::Text(text)) => Ok(Given::Text(text)),
            other => Err(invalid(other.as_ref())),
        }
    }

    fn statement(&mut self) -> Result<Statement, String> {
        if let Some(row) = self.row()? {
            return self.union(row);
        }
        if self.word("CALL") {
            return self.procedure();
        }
        if self.word("SHOW") {
            self.word("ALL");
            let what = if self.word("INDEXES") || self.word("INDEX") {
                What::Indexes
            } else if self.word("CONSTRAINTS") || self.word("CONSTRAINT") {
                What::Constraints
            } else if self.word("DATABASES") {
                What::Databases { only_home: false }
            } else if (self.word("HOME") || self.word("DEFAULT")) && self.word("DATABASE") {
                What::Databases { only_home: true }
            } else {
                return Err(self.unexpected());
            };
            return Ok(Statement::List { what, shape: self.shape()? });
        }
        Err(self.unexpected())
    }

    /// The rows behind the first one.
    fn union(&mut self, first: Row) -> Result<Statement, String> {
        let mut rows = vec![first];
        while self.word("UNION") {
            if !self.word("ALL") {
                return Err(self.unexpected());
            }
            let row = self.row()?.ok_or_else(|| self.unexpected())?;
            let names = |row: &Row| row.columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            if rows.first().map(names) != Some(names(&row)) {
                return Err("All sub queries in an UNION must have the same return column names".to_owned());
            }
            rows.push(row);
        }
        Ok(Statement::Rows(rows))
    }

    /// `RETURN` of literals, or `MATCH` with `RETURN` of its count; `None` where neither stands.
    fn row(&mut self) -> Result<Option<Row>, String> {
        if self.word("RETURN") {
            return Ok(Some(Row { counted: Counted::Nothing, columns: self.literals(None)? }));
        }
        if !self.word("MATCH") {
            return Ok(None);
        }
        let (variable, counted) = self.pattern()?;
        let is_named = self.word("WITH");
        if !is_named && !self.word("RETURN") || !self.word("count") {
            return Err(self.unexpected());
        }
        let number = self.count(variable.as_deref())?;
        if !is_named {
            return Ok(Some(Row { counted, columns: vec![(number, Cell::Count)] }));
        }
        if !self.word("RETURN") {
            return Err(self.unexpected());
        }
        Ok(Some(Row { counted, columns: self.literals(Some(&number))? }))
    }

    /// Literals, and the number of that name.
    fn literals(&mut self, number: Option<&str>) -> Result<Vec<(String, Cell)>, String> {
        let mut columns = Vec::new();
        loop {
            columns.push(match number.filter(|name| self.word(name)) {
                Some(name) => (self.alias()?.unwrap_or_else(|| name.to_owned()), Cell::Count),
                None => self.literal()?,
            });
            if !self.sign(',') {
                return Ok(columns);
            }
        }
    }

    fn literal(&mut self) -> Result<(String, Cell), String> {
        let (text, value) = match self.next() {
            Some(Token::Number(number)) => (number.to_string(), json!(number)),
            Some(Token::Text(text)) => (format!("'{text}'"), json!(text)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => (word, json!(true)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => (word, json!(false)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => (word, Value::Null),
            other => return Err(invalid(other.as_ref())),
        };
        Ok((self.alias()?.unwrap_or(text), Cell::Literal(value)))
    }

    /// `(n:Label)` or `()-[r:TYPE]->()`, with its variable.
    fn pattern(&mut self) -> Result<(Option<String>, Counted), String> {
        let (node, label) = self.element('(', ')')?;
        if !self.sign('-') {
            return Ok((node, Counted::Nodes(label)));
        }
        let (relationship, name) = self.element('[', ']')?;
        self.expect('-')?;
        self.expect('>')?;
        let (_, target) = self.element('(', ')')?;
        if label.is_some() || target.is_some() {
            return Err("Invalid input: only counts of one label or one type are known here".to_owned());
        }
        Ok((relationship, Counted::Relationships(name)))
    }

    /// `(n) AS nodes` behind `count`; returns its name.
    fn count(&mut self, variable: Option<&str>) -> Result<String, String> {
        self.expect('(')?;
        let text = if self.sign('*') { "*".to_owned() } else { self.name()? };
        self.expect(')')?;
        if text != "*" && variable != Some(text.as_str()) {
            return Err(format!("Variable `{text}` not defined"));
        }
        Ok(self.alias()?.unwrap_or_else(|| format!("count({text})")))
    }

    /// The variable and the label or type of `(n:Label)` or `[r:TYPE]`.
    fn element(&mut self, open: char, close: char) -> Result<(Option<String>, Option<String>), String> {
        self.expect(open)?;
        let variable = self.name_if_any();
        let label = if self.sign(':') { Some(self.name()?) } else { None };
        self.expect(close)?;
        Ok((variable, label))
    }

    fn procedure(&mut self) -> Result<Statement, String> {
        let mut name = self.name()?;
        while self.sign('.') {
            name = format!("{name}.{}", self.name()?);
        }
        if self.sign('(') {
            self.expect(')')?;
        }
        let what = match name.as_str() {
            "db.labels" => What::Labels,
            "db.relationshipTypes" => What::Types,
            "dbms.components" => What::Components,
            "db.info" => What::Info,
            _ => return Err(format!("There is no procedure with the name `{name}` registered for this database")),
        };
        Ok(Statement::List { what, shape: self.shape()? })
    }

    fn shape(&mut self) -> Result<Shape, String> {
        let mut shape = Shape::default();
        if self.word("YIELD") {
            shape.yields = self.columns()?;
        }
        self.order(&mut shape)?;
        if self.word("RETURN") {
            shape.returns = self.columns()?;
        }
        self.order(&mut shape)?;
        Ok(shape)
    }

    fn order(&mut self, shape: &mut Shape) -> Result<(), String> {
        if !self.word("ORDER") {
            return Ok(());
        }
        if !self.word("BY") {
            return Err(self.unexpected());
        }
        loop {
            let column = self.name()?;
            let descending = self.word("DESC") || self.word("DESCENDING");
            if !descending && !self.word("ASC") {
                self.word("ASCENDING");
            }
            shape.order.push((column, descending));
            if !self.sign(',') {
                return Ok(());
            }
        }
    }

    /// `a, b AS c`, or `*` for all.
    fn columns(&mut self) -> Result<Option<Vec<(String, String)>>, String> {
        if self.sign('*') {
            return Ok(None);
        }
        let mut columns = Vec::new();
        loop {
            let name = self.name()?;
            columns.push((name.clone(), self.alias()?.unwrap_or(name)));
            if !self.sign(',') {
                return Ok(Some(columns));
            }
        }
    }

    fn alias(&mut self) -> Result<Option<String>, String> {
        if self.word("AS") { self.name().map(Some) } else { Ok(None) }
    }

    fn name(&mut self) -> Result<String, String> {
        self.name_if_any().ok_or_else(|| self.unexpected())
    }

    fn name_if_any(&mut self) -> Option<String> {
        let (Token::Word(name) | Token::Quoted(name)) = self.tokens.get(self.place)? else { return None };
        self.place += 1;
        Some(name.clone())
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place)?.clone();
        self.place += 1;
        Some(token)
    }

    fn word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.get(self.place), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.place += usize::from(found);
        found
    }

    fn sign(&mut self, wanted: char) -> bool {
        let found = self.tokens.get(self.place) == Some(&Token::Sign(wanted));
        self.place += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.sign(wanted) { Ok(()) } else { Err(format!("{}: expected '{wanted}'", self.unexpected())) }
    }

    fn unexpected(&self) -> String {
        invalid(self.tokens.get(self.place))
    }
}
