//! What is in a database: how many of what, its constraints and indexes.

use super::seeded_rng::SeededRng;
use crate::base::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The content of a database as far as counts and schema tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Graph {
    /// Number of nodes; a node may have several labels or none.
    pub nodes: u64,
    /// Number of nodes by label.
    pub labels: BTreeMap<String, u64>,
    /// Number of relationships by type; every relationship has one type.
    pub types: BTreeMap<String, u64>,
    /// The constraints.
    pub constraints: Vec<Constraint>,
    /// The indexes.
    pub indexes: Vec<Index>,
}

/// A constraint as `SHOW CONSTRAINTS` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// Its name.
    pub name: String,
    /// `UNIQUENESS`, `NODE_KEY`, `NODE_PROPERTY_EXISTENCE` …
    pub kind: String,
    /// `NODE` or `RELATIONSHIP`.
    pub entity: String,
    /// The labels or types it holds for.
    pub labels: Vec<String>,
    /// The properties.
    pub properties: Vec<String>,
}

/// An index as `SHOW INDEXES` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// `LOOKUP`, `RANGE`, `TEXT`, `POINT`, `FULLTEXT` or `VECTOR`.
    pub kind: String,
    /// `NODE` or `RELATIONSHIP`.
    pub entity: String,
    /// The labels or types; empty for a token lookup index.
    pub labels: Vec<String>,
    /// The properties; empty for a token lookup index.
    pub properties: Vec<String>,
    /// The constraint that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Graph {
    /// An empty database: nothing but the two token lookup indexes that exist by default (docs/aura-api.md, "Query
    /// API").
    pub fn blank() -> Self {
        Self {
            indexes: vec![index("index_343aff4e", "LOOKUP", "NODE", &[], &[]), relationship_lookup()],
            ..Self::default()
        }
    }

    /// The graph that a description tells; `None` where it is no description of one.
    pub(super) fn deserialized(description: &Value) -> Option<Self> {
        serde_json::from_value(description.clone()).ok()
    }

    /// Number of relationships.
    pub fn relationships(&self) -> u64 {
        self.types.values().sum()
    }

    /// A graph of payments whose numbers follow from the seed.
    pub(super) fn seeded(chance: SeededRng, key: &str) -> Self {
        let count = |name: &str, low, high| chance.between(low, high, &["graph", key, name]);
        let labels: BTreeMap<String, u64> = [
            ("Account", 18_000, 42_000),
            ("Customer", 9_000, 17_000),
            ("Device", 4_000, 8_900),
            ("Merchant", 350, 990),
            ("Payment", 120_000, 310_000),
        ]
        .into_iter()
        .map(|(name, low, high)| (name.to_owned(), count(name, low, high)))
        .chain([("PoliticallyExposed".to_owned(), count("PoliticallyExposed", 20, 90))])
        .collect();
        let marked = labels.get("PoliticallyExposed").copied().unwrap_or_default();
        let types = [
            ("FROM", 120_000, 310_000),
            ("LOGGED_IN_WITH", 20_000, 61_000),
            ("OWNS", 19_000, 47_000),
            ("REFUNDS", 700, 2_300),
            ("TO", 120_000, 310_000),
        ]
        .into_iter()
        .map(|(name, low, high)| (name.to_owned(), count(name, low, high)))
        .collect();
        Self {
            // Nobody is only politically exposed: that label stands on customers, who are counted already.
            nodes: labels.values().sum::<u64>().saturating_sub(marked),
            labels,
            types,
            constraints: vec![
                unique("account_iban", "Account", "iban"),
                unique("customer_id", "Customer", "customer_id"),
                unique("payment_id", "Payment", "payment_id"),
            ],
            indexes: seeded_indexes(),
        }
    }

    /// A graph of a few hundred nodes, whose backup is small.
    pub fn small() -> Self {
        let named = |pairs: &[(&str, u64)]| pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Self {
            nodes: 320,
            labels: named(&[("Account", 90), ("Customer", 30), ("Payment", 200)]),
            types: named(&[("FROM", 200), ("OWNS", 90), ("TO", 200)]),
            constraints: vec![
                unique("account_iban", "Account", "iban"),
                unique("customer_id", "Customer", "customer_id"),
                unique("payment_id", "Payment", "payment_id"),
            ],
            indexes: seeded_indexes(),
        }
    }

    /// Adds nodes of a label, as a writer would.
    pub(super) fn add_nodes(&mut self, label: &str, number: u64) {
        self.nodes = self.nodes.saturating_add(number);
        let count = self.labels.entry(label.to_owned()).or_default();
        *count = count.saturating_add(number);
    }

    /// Adds relationships of a type.
    pub(super) fn add_relationships(&mut self, name: &str, number: u64) {
        let count = self.types.entry(name.to_owned()).or_default();
        *count = count.saturating_add(number);
    }
}

fn seeded_indexes() -> Vec<Index> {
    let owned = |name: &str, label: &str, property: &str| Index {
        owner: Some(name.to_owned()),
        ..index(name, "RANGE", "NODE", &[label], &[property])
    };
    vec![
        owned("account_iban", "Account", "iban"),
        owned("customer_id", "Customer", "customer_id"),
        index("customer_names", "FULLTEXT", "NODE", &["Customer", "Merchant"], &["name", "alias"]),
        index("index_343aff4e", "LOOKUP", "NODE", &[], &[]),
        relationship_lookup(),
        owned("payment_id", "Payment", "payment_id"),
        index("payment_time", "RANGE", "NODE", &["Payment"], &["booked_at"]),
        index("refund_reason", "TEXT", "RELATIONSHIP", &["REFUNDS"], &["reason"]),
    ]
}

fn relationship_lookup() -> Index {
    index("index_f7700477", "LOOKUP", "RELATIONSHIP", &[], &[])
}

fn index(name: &str, kind: &str, entity: &str, labels: &[&str], properties: &[&str]) -> Index {
    Index {
        name: name.to_owned(),
        kind: kind.to_owned(),
        entity: entity.to_owned(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        properties: properties.iter().map(|property| (*property).to_owned()).collect(),
        owner: None,
    }
}

fn unique(name: &str, label: &str, property: &str) -> Constraint {
    Constraint {
        name: name.to_owned(),
        kind: "UNIQUENESS".to_owned(),
        entity: "NODE".to_owned(),
        labels: vec![label.to_owned()],
        properties: vec![property.to_owned()],
    }
}
