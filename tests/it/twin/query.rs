//! The Query API: who may ask, and what the statements answer.

use super::{Case, basic};
use serde_json::{Value, json};
use surefoot::twin::{Request, Span};

fn rows(case: &mut Case, statement: &str) -> (Value, Value) {
    let id = case.source();
    let password = case.password(&id);
    let reply = case.query(&id, "neo4j", &password, statement);
    assert_eq!(reply.status, 202, "{statement}");
    let data = reply.value()["data"].clone();
    assert!(data.is_object(), "{statement}: {}", reply.value());
    (data["fields"].clone(), data["values"].clone())
}

fn one(case: &mut Case, statement: &str) -> Value {
    rows(case, statement).1[0][0].clone()
}

#[test]
fn counts_agree_with_each_other() {
    let mut case = Case::new();
    let source = case.source();
    let graph = case.state(&source)["graph"].clone();
    assert_eq!(one(&mut case, "MATCH (n) RETURN count(n)"), graph["nodes"]);
    assert_eq!(one(&mut case, "match ()-[r]->()\n return COUNT(r) as relationships;"), graph["relationships"]);
    let (fields, labels) = rows(&mut case, "CALL db.labels() YIELD label RETURN label ORDER BY label");
    assert_eq!(fields, json!(["label"]));
    assert!(labels.as_array().unwrap().len() > 3);
    for label in labels.as_array().unwrap() {
        let label = label[0].as_str().unwrap();
        assert_eq!(one(&mut case, &format!("MATCH (n:`{label}`) RETURN count(n) AS c")), graph["labels"][label]);
    }
    let mut total = 0;
    for name in rows(&mut case, "CALL db.relationshipTypes()").1.as_array().unwrap() {
        let name = name[0].as_str().unwrap();
        total += one(&mut case, &format!("MATCH ()-[r:`{name}`]->() RETURN count(r)")).as_u64().unwrap();
    }
    assert_eq!(json!(total), graph["relationships"]);
    assert_eq!(one(&mut case, "MATCH (n:Unknown) RETURN count(*)"), json!(0));
}

#[test]
fn several_counts_are_one_statement() {
    let mut case = Case::new();
    let source = case.source();
    let graph = case.state(&source)["graph"].clone();
    let statement = "MATCH (n) WITH count(n) AS number RETURN 0 AS part, number \
                     UNION ALL MATCH ()-[r]->() WITH count(r) AS number RETURN 1 AS part, number \
                     UNION ALL MATCH (n:Unknown) WITH count(*) AS number RETURN 2 AS part, number";
    let (fields, values) = rows(&mut case, statement);
    assert_eq!(fields, json!(["part", "number"]));
    assert_eq!(values, json!([[0, graph["nodes"]], [1, graph["relationships"]], [2, 0]]));
    assert_eq!(rows(&mut case, "RETURN 1 AS a UNION ALL RETURN 2 AS a").1, json!([[1], [2]]));
}

#[test]
fn literals_and_components_answer() {
    let mut case = Case::new();
    assert_eq!(rows(&mut case, "RETURN 1 AS one"), (json!(["one"]), json!([[1]])));
    assert_eq!(rows(&mut case, "RETURN 1"), (json!(["1"]), json!([[1]])));
    assert_eq!(rows(&mut case, "return true AS yes, 'it\\'s' AS text").1, json!([[true, "it's"]]));
    let (fields, values) = rows(&mut case, "CALL dbms.components() YIELD name, versions, edition");
    assert_eq!((fields, values[0][2].clone()), (json!(["name", "versions", "edition"]), json!("enterprise")));
}

