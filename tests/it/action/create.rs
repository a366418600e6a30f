//! `aura.instance.create`: the request, its lists, its orphans, and the file that receives the password.

use super::setup::{Setup, failure, found, reply, settled};
use base64::Engine as _;
use serde_json::json;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::time::Duration;
use surefoot::base::{Secret, Value};
use surefoot::engine::call::{Call, CallError, ErrorClass, Outcome, Reply, Sealed};
use surefoot::engine::command::Act;
use surefoot::kinds::vault::Vault;
use surefoot::port::{Method, Response, SealError, Sealer};

const NAME: &str = "sf-0123456789abcdef";
const KIND: &str = "aura.instance.create";

fn with(setup: &Setup) -> Value {
    json!({
        "tenant_id": setup.tenant, "type": "enterprise-db", "cloud_provider": "aws", "region": "eu-west-1",
        "memory": "8G", "password_file": "keep/new.env",
    })
}

fn setup() -> Setup {
    let setup = Setup::new();
    std::fs::create_dir(setup.home().join("keep")).unwrap();
    std::fs::set_permissions(setup.home().join("keep"), std::fs::Permissions::from_mode(0o700)).unwrap();
    setup
}

fn file(setup: &Setup) -> PathBuf {
    setup.home().join("keep/new.env")
}

fn create(setup: &Setup) -> (Value, Sealed) {
    let reply = setup.effect(KIND, Call::Create, with(setup), json!({"name": NAME}));
    match reply {
        Reply::Settled { outcome: Outcome::Accepted, output, sealed: Some(sealed), .. } => (output, sealed),
        other => panic!("{other:?}"),
    }
}

fn deliver(setup: &Setup, attempt: u32, sealed: &Sealed) -> Reply {
    setup.act(KIND, Act::Deliver { attempt, sealed: sealed.clone() }, with(setup), Value::Null)
}

fn check(setup: &Setup) -> Reply {
    setup.act(KIND, Act::Check, with(setup), Value::Null)
}

#[track_caller]
fn refused(reply: Reply) -> CallError {
    assert!(matches!(reply, Reply::Checked { passed: false, .. } | Reply::Failed(_)), "{reply:?}");
    failure(reply)
}

#[test]
fn password_goes_sealed_from_the_reply_into_the_file_and_opens_the_database() {
    let mut setup = setup();
    let baseline = found(setup.read(KIND, Call::Baseline, with(&setup), Value::Null));
    assert_eq!(baseline["ids"].as_array().unwrap().len(), 3, "the instances of every tenant");
    assert!(baseline["date"].as_str().unwrap().ends_with('Z'));
    let (output, sealed) = create(&setup);
    let keys: Vec<&String> = output.as_object().unwrap().keys().collect();
    let declared =
        ["cloud_provider", "connection_url", "created_at", "id", "name", "region", "tenant_id", "type", "username"];
    assert_eq!(keys, declared);
    let plain = setup.context.ports.sealer.open(&sealed).unwrap();
    let plain: Value = serde_json::from_slice(plain.expose()).unwrap();
    assert_eq!((&plain["run"], &plain["step"], &plain["attempt"]), (&json!("r-test"), &json!("the_step"), &json!(1)));
    let password = plain["password"].as_str().unwrap();
    assert!(!output.to_string().contains(password));
    let delivered = deliver(&setup, 1, &sealed);
    let path = file(&setup);
    let expected = Reply::Delivered { sink: "file".to_owned(), reference: path.display().to_string(), version: 1 };
    assert_eq!(delivered, expected);
    let text = std::fs::read_to_string(&path).unwrap();
    let id = output["id"].as_str().unwrap();
    for line in [
        format!("NEO4J_URI={}", output["connection_url"].as_str().unwrap()),
        "NEO4J_USERNAME=neo4j".to_owned(),
        format!("NEO4J_PASSWORD={password}"),
        format!("AURA_INSTANCEID={id}"),
    ] {
        assert!(text.lines().any(|had| had == line), "{line} is missing");
    }
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(setup.home().join("keep")).unwrap().count(), 1, "nothing temporary is left");
    // The handle of a later step opens the database.
    setup.sealed.insert("recreate".to_owned(), sealed);
    setup.clock.advance(Duration::from_secs(900));
    let ping = json!({
        "url": output["connection_url"], "ping": true, "credentials": {"$secret": "steps.recreate.credentials"},
    });
    super::setup::done(setup.read("neo4j.counts", Call::Read, ping, Value::Null));
}

