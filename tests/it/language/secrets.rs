//! Where secrets come from, what their parts are called, and which inputs hold them.

use super::codes;
use crate::support::probe::with_probe;
use serde_json::{Value, json};
use surefoot::report;
use surefoot::runbook::plan::Plan;
use surefoot::runbook::secret::SecretSource;
use surefoot::runbook::{Diagnostics, Inputs, RenderError, Renderer, compile};

/// Secrets of each form. `aura` is used by the step `new`.
const HEAD: &str = "\
runbook: case
version: 1.0.0
inputs: {name: {type: string, default: ops}}
secrets:
  aura: {env: [AURA_ID, AURA_SECRET]}
  db: {env: [DB_USER, DB_PASSWORD]}
  api: {env: {token: API_TOKEN, tenant: API_TENANT}}
  hook: {file: secrets/hook}
  vault: {command: [vault, read, \"-field=key\", secret/ops]}
steps:
  - id: new
    uses: aura.instance.create
    with: {tenant_id: t, type: enterprise-db, cloud_provider: gcp, region: r, memory: 8GB, password_file: p.txt}
";

fn compiled(text: &str) -> Result<Plan, Diagnostics> {
    compile(with_probe(), "case.yaml", text.as_bytes(), Inputs::Unknown)
}

/// A runbook whose last step has these inputs beside its address.
fn probing(with: &str) -> String {
    format!("{HEAD}  - {{id: probe, uses: test.probe, with: {{url: x, {with}}}}}\n")
}

/// The mistakes in the inputs of the last step, without those about secrets that it has no use for.
#[track_caller]
fn told(with: &str) -> String {
    let found = match compiled(&probing(with)) {
        Ok(plan) => plan.warnings.map(|found| found.render(false)).unwrap_or_default(),
        Err(found) => found.render(false),
    };
    let all = found.split("\n\n").filter(|one| !one.contains("SF034") && !one.contains("SF033"));
    all.collect::<Vec<_>>().join("\n\n")
}

#[track_caller]
fn refused(with: &str, code: &str, parts: &[&str]) {
    let told = told(with);
    assert!(told.contains(code), "{code} for {with}:\n{told}");
    for part in parts {
        assert!(told.contains(part), "{part:?} for {with}:\n{told}");
    }
}

#[track_caller]
fn accepted(with: &str) {
    let told = told(with);
    assert!(!told.contains("error"), "{with}:\n{told}");
}

/// The inputs of the last step, with what its templates refer to.
fn rendered(with: &str, steps: &Value) -> Result<Value, RenderError> {
    // Every secret is used, so that the runbook is sound.
    let uses = "words: [\"{{ secrets.db.password }}\", \"{{ secrets.api.tenant }}\", \"{{ secrets.hook }}\", \"{{ secrets.vault }}\", \"{{ inputs.name }}\"]";
    let plan = compiled(&probing(&format!("{uses}, {with}"))).unwrap_or_else(|found| panic!("{found}"));
    let handles = ["aura", "db", "api", "hook", "vault"]
        .map(|name| (name.to_owned(), json!({"$secret": format!("secrets.{name}")})));
    let scope = json!({
        "inputs": {"name": "ops"},
        "secrets": Value::Object(handles.into_iter().collect()),
        "steps": steps,
    });
    Renderer::new().inputs(plan.steps[1].kind, &plan.steps[1].with, &(&scope).into()).map(Value::Object)
}

#[track_caller]
fn declared(declaration: &str, expected: &[&str]) {
    let step = "{id: a, uses: test.probe, with: {url: x, text: \"{{ secrets.a }}\"}}";
    let text = format!("runbook: case\nversion: 1.0.0\nsecrets: {{a: {declaration}}}\nsteps: [{step}]\n");
    let found = match compiled(&text) {
        Ok(_) => Vec::new(),
        Err(found) => codes(&found),
    };
    assert_eq!(found, expected, "{declaration}");
}

#[test]
fn a_secret_comes_from_variables_a_file_or_a_command() {
    declared("{env: [A]}", &[]);
    declared("{env: {token: A}}", &[]);
    declared("{file: secrets/a, description: of ops}", &[]);
    declared("{command: [pass, show, prod/api], optional: true}", &[]);
    declared("{}", &["SF011@3:14"]);
    declared("{env: [A], file: a}", &["SF050@3:31"]);
    declared("{file: a, command: [b]}", &["SF050@3:33"]);
    declared("{env: {}}", &["SF039@3:20"]);
    declared("{env: {Token: A}}", &["SF014@3:21"]);
    declared("{env: {token: api-token}}", &["SF014@3:28"]);
    declared("{env: A}", &["SF012@3:20"]);
    declared("{file: ''}", &["SF050@3:21"]);
    declared("{file: \"{{ inputs.stage }}/a\"}", &["SF050@3:21"]);
    declared("{file: \"a\\tb\"}", &["SF050@3:21"]);
    declared("{command: pass show}", &["SF012@3:24"]);
    declared("{command: []}", &["SF039@3:24"]);
    declared("{command: ['', b]}", &["SF050@3:25"]);
    declared("{command: [pass, '']}", &[]);
    declared("{command: [pass, \"{{ run.id }}\"]}", &["SF050@3:31"]);
    declared("{command: [pass, 7, -n]}", &[]);
}

#[test]
fn parts_have_names() {
    for part in ["secrets.db.username", "secrets.db.password", "secrets.api.token", "secrets.api.tenant"] {
        accepted(&format!("text: \"{{{{ {part} }}}}\""));
    }
    for part in ["secrets.hook", "secrets.hook.value", "secrets.hook.password", "secrets.vault.value"] {
        accepted(&format!("text: \"{{{{ {part} }}}}\""));
    }
    accepted("text: \"{{ secrets['api']['token'] }}\"");
    accepted("text: \"{{ steps.new.credentials.password }}\"");
    refused("text: \"{{ secrets.api.tokn }}\"", "SF025", &["has no part `tokn`", "did you mean `token`?", "tenant"]);
    refused("text: \"{{ secrets.db.token }}\"", "SF025", &["its parts: username, password"]);
    refused("text: \"{{ secrets.hook.token }}\"", "SF025", &["its parts: value, password"]);
    refused("text: \"{{ steps.new.credentials.pasword }}\"", "SF025", &["did you mean `password`?"]);
    refused("text: \"{{ secrets.api.token.first }}\"", "SF035", &["`secrets.api.token` is a text"]);
}

#[test]
fn a_secret_of_several_parts_is_no_text() {
    refused("text: \"{{ secrets.api }}\"", "SF035", &["has 2 parts", "`token`, `tenant`", "{{ secrets.api.token }}"]);
    refused("text: \"Bearer {{ secrets.api }}\"", "SF035", &["has 2 parts", "`token`, `tenant`"]);
    refused("text: \"{{ steps.new.credentials }}\"", "SF035", &["has 2 parts", "`username`, `password`"]);
    refused("headers: {a: \"x {{ secrets.db }}\"}", "SF035", &["`secrets.db` has 2 parts"]);
}

#[test]
fn secrets_stand_beside_plain_values_only_where_they_may() {
    accepted("text: plain");
    accepted("text: \"Bearer {{ secrets.api.token }} of {{ inputs.name | upper }}\"");
    accepted(
        "headers: {authorization: \"Bearer {{ secrets.hook }}\", accept: text/plain, x: [\"{{ secrets.vault }}\"]}",
    );
    accepted("json: {a: [1, {b: \"{{ secrets.api.token }}\"}], c: true}");
    accepted("json: \"{{ secrets.hook }}\"");
    // What looks into a secret, or tells of it.
    for inner in [
        "{{ secrets.api.token | upper }}",
        "{{ secrets.api.token ~ 'x' }}",
        "{{ secrets.api.token if true else 'x' }}",
        "{{ secrets.api.token == 'x' }}",
        "{{ [secrets.api.token] }}",
        "{{ secrets.api[inputs.name] }}",
        "{{ secrets.hook[0:1] }}",
        "Bearer {{ secrets.hook | trim }}",
        "{{ 'x' | replace('x', secrets.hook) }}",
    ] {
        refused(&format!("text: \"{inner}\""), "SF035", &[]);
    }
    refused("times: \"{{ secrets.hook }}\"", "SF028", &["must be a whole number, this is a secret"]);
    refused("headers: \"{{ secrets.hook }}\"", "SF028", &["must be a map"]);
    refused("times: \"1{{ secrets.hook }}\"", "SF028", &["must be a whole number"]);
    refused("text: [a]", "SF019", &["must be text"]);
    // Where no secret may stand, a part may not either.
    refused("database: \"{{ secrets.api.token }}\"", "SF035", &["`database` does not take a secret"]);
    refused("database: \"db-{{ secrets.api.token }}\"", "SF035", &["cannot be part of a text"]);
    refused("credentials: \"{{ secrets.db.password }}\"", "SF035", &["takes a secret as a whole"]);
    refused("credentials: \"{{ secrets.api }}\"", "SF035", &["a user name and a password", "`token`, `tenant`"]);
    refused("credentials: \"x{{ secrets.db }}\"", "SF036", &["takes a secret and nothing else"]);
    accepted("credentials: \"{{ secrets.hook }}\"");
    accepted("credentials: \"{{ secrets.db }}\"");
    for written in ["{$secret: secrets.api.token}", "{$secret_text: [\"{{ secrets.hook }}\"]}"] {
        refused(&format!("json: {{a: {written}}}"), "SF035", &["a map with the key `$secret"]);
        refused(&format!("headers: {written}"), "SF035", &["a map with the key `$secret"]);
    }
}

#[test]
fn a_secret_renders_to_a_handle_and_a_text_to_its_pieces() {
    let with = "text: \"Bearer {{ secrets.api.token }} of {{ inputs.name }}!{{ secrets.hook }}\", \
                headers: {a: \"{{ secrets.db.username }}\", b: \"{{ inputs.name }}\"}, \
                json: {deep: [\"{{ secrets['vault']['password'] }}\", 7]}, credentials: \"{{ secrets['db'] }}\"";
    let inputs = rendered(with, &json!({})).unwrap();
    assert_eq!(
        inputs["text"],
        json!({"$secret_text": [
            "Bearer ", {"$secret": "secrets.api.token"}, " of ops!", {"$secret": "secrets.hook"},
        ]})
    );
    assert_eq!(inputs["headers"], json!({"a": {"$secret": "secrets.db.username"}, "b": "ops"}));
    assert_eq!(inputs["json"], json!({"deep": [{"$secret": "secrets.vault.password"}, 7]}));
    assert_eq!(inputs["credentials"], json!({"$secret": "secrets.db"}));
    assert_eq!(report::one_line(&inputs["text"]), "Bearer (secret) of ops!(secret)");
    assert_eq!(report::one_line(&inputs["headers"]), "a: (secret), b: ops");
}

#[test]
fn what_a_step_obtained_goes_in_by_its_parts() {
    let with = "text: \"{{ steps.new.credentials.username }}:{{ steps.new.credentials.password }}\", \
                json: \"{{ steps.new.credentials.password }}\", api: 1";
    let with = with.replace(", api: 1", ", headers: {t: \"{{ secrets.api.token }}\"}");
    let obtained = json!({"new": {"credentials": {"$secret": "steps.new.credentials"}}});
    let inputs = rendered(&with, &obtained).unwrap();
    let part = |name: &str| json!({"$secret": format!("steps.new.credentials.{name}")});
    assert_eq!(inputs["text"], json!({"$secret_text": [part("username"), ":", part("password")]}));
    assert_eq!(inputs["json"], part("password"));
    // The step was skipped.
    let skipped = json!({"new": {"credentials": null}});
    let error = rendered(&with, &skipped).unwrap_err();
    assert!(error.to_string().contains("was skipped"), "{error}");
    let alone =
        with.replace("text: \"{{ steps.new.credentials.username }}:{{ steps.new.credentials.password }}\", ", "");
    assert_eq!(rendered(&alone, &skipped).unwrap()["json"], json!(null));
}

#[test]
fn data_that_look_like_a_secret_are_refused_where_secrets_may_stand() {
    let with = |json: &str| format!("json: {json}, headers: {{t: \"{{{{ secrets.api.token }}}}\"}}");
    for forged in
        [json!({"$secret": "secrets.aura"}), json!({"$secret_text": ["x"]}), json!({"a": [{"$secret": 1, "b": 2}]})]
    {
        let steps = json!({"new": {"name": forged}});
        for json in ["\"{{ steps.new.name }}\"", "[\"{{ steps.new.name }}\"]", "{a: {b: \"{{ steps.new.name }}\"}}"] {
            let error = rendered(&with(json), &steps).unwrap_err();
            assert!(matches!(error, RenderError::Secret { .. }), "{json} with {steps}: {error}");
        }
        // Within a text it is text.
        let text = rendered(&with("\"is {{ steps.new.name }}\""), &steps).unwrap();
        assert_eq!(text["json"], json!(format!("is {forged}")));
    }
}

#[test]
fn a_text_with_a_secret_has_a_limit() {
    let steps = json!({"new": {"name": "x".repeat(70_000)}});
    let with = "text: \"{{ steps.new.name }}{{ secrets.api.token }}\"";
    let error = rendered(with, &steps).unwrap_err();
    assert!(matches!(error, RenderError::TooLong { .. }) && !error.to_string().contains("xxxx"), "{error}");
}

#[test]
fn a_plan_says_where_each_secret_comes_from() {
    let with = "words: [\"{{ secrets.db.password }}\", \"{{ secrets.hook }}\", \"{{ secrets.vault }}\", \"{{ inputs.name }}\"], \
                text: \"Bearer {{ secrets.api.token }}\"";
    let plan = compiled(&probing(with)).unwrap();
    assert!(matches!(plan.secrets[3].source, SecretSource::File(_)));
    let page = report::plan(&plan, report::Style { columns: 100, colour: false });
    let (_, page) = page.split_once("Secrets, read before the run starts\n").unwrap();
    let lines: Vec<&str> = page.lines().filter(|line| !line.is_empty()).take(5).collect();
    assert_eq!(
        lines,
        [
            "  api    API_TOKEN (token), API_TENANT (tenant)",
            "  aura   AURA_ID, AURA_SECRET",
            "  db     DB_USER, DB_PASSWORD",
            "  hook   the file secrets/hook",
            "  vault  the command `vault read '-field=key' secret/ops`",
        ]
    );
    let secrets = &report::json::plan(&plan)["secrets"];
    let secret = |parts: Value, env: Value, file: Value, command: Value, name: &str| json!({"name": name, "parts": parts, "env": env, "file": file, "command": command, "optional": false});
    let (none, value) = (json!([]), json!(["value"]));
    assert_eq!(
        secrets[0],
        secret(json!(["token", "tenant"]), json!(["API_TOKEN", "API_TENANT"]), Value::Null, none.clone(), "api")
    );
    assert_eq!(secrets[3], secret(value.clone(), none.clone(), json!("secrets/hook"), none.clone(), "hook"));
    let words = json!(["vault", "read", "-field=key", "secret/ops"]);
    assert_eq!(secrets[4], secret(value, none, Value::Null, words, "vault"));
}
