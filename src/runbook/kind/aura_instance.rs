//! `aura.instance.*` and `aura.tenant.check`.

use super::types::{Field, Idempotency, Kind, LAG_MAX, LAG_SEEN, OnFailure, Proof, Reversibility, Type};

const TYPES: &[&str] =
    &["free-db", "professional-db", "business-critical", "enterprise-db", "professional-ds", "enterprise-ds"];
const CLOUDS: &[&str] = &["gcp", "aws", "azure"];

/// What is the same for most kinds of this family; each declaration says how it differs.
const BASE: Kind = Kind {
    name: "",
    version: 1,
    summary: "",
    inputs: &[],
    outputs: &[],
    repeat: Idempotency::Read,
    reverse: Reversibility::Nothing,
    probe: "",
    subject: Some("instance_id"),
    deed: "",
    needs: &[],
    yields: &[],
    changeable: &[],
    credential: Some("aura"),
    preflight: false,
    asks: false,
    on_failure: OnFailure::Stop,
    judges: false,
    rechecks: false,
    once: false,
    saves: None,
    example: "",
};

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

const CONFIG: &[Field] = &FIELDS;

/// The configuration, and what follows from it.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const CAPTURED: &[Field] = &{
    let mut fields =
        [Field::optional("consequences", Type::List, "what its deletion breaks elsewhere, in sentences"); 18];
    let mut place = 0;
    while place < FIELDS.len() {
        fields[place] = FIELDS[place];
        place += 1;
    }
    fields
};

pub(super) static GET: Kind = Kind {
    name: "aura.instance.get",
    summary: "Reads the configuration and status of an instance.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance to read")],
    outputs: CAPTURED,
    yields: &[Proof::Config],
    example: concat!(
        "- id: capture\n",
        "  uses: aura.instance.get\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
        "  save: instance-config.json\n",
    ),
    ..BASE
};

pub(super) static LIST: Kind = Kind {
    name: "aura.instance.list",
    summary: "Lists the instances that the credentials can see, or those of one tenant.",
    inputs: &[Field::optional("tenant_id", Type::String, "only the instances of this tenant")],
    outputs: &[
        Field::output("instances", Type::List, "id, name, tenant_id, cloud_provider and created_at of each"),
        Field::output("count", Type::Integer, "how many"),
    ],
    subject: None,
    example: "- id: all\n  uses: aura.instance.list\n",
    ..BASE
};

pub(super) static CREATE: Kind = Kind {
    name: "aura.instance.create",
    summary: "Creates an instance under a derived name, seals its one-time password and delivers it to a file.",
    inputs: &[
        Field::required("tenant_id", Type::String, "the tenant (project) to create it in"),
        Field::required("type", Type::Word(TYPES), "the type"),
        Field::required("cloud_provider", Type::Word(CLOUDS), "the cloud provider"),
        Field::required("region", Type::String, "the region"),
        Field::required("memory", Type::String, "the memory, 8GB"),
        Field::optional("storage", Type::String, "the storage; left out, the service derives it from the memory"),
        Field::with_default("version", Type::String, "\"5\"", "the version of Neo4j"),
        Field::optional("vector_optimized", Type::Boolean, "whether it is optimized for vectors"),
        Field::optional("graph_analytics_plugin", Type::Boolean, "whether it has the plugin"),
        Field::optional("source_instance_id", Type::InstanceId, "clone this instance"),
        Field::optional("source_snapshot_id", Type::String, "clone from this snapshot of it"),
        Field::optional(
            "name",
            Type::String,
            "its final name, 1 to 30 characters; left out, it keeps the derived name until a later step renames it",
        ),
        Field::required("password_file", Type::Path, "the file, mode 0600, that receives the one-time password"),
        Field::with_default(
            "on_lost_secret",
            Type::Word(&["replace", "ask", "adopt"]),
            "\"replace\"",
            concat!(
                "what to do with an instance whose password was lost with the answer: delete it, still empty, and ",
                "make another; ask a person; or keep it, and have its password set by hand",
            ),
        ),
        LAG_MAX,
        LAG_SEEN,
    ],
    outputs: &[
        Field::output("id", Type::InstanceId, "the new instance's id"),
        Field::output("name", Type::String, "the name it has now"),
        Field::output("connection_url", Type::String, "where it will be reached"),
        Field::output("tenant_id", Type::String, "its tenant"),
        Field::output("cloud_provider", Type::String, "its cloud provider"),
        Field::output("region", Type::String, "its region"),
        Field::output("type", Type::String, "its type"),
        Field::optional("created_at", Type::String, "when it was created"),
        Field::output("password_file", Type::Path, "the file that holds the password"),
        Field::output("credentials", Type::Any, "user name and password, for inputs that take a secret").secret(),
        Field::output("attempts", Type::Integer, "how many times the request was sent"),
        Field::optional("username", Type::String, "the user whom the password belongs to, if the service returns it"),
    ],
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "complete lists of the tenant, by derived name, until the settling time is over",
    subject: None,
    changeable: &[
        "memory",
        "storage",
        "region",
        "tenant_id",
        "type",
        "name",
        "version",
        "password_file",
        "cloud_provider",
        "lag_max",
        "vector_optimized",
        "graph_analytics_plugin",
    ],
    preflight: true,
    example: concat!(
        "- id: recreate\n",
        "  uses: aura.instance.create\n",
        "  with:\n",
        "    tenant_id: \"{{ steps.capture.tenant_id }}\"\n",
        "    type: enterprise-db\n",
        "    cloud_provider: \"{{ steps.capture.cloud_provider }}\"\n",
        "    region: \"{{ steps.capture.region }}\"\n",
        "    memory: \"{{ steps.capture.memory }}\"\n",
        "    password_file: new-password.txt\n",
    ),
    ..BASE
};

