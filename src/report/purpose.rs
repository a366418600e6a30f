//! What a request is for, in words: a method and a path alone may look like something else.

use crate::engine::call::Call;

/// What a call is for, `to delete the instance`. The request tells a snapshot from an instance.
pub(super) fn purpose(call: Call, request: &str) -> &'static str {
    match call {
        Call::Create if request.ends_with("/snapshots") => "to take a snapshot",
        Call::Create => "to create the new instance",
        Call::Update => "to change the instance",
        Call::Rename => "to give the instance its final name",
        Call::Delete => "to delete the instance",
        Call::Replace => "to delete the empty instance whose password was lost",
        Call::UploadStart => "to start an upload",
        Call::UploadParts => "to send the missing parts",
        Call::UploadComplete => "to complete the upload",
        Call::UploadSweep => "to abort unfinished uploads of that key; the object stays",
        Call::Put => "to store the object",
        Call::Write => "to write the file",
        Call::Rotate => "to set a new password",
        Call::Pause => "to pause the instance",
        Call::Resume => "to resume the instance",
        Call::Request => "as the step declares",
        Call::Run => "to run the command",
        Call::Overwrite => "to overwrite the data of the instance",
        Call::Recheck => "to check again right before",
        Call::Read | Call::Poll | Call::Baseline | Call::Settle | Call::Sweep | Call::Probe => "to look",
    }
}