#[test]
fn databases_are_listed_where_administration_is() {
    for is_by_id in [false, true] {
        let mut case = Case::with(|scenario| scenario.instances[0].named_by_id = is_by_id);
        let id = case.source();
        let name = if is_by_id { id.clone() } else { "neo4j".to_owned() };
        let access = case.world.instances_with_passwords().remove(0);
        assert_eq!(access.username, name);
        let mut ask = |database: &str, statement: &str| {
            case.query_of(&id, database, (&access.username, access.password.expose()), statement).value()
        };
        let listed = ask("system", "SHOW DATABASES YIELD name, type, default, home ORDER BY type DESC");
        assert_eq!(
            listed["data"]["values"],
            json!([["system", "system", false, false], [name, "standard", true, true]])
        );
        assert_eq!(ask("system", "SHOW HOME DATABASE YIELD name")["data"]["values"], json!([[name]]));
        assert_eq!(ask("system", "SHOW DATABASES")["data"]["fields"].as_array().unwrap().len(), 13);
        let refused = ask(&name, "SHOW DATABASES");
        assert_eq!(refused["errors"][0]["code"], "Neo.ClientError.Statement.NotSystemDatabaseError");
    }
}

#[test]
fn schema_is_listed_with_the_columns_asked_for() {
    let mut case = Case::new();
    let asked = "SHOW INDEXES YIELD name,type,state,entityType,labelsOrTypes,properties,populationPercent";
    let (fields, values) = rows(&mut case, asked);
    assert_eq!(fields.as_array().unwrap().len(), 7);
    let lookups = values.as_array().unwrap().iter().filter(|row| row[1] == "LOOKUP").count();
    assert_eq!(lookups, 2);
    assert!(values.as_array().unwrap().iter().all(|row| row[2] == "ONLINE" && row[6] == json!(100.0)));
    let asked = "SHOW CONSTRAINTS YIELD name AS constraint, type, labelsOrTypes ORDER BY constraint DESC";
    let (fields, values) = rows(&mut case, asked);
    assert_eq!(fields, json!(["constraint", "type", "labelsOrTypes"]));
    assert_eq!(values[0], json!(["payment_id", "UNIQUENESS", ["Payment"]]));
    assert_eq!(rows(&mut case, "SHOW CONSTRAINTS").0.as_array().unwrap().len(), 8);
}

#[test]
fn a_statement_that_is_not_known_fails_inside_a_202() {
    let mut case = Case::new();
    let id = case.source();
    let password = case.password(&id);
    for statement in [
        "CREATE (n)",
        "MATCH (n) RETURN count(m)",
        "RETURN",
        "CALL db.nothing()",
        "RETURN 'open",
        "",
        // A number beside which something else stands is counted row by row, which the twin does not do.
        "MATCH (n) RETURN 0 AS part, count(n) AS number",
        "RETURN 1 AS a UNION ALL RETURN 2 AS b",
        "RETURN 1 UNION RETURN 1",
        "RETURN 1 UNION ALL",
    ] {
        let reply = case.query(&id, "neo4j", &password, statement);
        assert_eq!(reply.status, 202, "{statement}");
        assert_eq!(reply.value()["errors"][0]["code"], "Neo.ClientError.Statement.SyntaxError", "{statement}");
        assert!(reply.value().get("data").is_none());
    }
}

#[test]
fn only_the_password_of_the_instance_opens_it() {
    let mut case = Case::new();
    let id = case.source();
    let password = case.password(&id);
    let wrong = case.query(&id, "neo4j", "wrong", "RETURN 1");
    assert_eq!(
        (wrong.status, wrong.value()["errors"][0]["message"].as_str()),
        (401, Some("Invalid username or password."))
    );
    let path = format!("/{id}/db/neo4j/query/v2");
    let bare = case.send(&Request::new("POST", &path).with_json(&json!({"statement": "RETURN 1"})));
    assert_eq!(bare.value()["errors"][0]["message"], "No authentication header supplied.");
    let broken = Request::new("POST", &path).with_header("authorization", "Basic ???").with_json(&json!({}));
    assert_eq!(case.send(&broken).value()["errors"][0]["code"], "Neo.ClientError.Request.InvalidFormat");
    assert_eq!(case.query(&id, "neo4j", &password, "RETURN 1").status, 202);
    let other = case.send(
        &Request::new("POST", &format!("/{id}/db/movies/query/v2"))
            .with_header("authorization", &basic("neo4j", &password))
            .with_json(&json!({"statement": "RETURN 1"})),
    );
    assert_eq!(other.value()["errors"][0]["code"], "Neo.ClientError.Database.DatabaseNotFound");
}

