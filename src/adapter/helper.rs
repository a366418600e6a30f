//! A program of the user that prints a secret, for as long as it may take and as much as it may print.

use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use zeroize::Zeroizing;

/// A program that prints more than this prints no secret, in bytes.
pub(super) const OUTPUT_MAX: usize = 64 * 1024;
/// How much of its standard error is read; the first line is enough to say why it failed.
const ERROR_MAX: usize = 4 * 1024;

/// What a program has printed.
#[derive(Debug)]
pub(super) struct Printed {
    /// Its standard output, which is wiped when it is dropped.
    pub(super) output: Zeroizing<Vec<u8>>,
    /// The beginning of its standard error, where that is a pipe.
    pub(super) error: Vec<u8>,
    /// How it ended.
    pub(super) status: ExitStatus,
}

/// Why a program has printed nothing that can be used, as the end of a sentence.
#[derive(Debug, thiserror::Error)]
pub(super) enum HelperError {
    /// It is not there, or it cannot be started or listened to.
    #[error("cannot be run: {0}")]
    NotRun(#[from] std::io::Error),
    /// It printed more than a secret.
    #[error("printed more than {OUTPUT_MAX} bytes")]
    TooLong,
    /// It was still running.
    #[error("did not end within {} s", .0.as_secs_f32())]
    Late(Duration),
}

/// Runs a program to its end. It is killed where it takes longer than `limit` or prints too much.
pub(super) async fn run(mut command: Command, limit: Duration) -> Result<Printed, HelperError> {
    tokio::time::timeout(limit, printed(&mut command)).await.unwrap_or(Err(HelperError::Late(limit)))
}

async fn printed(command: &mut Command) -> Result<Printed, HelperError> {
    let mut child = command.kill_on_drop(true).spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    // A program that waits until its error is read would never end.
    let (output, error) = tokio::try_join!(output(stdout), beginning(stderr))?;
    let status = child.wait().await?;
    Ok(Printed { output, error, status })
}

async fn output(pipe: Option<impl AsyncRead + Unpin>) -> Result<Zeroizing<Vec<u8>>, HelperError> {
    // All the room at once: what a buffer leaves behind when it grows would not be wiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(OUTPUT_MAX + 1));
    if let Some(pipe) = pipe {
        pipe.take(limit(OUTPUT_MAX + 1)).read_to_end(&mut bytes).await?;
    }
    if bytes.len() > OUTPUT_MAX { Err(HelperError::TooLong) } else { Ok(bytes) }
}

async fn beginning(pipe: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, HelperError> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        (&mut pipe).take(limit(ERROR_MAX)).read_to_end(&mut bytes).await?;
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}

fn limit(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
