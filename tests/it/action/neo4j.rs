//! `neo4j.counts` and `neo4j.compare`.

use super::setup::{Setup, assert_declared, done, failure, found};
use serde_json::json;
use std::time::Duration;
use surefoot::base::{Map, Secret, Timestamp, Value};
use surefoot::engine::call::{Call, ErrorClass, Reply};
use surefoot::port::{Response, TransportError};
use surefoot::twin::Scenario;

fn counts(setup: &Setup, more: &Value) -> Reply {
    let mut with = json!({
        "url": format!("neo4j+s://{}.databases.neo4j.io", setup.source),
        "credentials": {"$secret": "secrets.source_db"},
    });
    for (name, value) in more.as_object().unwrap() {
        with[name] = value.clone();
    }
    setup.read("neo4j.counts", Call::Read, with, Value::Null)
}

#[test]
fn everything_is_counted() {
    let setup = Setup::new();
    let output = done(counts(&setup, &json!({})));
    assert_declared("neo4j.counts", &output);
    assert_eq!(output["counted"], json!(true));
    let sum: u64 = output["types"].as_object().unwrap().values().map(|number| number.as_u64().unwrap()).sum();
    assert_eq!(output["relationships"], json!(sum));
    assert!(output["labels"].as_object().unwrap().len() > 1 && output["version"].is_string());
    let indexes = output["indexes"].as_array().unwrap();
    assert!(indexes.iter().any(|line| line.as_str().unwrap().contains("LOOKUP NODE ()")), "{indexes:?}");
    assert!(!output["constraints"].as_array().unwrap().is_empty());
    let created: Timestamp = output["store_created_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(created.as_micros() % 1_000, 0, "to the millisecond, as a backup tells it");
}

/// Who may not ask for it can count all the same.
#[test]
fn store_that_nobody_tells_about_is_null() {
    let setup = Setup::new();
    setup.over(|request| {
        let body: Value = serde_json::from_slice(request.body.expose()).ok()?;
        let code = "Neo.ClientError.Procedure.ProcedureNotFound";
        let refused = json!({"errors": [{"code": code, "message": "There is no procedure with the name `db.info`"}]});
        if body["statement"] == "CALL db.info()" { super::setup::reply(202, &refused) } else { None }
    });
    let output = done(counts(&setup, &json!({})));
    assert_eq!((&output["counted"], &output["store_created_at"]), (&json!(true), &Value::Null));
}

#[test]
fn ping_proves_the_credentials_and_counts_nothing() {
    let setup = Setup::new();
    let output = done(counts(&setup, &json!({"ping": true})));
    assert_declared("neo4j.counts", &output);
    assert_eq!((&output["counted"], &output["nodes"]), (&json!(false), &Value::Null));
    assert_eq!(output["works"], json!(true));
    assert!(output["version"].as_str().unwrap().starts_with('5'), "{output:?}");
    assert_eq!(setup.requests().len(), 2, "which databases there are, and whether that one answers");
}

/// An instance that names its user and its database by its id, as new ones do.
fn named_by_id() -> Setup {
    Setup::with(Scenario::from_text("instances: [{named_by_id: true}]").unwrap())
}

#[test]
fn the_home_database_is_asked_for_and_never_assumed() {
    for (setup, is_by_id) in [(named_by_id(), true), (Setup::new(), false)] {
        let name = if is_by_id { json!(setup.source) } else { json!("neo4j") };
        for more in [json!({}), json!({"database": ""}), json!({"ping": true}), json!({"database": name})] {
            let output = done(counts(&setup, &more));
            assert_declared("neo4j.counts", &output);
            assert_eq!((&output["database"], &output["username"]), (&name, &name), "{more}");
        }
        let looked = found(look(&setup, &done(counts(&setup, &json!({})))));
        assert_eq!((&looked["equal"], &looked["database"]), (&json!(true), &name));
    }
}

#[test]
fn a_name_that_is_not_there_is_told_with_those_that_are() {
    let setup = named_by_id();
    for more in [json!({"database": "neo4j", "ping": true}), json!({"database": "neo4j"})] {
        let error = failure(counts(&setup, &more));
        assert_eq!(error.class, ErrorClass::NotFound);
        let names = format!("the instance has no database neo4j; it has: {}", setup.source);
        assert_eq!(error.message, names, "{more}");
        let is_command = error.remedy.contains(".database=NAME`");
        assert!(is_command != more["ping"].is_boolean() && error.remedy.contains("an empty one"), "{error:?}");
    }
    // Who names the one for administration counts something else than data.
    let error = failure(counts(&setup, &json!({"database": "system", "ping": true})));
    assert!(error.message.contains("no database system"), "{error:?}");
}

/// A setup in which this answers for the list of databases.
fn listing(answer: Value) -> Setup {
    let setup = named_by_id();
    setup.over(move |request| {
        let body: Value = serde_json::from_slice(request.body.expose()).ok()?;
        let is_list = body["statement"].as_str()?.starts_with("SHOW DATABASES");
        assert!(!is_list || request.url.ends_with("/db/system/query/v2"), "{}", request.url);
        let body = Secret::new(answer.to_string().into_bytes());
        is_list.then(|| Ok(Response { status: 202, headers: Vec::new(), body }))
    });
    setup
}

/// The list of databases with these rows.
fn listed(rows: &Value) -> Setup {
    listing(json!({"data": {"fields": ["name", "type", "aliases", "default", "home"], "values": rows}}))
}

#[test]
fn aliases_clusters_and_lists_that_tell_no_home_are_understood() {
    let id = named_by_id().source;
    let row = |name: &str, aliases: Value, default: bool, home: bool| json!([name, "standard", aliases, default, home]);
    let (ours, other) = (row(&id, json!(["main"]), true, false), row("other", json!([]), false, false));
    let system = json!(["system", "system", [], false, false]);
    for rows in
        [json!([ours, ours, ours, system]), json!([other, ours]), json!([system, row(&id, json!(null), false, false)])]
    {
        let output = done(counts(&listed(&rows), &json!({"ping": true})));
        assert_eq!(output["database"], json!(id), "{rows}");
    }
    for wanted in ["MAIN", &id.to_uppercase()] {
        let output = done(counts(&listed(&json!([ours, other])), &json!({"database": wanted, "ping": true})));
        assert_eq!(output["database"], json!(id), "{wanted}");
    }
    let error = failure(counts(&listed(&json!([other, row(&id, json!([]), false, false)])), &json!({})));
    assert!(error.message.contains("does not say which") && error.message.contains("other"), "{error:?}");
    let error = failure(counts(&listed(&json!([system])), &json!({"database": "a\u{7}", "ping": true})));
    assert_eq!(error.message, "the instance has no database a\\u{7}; it shows none to this user");
}

#[test]
fn who_may_not_see_the_list_is_asked_for_the_name_only_where_no_usual_one_opens() {
    let refused = json!({"errors": [{"code": "Neo.ClientError.Security.Forbidden", "message": "not allowed"}]});
    let setup = listing(refused.clone());
    let output = done(counts(&setup, &json!({})));
    assert_eq!(output["database"], json!(setup.source), "the name in the address opens");
    let error = failure(counts(&listing(refused.clone()), &json!({"database": "nowhere", "ping": true})));
    assert_eq!(error.class, ErrorClass::NotFound, "{error:?}");
    let away = Scenario::from_text("instances: [{database: movies}]").unwrap();
    let setup = Setup::with(away);
    setup.over(move |request| {
        let body: Value = serde_json::from_slice(request.body.expose()).ok()?;
        let body = (body["statement"].as_str()?.starts_with("SHOW DATABASES")).then(|| refused.to_string())?;
        Some(Ok(Response { status: 202, headers: Vec::new(), body: Secret::new(body.into_bytes()) }))
    });
    let error = failure(counts(&setup, &json!({})));
    assert!(error.remedy.contains("database=NAME"), "{error:?}");
    assert_eq!(done(counts(&setup, &json!({"database": "movies", "ping": true})))["database"], json!("movies"));
}

#[test]
fn a_user_name_that_is_given_is_the_one_that_logs_in() {
    let mut setup = named_by_id();
    let password = setup.context.vault.parts("source_db").unwrap()[1].clone();
    setup.context.vault = setup.context.vault.clone().with("alone", Some(vec![password]));
    let alone = json!({"$secret": "secrets.alone"});
    assert_eq!(failure(counts(&setup, &json!({"credentials": alone}))).class, ErrorClass::Auth);
    let output = done(counts(&setup, &json!({"credentials": alone, "username": setup.source})));
    assert_eq!(output["username"], json!(setup.source));
}

#[test]
fn absent_credentials_are_told_by_their_variables_or_accepted() {
    let setup = Setup::new();
    let unset = json!({"$secret": "secrets.unset"});
    let error = failure(counts(&setup, &json!({"credentials": unset})));
    assert_eq!(error.class, ErrorClass::Auth);
    assert!(error.message.contains("SOURCE_USER and SOURCE_PASSWORD"), "{error:?}");
    for credentials in [unset, Value::Null] {
        let output = done(counts(&setup, &json!({"credentials": credentials, "accept_uncounted": true})));
        assert_declared("neo4j.counts", &output);
        assert_eq!((&output["counted"], &output["works"]), (&json!(false), &json!(false)));
    }
    assert!(setup.requests().is_empty());
    let plain = failure(counts(&setup, &json!({"credentials": "hunter2"})));
    assert!(plain.class == ErrorClass::Invalid && !plain.message.contains("hunter2"));
}

#[test]
fn wrong_password_and_failed_statement_have_their_class() {
    let mut setup = Setup::new();
    let wrong = vec![Secret::new("neo4j".to_owned()), Secret::new("wrong-pass".to_owned())];
    setup.context.vault = setup.context.vault.clone().with("wrong", Some(wrong));
    let error = failure(counts(&setup, &json!({"credentials": {"$secret": "secrets.wrong"}})));
    assert_eq!(error.class, ErrorClass::Auth);
    assert!(!format!("{error:?}").contains("wrong-pass"));
    assert_eq!(failure(counts(&setup, &json!({"database": "nowhere"}))).class, ErrorClass::NotFound);
    assert_eq!(failure(counts(&setup, &json!({"url": "not a url"}))).class, ErrorClass::Invalid);
}

/// Whoever says where the database is may be no friend.
#[test]
fn a_password_is_sent_where_the_service_is_or_a_person_said() {
    let mut setup = Setup::new();
    for url in ["http://127.0.0.1:9", "https://evil.example", "neo4j+s://x.databases.neo4j.io.evil.example"] {
        assert_eq!(failure(counts(&setup, &json!({"url": url}))).class, ErrorClass::Invalid, "{url}");
        assert!(setup.requests().is_empty(), "{url}");
    }
    let named = json!({"url": "https://db.example.com", "hosts": "https://db.example.com/", "ping": true});
    assert_eq!(done(counts(&setup, &named))["works"], json!(true));
    setup.context.is_twin = true;
    assert_eq!(done(counts(&setup, &json!({"url": "http://127.0.0.1:9", "ping": true})))["works"], json!(true));
}

/// An address is the instance's own, or a person's word.
#[test]
pub(crate) fn what_is_counted_is_of_the_instance_that_has_the_address() {
    let setup = Setup::new();
    let id = setup.source.clone();
    let at = |url: &str, more: Value| {
        let mut with = json!({"url": url, "instance_id": id});
        with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        counts(&setup, &with)
    };
    let verifier = |reply: Reply| match reply {
        Reply::Done { output, evidence } => {
            assert_declared("neo4j.counts", &output);
            let [one] = evidence.as_slice() else { panic!("{evidence:?}") };
            assert_eq!((one.kind.name(), &one.subject), ("counted", &id));
            one.verifier.clone()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(verifier(at(&format!("neo4j+s://{id}.databases.neo4j.io"), json!({}))), "query-api");
    setup.requests();
    for url in [
        "neo4j+s://7637eb4b.databases.neo4j.io".to_owned(),
        "neo4j+s://7637eb4b.production-orch-0042.neo4j.io".to_owned(),
        "https://7637eb4b.instances.neo4j.io".to_owned(),
        format!("https://{id}0.databases.neo4j.io"),
        format!("https://x-{id}.databases.neo4j.io"),
        format!("https://x.{id}.databases.neo4j.io"),
    ] {
        // That a person has named the host changes nothing.
        for more in [json!({}), json!({"hosts": url}), json!({"ping": true})] {
            let error = failure(at(&url, more));
            assert_eq!(error.class, ErrorClass::Check, "{url}: {error:?}");
            assert!(error.message.contains(&format!("the step says that it counts {id}")), "{error:?}");
            assert!(error.remedy.contains(&format!("neo4j+s://{id}.databases.neo4j.io")), "{error:?}");
        }
        let look = json!({"before": {"counted": true}, "url": url, "instance_id": id, "credentials": {"$secret": "secrets.source_db"}});
        assert_eq!(failure(setup.read("neo4j.compare", Call::Poll, look, Value::Null)).class, ErrorClass::Check);
    }
    assert_eq!(setup.requests(), Vec::<String>::new(), "something was asked");
    let named = at("https://db.example.com", json!({"hosts": "db.example.com"}));
    assert_eq!(verifier(named), "query-api, at an address that the runbook names");
    let more = setup.read(
        "neo4j.counts",
        Call::Recheck,
        json!({"url": "neo4j+s://7637eb4b.databases.neo4j.io", "instance_id": id, "credentials": {"$secret": "secrets.source_db"}}),
        Value::Null,
    );
    assert_eq!(failure(more).class, ErrorClass::Check, "the last look compares as well");
}

/// A database whose names want to be more than names.
#[test]
fn hostile_names_stay_names_and_names_of_nothing_are_left_out() {
    let setup = Setup::new();
    setup.over(|request| {
        let body: Value = serde_json::from_slice(request.body.expose()).ok()?;
        let statement = body["statement"].as_str()?;
        let rows = match statement {
            "CALL db.labels()" => json!([["A`) DETACH DELETE n //"], ["Gone"], ["Plain_1"]]),
            "CALL db.relationshipTypes()" => json!([]),
            _ if statement.starts_with("MATCH") => {
                let patterns = ["(n)", "()-[n]->()", "(n:`A``) DETACH DELETE n //`)", "(n:Gone)", "(n:Plain_1)"];
                assert_eq!(statement, union(&patterns));
                // Nobody promises an order.
                json!([[4, 3], [2, 3], [3, 0], [1, 6], [0, 6]])
            }
            _ if statement.starts_with("SHOW") => json!([]),
            _ if statement.starts_with("CALL dbms.components") => json!([["Neo4j Kernel"]]),
            "CALL db.info()" => json!([["0a1b"]]),
            other => panic!("{other}"),
        };
        Some(Ok(table(&rows)))
    });
    let output = done(counts(&setup, &json!({"database": "neo4j"})));
    assert_eq!(output["labels"], json!({"A`) DETACH DELETE n //": 3, "Plain_1": 3}));
}

/// The statement that counts what these patterns match.
fn union(patterns: &[&str]) -> String {
    let part = |(number, pattern)| format!("MATCH {pattern} WITH count(n) AS number RETURN {number} AS part, number");
    patterns.iter().enumerate().map(part).collect::<Vec<_>>().join(" UNION ALL ")
}

fn table(rows: &Value) -> Response {
    let fields = match rows[0].as_array().map_or(1, Vec::len) {
        2 => json!(["part", "number"]),
        _ => json!(["x"]),
    };
    let body = json!({"data": {"fields": fields, "values": rows}}).to_string().into_bytes();
    Response { status: 202, headers: Vec::new(), body: Secret::new(body) }
}

/// A database with so many labels, the first `told` of whose numbers are told by each statement.
fn with_labels(labels: usize, told: usize) -> Setup {
    let setup = Setup::new();
    setup.over(move |request| {
        let body: Value = serde_json::from_slice(request.body.expose()).ok()?;
        let statement = body["statement"].as_str()?;
        let rows = match statement {
            "CALL db.labels()" => (0..labels).map(|label| json!([format!("L{label}")])).collect(),
            _ if statement.starts_with("MATCH") => {
                let number = |part: &str| part.split(&['L', ')'][..]).nth(1).and_then(|label| label.parse().ok());
                let numbers = statement.split("UNION ALL").map(|part| number(part).unwrap_or(1_000_u64));
                numbers.enumerate().take(told).map(|(part, number)| json!([part, number])).collect()
            }
            _ => json!([]),
        };
        Some(Ok(table(&rows)))
    });
    setup
}

#[test]
fn a_schema_of_any_size_is_counted_whole() {
    let output = done(counts(&with_labels(163, usize::MAX), &json!({"database": "neo4j"})));
    assert_eq!((output["nodes"].clone(), output["relationships"].clone()), (json!(1_000), json!(1_000)));
    let labels = output["labels"].as_object().unwrap();
    assert_eq!(labels.len(), 162, "nothing bears L0");
    assert!((1..163).all(|label| labels[&format!("L{label}")] == json!(label)));
}

#[test]
fn a_number_that_is_not_told_is_not_taken_for_none() {
    let error = failure(counts(&with_labels(3, 4), &json!({"database": "neo4j"})));
    assert_eq!(error.class, ErrorClass::Outside);
    assert!(error.message.contains("MATCH (n:L2)"), "{}", error.message);
}

fn counted(more: &Value) -> Value {
    let mut side = json!({
        "counted": true, "version": "5", "nodes": 10, "relationships": 4, "labels": {"A": 10}, "types": {"R": 4},
        "constraints": ["c: UNIQUENESS NODE (A) {id}"], "indexes": [], "counted_at": "2026-01-20T22:00:00Z",
    });
    for (name, value) in more.as_object().unwrap() {
        side[name] = value.clone();
    }
    side
}

fn compared(before: &Value, after: &Value) -> Reply {
    Setup::new().read("neo4j.compare", Call::Read, json!({"before": before, "after": after}), Value::Null)
}

#[test]
fn equal_countings_are_equal_whenever_they_were_made() {
    let output = done(compared(&counted(&json!({})), &counted(&json!({"counted_at": "later", "version": "6"}))));
    assert_declared("neo4j.compare", &output);
    assert_eq!((&output["equal"], &output["compared"], &output["nodes"]), (&json!(true), &json!(true), &json!(10)));
}

#[test]
fn every_difference_is_told() {
    let cases = [
        (json!({"nodes": 9}), "nodes: 10 before, 9 after"),
        (json!({"relationships": 5}), "relationships: 4 before, 5 after"),
        (json!({"labels": {"A": 9, "B": 1}}), "nodes with label B: 0 before, 1 after"),
        (json!({"types": {}}), "relationships of type R: 4 before, 0 after"),
        (json!({"constraints": []}), "constraint missing: c: UNIQUENESS NODE (A) {id}"),
        (json!({"indexes": ["i\u{7}"]}), "index added: i\\u{7}"),
    ];
    for (more, words) in cases {
        let error = failure(compared(&counted(&json!({})), &counted(&more)));
        assert_eq!(error.class, ErrorClass::Check);
        assert!(error.message.contains(words), "{error:?}");
    }
}

#[test]
fn what_was_not_counted_is_not_compared() {
    let not = json!({"counted": false, "nodes": null});
    for (before, after) in [(&not, &counted(&json!({}))), (&counted(&json!({})), &not), (&not, &not)] {
        let output = done(compared(before, after));
        assert_eq!((&output["equal"], &output["compared"]), (&json!(false), &json!(false)));
    }
}

fn look(setup: &Setup, before: &Map) -> Reply {
    let with = json!({
        "before": before, "instance_id": setup.source, "credentials": {"$secret": "secrets.source_db"},
    });
    setup.read("neo4j.compare", Call::Poll, with, Value::Null)
}

#[test]
fn instance_is_counted_where_it_stands_and_awaited_while_it_loads() {
    let setup = Setup::new();
    let before = done(counts(&setup, &json!({})));
    let equal = found(look(&setup, &before));
    assert_eq!(
        (&equal["equal"], &equal["status"], &equal["differences"]),
        (&json!(true), &json!("running"), &json!([]))
    );
    let mut other = before.clone();
    other.insert("nodes".to_owned(), json!(1));
    let unequal = found(look(&setup, &other));
    assert_eq!((&unequal["equal"], &unequal["compared"]), (&json!(false), &json!(true)));
    // Loading: nobody asks the database.
    for status in ["loading", "loading failed"] {
        let id = setup.source.clone();
        setup.over(move |request| {
            assert!(!request.url.contains("/query/"), "a database that loads is not asked");
            let body = json!({"data": {"id": id, "status": status}}).to_string().into_bytes();
            let reply = Response { status: 200, headers: Vec::new(), body: Secret::new(body) };
            request.url.contains("/instances/").then_some(Ok(reply))
        });
        let loading = found(look(&setup, &before));
        assert_eq!((&loading["equal"], &loading["status"]), (&json!(false), &json!(status)));
        assert!(loading["differences"][0].as_str().unwrap().contains(status));
    }
    // Running again, but the database does not take connections yet.
    setup.over(|request| {
        request.url.contains("/query/").then(|| Err(TransportError::NotSent("connection refused".to_owned())))
    });
    let refused = found(look(&setup, &before));
    assert_eq!((&refused["equal"], &refused["compared"]), (&json!(false), &json!(true)));
    setup.clock.advance(Duration::from_secs(1));
}

#[test]
fn uncounted_side_ends_the_comparison_without_a_request() {
    let setup = Setup::new();
    let before: Map = serde_json::from_value(json!({"counted": false})).unwrap();
    let found = found(look(&setup, &before));
    assert_eq!((&found["compared"], &found["equal"]), (&json!(false), &json!(false)));
    assert!(setup.requests().is_empty());
}
