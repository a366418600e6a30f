//! The Query API of a database, version 2 (aura-api.md §10).

use super::body::parse;
use super::error::{cut, redact, refusal};
use super::remedy::NOT_THE_API;
use crate::base::{Secret, Timestamp, Value, show};
use crate::port::{CallError, ErrorClass, Http, Method, Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;
use zeroize::Zeroizing;

const REPLY_LIMIT: usize = 1 << 20;
const PASSWORD: &str = "check the user name and the password of the database, which are not those of the Aura API";
const NOT_READY: &str = "the database is paused, being created, loading or restarting: wait, or resume it";

/// User name and password of a database.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
}

/// The result of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The names of the columns.
    pub fields: Vec<String>,
    /// The rows, each as long as `fields`.
    pub values: Vec<Vec<Value>>,
}

/// Runs one statement that only reads. Sent once; the engine tries again above it.
///
/// `url` is the connection address of an instance (`neo4j+s://…`), or an `https://` or `http://` base.
pub async fn run(
    http: &dyn Http,
    url: &str,
    database: &str,
    credentials: &Credentials,
    statement: &str,
    timeout: Duration,
) -> Result<Rows, CallError> {
    let base = base(url)?;
    let database = utf8_percent_encode(database, NON_ALPHANUMERIC).to_string();
    let address = format!("{base}/db/{database}/query/v2");
    let what = format!("query at {}", show(&address));
    let pair = Zeroizing::new(format!("{}:{}", credentials.username, credentials.password.expose()));
    let basic = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    let body = serde_json::json!({"accessMode": "READ", "statement": statement});
    let request = Request {
        method: Method::Post,
        url: address,
        headers: vec![
            ("authorization", Secret::new(format!("Basic {}", basic.as_str()))),
            ("content-type", Secret::new("application/json".to_owned())),
            ("accept", Secret::new("application/json".to_owned())),
        ],
        body: Secret::new(body.to_string().into_bytes()),
        timeout,
        body_limit: REPLY_LIMIT,
        effect: false,
    };
    let secrets = [credentials.password.expose().as_str(), basic.as_str()];
    match http.send(request).await {
        Ok(response) => rows(&what, &response, &secrets),
        Err(error) => {
            let text = cut(&redact(&error.to_string(), &secrets));
            Err(CallError::new(ErrorClass::Outside, format!("{what}: {text}")).with_remedy(NOT_READY))
        }
    }
}

/// The HTTP base of a connection address. The Query API stands on the port of its scheme, never on that of Bolt.
fn base(url: &str) -> Result<String, CallError> {
    let url = url.trim().trim_end_matches('/');
    let wrong = || {
        let message = format!("{:?} is not the address of a database", cut(url));
        CallError::new(ErrorClass::Invalid, message)
            .with_remedy("write it as neo4j+s://<id>.databases.neo4j.io or https://host")
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let sound = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic());
    if !sound || rest.contains(['@', '?', '#', '\\']) {
        return Err(wrong());
    }
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "http" => Ok(url.to_owned()),
        "neo4j+s" | "bolt+s" | "neo4j+ssc" | "bolt+ssc" => {
            let host = rest.split('/').next().unwrap_or(rest);
            Ok(format!("https://{}", host.strip_suffix(":7687").unwrap_or(host)))
        }
        _ => Err(wrong()),
    }
}

#[derive(serde::Deserialize)]
struct Answer {
    data: Option<Rowset>,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(serde::Deserialize)]
struct Rowset {
    fields: Vec<String>,
    values: Vec<Vec<Value>>,
}

#[derive(serde::Deserialize)]
struct Fault {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// A failed statement comes with 202 like a successful one, so the body decides.
fn rows(what: &str, response: &Response, secrets: &[&str]) -> Result<Rows, CallError> {
    let status = response.status;
    let answer: Result<Answer, String> = parse(response.body.expose(), REPLY_LIMIT);
    if let Ok(Answer { errors, .. }) = &answer
        && let Some(fault) = errors.first()
    {
        return Err(of_fault(what, status, fault, secrets));
    }
    if !matches!(status, 200..=202) {
        return Err(of_status(what, response, secrets));
    }
    let Answer { data, .. } = answer.map_err(|why| {
        let message = format!("{what}: {status}, but the body cannot be read: {why}");
        CallError::new(ErrorClass::Outside, message).with_remedy(NOT_READY)
    })?;
    let data = data.filter(|data| data.values.iter().all(|row| row.len() == data.fields.len()));
    let Rowset { fields, values } =
        data.ok_or_else(|| CallError::new(ErrorClass::Outside, format!("{what}: {status} without a table")))?;
    Ok(Rows { fields, values })
}

fn of_fault(what: &str, status: u16, fault: &Fault, secrets: &[&str]) -> CallError {
    let code = cut(&redact(&fault.code, secrets));
    let message = format!("{what}: {}", cut(&redact(&fault.message, secrets)));
    let (class, remedy) = if status == 401 || code.contains(".Security.") {
        (ErrorClass::Auth, PASSWORD)
    } else if code.ends_with(".DatabaseNotFound") {
        (ErrorClass::NotFound, "check the name of the database; on Aura it is neo4j")
    } else if code.contains(".TransientError.") || code.ends_with(".DatabaseUnavailable") || status >= 500 {
        (ErrorClass::Outside, NOT_READY)
    } else {
        (ErrorClass::Invalid, "")
    };
    CallError::new(class, message).with_reason(code).with_remedy(remedy)
}

fn of_status(what: &str, response: &Response, secrets: &[&str]) -> CallError {
    // There is no clock here: an HTTP date in `Retry-After` counts from the date of the same response.
    let date = response.header("date").and_then(|text| Timestamp::from_http_date(text).ok());
    let now = date.unwrap_or(Timestamp::from_micros(i64::MAX));
    let error = refusal(what, response, secrets, now).error;
    let remedy = match response.status {
        401 | 403 => PASSWORD,
        500.. => NOT_READY,
        _ => NOT_THE_API,
    };
    error.with_remedy(remedy)
}
