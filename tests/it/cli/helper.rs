//! The `credential_process` of an AWS profile gives credentials and sees no secret (docs/secrets.md, "The process").

use super::case::{BINARY, Case, Ran};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// Puts a file where the environment says, and knows a secret that it has no use for there.
const PUTTING: &str = r#"
runbook: putting
version: 1.0.0
description: Puts a file into S3.
inputs: {bucket: {type: string}}
secrets: {source: {env: [SOURCE_NEO4J_USERNAME, SOURCE_NEO4J_PASSWORD]}}
steps:
  - id: write
    uses: file.write
    with: {path: hello.txt, content: hello}
  - id: put
    uses: s3.put
    with: {path: "{{ steps.write.path }}", sha256: "{{ steps.write.sha256 }}", bucket: "{{ inputs.bucket }}"}
  - id: count
    uses: neo4j.counts
    needs: [put]
    when: "{{ inputs.bucket == '' }}"
    with: {url: "neo4j+s://2f49c2b3.databases.neo4j.io", database: neo4j, credentials: "{{ secrets.source }}"}
"#;

/// What stands in the environment and is nobody's business, also where the runbook does not name it.
const SECRETS: [(&str, &str); 4] = [
    ("SOURCE_NEO4J_USERNAME", "canary-user"),
    ("SOURCE_NEO4J_PASSWORD", "canary-password"),
    ("AURA_CLIENT_ID", "canary-client"),
    ("AURA_CLIENT_SECRET", "canary-client-secret"),
];

/// Beside them stands `mixed`, with a command and keys of its own.
const PROFILES: &str = "\
[profile helped]
credential_process = sh helper.sh 'with an argument'
[profile role]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = helped
[profile own]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = own
credential_process = sh helper.sh
[profile keys]
credential_process = sh helper.sh
credential_source = Environment
[profile above]
role_arn = arn:aws:iam::123456789012:role/backup
source_profile = mixed
[profile nowhere]
role_arn = arn:aws:iam::123456789012:role/backup
credential_process = sh helper.sh
";

/// An object store that needs credentials, in a twin of its own, and a folder with profiles and the program that gives
/// them.
struct Store {
    case: Case,
    twin: Child,
    s3: Value,
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.twin.kill());
        drop(self.twin.wait());
    }
}

