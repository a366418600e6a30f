//! Inputs that hold secrets: a command has handles, and what it needs to open them.

use super::plans::creation;
use super::story::story;
use serde_json::json;

const CREATED: &str = r#"
    check             -> calm
    read baseline     -> found {"ids":["2f49c2b3"]}
    prepare create 1  -> prepared $1
    send create 1     -> sealed aaaa0001 $1
    deliver 1         -> calm
    read probe        -> calm
    prepare rename 1  -> prepared aaaa0001
    send rename 1     -> applied
    = succeeded
"#;

#[test]
fn a_secret_within_a_text_of_a_map_is_handed_over_sealed() {
    let password = "{{ steps.recreate.credentials.password }}";
    for input in [
        format!("text: \"{password}\""),
        format!("headers: {{authorization: \"Bearer {password}\"}}"),
        format!("json: {{deep: [1, {{key: \"{password}\"}}]}}"),
    ] {
        let probe = format!("  - {{id: probe, uses: test.probe, with: {{url: x, {input}}}}}\n");
        let rig = story(&format!("{}{probe}", creation()), "recreate", CREATED);
        let command = rig.pending("probe").unwrap();
        assert!(command.sealed.contains_key("recreate"), "{input}: {:?}", command.sealed);
        let handle = json!({"$secret": "steps.recreate.credentials.password"});
        let with = serde_json::to_string(&*command.with).unwrap();
        assert!(with.contains(&handle.to_string()), "{with}");
    }
    let plain = "  - {id: probe, uses: test.probe, needs: [recreate], with: {url: x, text: plain}}\n";
    let rig = story(&format!("{}{plain}", creation()), "recreate", CREATED);
    assert!(rig.pending("probe").unwrap().sealed.is_empty());
}
