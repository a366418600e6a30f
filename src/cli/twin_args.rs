//! The options that choose a twin to run against.

use crate::ops::{EMBEDDED_SEED, EMBEDDED_SPEED, Failure, FailureKind, SPEED_MAX, TwinChoice};
use std::convert::Infallible;
use std::path::PathBuf;

/// A twin to run against, and how.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct TwinArgs {
    /// Run against a new twin, or the one whose ready line is in FILE
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true,
          default_missing_value = "", value_parser = twin_at)]
    twin: Option<TwinAt>,
    /// With a twin, ask on the terminal instead of answering from a script
    #[arg(long, requires = "twin")]
    pub(super) ask: bool,
    /// Speed of the twin's clock [default: 600]
    #[arg(long, value_name = "X", requires = "twin")]
    speed: Option<f64>,
    /// Seed of the twin's world
    #[arg(long, value_name = "N", requires = "twin", hide_short_help = true)]
    seed: Option<u64>,
    /// Start the twin from this scenario
    #[arg(long, value_name = "FILE", requires = "twin", hide_short_help = true)]
    scenario: Option<PathBuf>,
}

/// Where the twin is.
#[derive(Clone, Debug)]
enum TwinAt {
    /// In this process.
    Embedded,
    /// Where the ready line in this file says.
    File(PathBuf),
}

impl TwinArgs {
    /// The twin that was chosen.
    pub(super) fn choice(&self) -> Result<Option<TwinChoice>, Failure> {
        match &self.twin {
            None => Ok(None),
            Some(TwinAt::Embedded) => {
                let speed = self.speed.unwrap_or(EMBEDDED_SPEED);
                if !(speed > 0.0 && speed <= SPEED_MAX) {
                    return Err(Failure::new(
                        FailureKind::Usage,
                        format!("`--speed` must be a number above 0, up to {SPEED_MAX}"),
                    ));
                }
                let scenario = self.scenario.clone();
                Ok(Some(TwinChoice::Embedded { speed, seed: self.seed.unwrap_or(EMBEDDED_SEED), scenario }))
            }
            Some(TwinAt::File(_)) if self.speed.is_some() || self.seed.is_some() || self.scenario.is_some() => {
                Err(Failure::new(FailureKind::Usage, "a running twin has its own speed, seed and scenario")
                    .hint("pass them to `surefoot twin`, or use `--twin` without a file"))
            }
            Some(TwinAt::File(file)) => Ok(Some(TwinChoice::Running(file.clone()))),
        }
    }
}

/// Reads the value of `--twin`; an empty one means a twin in this process.
#[expect(clippy::unnecessary_wraps, reason = "the form of a value parser")]
fn twin_at(text: &str) -> Result<TwinAt, Infallible> {
    Ok(if text.is_empty() { TwinAt::Embedded } else { TwinAt::File(PathBuf::from(text)) })
}
