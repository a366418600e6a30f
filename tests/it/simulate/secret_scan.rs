//! Secrets are found in whatever form they got out.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use surefoot::base::{Secret, SecretScanner};

const SECRETS: [&str; 4] = [
    "twelve byte?",
    "say \"when\" \\ enough",
    "Aura/gives+passwords~like this one",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
];

fn scanner(secrets: &[&str]) -> SecretScanner {
    SecretScanner::of(&secrets.iter().map(|text| Secret::new((*text).to_owned())).collect::<Vec<_>>())
}

/// Texts that hold a secret, each with what it is.
fn leaks(secret: &str) -> Vec<(&'static str, String)> {
    let hexadecimal = hex::encode(secret);
    let mut leaks = vec![
        ("plain", secret.to_owned()),
        ("upper-case hexadecimal", hexadecimal.to_uppercase()),
        ("hexadecimal", hexadecimal),
        ("percent-encoded", secret.bytes().map(|byte| format!("%{byte:02X}")).collect()),
        ("JSON escapes", secret.bytes().map(|byte| format!("\\u{byte:04x}")).collect()),
        ("JSON text", serde_json::Value::from(secret).to_string()),
        ("percent-encoded where it must be", utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()),
        ("reversed", secret.chars().rev().collect()),
    ];
    for beside in ["", "a", "ab"] {
        leaks.push(("base64", STANDARD.encode(format!("{beside}{secret}:and more"))));
        leaks.push(("base64 for addresses", URL_SAFE.encode(format!("{beside}{secret}:and more"))));
    }
    leaks
}

#[test]
fn every_form_is_found_wherever_it_stands_and_among_others() {
    let all = scanner(&SECRETS);
    for secret in SECRETS {
        let alone = scanner(&[secret]);
        for (what, leak) in leaks(secret) {
            for before in 0..20 {
                let text = format!("{}{leak}{}", ".".repeat(before), ".".repeat(before % 3));
                assert!(alone.find(text.as_bytes()).is_some(), "{what} with {before} bytes before it: {leak}");
                assert!(
                    all.find(text.as_bytes()).is_some(),
                    "{what} with {before} bytes before it, among others: {leak}"
                );
            }
        }
    }
}

#[test]
fn what_only_looks_like_a_secret_is_not_one() {
    let scanner = scanner(&SECRETS);
    for secret in SECRETS {
        assert_eq!(scanner.find(&secret.as_bytes()[..7]), None, "less than its first eight bytes");
    }
    assert_eq!(scanner.find("NEO4J_USERNAME=neo4j\n".repeat(1000).as_bytes()), None);
    assert_eq!(scanner.find(b""), None);
    assert_eq!(SecretScanner::of(&[]).find(b"anything at all"), None);
    let tiny = self::scanner(&["seven77"]);
    assert_eq!(tiny.find(b"seven77 is too short to be looked for"), None);
}
