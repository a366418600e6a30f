//! Calls of a step and their outcomes.

use crate::base::{Digest, Timestamp};
use std::time::Duration;

/// One call of a step's protocol. The set is closed; each has one meaning in every protocol that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// The only read of a kind that is one read, or the computation of a kind that is one computation.
    Read,
    /// A read that is repeated until the world is as wanted.
    Poll,
    /// A complete list, taken before a first attempt: what was there already.
    Baseline,
    /// A complete list, taken to settle the outcome of an attempt.
    Settle,
    /// A complete list, taken at the end of the run to find late arrivals.
    Sweep,
    /// Reads a thing once to learn the outcome of an effect on it.
    Probe,
    /// Reads again what an irreversible effect rests on, right before it.
    Recheck,
    /// Creates something: `POST`.
    Create,
    /// Changes something: `PATCH`.
    Update,
    /// Gives a thing its final name: `PATCH`.
    Rename,
    /// Deletes the thing the step is about.
    Delete,
    /// Deletes an orphan of our own.
    Replace,
    /// Starts a multipart upload.
    UploadStart,
    /// Sends the parts that are still missing.
    UploadParts,
    /// Completes a multipart upload.
    UploadComplete,
    /// Aborts the multipart uploads to the key that never came to their end.
    UploadSweep,
    /// Puts an object in one request.
    Put,
    /// Writes a file.
    Write,
    /// Sets another password: `ALTER CURRENT USER`.
    Rotate,
    /// Pauses an instance.
    Pause,
    /// Resumes an instance.
    Resume,
    /// Overwrites the data of an instance.
    Overwrite,
    /// Sends the request that the step declares.
    Request,
    /// Runs the command that the step declares.
    Run,
}

impl Call {
    /// Every call, for tables and tests.
    pub const ALL: [Self; 24] = [
        Self::Read,
        Self::Poll,
        Self::Baseline,
        Self::Settle,
        Self::Sweep,
        Self::Probe,
        Self::Recheck,
        Self::Create,
        Self::Update,
        Self::Rename,
        Self::Delete,
        Self::Replace,
        Self::UploadStart,
        Self::UploadParts,
        Self::UploadComplete,
        Self::UploadSweep,
        Self::Put,
        Self::Write,
        Self::Rotate,
        Self::Pause,
        Self::Resume,
        Self::Overwrite,
        Self::Request,
        Self::Run,
    ];

    /// Whether it is made of several requests to the object store, or may be; which of them arrived is seen there.
    pub const fn is_transfer(self) -> bool {
        matches!(self, Self::UploadStart | Self::UploadParts | Self::UploadComplete | Self::UploadSweep | Self::Put)
    }

    /// Its name in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Poll => "poll",
            Self::Baseline => "baseline",
            Self::Settle => "settle",
            Self::Sweep => "sweep",
            Self::Probe => "probe",
            Self::Recheck => "recheck",
            Self::Create => "create",
            Self::Update => "update",
            Self::Rename => "rename",
            Self::Delete => "delete",
            Self::Replace => "replace",
            Self::UploadStart => "upload-start",
            Self::UploadParts => "upload-parts",
            Self::UploadComplete => "upload-complete",
            Self::UploadSweep => "upload-sweep",
            Self::Put => "put",
            Self::Write => "write",
            Self::Rotate => "rotate",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Overwrite => "overwrite",
            Self::Request => "request",
            Self::Run => "run",
        }
    }

    /// The call of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.name() == name)
    }
}

/// The outcome of an effect (docs/effects.md, "Outcomes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It certainly never left; it may be tried again.
    NotSent,
    /// It was definitely refused.
    Rejected,
    /// It was refused because of the credentials; a new attempt with a fresh token is allowed.
    RejectedAuth,
    /// It was accepted and goes on by itself.
    Accepted,
    /// It is done.
    Applied,
    /// Nobody can tell yet; it must be settled by looking at the world.
    Unknown,
}

impl Outcome {
    /// Every outcome, for tables and tests.
    pub const ALL: [Self; 6] =
        [Self::NotSent, Self::Rejected, Self::RejectedAuth, Self::Accepted, Self::Applied, Self::Unknown];

    /// Its name in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::RejectedAuth => "rejected_auth",
            Self::Accepted => "accepted",
            Self::Applied => "applied",
            Self::Unknown => "unknown",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether the effect took place, or will by itself.
    pub const fn took(self) -> bool {
        matches!(self, Self::Accepted | Self::Applied)
    }
}