pub(super) static UPDATE: Kind = Kind {
    name: "aura.instance.update",
    summary: "Changes name, size, plugins, secondaries or CDC of an instance, sending only what differs.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance to change"),
        Field::optional("name", Type::String, "the name, 1 to 30 characters"),
        Field::optional("memory", Type::String, "the memory"),
        Field::optional("storage", Type::String, "the storage"),
        Field::optional("vector_optimized", Type::Boolean, "whether it is optimized for vectors"),
        Field::optional("graph_analytics_plugin", Type::Boolean, "whether it has the plugin"),
        Field::optional("secondaries_count", Type::Integer, "number of secondaries"),
        Field::optional("cdc_enrichment_mode", Type::Word(&["OFF", "DIFF", "FULL"]), "quote it: a bare OFF is refused"),
    ],
    outputs: CONFIG,
    repeat: Idempotency::Idempotent,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "reads the instance and compares the fields",
    changeable: &[
        "name",
        "memory",
        "storage",
        "secondaries_count",
        "cdc_enrichment_mode",
        "vector_optimized",
        "graph_analytics_plugin",
    ],
    example: concat!(
        "- id: finish\n",
        "  uses: aura.instance.update\n",
        "  with: {instance_id: \"{{ steps.recreate.id }}\", name: \"{{ steps.capture.name }}\"}\n",
    ),
    ..BASE
};

pub(super) static PAUSE: Kind = Kind {
    name: "aura.instance.pause",
    summary: "Pauses a running instance and waits until it is paused; one that is paused already is left alone.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance to pause")],
    outputs: CONFIG,
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "reads the instance: pausing or paused means accepted; running until the settling time is over, not",
    example: concat!(
        "- id: pause\n",
        "  uses: aura.instance.pause\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
        "  timeout: 30m\n",
    ),
    ..BASE
};

pub(super) static RESUME: Kind = Kind {
    name: "aura.instance.resume",
    summary: "Resumes a paused instance and waits until it runs; one that runs already is left alone.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance to resume")],
    outputs: CONFIG,
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "reads the instance: resuming or running means accepted; paused until the settling time is over, not",
    example: concat!(
        "- id: resume\n",
        "  uses: aura.instance.resume\n",
        "  needs: [pause]\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
        "  timeout: 30m\n",
    ),
    ..BASE
};

pub(super) static OVERWRITE: Kind = Kind {
    name: "aura.instance.overwrite",
    summary: "Overwrites an instance with the data of another one, once, after its evidence and a last look at it.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance whose data are lost"),
        Field::required("source_instance_id", Type::InstanceId, "the instance whose data it receives"),
        Field::optional(
            "source_snapshot_id",
            Type::String,
            "the data of this snapshot of it; left out, those that it has then",
        ),
    ],
    outputs: &[
        Field::output("id", Type::InstanceId, "the overwritten instance's id"),
        Field::output("name", Type::String, "its name"),
        Field::output("status", Type::String, "its status, in lower case"),
        Field::optional("connection_url", Type::String, "where it is reached, as before"),
        Field::output("source_instance_id", Type::InstanceId, "where its data are from"),
        Field::optional("source_snapshot_id", Type::String, "of which snapshot they are"),
        Field::output("accepted_at", Type::Time, "when the overwriting was known to be accepted"),
    ],
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Irreversible,
    probe: "reads the instance: overwriting or loading means accepted; where neither was seen a person must say it",
    deed: "OVERWRITES all the data in {}",
    needs: &[Proof::Config, Proof::Backup, Proof::Audited, Proof::Confirmed],
    example: concat!(
        "- id: overwrite\n",
        "  uses: aura.instance.overwrite\n",
        "  needs: [confirm]\n",
        "  with:\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
        "    source_instance_id: \"{{ inputs.source_instance_id }}\"\n",
        "    source_snapshot_id: \"{{ steps.latest.snapshot_id }}\"\n",
        "  timeout: 2h\n",
    ),
    ..BASE
};

