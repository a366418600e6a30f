//! What the SDK's errors mean.

use crate::base::escape;
use crate::port::{Object, ObjectError, ObjectErrorKind};
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId as _;
use std::error::Error;
use std::fmt;

const TEXT_LIMIT: usize = 300;
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// Which request, for messages.
pub(super) struct Where<'a> {
    verb: &'static str,
    bucket: &'a str,
    key: Option<&'a str>,
    region: &'a str,
}

impl<'a> Where<'a> {
    pub(super) fn bucket(verb: &'static str, bucket: &'a str, region: &'a str) -> Self {
        Self { verb, bucket, key: None, region }
    }

    pub(super) fn object(verb: &'static str, object: &'a Object, region: &'a str) -> Self {
        Self { verb, bucket: &object.bucket, key: Some(&object.key), region }
    }
}

impl fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} s3://{}", self.verb, escape(self.bucket))?;
        self.key.map_or(Ok(()), |key| write!(f, "/{}", escape(key)))
    }
}

/// A request that cannot be made.
pub(super) fn invalid(at: &Where<'_>, why: &str) -> ObjectError {
    ObjectError { kind: ObjectErrorKind::Invalid, message: format!("{at}: {why}"), status: None, request_id: None }
}

/// A reply of success that lacks what it must have: what was asked for may be done.
pub(super) fn lacking(at: &Where<'_>, what: &str) -> ObjectError {
    let message = format!("{at}: the reply has no {what}");
    ObjectError { kind: ObjectErrorKind::Unknown, message, status: None, request_id: None }
}

/// A body that ended before its end.
pub(super) fn cut_short(name: &str, error: &dyn Error) -> ObjectError {
    let message = format!("{name}: {}", chain(error));
    ObjectError { kind: ObjectErrorKind::Outside, message, status: None, request_id: None }
}

/// What an error of the SDK means for the caller.
pub(super) fn failed<E>(at: &Where<'_>, error: &SdkError<E>) -> ObjectError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|raw| raw.status().as_u16());
    let request_id = error.request_id().map(shorten);
    let (kind, text) = match error {
        SdkError::ServiceError(service) => of_service(at, service.err(), service.raw()),
        SdkError::ResponseError(_) => (ObjectErrorKind::Unknown, format!("the reply cannot be read: {}", chain(error))),
        SdkError::TimeoutError(_) => (ObjectErrorKind::Unknown, "no answer in time".to_owned()),
        SdkError::DispatchFailure(failure) => {
            let inner = failure.as_connector_error().map_or_else(|| chain(error), |inner| chain(inner));
            without_reply(&inner, failure.is_timeout())
        }
        _ => without_reply(&chain(error), false),
    };
    ObjectError { kind, message: format!("{at}: {text}"), status, request_id }
}

fn without_reply(text: &str, timeout: bool) -> (ObjectErrorKind, String) {
    let text = text.strip_prefix("other: ").unwrap_or(text);
    let lower = text.to_ascii_lowercase();
    if lower.contains("credential") || lower.contains("identity") {
        // The SDK lists everything it tried, over many lines; what failed stands in the first sentence.
        let text = text.split(". Attempted").next().unwrap_or_default();
        let advice = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`";
        return (ObjectErrorKind::Denied, format!("there are no AWS credentials: {text} ({advice})"));
    }
    if lower.contains("region") && !timeout {
        return (ObjectErrorKind::Invalid, format!("{text} (set AWS_REGION)"));
    }
    // This is how the HTTP client names what failed before a request could leave.
    let kind = if text.contains("(Connect)") { ObjectErrorKind::NotSent } else { ObjectErrorKind::Unknown };
    (kind, text.to_owned())
}

fn of_service<E>(at: &Where<'_>, error: &E, raw: &HttpResponse) -> (ObjectErrorKind, String)
where
    E: ProvideErrorMetadata,
{
    let status = raw.status().as_u16();
    let code = shorten(error.code().unwrap_or_default());
    let elsewhere = raw.headers().get(BUCKET_REGION).filter(|region| *region != at.region);
    let kind = kind_of(&code, status, at.key.is_none(), elsewhere.is_some());
    let mut text = status.to_string();
    if !code.is_empty() {
        text = format!("{text} {code}");
    }
    if let Some(message) = error.message().filter(|message| !message.is_empty()) {
        text = format!("{text}: {}", shorten(message));
    }
    let meaning = meaning(kind, elsewhere.map(shorten));
    (kind, if meaning.is_empty() { text } else { format!("{text} ({meaning})") })
}

fn kind_of(code: &str, status: u16, bucket: bool, elsewhere: bool) -> ObjectErrorKind {
    // What answers so may have done it all the same, whatever the body says (docs/effects.md, "Outcomes"). The answer
    // to the completion of an upload begins with 200 before the service knows how that ends.
    if matches!(status, 200..=299 | 500..) {
        return ObjectErrorKind::Unknown;
    }
    match code {
        "InternalError" | "ServiceUnavailable" => ObjectErrorKind::Unknown,
        "NoSuchBucket" => ObjectErrorKind::NoBucket,
        "NoSuchKey" | "NoSuchUpload" | "NoSuchVersion" => ObjectErrorKind::NotFound,
        "PermanentRedirect" | "TemporaryRedirect" | "IllegalLocationConstraintException" => {
            ObjectErrorKind::WrongRegion
        }
        "AuthorizationHeaderMalformed" => ObjectErrorKind::WrongRegion,
        "AccessDenied"
        | "AllAccessDisabled"
        | "AccountProblem"
        | "ExpiredToken"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired" => ObjectErrorKind::Denied,
        "PreconditionFailed" | "ConditionalRequestConflict" => ObjectErrorKind::Exists,
        "BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch" | "XAmzContentSHA256Mismatch" => {
            ObjectErrorKind::Digest
        }
        "SlowDown" | "RequestTimeout" | "OperationAborted" => ObjectErrorKind::Outside,
        _ if elsewhere && matches!(status, 400 | 403) => ObjectErrorKind::WrongRegion,
        _ => ObjectErrorKind::of_status(status, bucket),
    }
}

/// What an error means, in a few words; what to do about it says whoever knows what the request was for.
fn meaning(kind: ObjectErrorKind, region: Option<String>) -> String {
    let text = match kind {
        ObjectErrorKind::Denied => "these AWS credentials may not do this",
        ObjectErrorKind::WrongRegion => {
            let place = region.map_or_else(|| "another region".to_owned(), |region| format!("region {region}"));
            return format!("the bucket is in {place}");
        }
        ObjectErrorKind::Exists => "the key is taken, or somebody else is writing it now",
        ObjectErrorKind::Digest => "the bytes were changed on the way, or the file changed while it was read",
        _ => "",
    };
    text.to_owned()
}

/// The message with its causes, outermost first, each once.
fn chain(error: &dyn Error) -> String {
    let line = |error: &dyn Error| error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut texts = vec![line(error)];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = line(cause);
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
        source = cause.source();
    }
    shorten(&texts.join(": "))
}

fn shorten(text: &str) -> String {
    escape(&text.chars().take(TEXT_LIMIT).collect::<String>())
}