/// What went wrong with a read or an effect. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// What may be done about it.
    pub class: ErrorClass,
    /// The reason word of the service, where it gave one, for example `ongoing-database-operation`.
    pub reason: String,
    /// What and where, in one sentence.
    pub message: String,
    /// What a person can do about it; may be empty.
    pub remedy: String,
    /// How long the service asked us to wait.
    pub retry_after: Option<Duration>,
}

impl CallError {
    /// An error without reason word, remedy or wait.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self { class, reason: String::new(), message: message.into(), remedy: String::new(), retry_after: None }
    }

    /// The same error with advice.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The same error with the service's reason word.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }
}

/// The reason word of an error that says that we ourselves did not send what was announced: nobody has refused it.
pub const WITHHELD: &str = "withheld";

/// What may be done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The outside is unavailable: no connection, 5xx, 429. It passes; tried again.
    Outside,
    /// The outside is busy with something that ends: 409 `ongoing-database-operation`. It passes; tried again.
    Busy,
    /// The credentials are absent, wrong or revoked.
    Auth,
    /// The thing is not there.
    NotFound,
    /// The request or the data is wrong and will stay wrong.
    Invalid,
    /// A check did not hold: counts differ, a file is damaged, an assertion is false.
    Check,
    /// The local disk did not do what it should.
    Local,
    /// The time allowed for the step is over.
    Timeout,
}

impl ErrorClass {
    /// Every class, for tables and tests.
    pub const ALL: [Self; 8] =
        [Self::Outside, Self::Busy, Self::Auth, Self::NotFound, Self::Invalid, Self::Check, Self::Local, Self::Timeout];

    /// Its name in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Busy => "busy",
            Self::Auth => "auth",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::Check => "check",
            Self::Local => "local",
            Self::Timeout => "timeout",
        }
    }

    /// The class of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Whether trying again by itself can help.
    pub const fn passes(self) -> bool {
        matches!(self, Self::Outside | Self::Busy)
    }
}

/// A secret, encrypted to its recipients; safe to store forever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The scheme: `age`.
    pub alg: String,
    /// The ciphertext in base64.
    pub b64: String,
    /// Fingerprints of the recipients.
    pub recipients: Vec<String>,
    /// Digest of the ciphertext.
    pub sha256: Digest,
}

/// What a read or an effect of an action came back with; the engine makes the event of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A read that is the whole step: its outputs and what it proves.
    Done {
        /// The declared outputs.
        output: crate::base::Map,
        /// What it proves.
        evidence: Vec<super::evidence::Evidence>,
    },
    /// A read in the course of a protocol.
    Found(crate::base::Value),
    /// A read or a preparation failed.
    Failed(CallError),
    /// An effect is ready to be sent.
    Prepared {
        /// What it acts on.
        target: String,
        /// Method and path.
        request: String,
        /// Digest of the request's body.
        request_digest: Digest,
        /// What the guard read saw.
        guard: crate::base::Value,
        /// The secret that the effect will set, made before anything is sent.
        sealed: Option<Sealed>,
    },
    /// An effect was sent, or not.
    Settled {
        /// Its outcome.
        outcome: Outcome,
        /// HTTP status, where there was a response.
        status: Option<u16>,
        /// The service's own id of the request.
        request_id: Option<String>,
        /// The service's own clock.
        server_date: Option<Timestamp>,
        /// Declared fields of the response, without secrets.
        output: crate::base::Value,
        /// The one-time secret of the response.
        sealed: Option<Sealed>,
        /// What went wrong.
        error: Option<CallError>,
    },
    /// A one-time secret stands in its sink and was read back.
    Delivered {
        /// The kind of sink.
        sink: String,
        /// Where in the sink.
        reference: String,
        /// Which version of it.
        version: u32,
    },
    /// A person answered.
    Answered(super::question::Answer),
    /// A gate was checked.
    Checked {
        /// Whether it holds.
        passed: bool,
        /// What was seen.
        detail: crate::base::Value,
        /// Why it does not hold.
        error: Option<CallError>,
    },
}

impl Reply {
    /// An effect that was not sent, and why.
    pub fn not_sent(error: CallError) -> Self {
        Self::Settled {
            outcome: Outcome::NotSent,
            status: None,
            request_id: None,
            server_date: None,
            output: crate::base::Value::Null,
            sealed: None,
            error: Some(error),
        }
    }
}