#[test]
fn request_has_the_derived_name_and_sizes_in_gigabytes() {
    let setup = setup();
    setup.over(|request| {
        if request.url.ends_with("/instances") {
            let body: Value = serde_json::from_slice(request.body.expose()).unwrap();
            assert_eq!((&body["name"], &body["memory"], &body["version"]), (&json!(NAME), &json!("8GB"), &json!("5")));
            assert!(body.as_object().unwrap().values().all(|value| !value.is_null()));
            assert!(body.get("password_file").is_none() && body.get("storage").is_none());
        }
        None
    });
    create(&setup);
}

#[test]
fn instance_is_found_by_its_derived_name_alone() {
    let setup = setup();
    let settle = |name: &str| found(setup.read(KIND, Call::Settle, with(&setup), json!({"name": name})));
    assert_eq!((&settle(NAME)["matches"], &settle(NAME)["complete"]), (&json!([]), &json!(true)));
    let (output, _) = create(&setup);
    let matches = settle(NAME)["matches"].clone();
    assert_eq!((matches.as_array().unwrap().len(), &matches[0]["id"]), (1, &output["id"]));
    assert_eq!(settle("sf-0123")["matches"], json!([]));
    let sweep = found(setup.read(KIND, Call::Sweep, with(&setup), json!({"names": ["sf-x", NAME]})));
    assert_eq!((&sweep["matches"][0]["id"], &sweep["complete"]), (&output["id"], &json!(true)));
}

/// Whom access is taken away from is shown a list without the instances, and no error.
#[test]
fn a_list_is_complete_only_where_the_tenant_can_be_seen() {
    let setup = setup();
    create(&setup);
    setup.over(|request| match request.url.as_str() {
        url if url.contains("/v1/tenants/") => {
            reply(404, &json!({"errors": [{"message": "no", "reason": "not-found"}]}))
        }
        url if url.ends_with("/v1/instances") => reply(200, &json!({"data": []})),
        _ => None,
    });
    for (call, input) in [(Call::Settle, json!({"name": NAME})), (Call::Sweep, json!({"names": [NAME]}))] {
        let seen = found(setup.read(KIND, call, with(&setup), input));
        assert_eq!((&seen["matches"], &seen["complete"]), (&json!([]), &json!(false)));
    }
}

#[test]
fn a_list_without_the_own_instance_is_complete_only_where_that_is_gone() {
    let setup = setup();
    let (output, _) = create(&setup);
    let sweep = |own: &Value| found(setup.read(KIND, Call::Sweep, with(&setup), json!({"names": [], "own": own})));
    let seen = |id: &Value| ["complete", "own"].map(|name| sweep(id)[name].clone());
    assert_eq!(seen(&output["id"]), [json!(true), json!("listed")]);
    setup.over(|request| if request.url.ends_with("/v1/instances") { reply(200, &json!({"data": []})) } else { None });
    assert_eq!(seen(&output["id"]), [json!(false), json!("behind")]);
    assert_eq!(seen(&json!("ffffffff")), [json!(true), json!("gone")]);
    assert_eq!(sweep(&Value::Null)["complete"], json!(true), "there is none");
}

#[test]
fn orphan_is_replaced_only_when_it_is_provably_ours() {
    let setup = setup();
    let (output, _) = create(&setup);
    let id = output["id"].clone();
    let input = |id: &Value, name: &str, baseline: Value| json!({"id": id, "name": name, "baseline": baseline});
    let prepare = |input: Value| setup.act(KIND, Act::Prepare(Call::Replace), with(&setup), input);
    let busy = failure(prepare(input(&id, NAME, json!([]))));
    assert_eq!(busy.class, ErrorClass::Busy, "it is still being created");
    setup.clock.advance(Duration::from_secs(900));
    assert_eq!(failure(prepare(input(&id, "other", json!([])))).class, ErrorClass::Check);
    assert_eq!(failure(prepare(input(&id, NAME, json!([id])))).class, ErrorClass::Check);
    assert_eq!(failure(prepare(json!({"id": id, "name": NAME}))).class, ErrorClass::Invalid);
    assert_eq!(failure(prepare(input(&json!(setup.source), NAME, json!([])))).class, ErrorClass::Check);
    assert_eq!(failure(prepare(input(&json!("ffffffff"), NAME, json!([])))).class, ErrorClass::NotFound);
    let reply = setup.effect(KIND, Call::Replace, with(&setup), input(&id, NAME, json!([])));
    assert_eq!(settled(reply).0, Outcome::Accepted);
    let probe = || found(setup.read(KIND, Call::Probe, with(&setup), json!({"id": id})));
    assert_eq!(probe()["status"], json!("destroying"));
    setup.clock.advance(Duration::from_secs(900));
    let gone = probe();
    assert_eq!((&gone["present"], &gone["control"]), (&json!(false), &json!(true)));
    let deleted = setup.requests().into_iter().filter(|request| request.starts_with("DELETE")).count();
    assert_eq!(deleted, 1);
}

