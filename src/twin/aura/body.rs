//! The fields of a request's body; a null is as good as absent.

use crate::base::{Map, Value};
use crate::twin::http::Call;
use crate::twin::instance_config::gigabytes;
use crate::twin::problem::Problem;

/// The body of a request.
pub(super) struct Body(Map);

impl Body {
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let map = call.request.object().map_err(|message| Problem::new(400, "bad-request", message))?;
        Ok(Self(map.into_iter().filter(|(_, value)| !value.is_null()).collect()))
    }

    /// Whether nothing but this field was sent.
    pub(super) fn is_only(&self, field: &str) -> bool {
        self.0.len() == 1 && self.0.contains_key(field)
    }

    pub(super) fn text(&self, field: &'static str) -> Result<Option<&str>, Problem> {
        match self.0.get(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::field(field, format!("{field} must be a string"))),
        }
    }

    pub(super) fn required(&self, field: &'static str) -> Result<&str, Problem> {
        self.text(field)?.ok_or_else(|| Problem::field(field, format!("{field} is required")))
    }

    /// A truth value; one client sends it as text.
    pub(super) fn truth(&self, field: &'static str) -> Result<Option<bool>, Problem> {
        match self.0.get(field) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(*truth)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(Problem::field(field, format!("{field} must be true or false"))),
        }
    }

    pub(super) fn number(&self, field: &'static str) -> Result<Option<u64>, Problem> {
        match self.0.get(field) {
            None => Ok(None),
            Some(value) => {
                value.as_u64().map(Some).ok_or_else(|| Problem::field(field, format!("{field} must be a whole number")))
            }
        }
    }

    /// A size such as `8GB` or `8G`, in gigabytes.
    pub(super) fn size(&self, field: &'static str) -> Result<Option<u64>, Problem> {
        self.text(field)?
            .map(|text| gigabytes(text).ok_or_else(|| Problem::field(field, format!("not a {field} size: {text}"))))
            .transpose()
    }

    /// A name: 1 to 30 characters, no white space at either end (docs/aura-api.md, "Names").
    pub(super) fn name(&self) -> Result<Option<&str>, Problem> {
        let name = self.text("name")?;
        if let Some(text) = name
            && (!(1..=30).contains(&text.chars().count()) || text.trim() != text)
        {
            let message = "The name must have 1 to 30 characters and no white space at its start or end";
            return Err(Problem::field("name", message));
        }
        Ok(name)
    }
}
