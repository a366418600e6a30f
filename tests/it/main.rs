//! Tests of surefoot through its public doors; one module a subject.

mod action;
mod adapter;
mod audit;
mod aura;
mod cli;
mod crash;
mod driver;
mod engine;
mod journal;
mod language;
mod main_job;
mod pinned;
mod record;
mod report;
mod stand;
mod support;
mod tidy;
mod twin;
