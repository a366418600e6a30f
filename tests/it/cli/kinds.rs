//! `kinds`: the catalogue.

use super::case::Case;
use surefoot::kinds::catalog;

#[test]
fn each_kind_has_a_page_with_all_its_fields() {
    let mut case = Case::new();
    let list = case.then(["kinds"]).exit(0).silent().out;
    for kind in catalog().iter() {
        assert!(list.contains(kind.name));
        let page = case.then(["kinds", kind.name]).exit(0).silent().out;
        for field in kind.inputs.iter().chain(kind.outputs) {
            assert!(page.contains(field.name), "no {} on the page:\n{page}", field.name);
        }
        for line in kind.example.lines() {
            assert!(page.contains(line), "no {line:?} on the page:\n{page}");
        }
        for proof in kind.needs.iter().chain(kind.yields) {
            assert!(page.contains(proof.name()));
        }
    }
}

#[test]
fn the_page_of_the_deletion() {
    insta::assert_snapshot!(Case::new().args(["kinds", "aura.instance.delete"]).run().exit(0).silent().out);
}

#[test]
fn the_kinds_as_data() {
    let document = Case::new().args(["kinds", "--output", "json"]).run().exit(0).json("surefoot.kinds.v1");
    assert_eq!(document["kinds"].as_array().unwrap().len(), catalog().iter().len());
    let document = Case::new().args(["kinds", "neo4j.counts", "--output", "json"]).run().json("surefoot.kinds.v1");
    let inputs = document["kinds"][0]["inputs"].as_array().unwrap();
    assert!(inputs.iter().any(|input| input["name"] == "credentials" && input["secret"] == true));
}

#[test]
fn a_kind_that_does_not_exist() {
    Case::new().args(["kinds", "aura.instance.delet"]).run().exit(2).stderr("did you mean `aura.instance.delete`?");
    Case::new().args(["kinds", "zzz"]).run().exit(2).stderr("`surefoot kinds` lists them all");
}
