//! Tables: columns by name, chosen, renamed and sorted.

use super::parse::Shape;
use crate::base::Value;
use std::cmp::Ordering;

/// The result of a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub fields: Vec<String>,
    pub values: Vec<Vec<Value>>,
}

impl Table {
    pub(super) fn new(fields: &[&str], values: Vec<Vec<Value>>) -> Self {
        Self { fields: fields.iter().map(|field| (*field).to_owned()).collect(), values }
    }

    /// The table as a statement's `YIELD`, `ORDER BY` and `RETURN` shape it.
    pub(super) fn shaped(self, shape: &Shape) -> Result<Self, String> {
        let mut table = match &shape.yields {
            Some(columns) => self.chosen(columns)?,
            None => self,
        };
        let mut order = Vec::new();
        let mut late = Vec::new();
        for (column, descending) in &shape.order {
            match table.place(column) {
                Ok(place) => order.push((place, *descending)),
                Err(_) => late.push((column.clone(), *descending)),
            }
        }
        table.sort(&order);
        if let Some(columns) = &shape.returns {
            table = table.chosen(columns)?;
        }
        let order: Result<Vec<_>, String> =
            late.iter().map(|(column, descending)| Ok((table.place(column)?, *descending))).collect();
        table.sort(&order?);
        Ok(table)
    }

    fn place(&self, column: &str) -> Result<usize, String> {
        self.fields.iter().position(|field| field == column).ok_or_else(|| format!("Variable `{column}` not defined"))
    }

    fn chosen(self, columns: &[(String, String)]) -> Result<Self, String> {
        let places: Result<Vec<usize>, String> = columns.iter().map(|(column, _)| self.place(column)).collect();
        let places = places?;
        let cell = |row: &[Value], place: usize| row.get(place).cloned().unwrap_or_default();
        Ok(Self {
            fields: columns.iter().map(|(_, name)| name.clone()).collect(),
            values: self.values.iter().map(|row| places.iter().map(|place| cell(row, *place)).collect()).collect(),
        })
    }

    fn sort(&mut self, order: &[(usize, bool)]) {
        self.values.sort_by(|left, right| {
            order.iter().fold(Ordering::Equal, |so_far, (place, descending)| {
                let next = compared(left.get(*place), right.get(*place));
                so_far.then(if *descending { next.reverse() } else { next })
            })
        });
    }
}

/// Numbers by their size, everything else by its text; nothing comes last.
fn compared(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left, right) {
        (Some(Value::Null) | None, Some(Value::Null) | None) => Ordering::Equal,
        (Some(Value::Null) | None, _) => Ordering::Greater,
        (_, Some(Value::Null) | None) => Ordering::Less,
        (Some(left), Some(right)) => match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            _ => left.to_string().cmp(&right.to_string()),
        },
    }
}
