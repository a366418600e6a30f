//! Everything that can happen to a run. One variant for each record type of the journal (audit/README.md, "Record
//! types").

use super::call::{Call, CallError, Outcome, Sealed};
use super::evidence::Evidence;
use super::question::{Answer, Question};
use crate::base::{Actor, Digest, Map, Moment, Timestamp, Value};

/// Something that happened, with when and by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When, by the `Clock` port.
    pub at: Timestamp,
    /// The same moment in milliseconds of a clock that nobody can set; what it counts from is the session's
    /// `boot_clock`.
    pub mono_ms: u64,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// The run was born. Always the first event.
    RunOpened(RunOpened),
    /// A process took the run over. The first event of every session after the first.
    SessionOpened(SessionOpened),
    /// An effect is about to be sent; durable before it is.
    CallIntended(Intent),
    /// The outcome of an effect was seen, or known not to have been sent.
    CallSettled(Settlement),
    /// A read in the course of a protocol saw this much of the world.
    CallProbed {
        /// The step.
        step: String,
        /// The read.
        call: Call,
        /// What it saw, without secrets.
        found: Value,
    },
    /// Something a step has to remember. No version has written it; readers accept it.
    StepNoted {
        /// The step.
        step: String,
        /// What to remember.
        memo: Value,
    },
    /// A step's read failed in a way that passes, and is tried again no earlier than `until`.
    StepWaiting {
        /// The step.
        step: String,
        /// When it is tried again.
        until: Timestamp,
        /// How many tries have failed in a row.
        tries: u32,
        /// Why it waits.
        error: CallError,
    },
    /// A step reached its end.
    StepSucceeded {
        /// The step.
        step: String,
        /// Its declared outputs; secrets stand in it as handles.
        output: Map,
        /// What it proves.
        evidence: Vec<Evidence>,
    },
    /// A step failed for good; it can only happen before the point of no return.
    StepFailed {
        /// The step.
        step: String,
        /// Why.
        error: CallError,
    },
    /// A step will not be run.
    StepSkipped {
        /// The step.
        step: String,
        /// Why: its `when` was false, or the run is closing.
        why: String,
    },
    /// A step cannot go on by itself; `resume` tries it again.
    StepHeld {
        /// The step.
        step: String,
        /// Why, in one sentence.
        reason: String,
        /// What a person can do.
        remedy: String,
        /// What kind of obstacle it is; decides the exit code.
        class: HoldClass,
    },
    /// A person is asked.
    QuestionAsked {
        /// The step.
        step: String,
        /// What is asked.
        question: Question,
    },
    /// A person answered.
    QuestionAnswered {
        /// The step.
        step: String,
        /// What was answered.
        answer: Answer,
    },
    /// Something that must hold before the run begins, or before an effect, was checked.
    GateChecked {
        /// The step the check was made for.
        step: String,
        /// The gate, for example `preflight`.
        name: String,
        /// Whether it holds.
        passed: bool,
        /// What was seen.
        detail: Value,
    },
    /// A one-time secret stands in a sink and was read back.
    SecretDelivered {
        /// The step that obtained it.
        step: String,
        /// The kind of sink, for example `file`.
        sink: String,
        /// Where in the sink; a path, never the secret.
        reference: String,
        /// Which version of it; the attempt.
        version: u32,
    },
    /// A one-time secret can never be known: the thing it opens exists, the response that held it does not.
    SecretLost {
        /// The step.
        step: String,
        /// The attempt whose response was lost.
        attempt: u32,
        /// What it would have opened.
        target: String,
    },
    /// Another secret took the place of an older one, which opens nothing any more.
    SecretRotated {
        /// The step.
        step: String,
        /// The attempt whose sealed secret opens the target now.
        attempt: u32,
        /// What it opens.
        target: String,
    },
    /// An operator decided the outcome of an effect in doubt.
    OperatorResolved {
        /// The step.
        step: String,
        /// Whether the effect took place.
        applied: bool,
        /// How the operator knows.
        because: String,
    },
    /// The run goes back: what these steps found is not so any more, or is to be found anew. They are done again.
    StepReset {
        /// The step because of which it goes back.
        step: String,
        /// Why, in one sentence.
        reason: String,
        /// The steps that are done again, in the order of the plan.
        steps: Vec<String>,
    },
    /// Parameters of a held step were changed by `resume --set`.
    StepChanged {
        /// The step.
        step: String,
        /// The new values, by input name.
        set: Map,
    },
    /// A person asked the run to stop before its next step.
    RunPaused,
    /// A person asked for the run to be undone; only before the point of no return.
    RunCancelAsked,
    /// The run takes back what it did, before it ends.
    UndoBegun {
        /// The steps that undo others, in the order in which they begin.
        steps: Vec<String>,
    },
    /// The change window is open.
    WindowOpened {
        /// Since when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
    },
    /// The change window is closed.
    WindowClosed {
        /// When it opens next; none where it never does.
        opens: Option<Timestamp>,
    },
    /// A person asked this session to sleep until the window opens.
    WindowAwaited,
    /// A person said why this session acts outside of the window.
    WindowOverridden {
        /// Why.
        reason: String,
    },
    /// Recovery removed a torn tail.
    JournalRecovered {
        /// Where it began in the segment, in bytes.
        offset: u64,
        /// Its length in bytes.
        len: u64,
        /// Its digest.
        sha256: Digest,
    },
    /// The journal goes on in a new segment.
    JournalSegment {
        /// Why, for example `sync-error` or `size`.
        reason: String,
        /// Digest of the whole segment before it.
        old_sha256: Digest,
    },
    /// The run ended. Always the last event.
    RunClosed {
        /// How.
        verdict: Verdict,
        /// Figures of the end, for example `orphans`.
        summary: Map,
    },
}

