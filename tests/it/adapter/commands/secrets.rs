//! Where secrets are not.

use super::Place;
use surefoot::base::{Digest, Secret};

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[test]
fn the_environment_is_what_the_step_names() {
    let place = Place::new();
    let mut spec = place.spec(&["env"]);
    spec.env = vec![("TOKEN".to_owned(), secret("t")), ("LANG".to_owned(), secret("de_AT.UTF-8"))];
    place.ended(spec);
    let mut lines: Vec<String> = place.stdout().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["HOME=/nowhere", "LANG=de_AT.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TOKEN=t"]);
}

#[test]
fn a_secret_in_the_output_is_replaced_also_where_it_arrives_in_pieces() {
    let place = Place::new();
    let mut spec = place.shell("printf 'a%sb%.5s' $ONE $ONE; sleep 0.2; printf '%s!' ${ONE#?????}; echo $TWO >&2");
    spec.env = vec![("ONE".to_owned(), secret("hunter2-hunter2")), ("TWO".to_owned(), secret("hunter2"))];
    spec.secrets = vec![secret("hunter2"), secret("hunter2-hunter2"), secret("")];
    let result = place.ended(spec);
    assert_eq!(place.stdout(), "a[secret]b[secret]!");
    assert_eq!(result.stdout.sha256, Digest::of(b"a[secret]b[secret]!"));
    assert_eq!(std::fs::read(place.dir().join("stderr")).unwrap(), b"[secret]\n");
}

#[test]
fn secrets_stand_in_no_argument_no_environment_of_the_shim_and_no_file() {
    let place = Place::new();
    let mut spec = place.shell(
        "cat > /dev/null; echo $TOKEN; for p in $PPID $$; do tr '\\0' ' ' < /proc/$p/cmdline; done; \
         tr '\\0' ' ' < /proc/$PPID/environ; cat /proc/$PPID/environ > shim-environ; echo done > ready",
    );
    spec.env = vec![("TOKEN".to_owned(), secret("canary-of-the-environment"))];
    spec.stdin = Secret::new(b"canary-of-the-input".to_vec());
    spec.secrets = vec![secret("canary-of-the-environment")];
    place.ended(spec);
    place.made("ready");
    let stdout = place.stdout();
    assert!(stdout.starts_with("[secret]\n") && stdout.contains("command-shim"), "{stdout}");
    assert!(!stdout.replace("echo $TOKEN", "").contains("TOKEN"), "the shim's environment is not its own: {stdout}");
    for entry in std::fs::read_dir(place.dir()).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("canary"), "{}: {text}", path.display());
    }
}

#[test]
fn a_program_has_nothing_of_surefoot_open_and_no_terminal() {
    let place = Place::new();
    let journal = std::fs::File::create(place.cwd().join("journal")).unwrap();
    place.ended(place.shell("ls -l /proc/self/fd | sed 's/.* -> //'; ps -o tty= -p $$"));
    drop(journal);
    let (stdout, home) = (place.stdout(), place.cwd().canonicalize().unwrap());
    assert!(!stdout.contains(home.to_str().unwrap()), "{stdout}");
    assert_eq!(stdout.lines().last(), Some("?"), "{stdout}");
}
