//! The secrets of a run: texts put together from their parts, and what stands in for them under a twin.

use super::setup::Setup;
use crate::support::probe::with_probe;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use surefoot::base::Secret;
use surefoot::engine::call::{CallError, ErrorClass, Sealed};
use surefoot::kinds::twin_vault::{TwinAccounts, twin_vault};
use surefoot::kinds::vault::Vault;
use surefoot::port::Sealer;
use surefoot::runbook::plan::Plan;
use surefoot::runbook::secret::SecretSource;
use surefoot::runbook::{Inputs, compile};

fn secrets(texts: &[&str]) -> Option<Vec<Secret<String>>> {
    Some(texts.iter().map(|text| Secret::new((*text).to_owned())).collect())
}

fn vault() -> Vault {
    let names = ["token", "tenant"].map(str::to_owned);
    Vault::new()
        .with("db", secrets(&["ana-of-accounting", "canary-password"]))
        .with("hook", secrets(&["canary-hook"]))
        .with_parts("api", &names, secrets(&["canary-token", "canary-tenant"]))
        .with_parts("absent", &["value".to_owned()], None)
        .with_source("absent", &SecretSource::Command(["pass", "show", "a b"].map(str::to_owned).to_vec()))
}

fn handle(path: &str) -> Value {
    json!({ "$secret": path })
}

#[test]
fn json_has_the_texts_in_place_of_their_handles() {
    let setup = Setup::new();
    let quoting = vault().with("odd", secrets(&["a \"quoted\"\n\\ text"]));
    let json = |value: &Value| {
        let text = quoting.json(value, &BTreeMap::new(), &*setup.context.ports.sealer)?;
        Ok::<Value, CallError>(serde_json::from_str(text.expose()).unwrap())
    };
    let value = json!({
        "a": [handle("secrets.hook"), 1.5, null, true, [], {}],
        "b\"": {"c": {"$secret_text": ["Bearer ", handle("secrets.api.token")]}, "d": "plain"},
        "e": handle("secrets.odd"),
    });
    let expected = json!({
        "a": ["canary-hook", 1.5, null, true, [], {}],
        "b\"": {"c": "Bearer canary-token", "d": "plain"},
        "e": "a \"quoted\"\n\\ text",
    });
    assert_eq!(json(&value).unwrap(), expected);
    assert_eq!(json(&handle("secrets.hook")).unwrap(), json!("canary-hook"));
    assert_eq!(json(&json!([handle("secrets.absent")])).unwrap_err().class, ErrorClass::Auth);
}

/// The text of a value, with a password that the step `new` has obtained.
fn text(value: &Value) -> Result<String, CallError> {
    let setup = Setup::new();
    let sealer: &dyn Sealer = &*setup.context.ports.sealer;
    let plain = json!({"username": "neo4j", "password": "canary-obtained"}).to_string();
    let blob: Sealed = sealer.seal(&Secret::new(plain.into_bytes())).unwrap();
    let vault = vault();
    let found = vault.text(value, &BTreeMap::from([("new".to_owned(), blob)]), sealer);
    let known = vault.texts();
    found.map(|text| {
        let has_obtained = text.expose().contains("canary-obtained");
        assert!(
            !has_obtained || known.iter().any(|one| one.expose() == "canary-obtained"),
            "the filter does not know it"
        );
        text.expose().clone()
    })
}

#[test]
fn a_text_is_put_together_of_its_pieces() {
    for (value, expected) in [
        (json!("plain"), "plain"),
        (json!(8080), "8080"),
        (json!(true), "true"),
        (handle("secrets.hook"), "canary-hook"),
        (handle("secrets.hook.value"), "canary-hook"),
        (handle("secrets.hook.password"), "canary-hook"),
        (handle("secrets.db.username"), "ana-of-accounting"),
        (handle("secrets.db.password"), "canary-password"),
        (handle("secrets.api.tenant"), "canary-tenant"),
        (handle("steps.new.credentials.username"), "neo4j"),
        (handle("steps.new.credentials.password"), "canary-obtained"),
        (json!({"$secret_text": ["Bearer ", handle("secrets.api.token")]}), "Bearer canary-token"),
        (
            json!({"$secret_text": [handle("secrets.db.username"), ":", handle("steps.new.credentials.password")]}),
            "ana-of-accounting:canary-obtained",
        ),
        (
            json!({"$secret_text": ["{\"$secret\": \"secrets.hook\"}", handle("secrets.hook")]}),
            "{\"$secret\": \"secrets.hook\"}canary-hook",
        ),
    ] {
        assert_eq!(text(&value).unwrap(), expected, "{value}");
    }
}