impl Event {
    /// When it happened, on both clocks.
    pub const fn moment(&self) -> Moment {
        Moment { at: self.at, mono_ms: self.mono_ms }
    }
}

impl Body {
    /// Its `type` in the journal.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RunOpened(_) => "run.opened",
            Self::SessionOpened(_) => "session.open",
            Self::CallIntended(_) => "call.intended",
            Self::CallSettled(_) => "call.settled",
            Self::CallProbed { .. } => "call.probed",
            Self::StepNoted { .. } => "step.noted",
            Self::StepWaiting { .. } => "step.waiting",
            Self::StepSucceeded { .. } => "step.succeeded",
            Self::StepFailed { .. } => "step.failed",
            Self::StepSkipped { .. } => "step.skipped",
            Self::StepHeld { .. } => "step.held",
            Self::QuestionAsked { .. } => "question.asked",
            Self::QuestionAnswered { .. } => "question.answered",
            Self::GateChecked { .. } => "gate.checked",
            Self::SecretDelivered { .. } => "secret.delivered",
            Self::SecretLost { .. } => "secret.lost",
            Self::SecretRotated { .. } => "secret.rotated",
            Self::OperatorResolved { .. } => "operator.resolved",
            Self::StepReset { .. } => "step.reset",
            Self::StepChanged { .. } => "step.changed",
            Self::RunPaused => "run.paused",
            Self::RunCancelAsked => "run.cancel_asked",
            Self::UndoBegun { .. } => "run.undo_begun",
            Self::WindowOpened { .. } => "window.opened",
            Self::WindowClosed { .. } => "window.closed",
            Self::WindowAwaited => "window.awaited",
            Self::WindowOverridden { .. } => "window.overridden",
            Self::JournalRecovered { .. } => "journal.recovered",
            Self::JournalSegment { .. } => "journal.segment",
            Self::RunClosed { .. } => "run.closed",
        }
    }

    /// The step it is about, where it is about one.
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::CallIntended(intent) => Some(&intent.step),
            Self::CallSettled(settlement) => Some(&settlement.step),
            Self::CallProbed { step, .. }
            | Self::StepNoted { step, .. }
            | Self::StepWaiting { step, .. }
            | Self::StepSucceeded { step, .. }
            | Self::StepFailed { step, .. }
            | Self::StepSkipped { step, .. }
            | Self::StepHeld { step, .. }
            | Self::QuestionAsked { step, .. }
            | Self::QuestionAnswered { step, .. }
            | Self::GateChecked { step, .. }
            | Self::SecretDelivered { step, .. }
            | Self::SecretLost { step, .. }
            | Self::SecretRotated { step, .. }
            | Self::OperatorResolved { step, .. }
            | Self::StepReset { step, .. }
            | Self::StepChanged { step, .. } => Some(step),
            Self::RunOpened(_)
            | Self::SessionOpened(_)
            | Self::RunPaused
            | Self::RunCancelAsked
            | Self::UndoBegun { .. }
            | Self::WindowOpened { .. }
            | Self::WindowClosed { .. }
            | Self::WindowAwaited
            | Self::WindowOverridden { .. }
            | Self::JournalRecovered { .. }
            | Self::JournalSegment { .. }
            | Self::RunClosed { .. } => None,
        }
    }
}