pub(super) static DELETE: Kind = Kind {
    name: "aura.instance.delete",
    summary: "Deletes an instance, once, after its evidence and a last look at it.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance to delete")],
    outputs: &[
        Field::output("id", Type::InstanceId, "the deleted instance's id"),
        Field::output("name", Type::String, "its name in the last look"),
        Field::output("tenant_id", Type::String, "its tenant"),
        Field::output("accepted_at", Type::Time, "when the deletion was known to be accepted"),
    ],
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Irreversible,
    probe: "reads the instance: destroying or absent means accepted",
    deed: "DELETES {} with all its data and all its snapshots",
    needs: &[Proof::Config, Proof::Backup, Proof::Offered, Proof::Audited, Proof::Confirmed],
    example: concat!(
        "- id: delete\n",
        "  uses: aura.instance.delete\n",
        "  needs: [confirm]\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
    ),
    ..BASE
};

pub(super) static AWAIT: Kind = Kind {
    name: "aura.instance.await",
    summary: "Waits until an instance has a status, or is proved absent.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance to watch"),
        Field::required("status", Type::Word(&["running", "paused", "absent"]), "what to wait for"),
        Field::optional("tenant_id", Type::String, "for `absent`: its tenant, read as the positive control"),
        Field::optional(
            "every",
            Type::Duration,
            "how often to look; left out, after an eighth of the time waited, 10s to 1m",
        ),
        LAG_MAX,
    ],
    outputs: &[
        Field::output("status", Type::String, "the status it has"),
        Field::optional("connection_url", Type::String, "where it is reached, once it runs"),
        Field::output("looks", Type::Integer, "how many times it was looked at"),
        Field::optional("lag", Type::Duration, "for `absent`: how long lists still showed it after it was gone"),
    ],
    example: concat!(
        "- id: gone\n",
        "  uses: aura.instance.await\n",
        "  needs: [delete]\n",
        "  with:\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
        "    status: absent\n",
        "    tenant_id: \"{{ steps.capture.tenant_id }}\"\n",
        "  timeout: 30m\n",
    ),
    ..BASE
};

pub(super) static TENANT_CHECK: Kind = Kind {
    name: "aura.tenant.check",
    summary: "Checks that a configuration is offered to a tenant, and resolves memory and storage.",
    inputs: &[
        Field::required("subject", Type::InstanceId, "the instance the configuration is to replace"),
        Field::required("tenant_id", Type::String, "the tenant to create in"),
        Field::required("type", Type::Word(TYPES), "the type wanted"),
        Field::required("cloud_provider", Type::Word(CLOUDS), "the cloud provider wanted"),
        Field::required("region", Type::String, "the region wanted"),
        Field::required("memory", Type::String, "the memory wanted"),
        Field::optional("storage", Type::String, "the storage wanted"),
        Field::with_default("version", Type::String, "\"5\"", "the version wanted"),
        Field::optional("name", Type::String, "the name it is to have; one that no instance can have is refused"),
        Field::optional("secondaries_count", Type::Integer, "the secondaries it is to have"),
        Field::optional("cdc_enrichment_mode", Type::String, "the CDC mode it is to have"),
    ],
    outputs: &[
        Field::output("tenant_id", Type::String, "the tenant"),
        Field::output("tenant_name", Type::String, "its name"),
        Field::output("memory", Type::String, "the memory to ask for"),
        Field::optional("storage", Type::String, "the storage to ask for; null where the pair is not offered"),
        Field::output("offered", Type::Map, "the entry of the tenant's configurations that matches"),
        Field::optional("name", Type::String, "the name, where one is wanted"),
        Field::output("warnings", Type::List, "what will be less than it was, in sentences"),
    ],
    subject: Some("subject"),
    yields: &[Proof::Offered],
    on_failure: OnFailure::Hold,
    rechecks: true,
    example: concat!(
        "- id: target\n",
        "  uses: aura.tenant.check\n",
        "  with:\n",
        "    subject: \"{{ inputs.instance_id }}\"\n",
        "    tenant_id: \"{{ steps.capture.tenant_id }}\"\n",
        "    type: enterprise-db\n",
        "    cloud_provider: \"{{ steps.capture.cloud_provider }}\"\n",
        "    region: \"{{ steps.capture.region }}\"\n",
        "    memory: \"{{ steps.capture.memory }}\"\n",
    ),
    ..BASE
};
