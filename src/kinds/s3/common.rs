//! `s3.put` and `backup.verify`: an object store, one primitive at a time.

use crate::base::{Value, bounded_fields, escape};
use crate::engine::call::{CallError, ErrorClass, Outcome, Reply};
use crate::kinds::task::{Task, settled};
use crate::port::{Object, ObjectError, ObjectErrorKind};

/// The object of a `s3.put`: its key is made of the file's digest.
pub(in crate::kinds) fn object(task: &Task<'_>) -> Result<Object, CallError> {
    let digest = task.digest("sha256")?;
    let extension = task.text("extension")?;
    if !extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(task.wrong("`extension` is not a word"));
    }
    let key = below(prefix(task)?, &format!("{digest}.{extension}"));
    Ok(Object { bucket: task.text("bucket")?.to_owned(), key, version_id: None })
}

pub(in crate::kinds) fn prefix<'a>(task: &Task<'a>) -> Result<&'a str, CallError> {
    match task.maybe("prefix") {
        None => Ok(""),
        Some(Value::String(prefix)) => Ok(prefix.trim_matches('/')),
        Some(_) => Err(task.wrong("`prefix` is not a text")),
    }
}

pub(in crate::kinds) fn below(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}

pub(in crate::kinds) fn uri(object: &Object) -> String {
    format!("s3://{}/{}", object.bucket, object.key)
}

/// An error of the store in the words of the engine.
pub(in crate::kinds) fn error(what: &str, error: &ObjectError) -> CallError {
    let (class, reason, remedy) = match error.kind {
        ObjectErrorKind::NotSent | ObjectErrorKind::Unknown | ObjectErrorKind::Outside => {
            (ErrorClass::Outside, "", "the network or S3 is unavailable; it is tried again")
        }
        ObjectErrorKind::Denied => (
            ErrorClass::Auth,
            "denied",
            "check the AWS credentials (profile, AWS_* variables, SSO session) and the policy of the bucket: \
             s3:PutObject, s3:GetObject, s3:ListMultipartUploadParts, s3:ListBucketMultipartUploads, \
             s3:AbortMultipartUpload and s3:GetBucketLocation are needed",
        ),
        ObjectErrorKind::NoBucket => (
            ErrorClass::NotFound,
            "no-bucket",
            "check the name of the bucket and that it is in this account, or create it with versioning on",
        ),
        ObjectErrorKind::WrongRegion => {
            (ErrorClass::Invalid, "wrong-region", "set AWS_REGION, or the region of the profile, to that of the bucket")
        }
        ObjectErrorKind::NotFound => (ErrorClass::NotFound, "not-found", ""),
        ObjectErrorKind::Exists => (ErrorClass::Check, "exists", ""),
        ObjectErrorKind::Digest => {
            (ErrorClass::Outside, "digest", "what arrived was not what was sent; it is tried again")
        }
        ObjectErrorKind::Invalid => (ErrorClass::Invalid, "", ""),
    };
    CallError::new(class, format!("{what}: {}", escape(&error.message))).with_reason(reason).with_remedy(remedy)
}

/// The outcome of an effect that the store did not accept.
pub(in crate::kinds) fn refused(what: &str, refusal: &ObjectError) -> Reply {
    let outcome = match refusal.kind {
        ObjectErrorKind::NotSent => Outcome::NotSent,
        ObjectErrorKind::Unknown => Outcome::Unknown,
        ObjectErrorKind::Denied => Outcome::RejectedAuth,
        ObjectErrorKind::Outside
        | ObjectErrorKind::NoBucket
        | ObjectErrorKind::WrongRegion
        | ObjectErrorKind::NotFound
        | ObjectErrorKind::Exists
        | ObjectErrorKind::Digest
        | ObjectErrorKind::Invalid => Outcome::Rejected,
    };
    Reply::Settled {
        outcome,
        status: refusal.status,
        request_id: refusal.request_id.clone(),
        server_date: None,
        output: Value::Null,
        sealed: None,
        error: Some(error(what, refusal)),
    }
}

/// The outcome of a primitive.
pub(in crate::kinds) fn outcome<T>(
    what: &str,
    result: Result<T, ObjectError>,
    output: impl FnOnce(T) -> Value,
) -> Reply {
    match result {
        Ok(value) => settled(Outcome::Applied, bounded_fields(&output(value)), None),
        Err(refusal) => refused(what, &refusal),
    }
}