#[test]
fn an_instance_is_found_by_host_path_or_password() {
    let mut case = Case::new();
    let id = case.source();
    let password = case.password(&id);
    let nodes = case.state(&id)["graph"]["nodes"].clone();
    let plain = Request::new("POST", "/db/neo4j/query/v2")
        .with_header("authorization", &basic("neo4j", &password))
        .with_json(&json!({"statement": "MATCH (n) RETURN count(n)"}));
    let mut hosted = plain.clone();
    hosted.host = Some(format!("{id}.databases.neo4j.io:443"));
    let mut strange = plain.clone();
    strange.host = Some("ffffffff.databases.neo4j.io".to_owned());
    let mut local = plain.clone();
    local.host = Some("127.0.0.1:4000".to_owned());
    for request in [&plain, &hosted, &local] {
        assert_eq!(case.send(request).value()["data"]["values"][0][0], nodes);
    }
    assert_eq!(case.send(&strange).status, 503);
}

#[test]
fn a_database_that_does_not_run_is_503() {
    let mut case = Case::new();
    let id = case.source();
    let password = case.password(&id);
    case.post(&format!("/v1/instances/{id}/pause"), &json!({}));
    for _ in 0..2 {
        let reply = case.query(&id, "neo4j", &password, "RETURN 1");
        assert_eq!((reply.status, reply.value()), (503, Value::Null), "not even JSON");
        case.wait(120);
    }
    case.post(&format!("/v1/instances/{id}/resume"), &json!({}));
    case.wait(150);
    assert_eq!(case.query(&id, "neo4j", &password, "RETURN 1").status, 202);
}

#[test]
fn a_new_instance_is_empty_and_its_password_opens_it() {
    let mut case = Case::new();
    let created = case.created();
    let (id, password) = (created["id"].as_str().unwrap(), created["password"].as_str().unwrap());
    let reply = case.query(id, "neo4j", password, "MATCH (n) RETURN count(n)");
    assert_eq!(reply.value()["data"]["values"], json!([[0]]));
    let indexes = case.query(id, "neo4j", password, "SHOW INDEXES YIELD type").value();
    assert_eq!(indexes["data"]["values"], json!([["LOOKUP"], ["LOOKUP"]]));
}

#[test]
fn indexes_are_populated_after_a_load() {
    let mut case = Case::with(|scenario| scenario.durations.population = Span::secs(40));
    let created = case.created();
    let (id, password) = (created["id"].as_str().unwrap(), created["password"].as_str().unwrap());
    let source = case.source();
    let snapshot = case.data(&format!("/v1/instances/{source}/snapshots?date=2026-01-20"));
    let full = snapshot.as_array().unwrap().iter().find(|each| each["exportable"] == true).unwrap();
    let body = json!({"source_instance_id": source, "source_snapshot_id": full["snapshot_id"]});
    assert_eq!(case.post(&format!("/v1/instances/{id}/overwrite"), &body).status, 202);
    assert_eq!(case.status(id), "overwriting");
    case.wait(60);
    assert_eq!(case.status(id), "loading");
    case.wait(180);
    let asked = "SHOW INDEXES YIELD name, state, populationPercent RETURN name, state ORDER BY populationPercent, name";
    let states = |case: &mut Case| {
        let values = case.query(id, "neo4j", password, asked).value()["data"]["values"].clone();
        values.as_array().unwrap().iter().filter(|row| row[1] == "POPULATING").count()
    };
    assert!(states(&mut case) > 3);
    case.wait(40);
    assert_eq!(states(&mut case), 0);
}
