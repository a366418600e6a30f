//! The Query API of a database, version 2 (docs/aura-api.md, "Query API").

use super::body::parse;
use super::classify::Classified;
use super::destination::Destination;
use super::error::{cut, redact, refusal};
use super::remedy::NOT_THE_API;
use crate::base::{Secret, Timestamp, Value, escape};
use crate::port::{CallError, ErrorClass, Http, Method, Outcome, Request, Response, TransportError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

/// What changes the password of whoever sends it; the passwords are its parameters and never part of its text.
pub const CHANGE_PASSWORD: &str = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new";
/// The database that administration commands are sent to.
pub const SYSTEM: &str = "system";
/// The code of a user name or a password that is wrong, and of nothing else.
const UNAUTHORIZED: &str = "Neo.ClientError.Security.Unauthorized";

/// Runs one statement that only reads. Sent once; the engine tries again above it.
pub async fn run(
    http: &dyn Http,
    to: &Destination,
    database: &str,
    credentials: &Credentials,
    statement: &str,
    timeout: Duration,
) -> Result<Rows, CallError> {
    let ask = Ask { access_mode: Some("READ"), statement, parameters: None };
    let asked = Asked::new(&to.address(database), credentials, &ask, timeout)?;
    let Asked { what, request, basic } = asked;
    let secrets = [credentials.password.expose().as_str(), basic.as_str()];
    match http.send(request).await {
        Ok(response) => rows(&what, &response, &secrets),
        Err(error) => Err(silence(&what, &error, &secrets)),
    }
}

/// Whether these credentials open the database; an error where that cannot be found out.
pub async fn opens(
    http: &dyn Http,
    to: &Destination,
    credentials: &Credentials,
    timeout: Duration,
) -> Result<bool, CallError> {
    match run(http, to, SYSTEM, credentials, "RETURN 1 AS one", timeout).await {
        Ok(_) => Ok(true),
        Err(error) if error.reason == UNAUTHORIZED => Ok(false),
        // Whatever it thinks of the statement, it has let its sender in.
        Err(CallError { class: ErrorClass::Invalid | ErrorClass::NotFound, reason, .. })
            if reason.starts_with("Neo.ClientError.Statement.") =>
        {
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

/// Gives the user of these credentials another password. Sent once; returns its outcome.
pub async fn change_password(
    http: &dyn Http,
    to: &Destination,
    credentials: &Credentials,
    new: &Secret<String>,
    timeout: Duration,
) -> Classified<()> {
    let old = credentials.password.expose().as_str();
    let passwords = Passwords { old, new: new.expose() };
    let ask = Ask { access_mode: None, statement: CHANGE_PASSWORD, parameters: Some(passwords) };
    let asked = Asked::new(&to.address(SYSTEM), credentials, &ask, timeout);
    let Asked { what, mut request, basic } = match asked {
        Ok(asked) => asked,
        Err(error) => return unanswered(Outcome::NotSent, error),
    };
    request.effect = true;
    let secrets = [old, new.expose().as_str(), basic.as_str()];
    match http.send(request).await {
        Ok(response) => changed(&what, &response, &secrets),
        Err(error) => {
            let is_sent = matches!(error, TransportError::Maybe(_));
            let outcome = if is_sent { Outcome::Unknown } else { Outcome::NotSent };
            unanswered(outcome, silence(&what, &error, &secrets))
        }
    }
}

/// The path on which passwords are changed there, as it stands in the line of a request.
pub fn password_path(to: &Destination) -> String {
    to.path(SYSTEM)
}

#[derive(serde::Serialize)]
struct Ask<'a> {
    #[serde(rename = "accessMode", skip_serializing_if = "Option::is_none")]
    access_mode: Option<&'static str>,
    statement: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Passwords<'a>>,
}

#[derive(serde::Serialize)]
struct Passwords<'a> {
    old: &'a str,
    new: &'a str,
}

/// A request, and what no message about it may repeat.
struct Asked {
    what: String,
    request: Request,
    basic: Zeroizing<String>,
}

impl Asked {
    fn new(address: &str, credentials: &Credentials, ask: &Ask<'_>, timeout: Duration) -> Result<Self, CallError> {
        let what = format!("query at {}", escape(address));
        let pair = Zeroizing::new(format!("{}:{}", credentials.username, credentials.password.expose()));
        let basic = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        // Room for everything, so that no growing buffer leaves a copy of a password behind.
        let passwords = ask.parameters.as_ref().map_or(0, |passwords| passwords.old.len() + passwords.new.len());
        let mut body = Vec::with_capacity(256 + 2 * ask.statement.len() + 6 * passwords);
        serde_json::to_writer(&mut body, ask)
            .map_err(|_| CallError::new(ErrorClass::Invalid, format!("{what}: it cannot be written as JSON")))?;
        let request = Request {
            method: Method::Post,
            url: address.to_owned(),
            headers: vec![
                ("authorization".into(), Secret::new(format!("Basic {}", basic.as_str()))),
                ("content-type".into(), Secret::new("application/json".to_owned())),
                ("accept".into(), Secret::new("application/json".to_owned())),
            ],
            body: Secret::new(body),
            timeout,
            body_limit: REPLY_LIMIT,
            effect: false,
        };
        Ok(Self { what, request, basic })
    }
}

fn silence(what: &str, error: &TransportError, secrets: &[&str]) -> CallError {
    let text = cut(&redact(&error.to_string(), secrets));
    CallError::new(ErrorClass::Outside, format!("{what}: {text}")).with_remedy(NOT_READY)
}

fn unanswered(outcome: Outcome, error: CallError) -> Classified<()> {
    Classified { outcome, status: None, request_id: None, server_date: None, body: (), error: Some(error) }
}

/// The outcome of a change of password: only what Neo4j itself says counts. A table means that it is done, and an
/// error of the client's that it is not; anything else can be found out by trying the passwords.
fn changed(what: &str, response: &Response, secrets: &[&str]) -> Classified<()> {
    let error = rows(what, response, secrets).err();
    let is_refusal =
        |error: &CallError| error.reason.starts_with("Neo.ClientError.") && !error.reason.contains(".Transaction.");
    let outcome = match (&error, response.status) {
        (None, _) => Outcome::Applied,
        (Some(_), 300..=399) => Outcome::Rejected,
        (Some(error), 401 | 403) if is_refusal(error) && error.class == ErrorClass::Auth => Outcome::RejectedAuth,
        (Some(error), 200..=202 | 400..=499) if is_refusal(error) => Outcome::Rejected,
        (Some(_), _) => Outcome::Unknown,
    };
    let request_id = response.header("x-request-id").map(|id| cut(&redact(id, secrets))).filter(|id| !id.is_empty());
    let server_date = response.header("date").and_then(|text| Timestamp::from_http_date(text).ok());
    Classified { outcome, status: Some(response.status), request_id, server_date, body: (), error }
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
        // What stands in front of the database, and not the database, has answered: the status says more.
        && (fault.code.starts_with("Neo.") || matches!(status, 200..=202))
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
    let (class, remedy) = if code.ends_with(".AuthenticationRateLimit") {
        // Says nothing about this password, only that wrong ones were tried too often.
        (ErrorClass::Outside, "wait: too many wrong passwords were tried")
    } else if status == 401 || code.contains(".Security.") {
        (ErrorClass::Auth, PASSWORD)
    } else if code.ends_with(".DatabaseNotFound") {
        (ErrorClass::NotFound, "check the name of the database; left out, the instance is asked for it")
    } else if code.contains(".TransientError.") || code.ends_with(".DatabaseUnavailable") || status >= 500 {
        (ErrorClass::Outside, NOT_READY)
    } else if !code.starts_with("Neo.") {
        (ErrorClass::Outside, NOT_THE_API)
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
