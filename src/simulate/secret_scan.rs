//! I7: no secret stands anywhere but in its declared sink.

use super::disk::{Files, SimDisk};
use crate::base::SecretScanner;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// So many bytes before what has changed are looked at again: no form of a secret that is looked for is longer.
const BEFORE: usize = SecretScanner::LENGTH_MAX;

/// Where secrets stand that should not.
pub(super) fn scan(
    scanner: &SecretScanner,
    files: Files<'_>,
    sinks: &BTreeSet<String>,
    shown: &[String],
) -> Vec<String> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for (path, bytes) in files {
        let name = path.to_string_lossy();
        // The trail holds a copy of the journal.
        if sinks.contains(&*name) || !seen.insert(bytes) {
            continue;
        }
        found.extend(scanner.find(bytes).map(|form| format!("I7: a secret stands in {name} as {form}")));
    }
    let form = scanner.find(shown.join("\n").as_bytes());
    found.extend(form.map(|form| format!("I7: a secret stands in what was shown as {form}")));
    found
}

/// Secrets that stood somewhere while the trial went on: whether they may have is known when every sink is.
#[derive(Default)]
pub(super) struct Sightings(BTreeSet<(PathBuf, Option<PathBuf>, &'static str)>);

impl Sightings {
    /// Looks at what has changed on the disk since the last time, synced or not, named or not.
    pub(super) fn look(&mut self, scanner: &SecretScanner, disk: &SimDisk) {
        self.look_from(scanner, disk, Some(BEFORE));
    }

    /// Looks at everything: a secret may have stood there before anybody knew that it is one.
    pub(super) fn look_at_all(&mut self, scanner: &SecretScanner, disk: &SimDisk) {
        self.look_from(scanner, disk, None);
    }

    fn look_from(&mut self, scanner: &SecretScanner, disk: &SimDisk, before: Option<usize>) {
        disk.look_at_changes(before, |born, now, bytes| {
            let form = scanner.find(bytes);
            self.0.extend(form.map(|form| (born.to_owned(), now.map(Path::to_owned), form)));
            form.is_some()
        });
    }

    /// Those that were neither in a sink nor in a file on its way to one.
    pub(super) fn outside(&self, sinks: &BTreeSet<String>) -> Vec<String> {
        let is_sink = |path: &Path| sinks.contains(&*path.to_string_lossy());
        let may_be = |path: &Path| is_sink(path) || sinks.iter().any(|sink| is_copy_of(path, Path::new(sink)));
        let wrong = self.0.iter().filter(|(born, now, _)| !may_be(now.as_deref().unwrap_or(born)));
        wrong
            .map(|(born, now, form)| {
                let name = now.as_ref().unwrap_or(born).display();
                format!("I7: a secret stood in {name} as {form}")
            })
            .collect()
    }
}

/// Whether this is the name of a temporary file beside another one.
fn is_copy_of(path: &Path, sink: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (copy, name) = (name(path), name(sink));
    path.parent() == sink.parent()
        && copy.starts_with(&format!(".{name}."))
        && path.extension().is_some_and(|end| end == "tmp")
}
