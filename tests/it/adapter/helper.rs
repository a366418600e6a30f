//! Programs that give AWS credentials: what is taken, and what each mistake is called.

use super::server::run;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use std::error::Error;
use std::time::Duration;
use surefoot::adapter::objects::Helper;

/// What comes of this command: the access key's id and when it ends, or the whole error.
fn given(command: &str, limit: Duration) -> Result<(String, bool), String> {
    let helper = Helper::new("ops", command, &[], limit);
    assert!(!format!("{helper:?}").contains(command), "its arguments may be secrets");
    run(async { helper.provide_credentials().await })
        .map(|one| (one.access_key_id().to_owned(), one.expiry().is_some()))
        .map_err(|error| format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default()))
}

#[test]
fn a_document_with_credentials_is_taken() {
    let key = r#""AccessKeyId": "AKID", "SecretAccessKey": "canary""#;
    let minute = Duration::from_mins(1);
    assert_eq!(given(&format!("echo '{{\"Version\": 1, {key}}}'"), minute), Ok(("AKID".to_owned(), false)));
    let whole = format!(r#"{{"Version": 1, {key}, "SessionToken": "t", "Expiration": "2199-01-01T00:00:00+00:00"}}"#);
    assert_eq!(given(&format!("echo '{whole}'"), minute), Ok(("AKID".to_owned(), true)));
}

#[test]
fn each_mistake_has_a_name_and_no_output_in_it() {
    let document = |text: &str| format!("echo '{text}'");
    let cases = [
        ("echo canary; echo canary >&2; exit 3".to_owned(), "failed (exit status: 3); run it by hand to see why"),
        ("echo canary".to_owned(), "printed something else than a JSON document with credentials"),
        (document(r#"{"Version": "canary"}"#), "printed something else than a JSON document"),
        (document(r#"{"Version": 2, "AccessKeyId": "canary"}"#), "whose Version is not 1"),
        (document(r#"{"Version": 1, "AccessKeyId": "canary"}"#), "without SecretAccessKey"),
        (document(r#"{"Version": 1, "AccessKeyId": "", "SecretAccessKey": "canary"}"#), "without AccessKeyId"),
        (
            document(r#"{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "canary", "Expiration": "canary"}"#),
            "an Expiration that is no time",
        ),
        ("yes canary".to_owned(), "printed more than 65536 bytes"),
    ];
    for (command, part) in cases {
        let why = given(&command, Duration::from_mins(1)).unwrap_err();
        assert!(why.contains("the credential_process of the AWS profile `ops`") && why.contains(part), "{why}");
        assert!(!why.contains("canary"), "{why}");
    }
}

#[test]
fn a_program_that_does_not_end_is_given_up() {
    let why = given("exec sleep 600", Duration::from_millis(50)).unwrap_err();
    assert!(why.contains("did not end within 0.05 s"), "{why}");
}

#[test]
fn the_sdk_itself_starts_no_program() {
    let dir = tempfile::tempdir().unwrap();
    let started = dir.path().join("started");
    let profile = format!("[profile ops]\ncredential_process = touch {}\n", started.display());
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, profile).build();
    let provider = ProfileFileCredentialsProvider::builder().profile_files(files).profile_name("ops").build();
    let refused = run(async { provider.provide_credentials().await }).unwrap_err();
    assert!(format!("{refused:?}").contains("credentials-process"), "{refused:?}");
    assert!(!started.exists(), "it would see all of our environment");
}