#[test]
fn new_instance_gets_its_final_name() {
    let setup = setup();
    let (output, _) = create(&setup);
    setup.clock.advance(Duration::from_secs(900));
    let input = json!({"id": output["id"], "name": "payments"});
    assert_eq!(settled(setup.effect(KIND, Call::Rename, with(&setup), input)).0, Outcome::Applied);
    let settle = found(setup.read(KIND, Call::Settle, with(&setup), json!({"name": "payments"})));
    assert_eq!(settle["matches"][0]["id"], output["id"]);
}

#[test]
fn a_reply_that_repeats_its_password_has_it_in_its_seal_alone() {
    const PASSWORD: &str = "canary+of/the reply:99";
    let forms = [
        PASSWORD.to_owned(),
        format!("x{PASSWORD}x"),
        "canary%2Bof%2Fthe%20reply%3A99".to_owned(),
        base64::engine::general_purpose::STANDARD.encode(format!("neo4j:{PASSWORD}")),
        hex::encode(PASSWORD),
    ];
    for form in forms {
        let setup = setup();
        let data = json!({
            "id": "2f49c2b3", "name": form, "connection_url": "neo4j+s://neo4j:other@2f49c2b3.databases.neo4j.io:7687",
            "username": "neo4j", "password": PASSWORD, "region": form, "created_at": format!("at {form}"),
        });
        let id = form.clone();
        setup.over(move |request| {
            let headers = vec![("x-request-id".to_owned(), id.clone())];
            let body = Secret::new(json!({"data": data}).to_string().into_bytes());
            let is_create = request.method == Method::Post && request.url.ends_with("/instances");
            is_create.then(|| Ok(Response { status: 202, headers, body }))
        });
        let reply = setup.effect(KIND, Call::Create, with(&setup), json!({"name": NAME}));
        let shown = format!("{reply:?}");
        assert!(!shown.contains(&form) && !shown.contains("neo4j:other@"), "{shown}");
        let Reply::Settled { outcome, output, sealed: Some(sealed), .. } = reply else { panic!("{shown}") };
        assert_eq!(
            (outcome, &output["id"], &output["username"]),
            (Outcome::Accepted, &json!("2f49c2b3"), &json!("neo4j"))
        );
        for name in ["name", "connection_url", "region", "created_at"] {
            assert_eq!(output[name], Value::Null, "{name}");
        }
        assert!(matches!(deliver(&setup, 1, &sealed), Reply::Delivered { .. }));
        let text = std::fs::read_to_string(file(&setup)).unwrap();
        assert!(text.contains(&format!("NEO4J_PASSWORD='{PASSWORD}'\nAURA_INSTANCEID=2f49c2b3\n")), "{text}");
        assert!(text.contains("NEO4J_URI=\n"), "{text}");
    }
}

#[test]
fn an_address_that_names_a_user_is_none() {
    let setup = setup();
    let (output, _) = create(&setup);
    let id = output["id"].as_str().unwrap().to_owned();
    setup.over(move |request| {
        let body = json!({"data": {"id": id, "status": "running", "connection_url": "neo4j+s://neo4j:secret@host"}});
        request.url.ends_with(&id).then(|| reply(200, &body)).flatten()
    });
    let look = found(setup.read(KIND, Call::Probe, with(&setup), json!({"id": output["id"]})));
    assert_eq!((&look["status"], &look["connection_url"]), (&json!("running"), &Value::Null));
}

