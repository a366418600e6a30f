//! What the kinds of this family have as inputs and outputs.

use crate::base::lines::text;
use crate::base::{Map, escape};
use crate::runbook::kind::{Field, Type};

/// The types of instances.
pub(in crate::kinds) const TYPES: &[&str] =
    &["free-db", "professional-db", "business-critical", "enterprise-db", "professional-ds", "enterprise-ds"];
/// The cloud providers.
pub(in crate::kinds) const CLOUDS: &[&str] = &["gcp", "aws", "azure"];

/// How far the lists of the service, and reads of what is new, may be behind where a runbook does not say.
pub(in crate::kinds) const LAG_MAX: Field = Field::with_default(
    "lag_max",
    Type::Duration,
    "\"10m\"",
    "how far the service's lists, and reads of what is new, are taken to be behind at most",
);
/// How far they were seen to be.
pub(in crate::kinds) const LAG_SEEN: Field = Field::optional(
    "lag_seen",
    Type::Duration,
    "the observed lag of lists, from the output `lag` of an earlier step; twice that counts",
);

const FIELDS: [Field; 17] = [
    Field::output("id", Type::InstanceId, "the instance's id"),
    Field::output("name", Type::String, "its name"),
    Field::output("status", Type::String, "its status, in lower case"),
    Field::output("tenant_id", Type::String, "the tenant (project) it belongs to"),
    Field::output("cloud_provider", Type::String, "gcp, aws or azure"),
    Field::output("region", Type::String, "its region"),
    Field::output("type", Type::String, "its type"),
    Field::optional("memory", Type::String, "its memory, 8GB"),
    Field::optional("storage", Type::String, "its storage, 16GB; null for a free instance"),
    Field::optional("connection_url", Type::String, "null while it is not running"),
    Field::optional("created_at", Type::String, "when it was created"),
    Field::optional("customer_managed_key_id", Type::String, "its key, where it has one of the customer's"),
    Field::optional("vector_optimized", Type::Boolean, "whether it is optimized for vectors"),
    Field::optional("graph_analytics_plugin", Type::Boolean, "whether it has the plugin"),
    Field::optional("secondaries_count", Type::Integer, "number of secondaries, where the tier has them"),
    Field::optional("cdc_enrichment_mode", Type::String, "OFF, DIFF or FULL, where the tier has it"),
    Field::optional("metrics_integration_url", Type::String, "where the tier has it"),
];

/// The configuration of an instance, as outputs.
pub(in crate::kinds) const CONFIG: &[Field] = &FIELDS;

/// The configuration, and what follows from it.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
pub(in crate::kinds) const CAPTURED: &[Field] = &{
    let mut fields =
        [Field::optional("consequences", Type::List, "what its deletion breaks elsewhere, in sentences"); 18];
    let mut place = 0;
    while place < FIELDS.len() {
        fields[place] = FIELDS[place];
        place += 1;
    }
    fields
};

/// An instance in a few words.
pub(in crate::kinds) fn described(output: &Map) -> String {
    let told = ["name", "type", "memory", "status"].into_iter().filter_map(|name| text(output, name));
    told.map(escape).collect::<Vec<_>>().join(", ")
}
