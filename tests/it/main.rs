//! Tests of surefoot through its public doors; one module a subject.

#![expect(
    clippy::assigning_clones,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::disallowed_methods,
    clippy::duration_suboptimal_units,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::items_after_statements,
    clippy::large_stack_arrays,
    clippy::manual_let_else,
    clippy::match_same_arms,
    clippy::match_wild_err_arm,
    clippy::result_large_err,
    clippy::single_match_else,
    clippy::unicode_not_nfc,
    clippy::unnecessary_debug_formatting,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::unwrap_used,
    reason = "a test stops where something is not as expected, and its helpers are written for reading"
)]

#[cfg(feature = "full")]
mod action;
#[cfg(feature = "full")]
mod adapter;
mod audit;
mod aura;
#[cfg(feature = "full")]
mod begun_before;
mod calendar;
mod cli;
#[cfg(feature = "full")]
mod command;
#[cfg(feature = "full")]
mod crash;
#[cfg(feature = "full")]
mod driver;
mod engine;
#[cfg(feature = "full")]
mod groups;
mod http;
mod journal;
mod language;
#[cfg(feature = "full")]
mod locks;
mod main_job;
#[cfg(feature = "full")]
mod partial;
#[cfg(feature = "full")]
mod pinned;
#[cfg(all(feature = "full", target_os = "linux"))]
mod postgres;
mod record;
mod report;
#[cfg(all(feature = "full", target_os = "linux"))]
mod rolling;
#[cfg(all(feature = "full", target_os = "linux"))]
mod runbooks;
mod simulate;
mod support;
#[cfg(feature = "full")]
mod tidy;
mod twin;
#[cfg(feature = "full")]
mod twin_server;
mod undo;
