//! What programs write, however much it is.

use super::Place;
use surefoot::base::{Digest, Hasher};

#[test]
fn any_bytes_are_kept_as_they_are() {
    let place = Place::new();
    let result = place.ended(place.shell(r"printf '\000\377\200\012\001'"));
    let bytes = [0, 255, 128, 10, 1];
    assert_eq!(std::fs::read(place.dir().join("stdout")).unwrap(), bytes);
    assert_eq!(result.stdout.sha256, Digest::of(&bytes));
}

#[test]
fn of_much_output_the_beginning_is_kept_and_all_is_counted() {
    let place = Place::new();
    let mut spec = place.shell("head -c 200000000 /dev/zero; echo end >&2; grep VmHWM /proc/$PPID/status >&2");
    spec.output_limit = 1000;
    spec.secrets = vec![surefoot::base::Secret::new("a text that does not stand there".to_owned())];
    let result = place.ended(spec);
    assert_eq!((result.stdout.len, result.stdout.kept), (200_000_000, 1000));
    assert_eq!(std::fs::metadata(place.dir().join("stdout")).unwrap().len(), 1000);
    let mut hasher = Hasher::new();
    let piece = vec![0; 1_000_000];
    (0..200).for_each(|_| hasher.update(&piece));
    assert_eq!(result.stdout.sha256, hasher.finish());
    let stderr = std::fs::read_to_string(place.dir().join("stderr")).unwrap();
    let most: u64 = stderr.split_ascii_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(stderr.starts_with("end\n") && most < 100_000, "the shim has taken {most} kB of memory");
}
