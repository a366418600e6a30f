//! `manual`: whether the file that a person is to give away is still the one that was verified.

use crate::base::{PlantedBug, escape, format_size, planted};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::background;
use crate::kinds::source::Source;
use crate::kinds::task::Task;
use crate::port::Open;
use serde_json::json;
use std::io::{self, BufReader};

/// So much is read at a time.
const CHUNK: usize = 1 << 20;

/// Reads the whole file. One that is gone, or cannot be read, is no failure of the step: its copy is somewhere else.
pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let problem = if planted(PlantedBug::HandoverUnread) { None } else { problem(task).await? };
    let found = problem.map_or_else(|| json!({"ok": true}), |problem| json!({"ok": false, "problem": problem}));
    Ok(Reply::Found(found))
}

async fn problem(task: &Task<'_>) -> Result<Option<String>, CallError> {
    let (path, wanted) = (task.path("path")?, task.digest("sha256")?);
    let shown = escape(&path.display().to_string());
    let disk = &task.ports().disk;
    let opened = disk.stat(&path).and_then(|stat| Ok((stat, disk.open(&path, Open::Read)?)));
    let (stat, file) = match opened {
        Ok((stat, _)) if !stat.is_file => return Ok(Some(format!("{shown} is no longer a file"))),
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Some(format!("the file {shown} no longer exists")));
        }
        Err(error) => return Ok(Some(format!("{shown} cannot be read: {error}"))),
    };
    task.doing(&format!("reads {shown} once more ({})", format_size(stat.len)));
    let mut source = Source::new(task, file, stat.len);
    let job = move || {
        let read = io::copy(&mut BufReader::with_capacity(CHUNK, &mut source), &mut io::sink());
        read.map(|_| source.finish().1)
    };
    Ok(match background::run(&*task.ports().worker, job).await? {
        Ok(found) if found == wanted => None,
        Ok(found) => Some(format!("{shown} has the digest {found} now, and what was verified has {wanted}")),
        Err(error) => Some(format!("{shown} cannot be read: {error}")),
    })
}