#[test]
fn passwords_are_known_to_the_vault_once_they_were_seen() {
    let holds = |setup: &Setup, text: &str| setup.context.vault.texts().iter().any(|known| known.expose() == text);
    let setup = setup();
    let before = setup.context.vault.texts().len();
    let (_, sealed) = create(&setup);
    let plain: Value = serde_json::from_slice(setup.context.ports.sealer.open(&sealed).unwrap().expose()).unwrap();
    let password = plain["password"].as_str().unwrap();
    assert!(holds(&setup, password) && setup.context.vault.texts().len() == before + 1);
    // A later process has it from the journal.
    let later = Vault::new()
        .with("words", Some(vec![Secret::new("the user name".to_owned()), Secret::new("password".to_owned())]))
        .with("token", Some(vec![Secret::new("to ken 12".to_owned())]));
    later.learn(&sealed, &*setup.context.ports.sealer);
    let texts: Vec<String> = later.texts().iter().map(|text| text.expose().clone()).collect();
    assert_eq!(texts, ["to ken 12", password], "no user name, and no word of our own");
}

/// Opens nothing, or seals nothing.
struct Jammed(bool);

impl Sealer for Jammed {
    fn recipients(&self) -> Vec<String> {
        vec!["r".to_owned()]
    }
    fn seal(&self, plain: &Secret<Vec<u8>>) -> Result<Sealed, SealError> {
        if self.0 {
            return Err(SealError::NoRecipient);
        }
        let sha256 = surefoot::base::Digest::of(plain.expose());
        Ok(Sealed { alg: "age".to_owned(), b64: String::new(), recipients: Vec::new(), sha256 })
    }
    fn open(&self, _: &Sealed) -> Result<Secret<Vec<u8>>, SealError> {
        Err(SealError::NoIdentity("r".to_owned()))
    }
}

#[test]
fn password_that_cannot_be_sealed_leaves_the_outcome_unknown() {
    let mut setup = setup();
    setup.context.ports.sealer = std::sync::Arc::new(Once(std::sync::atomic::AtomicBool::new(false)));
    let reply = setup.effect(KIND, Call::Create, with(&setup), json!({"name": NAME}));
    assert_eq!(settled(reply.clone()).0, Outcome::Unknown);
    assert!(failure(reply).message.contains("could not be sealed"));
}

#[test]
fn what_cannot_be_sealed_is_not_asked_for() {
    for jammed in [true, false] {
        let mut setup = setup();
        setup.context.ports.sealer = std::sync::Arc::new(Jammed(jammed));
        let reply = setup.act(KIND, Act::Prepare(Call::Create), with(&setup), json!({"name": NAME}));
        assert!(refused(reply).remedy.contains("keys"), "{jammed}");
    }
}

/// Seals once, what is asked of it before a request, and then no more.
struct Once(std::sync::atomic::AtomicBool);

impl Sealer for Once {
    fn recipients(&self) -> Vec<String> {
        vec!["r".to_owned()]
    }
    fn seal(&self, plain: &Secret<Vec<u8>>) -> Result<Sealed, SealError> {
        if self.0.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return Err(SealError::NoRecipient);
        }
        let text = String::from_utf8(plain.expose().clone()).unwrap();
        let sha256 = surefoot::base::Digest::of(plain.expose());
        Ok(Sealed { alg: "none".to_owned(), b64: text, recipients: Vec::new(), sha256 })
    }
    fn open(&self, sealed: &Sealed) -> Result<Secret<Vec<u8>>, SealError> {
        Ok(Secret::new(sealed.b64.clone().into_bytes()))
    }
}