/// The birth of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOpened {
    /// The run's id.
    pub run: String,
    /// 128 random bits in hexadecimal; derived names come from it.
    pub nonce: String,
    /// The runbook files and their digests.
    pub runbooks: Vec<(String, Digest)>,
    /// Digest of the plan.
    pub plan_digest: Digest,
    /// The inputs, defaults filled in; no secrets.
    pub inputs: Map,
    /// The policy in force.
    pub policy: Value,
    /// Where the run directory is.
    pub state_dir: String,
    /// Where the audit trail is written.
    pub audit_dir: String,
    /// How the twin is reached, where there is one.
    pub twin: Option<Value>,
    /// Version of the engine.
    pub engine: String,
    /// Identity of the boot whose clock [`Event::mono_ms`] is in the first session; none where the machine does not
    /// tell it, and in journals of versions that counted from the beginning of the process.
    pub boot_clock: Option<String>,
}

/// The start of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionOpened {
    /// Process id.
    pub pid: u32,
    /// Identity of the boot of the machine; empty where it tells none.
    pub boot_id: String,
    /// Host name.
    pub host: String,
    /// Login name.
    pub user: String,
    /// Version of surefoot.
    pub version: String,
    /// Digest of the executable.
    pub binary_sha256: String,
    /// Identity of the boot whose clock [`Event::mono_ms`] is in this session; none where the machine does not tell
    /// it, and in journals of versions that counted from the beginning of the process.
    pub boot_clock: Option<String>,
}

/// An effect, before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// The step.
    pub step: String,
    /// Which effect of the step's protocol.
    pub call: Call,
    /// Which attempt at this call, from 1.
    pub attempt: u32,
    /// What it acts on: an instance id, a derived name, an object key.
    pub target: String,
    /// Method and path, `DELETE /v1/instances/2f49c2b3`.
    pub request: String,
    /// Digest of the request's body.
    pub request_digest: Digest,
    /// What the guard read saw right before.
    pub guard: Value,
    /// Sequence numbers of the evidence it rests on, by kind of evidence.
    pub evidence: Vec<(String, u64)>,
    /// What the protocol adds for the sending, for example an upload's id; no secrets.
    pub input: Value,
    /// It is never sent after this.
    pub deadline: Option<Timestamp>,
    /// The secret that the effect sets, sealed before it is sent, so that whoever sees the effect in the world can
    /// open it.
    pub sealed: Option<Sealed>,
}

/// An effect, after its outcome was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The step.
    pub step: String,
    /// The call.
    pub call: Call,
    /// The attempt.
    pub attempt: u32,
    /// Its outcome.
    pub outcome: Outcome,
    /// HTTP status, where there was a response.
    pub status: Option<u16>,
    /// The service's own id of the request.
    pub request_id: Option<String>,
    /// The service's own clock.
    pub server_date: Option<Timestamp>,
    /// Declared fields of the response, without secrets.
    pub output: Value,
    /// The one-time secret of the response, sealed.
    pub sealed: Option<Sealed>,
    /// What went wrong.
    pub error: Option<CallError>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every step succeeded or was skipped.
    Done,
    /// A step failed before the point of no return.
    Failed,
    /// A person cancelled it before the point of no return.
    Cancelled,
}

/// What kind of obstacle holds a step; decides the exit code of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldClass {
    /// A person must look or decide: exit 4.
    Person,
    /// The outside is unavailable and may come back: exit 6.
    Outside,
    /// The outcome of an opaque effect is unknown; `resolve` is needed: exit 9.
    Doubt,
    /// A check does not hold; `resume` makes it anew from what it judges: exit 4.
    Check,
    /// Too little is left of the change window; it goes on when the window opens again: exit 4.
    Window,
}
