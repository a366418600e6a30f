//! The scripted operator: does against a twin what a person does in the console, really.

use crate::adapter::disk::RealDisk;
use crate::base::{Actor, Map, Value};
use crate::engine::question::{Answer, Form, Question};
use crate::port::{Async, Clock, Disk, DiskFile, Open, Operator, OperatorError};
use futures_util::StreamExt as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long the script waits before it imports again into an instance that is busy, in simulated time.
const PAUSE: Duration = Duration::from_secs(15);
/// How often it tries: for an hour.
const TRIES: usize = 240;

/// The scripted operator.
pub(super) struct Script {
    console: String,
    /// Where exported files are put.
    exports: PathBuf,
    clock: Arc<dyn Clock>,
    client: reqwest::Client,
}

impl Script {
    /// A script that works at this console.
    pub(super) fn new(console: String, exports: PathBuf, clock: Arc<dyn Clock>) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self { console, exports, clock, client }
    }

    async fn answer(&self, question: &Question) -> Result<String, String> {
        let word = |name: &str| question.task.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match (&question.form, word("task").as_str()) {
            (Form::Type(text), _) => Ok(text.clone()),
            (Form::Path, _) => self.export(&word("instance_id"), &word("snapshot_id")).await,
            (Form::Done, verb @ ("import" | "upload")) => self.import(verb, &word("instance_id"), &word("path")).await,
            (Form::Done, _) => Ok("done".to_owned()),
            (Form::Choice(words), _) => Ok(words.first().cloned().unwrap_or_default()),
        }
    }

    /// Exports a snapshot in the console and keeps the file, as a browser would.
    async fn export(&self, instance: &str, snapshot: &str) -> Result<String, String> {
        let url = format!("{}/instances/{instance}/snapshots/{snapshot}/export", self.console);
        let response = self.client.post(&url).send().await.map_err(|error| error.to_string())?;
        let response = response.error_for_status().map_err(|error| error.to_string())?;
        let name: String = snapshot.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = self.exports.join(format!("{instance}-{name}.backup"));
        let fresh = path.with_extension("part");
        let mut file = create(&self.exports, &fresh).map_err(|error| error.to_string())?;
        let mut body = response.bytes_stream();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| error.to_string())?;
            write(file.as_mut(), &chunk).map_err(|error| error.to_string())?;
        }
        RealDisk.rename(&fresh, &path).map_err(|error| error.to_string())?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// Imports a backup in the console, or uploads it as `neo4j-admin` does, as soon as the instance is free: where the
    /// answer to an earlier import was lost it is still loading, and a person would wait and import once more.
    async fn import(&self, verb: &str, instance: &str, path: &str) -> Result<String, String> {
        let mut tries = 1;
        loop {
            let response = self.upload(verb, instance, path).await?;
            let status = response.status();
            if status.is_success() {
                return Ok("done".to_owned());
            }
            if status != reqwest::StatusCode::CONFLICT || tries >= TRIES {
                let text = response.text().await.unwrap_or_default();
                return Err(format!("the console answers {status}: {text}"));
            }
            tries += 1;
            self.clock.sleep_until(self.clock.now().plus(PAUSE)).await;
        }
    }

    async fn upload(&self, verb: &str, instance: &str, path: &str) -> Result<reqwest::Response, String> {
        let file = tokio::fs::File::open(path).await.map_err(|error| format!("{path}: {error}"))?;
        let chunks = futures_util::stream::unfold(file, |mut file| async move {
            let mut buffer = vec![0; 1 << 20];
            match tokio::io::AsyncReadExt::read(&mut file, &mut buffer).await {
                Ok(0) => None,
                Ok(count) => {
                    buffer.truncate(count);
                    Some((Ok(buffer), file))
                }
                Err(error) => Some((Err(error), file)),
            }
        });
        let url = format!("{}/instances/{instance}/{verb}", self.console);
        let response = self.client.post(&url).body(reqwest::Body::wrap_stream(chunks)).send().await;
        response.map_err(|error| error.to_string())
    }
}

impl Operator for Script {
    fn ask<'a>(&'a self, _step: &'a str, question: &'a Question) -> Async<'a, Result<Answer, OperatorError>> {
        Box::pin(async move {
            let text = self.answer(question).await.map_err(OperatorError::Declined)?;
            let at = self.clock.now();
            Ok(Answer { text, note: String::new(), by: Actor::Script, at, fields: Map::new() })
        })
    }
}

fn create(folder: &Path, path: &Path) -> io::Result<Box<dyn DiskFile>> {
    RealDisk.create_dir_all(folder)?;
    if RealDisk.stat(path).is_ok() {
        RealDisk.remove(path)?;
    }
    RealDisk.open(path, Open::CreateNew)
}

fn write(file: &mut dyn DiskFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = file.write(bytes)?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = bytes.get(count..).unwrap_or_default();
    }
    Ok(())
}