#[test]
fn check_passes_and_leaves_nothing_behind() {
    let setup = setup();
    match check(&setup) {
        Reply::Checked { passed: true, detail, error: None } => {
            assert_eq!((&detail["tenants"], &detail["sink"]), (&json!(2), &json!(file(&setup).to_str())));
            assert_eq!(detail["recipients"].as_array().unwrap().len(), 1);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read_dir(setup.home().join("keep")).unwrap().count(), 0);
}

#[test]
fn check_needs_keys_that_open() {
    for jammed in [true, false] {
        let mut setup = setup();
        setup.context.ports.sealer = std::sync::Arc::new(Jammed(jammed));
        assert!(refused(check(&setup)).remedy.contains("keys"), "{jammed}");
    }
}

/// Opens everything to the same.
struct Mistaken;

impl Sealer for Mistaken {
    fn recipients(&self) -> Vec<String> {
        vec!["r".to_owned()]
    }
    fn seal(&self, plain: &Secret<Vec<u8>>) -> Result<Sealed, SealError> {
        Jammed(false).seal(plain)
    }
    fn open(&self, _: &Sealed) -> Result<Secret<Vec<u8>>, SealError> {
        Ok(Secret::new(b"something else".to_vec()))
    }
}

#[test]
fn check_needs_a_seal_that_opens_to_what_was_sealed() {
    let mut setup = setup();
    setup.context.ports.sealer = std::sync::Arc::new(Mistaken);
    assert!(refused(check(&setup)).message.contains("opens to something else"));
}

#[test]
fn unsuitable_places_for_the_password_are_refused() {
    // Each makes the place unsuitable and says what is told.
    type Spoil = fn(&Setup);
    let chmod = |setup: &Setup, mode| {
        std::fs::set_permissions(setup.home().join("keep"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let cases: [(Spoil, &str); 6] = [
        (|setup| std::fs::remove_dir(setup.home().join("keep")).unwrap(), "cannot use"),
        (|setup| std::fs::write(file(setup), "NEO4J_PASSWORD=theirs\n").unwrap(), "already there"),
        (|setup| std::fs::create_dir(file(setup)).unwrap(), "already there"),
        (|setup| symlink(setup.home().join("elsewhere"), file(setup)).unwrap(), "already there"),
        (
            |setup| {
                std::fs::rename(setup.home().join("keep"), setup.home().join("real")).unwrap();
                symlink(setup.home().join("real"), setup.home().join("keep")).unwrap();
            },
            "is not a directory",
        ),
        (
            |setup| {
                std::fs::remove_dir(setup.home().join("keep")).unwrap();
                std::fs::write(setup.home().join("keep"), "").unwrap();
            },
            "is not a directory",
        ),
    ];
    for (spoil, words) in cases {
        let setup = setup();
        let (_, sealed) = create(&setup);
        spoil(&setup);
        for error in [refused(check(&setup)), refused(deliver(&setup, 1, &sealed))] {
            assert!(error.message.contains(words), "{error:?} does not say {words}");
        }
        assert!(!setup.home().join("elsewhere").exists(), "a link is never followed");
    }
    let setup = setup();
    chmod(&setup, 0o777);
    assert!(refused(check(&setup)).message.contains("by everyone"));
}

#[test]
fn file_of_this_run_is_replaced_and_one_of_another_is_not() {
    let setup = setup();
    let (_, sealed) = create(&setup);
    // The name was taken, and the process died.
    let path = file(&setup);
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    for attempt in [1, 1, 2] {
        assert!(matches!(deliver(&setup, attempt, &sealed), Reply::Delivered { version, .. } if version == attempt));
        assert!(matches!(check(&setup), Reply::Checked { passed: true, .. }));
    }
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("r-test", "r-other")).unwrap();
    assert!(refused(deliver(&setup, 3, &sealed)).message.contains("already there"));
    assert!(std::fs::read_to_string(&path).unwrap().contains("r-other"));
}

#[test]
fn leftover_of_a_crash_does_not_stop_the_delivery() {
    let setup = setup();
    let (_, sealed) = create(&setup);
    std::fs::write(setup.home().join("keep/.new.env.r-test.the_step.tmp"), "half").unwrap();
    assert!(matches!(deliver(&setup, 1, &sealed), Reply::Delivered { .. }));
    assert_eq!(std::fs::read_dir(setup.home().join("keep")).unwrap().count(), 1);
}

#[test]
fn credentials_that_a_shell_would_misread_are_quoted() {
    for (password, line) in [("a b'$(x)", r"NEO4J_PASSWORD='a b'\''$(x)'"), ("~root", "NEO4J_PASSWORD='~root'")] {
        let setup = setup();
        let plain = json!({
            "run": "r", "step": "s", "attempt": 1, "id": "2f49c2b3", "username": "neo4j", "password": password,
            "url": "u",
        });
        let sealed = setup.context.ports.sealer.seal(&Secret::new(plain.to_string().into_bytes())).unwrap();
        assert!(matches!(deliver(&setup, 1, &sealed), Reply::Delivered { .. }));
        let text = std::fs::read_to_string(file(&setup)).unwrap();
        assert!(text.contains(&format!("{line}\n")), "{text}");
    }
}
