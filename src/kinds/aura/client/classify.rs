//! The outcome of one attempt (docs/effects.md, "Outcomes"), as one pure function.

use super::body::{self, Body};
use super::error::{Refusal, cut, redact, refusal};
use crate::base::{PlantedBug, Timestamp, planted};
use crate::port::{CallError, ErrorClass, Outcome, Response, TransportError};

/// What kind of reply a success has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The content of `data`, or nothing with 204.
    Data,
    /// Some content of `data`, which is not kept.
    Seen,
    /// A create: `data` with a password that must be split off before anybody sees it.
    Create,
}

/// One attempt.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// What kind of reply a success has.
    pub kind: Kind,
    /// Method and path, for messages.
    pub what: &'a str,
    /// Fields that a success must have, neither null nor an empty text.
    pub required: &'a [&'a str],
    /// Texts that no message may repeat.
    pub secrets: &'a [&'a str],
    /// The time now, which an HTTP date in `Retry-After` is measured from.
    pub now: Timestamp,
}

/// Its outcome, with what a success came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified<B = Body> {
    /// The outcome. For a read, everything but `Applied` and `Accepted` is a failure that [`Classified::error`] tells.
    pub outcome: Outcome,
    /// HTTP status, where there was a response.
    pub status: Option<u16>,
    /// The service's own id of the request.
    pub request_id: Option<String>,
    /// The service's own clock.
    pub server_date: Option<Timestamp>,
    /// What a success came with.
    pub body: B,
    /// What went wrong; always there where the effect did not take place for certain.
    pub error: Option<CallError>,
}

impl<B> Classified<B> {
    /// The same with another form of what it came with.
    pub fn map<C>(self, body: impl FnOnce(B) -> C) -> Classified<C> {
        let Self { outcome, status, request_id, server_date, body: came, error } = self;
        Classified { outcome, status, request_id, server_date, body: body(came), error }
    }
}

/// Classifies an attempt: the written table, and nothing else.
///
/// - It never left: `not_sent`.
/// - 200, 201, 202 with a JSON body whose `data` has the required fields, and 204 where none is required:
///   `applied`, for 202 `accepted`.
/// - 3xx: `rejected`, whatever its body, for nobody executes what they redirect.
/// - 400, 402, 404, 405, 409, 410, 413, 415, 420, 422, 429 with a body in a shape of the API: `rejected`. 401 and
///   403 likewise: `rejected_auth`. The same statuses with HTML, plain text, cut JSON or no body come from somebody
///   between us and the API, who may have passed the request on: `unknown`.
/// - Everything else: `unknown`.
pub fn classify(attempt: &Attempt<'_>, reply: Result<Response, TransportError>) -> Classified {
    match reply {
        Ok(response) => of_response(attempt, &response),
        Err(TransportError::NotSent(text)) => without_response(attempt, Outcome::NotSent, "not sent", &text),
        Err(TransportError::Maybe(text)) if planted(PlantedBug::SilenceIsRefusal) => {
            without_response(attempt, Outcome::NotSent, "no answer", &text)
        }
        Err(TransportError::Maybe(text)) => without_response(attempt, Outcome::Unknown, "no answer", &text),
    }
}

fn without_response(attempt: &Attempt<'_>, outcome: Outcome, how: &str, text: &str) -> Classified {
    let mut message = format!("{}: {how}: {}", attempt.what, cut(&redact(text, attempt.secrets)));
    if planted(PlantedBug::SecretsInErrors) {
        message.push_str(&attempt.secrets.concat());
    }
    Classified {
        outcome,
        status: None,
        request_id: None,
        server_date: None,
        body: Body::None,
        error: Some(CallError::new(ErrorClass::Outside, message)),
    }
}

fn of_response(attempt: &Attempt<'_>, response: &Response) -> Classified {
    let status = response.status;
    let (outcome, body, error) = match status {
        200 | 201 | 202 | 204 => match success(attempt, response) {
            Ok(body) if status == 202 => (Outcome::Accepted, body, None),
            Ok(body) => (Outcome::Applied, body, None),
            Err(why) => {
                let message = format!("{}: {status}, but the body cannot be read: {why}", attempt.what);
                (Outcome::Unknown, Body::None, Some(CallError::new(ErrorClass::Outside, message)))
            }
        },
        _ => {
            let Refusal { error, parsed } = refusal(attempt.what, response, attempt.secrets, attempt.now);
            (refused(status, parsed), Body::None, Some(error))
        }
    };
    Classified {
        outcome,
        status: Some(status),
        request_id: response
            .header("x-request-id")
            .map(|id| cut(&redact(id, attempt.secrets)))
            .filter(|id| !id.is_empty()),
        server_date: response.header("date").and_then(|text| Timestamp::from_http_date(text).ok()),
        body,
        error,
    }
}

fn success(attempt: &Attempt<'_>, response: &Response) -> Result<Body, String> {
    let bytes = response.body.expose();
    match attempt.kind {
        Kind::Data if response.status == 204 && attempt.required.is_empty() => Ok(Body::None),
        Kind::Data => body::data(bytes, attempt.required).map(Body::Data),
        Kind::Seen => body::seen(bytes).map(|()| Body::None),
        Kind::Create => body::created(bytes, attempt.required).map(Body::Created),
    }
}

fn refused(status: u16, parsed: bool) -> Outcome {
    match status {
        500.. if planted(PlantedBug::ErrorIsRefusal) => Outcome::Rejected,
        300..=399 => Outcome::Rejected,
        401 | 403 if parsed => Outcome::RejectedAuth,
        400 | 402 | 404 | 405 | 409 | 410 | 413 | 415 | 420 | 422 | 429 if parsed => Outcome::Rejected,
        _ => Outcome::Unknown,
    }
}
