//! Files and programs that hold secrets: what is taken, and what each mistake is called.

use super::server::run;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;
use surefoot::adapter::secret_source::{LIMIT, SIZE_MAX, SourceError, read_secret_file, run_secret_command};
use tempfile::TempDir;

/// What comes of a file with this content and mode.
fn file(content: &[u8], mode: u32) -> Result<String, SourceError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    read_secret_file(&path).map(|secret| secret.expose().clone())
}

/// What comes of a script that a shell runs in this folder.
fn script(script: &str, folder: &Path, limit: Duration) -> Result<String, SourceError> {
    let words = ["/bin/sh", "-c", script].map(str::to_owned);
    let environment = [("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("HOME".to_owned(), "/nowhere".to_owned())];
    let secret = run(async { run_secret_command(&words, folder, &environment, limit).await });
    secret.map(|secret| secret.expose().clone())
}

fn printed(text: &str) -> Result<String, SourceError> {
    script(text, TempDir::new().unwrap().path(), LIMIT)
}

#[track_caller]
fn unfit(found: Result<String, SourceError>, part: &str) {
    let SourceError::Unfit(why) = found.unwrap_err() else { panic!("it counts as absent") };
    assert!(why.contains(part) && !why.contains("canary"), "{why}");
}

#[test]
fn the_content_of_a_private_file_is_the_secret_without_one_newline() {
    for (content, secret) in
        [("canary", "canary"), ("canary\n", "canary"), ("canary\r\n", "canary"), ("a\nb\n\n", "a\nb\n")]
    {
        assert_eq!(file(content.as_bytes(), 0o600).unwrap(), secret, "{content:?}");
    }
    assert_eq!(file(b"canary", 0o400).unwrap(), "canary");
    let large = vec![b'x'; SIZE_MAX];
    assert_eq!(file(&large, 0o600).unwrap().len(), SIZE_MAX);
}

#[test]
fn a_file_that_cannot_be_a_secret_is_refused() {
    for mode in [0o640, 0o604, 0o644, 0o620, 0o602, 0o660] {
        unfit(file(b"canary", mode), &format!("by its group or by others (mode {mode:04o})"));
    }
    unfit(file(b"", 0o600), "holds nothing");
    unfit(file(b"\n", 0o600), "holds nothing");
    unfit(file(b"canary\xff", 0o600), "holds bytes that are not UTF-8 text");
    unfit(file(b"canary\0", 0o600), "holds a NUL byte");
    unfit(file(&vec![b'x'; SIZE_MAX + 1], 0o600), "is larger than 65536 bytes");
    let folder = TempDir::new().unwrap();
    let absent = read_secret_file(&folder.path().join("nowhere")).unwrap_err();
    assert_eq!(absent, SourceError::Absent("is not there".to_owned()));
    assert!(matches!(read_secret_file(folder.path()), Err(SourceError::Unfit(_))));
}

#[test]
fn a_link_counts_as_the_file_it_leads_to() {
    let folder = TempDir::new().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    std::fs::write(&file, "canary\n").unwrap();
    std::os::unix::fs::symlink("file", &link).unwrap();
    for (mode, is_read) in [(0o600, true), (0o644, false)] {
        std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        assert_eq!(read_secret_file(&link).is_ok(), is_read, "{mode:o}");
    }
}

#[test]
fn a_pipe_is_not_waited_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(read_secret_file(&path).unwrap_err().to_string().contains("it is a pipe"));
}

#[test]
fn what_a_program_prints_is_the_secret() {
    assert_eq!(printed("echo canary").unwrap(), "canary");
    assert_eq!(printed("echo noise >&2; printf 'a\\nb'").unwrap(), "a\nb");
    // It may say more than is kept before it prints the secret.
    assert_eq!(printed("yes noise | head -c 300000 >&2; echo canary").unwrap(), "canary");
}

#[test]
fn a_program_sees_only_what_it_is_given() {
    let seen = printed("env | sort").unwrap();
    let names: Vec<&str> = seen.lines().filter_map(|line| line.split('=').next()).collect();
    // The shell sets the other two by itself.
    let own = names.iter().filter(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
    assert_eq!(own.collect::<Vec<_>>(), [&"HOME", &"PATH"]);
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("here"), "canary").unwrap();
    assert_eq!(script("cat here", folder.path(), LIMIT).unwrap(), "canary");
    assert!(script("cat", folder.path(), LIMIT).is_err(), "it has no input, so it prints nothing");
}

#[test]
fn the_words_of_a_command_reach_the_program_as_they_are() {
    let folder = TempDir::new().unwrap();
    let words = ["/usr/bin/printf", "%s|", "$HOME", "a b", "`id`", "", "*"].map(str::to_owned);
    let secret = run(async { run_secret_command(&words, folder.path(), &[], LIMIT).await }).unwrap();
    assert_eq!(secret.expose(), "$HOME|a b|`id`||*|");
}

#[test]
fn a_program_that_fails_is_told_by_its_code_and_first_line() {
    let SourceError::Absent(why) =
        printed("echo canary; echo; echo 'no such entry' >&2; echo canary >&2; exit 3").unwrap_err()
    else {
        panic!("it was used")
    };
    assert_eq!(why, "failed (exit status: 3): no such entry");
    let SourceError::Absent(why) = printed("printf '\\033[31m%0500d' 7 >&2; kill -9 $$").unwrap_err() else { panic!() };
    assert!(why.contains("signal: 9") && !why.contains('\u{1b}') && why.len() < 300, "{why}");
    let folder = TempDir::new().unwrap();
    let words = ["no-such-helper".to_owned()];
    let why = run(async { run_secret_command(&words, folder.path(), &[], LIMIT).await }).unwrap_err();
    assert!(matches!(&why, SourceError::Absent(why) if why.contains("cannot be run")), "{why}");
}

#[test]
fn what_is_no_secret_is_refused() {
    unfit(printed("true"), "printed nothing");
    unfit(printed("printf 'canary\\377'"), "printed bytes that are not UTF-8 text");
    unfit(printed("printf 'canary\\000'"), "printed a NUL byte");
    unfit(printed("yes canary"), "printed more than 65536 bytes");
    unfit(script("exec sleep 600", Path::new("/"), Duration::from_millis(50)), "did not end within 0.05 s");
    // A program that leaves others behind that still hold its output has not ended.
    unfit(script("sleep 5 & exit 0", Path::new("/"), Duration::from_millis(50)), "did not end within 0.05 s");
}