impl Store {
    fn new() -> Self {
        let helper = "env > seen.txt; echo $1 >> seen.txt; echo canary-said >&2; cat printed.json";
        let case = Case::new().file("a.yaml", PUTTING).file("helper.sh", helper);
        let mut twin = Command::new(BINARY);
        let mut twin = twin.arg("twin").current_dir(case.path("")).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(twin.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let s3 = serde_json::from_str::<Value>(&line).unwrap()["s3"].clone();
        let store = Self { case, twin, s3 };
        store.prints(&store.printed());
        let (id, key) = (store.text("access_key"), store.text("secret_key"));
        let keys = format!("aws_access_key_id = {id}\naws_secret_access_key = {key}\n");
        let profiles = format!("{PROFILES}[profile mixed]\ncredential_process = sh helper.sh\n{keys}");
        std::fs::write(store.case.path("profiles"), profiles).unwrap();
        store
    }

    fn text(&self, name: &str) -> &str {
        self.s3[name].as_str().unwrap()
    }

    /// What the helper prints where nothing is wrong.
    fn printed(&self) -> String {
        let (id, key) = (self.text("access_key"), self.text("secret_key"));
        json!({"Version": 1, "AccessKeyId": id, "SecretAccessKey": key, "Expiration": "2199-01-01T00:00:00Z"})
            .to_string()
    }

    fn prints(&self, text: &str) {
        std::fs::write(self.case.path("printed.json"), text).unwrap();
    }

    /// Runs the runbook with this profile and these variables besides.
    fn run(&self, profile: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = self.case.command();
        command.args(["run", "a.yaml", "-i", &format!("bucket={}", self.text("bucket"))]);
        command.env("HOME", self.case.path("")).env("AWS_CONFIG_FILE", self.case.path("profiles"));
        command.env("AWS_PROFILE", profile).env("AWS_REGION", self.text("region"));
        command.env("AWS_ENDPOINT_URL_S3", self.text("url")).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(SECRETS).envs(variables.iter().copied());
        Ran::of(command.output().unwrap())
    }

    /// What the helper has seen, and whether it was run at all; forgotten with that.
    fn seen(&self) -> Option<String> {
        let path = self.case.path("seen.txt");
        let text = std::fs::read_to_string(&path).ok()?;
        std::fs::remove_file(path).unwrap();
        Some(text)
    }

    #[track_caller]
    fn assert_hidden(&self, profile: &str) {
        let seen = self.seen().expect("the helper was not run");
        assert!(!seen.contains("canary"), "{seen}");
        for (name, _) in SECRETS {
            assert!(!seen.contains(name), "{seen}");
        }
        for part in ["PATH=/usr/bin:/bin\n", "HOME=/", &format!("AWS_PROFILE={profile}\n"), "AWS_REGION="] {
            assert!(seen.contains(part), "no {part:?} in {seen}");
        }
    }
}

/// A service that answers every request to take a role with credentials of the store; its address.
fn roles(store: &Store) -> String {
    let (id, key) = (store.text("access_key"), store.text("secret_key"));
    let body = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{key}</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2199-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/xml\r\ncontent-length";
    let reply = format!("{head}: {length}\r\n\r\n{body}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut asked = Vec::new();
            while !String::from_utf8_lossy(&asked).contains("Action=AssumeRole") {
                let mut bytes = [0; 4096];
                match stream.read(&mut bytes) {
                    Ok(length) if length > 0 => asked.extend(&bytes[..length]),
                    _ => break,
                }
            }
            drop(stream.write_all(reply.as_bytes()));
        }
    });
    address
}

#[test]
fn the_program_that_gives_aws_credentials_sees_no_secret() {
    let store = Store::new();
    store.run("helped", &[]).exit(0).stdout("2 of 3 steps done");
    store.assert_hidden("helped");
    // Also at the base of roles.
    let sts = roles(&store);
    for profile in ["role", "own"] {
        store.run(profile, &[("AWS_ENDPOINT_URL_STS", &sts)]).exit(0);
        store.assert_hidden(profile);
    }
}

#[test]
fn the_program_is_run_where_the_sdk_would_run_it() {
    let store = Store::new();
    let keys = [("AWS_ACCESS_KEY_ID", store.text("access_key")), ("AWS_SECRET_ACCESS_KEY", store.text("secret_key"))];
    for profile in ["helped", "keys"] {
        store.run(profile, &keys).exit(0);
        assert_eq!(store.seen(), None, "keys in the environment come first: {profile}");
    }
    store.run("mixed", &[]).exit(0);
    store.assert_hidden("mixed");
    store.run("above", &[("AWS_ENDPOINT_URL_STS", &roles(&store))]).exit(0);
    assert_eq!(store.seen(), None, "below a role the keys of a profile come first");
    for profile in ["keys", "nowhere", "other"] {
        store.run(profile, &[]).exit(4).stderr("AWS credentials");
        assert_eq!(store.seen(), None, "{profile} does not lead there");
    }
}

#[test]
fn what_the_program_prints_is_never_shown() {
    let store = Store::new();
    store.prints(r#"{"Version": 1, "AccessKeyId": "canary-id", "SecretAccessKey": ["canary-key"]}"#);
    let ran = store.run("helped", &[]).exit(4).stderr("the credential_process of the AWS profile `helped` printed");
    assert!(!format!("{}{}", ran.out, ran.err).contains("canary"), "{}{}", ran.out, ran.err);
    store.assert_hidden("helped");
}