#[test]
fn what_is_no_text_is_told_without_a_secret() {
    for (value, class, part) in [
        (handle("secrets.db"), ErrorClass::Invalid, "its parts are username, password"),
        (handle("secrets.api.tokn"), ErrorClass::Invalid, "its parts are token, tenant"),
        (handle("secrets.hook.token"), ErrorClass::Invalid, "its parts are value, password"),
        (handle("steps.new.credentials"), ErrorClass::Invalid, "its parts are username, password"),
        (handle("steps.other.credentials.password"), ErrorClass::Auth, "`other` has obtained no password"),
        (handle("secrets.absent"), ErrorClass::Auth, "the secret `absent` is not set"),
        (handle("secrets.unheard"), ErrorClass::Auth, "the secret `unheard` is not set"),
        (handle("runs.a.b"), ErrorClass::Invalid, "a text is needed here"),
        (json!(null), ErrorClass::Invalid, "a text is needed here"),
        (json!(["canary"]), ErrorClass::Invalid, "a text is needed here"),
        (json!({"$secret": "secrets.hook", "more": 1}), ErrorClass::Invalid, "a text is needed here"),
        (json!({"$secret_text": [{"$secret_text": ["a"]}]}), ErrorClass::Invalid, "a text is needed here"),
    ] {
        let error = text(&value).unwrap_err();
        assert_eq!(error.class, class, "{value}: {error:?}");
        assert!(error.message.contains(part), "{value}: {error:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    let remedy = text(&handle("secrets.absent")).unwrap_err().remedy;
    assert_eq!(remedy, "make sure that the command `pass show 'a b'` prints it");
}

#[test]
fn every_part_but_a_user_name_is_known_to_the_filter() {
    let known: Vec<String> = vault().texts().iter().map(|text| text.expose().clone()).collect();
    for part in ["canary-password", "canary-hook", "canary-token", "canary-tenant"] {
        assert!(known.contains(&part.to_owned()), "{part}");
    }
    assert!(!known.contains(&"ana-of-accounting".to_owned()));
}

const BOOK: &str = "\
runbook: case
version: 1.0.0
secrets:
  aura: {env: [AURA_ID, AURA_SECRET]}
  db: {env: [DB_PASSWORD]}
  api: {env: {token: API_TOKEN, tenant: API_TENANT}}
  hook: {file: /nowhere/hook}
  login: {env: [LOGIN_USER, LOGIN_PASSWORD]}
steps:
  - {id: list, uses: aura.instance.list}
  - id: probe
    uses: test.probe
    with:
      url: x
      credentials: \"{{ secrets.db }}\"
      words: [\"{{ secrets.api.token }}\", \"{{ secrets.api.tenant }}\", \"{{ secrets.hook }}\",
              \"{{ secrets.login.username }}\", \"{{ secrets.login.password }}\"]
";

fn plan() -> Plan {
    compile(with_probe(), "case.yaml", BOOK.as_bytes(), Inputs::Unknown).unwrap()
}

#[test]
fn under_a_twin_other_secrets_are_made_up_and_open_nothing() {
    let pair = |user: &str, password: &str| [user, password].map(|text| Secret::new(text.to_owned()));
    let accounts = TwinAccounts {
        aura: pair("twin-client", "twin-client-secret"),
        database: Some(pair("neo4j", "twin-database-password")),
    };
    let setup = Setup::new();
    let of = |seed: &str, path: &str| {
        let vault = twin_vault(&plan(), &accounts, seed);
        vault.text(&handle(path), &BTreeMap::new(), &*setup.context.ports.sealer).unwrap().expose().clone()
    };
    assert_eq!(of("a", "secrets.aura.username"), "twin-client");
    assert_eq!(of("a", "secrets.aura.password"), "twin-client-secret");
    for part in ["secrets.db", "secrets.db.value", "secrets.db.password"] {
        assert_eq!(of("a", part), "twin-database-password", "{part}");
    }
    let vault = twin_vault(&plan(), &accounts, "a");
    let opened = vault.resolve(&handle("secrets.db"), &BTreeMap::new(), &*setup.context.ports.sealer).unwrap().unwrap();
    assert_eq!((opened.username.as_str(), opened.password.expose().as_str()), ("neo4j", "twin-database-password"));
    let paths =
        ["secrets.api.token", "secrets.api.tenant", "secrets.hook", "secrets.login.username", "secrets.login.password"];
    let mut seen: Vec<String> = paths.iter().map(|path| of("a", path)).collect();
    assert_eq!(seen, paths.map(|path| of("a", path)), "a run that is resumed has the same ones");
    seen.extend(paths.map(|path| of("b", path)));
    assert!(seen.iter().all(|one| one.len() >= 32 && !one.contains("twin")), "{seen:?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 2 * paths.len(), "each is its own");
}
