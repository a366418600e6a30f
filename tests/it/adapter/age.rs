//! Sealing with age.

use surefoot::adapter::age::{AgeSealer, KeyError, fingerprint, generate_identity};
use surefoot::base::{Digest, Secret};
use surefoot::port::{SealError, Sealed, Sealer as _};

fn plain() -> Secret<Vec<u8>> {
    Secret::new(br#"{"password":"canary-password"}"#.to_vec())
}

fn open(sealer: &AgeSealer, letter: &Sealed) -> Result<Vec<u8>, SealError> {
    sealer.open(letter).map(|plain| plain.expose().clone())
}

#[test]
fn what_is_sealed_opens_with_any_of_the_identities() {
    let (one, one_public) = generate_identity();
    let (two, two_public) = generate_identity();
    let recipients = format!("# the team\n{one_public}\n\n  {two_public}  \r\n");
    let letter = AgeSealer::new(&recipients, None).unwrap().seal(&plain()).unwrap();
    assert_eq!(letter.alg, "age");
    assert_eq!(letter.recipients, [fingerprint(&one_public), fingerprint(&two_public)]);
    assert!(!format!("{letter:?}").contains("canary"));
    for identity in [&one, &two] {
        assert_eq!(open(&AgeSealer::new("", Some(identity)).unwrap(), &letter).unwrap(), *plain().expose());
    }
    let both = Secret::new(format!("{}{}", generate_identity().0.expose(), two.expose()));
    assert_eq!(open(&AgeSealer::new("", Some(&both)).unwrap(), &letter).unwrap(), *plain().expose());
    assert_ne!(letter, AgeSealer::new(&recipients, None).unwrap().seal(&plain()).unwrap(), "no two are alike");
}

#[test]
fn nothing_to_seal_to_and_nothing_to_open_with() {
    let (identity, public) = generate_identity();
    let none = AgeSealer::new("# nobody\n", Some(&identity)).unwrap();
    assert_eq!(none.seal(&plain()), Err(SealError::NoRecipient));
    assert!(none.recipients().is_empty());
    let letter = AgeSealer::new(&public, None).unwrap().seal(&plain()).unwrap();
    for stranger in [None, Some(generate_identity().0)] {
        let error = open(&AgeSealer::new(&public, stranger.as_ref()).unwrap(), &letter).unwrap_err();
        assert_eq!(error, SealError::NoIdentity(format!("sealed to {}", fingerprint(&public))));
    }
}

#[test]
fn key_files_that_are_none() {
    assert_eq!(AgeSealer::new("# a\nage1nonsense", None).unwrap_err(), KeyError::Recipient(2));
    let (identity, public) = generate_identity();
    let upside_down = AgeSealer::new(identity.expose(), Some(&identity)).unwrap_err();
    assert_eq!(upside_down, KeyError::Recipient(2), "an identity is no recipient, and is not shown");
    let error = AgeSealer::new(&public, Some(&Secret::new("AGE-SECRET-KEY-1CANARY".to_owned()))).unwrap_err();
    assert_eq!(error, KeyError::Identity(1));
    assert!(!error.to_string().contains("CANARY"));
    let sealer = AgeSealer::new(&public, Some(&identity)).unwrap();
    assert!(!format!("{sealer:?} {identity:?}").contains("AGE-SECRET"));
}

#[test]
fn damage_is_found() {
    let (identity, public) = generate_identity();
    let sealer = AgeSealer::new(&public, Some(&identity)).unwrap();
    let letter = sealer.seal(&plain()).unwrap();
    let other = Sealed { sha256: Digest::of(b"other"), ..letter.clone() };
    assert!(matches!(open(&sealer, &other), Err(SealError::Failed(_))));
    let cut = Sealed { b64: String::new(), sha256: Digest::of(b""), ..letter.clone() };
    assert!(matches!(open(&sealer, &cut), Err(SealError::Failed(_))));
    let scheme = Sealed { alg: "rot13".to_owned(), ..letter };
    assert!(matches!(open(&sealer, &scheme), Err(SealError::Failed(_))));
}
