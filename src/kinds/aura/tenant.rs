//! `aura.tenant.check`: whether a configuration is offered to a tenant, and which sizes to ask for.

use crate::base::{Digest, Value, escape, gigabytes, lines};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::aura::client::Route;
use crate::kinds::aura::instance::fields::{CLOUDS, TYPES};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, check, fields};
use crate::runbook::kind::{Field, Kind, OnFailure, Proof, Type};
use std::collections::BTreeSet;

/// `aura.tenant.check`.
pub(in crate::kinds) struct TenantCheck;

static KIND: Kind = Kind {
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
    credential: Some("aura"),
    result: |output| {
        let told = |name: &str| lines::field(output, name);
        format!("offered to {}: {}", told("tenant_name"), told("memory"))
    },
    ..Kind::BASE
};

impl Protocol for TenantCheck {}

impl StepKind for TenantCheck {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

/// The types that have secondaries and change data capture (docs/aura-api.md, "Instances").
const WITH_FEATURES: [&str; 2] = ["business-critical", "enterprise-db"];

async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read | Call::Recheck) = task.command.act else { return Err(task.unknown()) };
    let tenant = task.text("tenant_id")?;
    let read = task.aura()?.read(&Route::of(&["tenants", tenant])?).await?;
    let offers = read.value.get("instance_configurations").and_then(Value::as_array).ok_or_else(|| {
        CallError::new(ErrorClass::Outside, format!("GET /v1/tenants/{}: no `instance_configurations`", escape(tenant)))
    })?;
    let wanted = Wanted {
        tenant,
        kind: task.text("type")?,
        cloud: task.text("cloud_provider")?,
        region: task.text("region")?,
        version: task.text("version")?,
        memory: gigabytes(task.text("memory")?),
        storage: task.text_or_none("storage")?.map(gigabytes),
    };
    let (offered, storage) = wanted.among(offers)?;
    let name = task.name_or_none("name")?;
    if let Some(name) = name {
        crate::kinds::aura::instance::common::nameable(name)?;
    }
    features(task, wanted.kind)?;
    let output = fields([
        ("tenant_id", tenant.into()),
        ("tenant_name", read.value.get("name").cloned().unwrap_or_default()),
        ("memory", wanted.memory.clone().into()),
        ("storage", storage.as_deref().into()),
        ("offered", offered.clone()),
        ("name", name.into()),
        ("warnings", wanted.shrunk(offered, storage.as_deref()).into_iter().collect()),
    ]);
    let digest = Digest::of(offered.to_string().as_bytes());
    let evidence = vec![task.evidence(Proof::Offered, task.text("subject")?, digest, "aura-api")];
    Ok(Reply::Done { output, evidence })
}

/// What a later change of the new instance would be refused for, when there is no way back any more.
fn features(task: &Task<'_>, kind: &str) -> Result<(), CallError> {
    let count = task.maybe("secondaries_count").and_then(Value::as_u64).filter(|count| *count > 0);
    let mode = task.name_or_none("cdc_enrichment_mode")?.filter(|mode| !mode.eq_ignore_ascii_case("off"));
    let secondaries = count.map(|count| (format!("secondaries ({count})"), "take them away"));
    let cdc = mode.map(|mode| (format!("change data capture ({})", escape(mode)), "switch it off"));
    match [secondaries, cdc].into_iter().flatten().next() {
        Some((what, how)) if !WITH_FEATURES.contains(&kind) => {
            let remedy = format!("{how} before the change begins, or choose one of {}", WITH_FEATURES.join(", "));
            let message = format!("the type {} has no {what}; {remedy}", escape(kind));
            Err(check(message).with_remedy(remedy))
        }
        _ => Ok(()),
    }
}

struct Wanted<'a> {
    tenant: &'a str,
    kind: &'a str,
    cloud: &'a str,
    region: &'a str,
    version: &'a str,
    memory: String,
    storage: Option<String>,
}

impl Wanted<'_> {
    /// The entry that offers what is wanted, and the storage to ask for: the wanted one where the pair is offered,
    /// otherwise none, so that the service derives it from the memory.
    fn among<'v>(&self, offers: &'v [Value]) -> Result<(&'v Value, Option<String>), CallError> {
        let offers: Vec<&Value> = offers.iter().collect();
        let offers = self.narrow(offers, "type", self.kind)?;
        let offers = self.narrow(offers, "cloud_provider", self.cloud)?;
        let offers = self.narrow(offers, "region", self.region)?;
        let offers = self.narrow(offers, "version", self.version)?;
        let offers = self.narrow(offers, "memory", &self.memory)?;
        let pair = self.storage.as_deref().and_then(|storage| {
            offers.iter().find(|offer| field(offer, "storage") == storage).map(|offer| (*offer, storage.to_owned()))
        });
        match (pair, offers.first()) {
            (Some((offer, storage)), _) => Ok((offer, Some(storage))),
            (None, Some(offer)) => Ok((offer, None)),
            (None, None) => Err(check(format!("nothing is offered to the tenant {}", escape(self.tenant)))),
        }
    }

    /// What is said where less storage than was wanted comes with the memory.
    fn shrunk(&self, offered: &Value, storage: Option<&str>) -> Option<String> {
        let number = |text: &str| text.strip_suffix("GB").and_then(|digits| digits.parse::<u64>().ok());
        let wanted = self.storage.as_deref().filter(|_| storage.is_none())?;
        let comes = field(offered, "storage");
        (number(&comes)? < number(wanted)?).then(|| {
            let (memory, comes, wanted) = (escape(&self.memory), escape(&comes), escape(wanted));
            format!("{comes} of storage come with {memory} of memory, and there were {wanted}: the data may not fit")
        })
    }

    /// The offers with this value; where there is none, an error that names the nearest ones.
    fn narrow<'v>(&self, offers: Vec<&'v Value>, name: &str, wanted: &str) -> Result<Vec<&'v Value>, CallError> {
        let (kept, others): (Vec<_>, Vec<_>) =
            offers.into_iter().partition(|offer| field(offer, name) == wanted || absent(offer, name));
        if !kept.is_empty() {
            return Ok(kept);
        }
        let given: BTreeSet<String> = others.into_iter().map(|offer| field(offer, name)).collect();
        let what = match name {
            "cloud_provider" => "cloud provider",
            other => other,
        };
        let message = format!(
            "the {what} {} is not offered to the tenant {} for {}",
            escape(wanted),
            escape(self.tenant),
            self.so_far(name)
        );
        let remedy = match nearest(wanted, given).as_slice() {
            [] => "nothing is offered there: ask Neo4j about the contract of this tenant".to_owned(),
            near => format!("offered are: {}", near.join(", ")),
        };
        Err(check(format!("{message}; {remedy}")).with_remedy(remedy))
    }

    /// What had been found before the choice of `name` failed.
    fn so_far(&self, name: &str) -> String {
        let chosen = [
            ("type", self.kind),
            ("cloud_provider", self.cloud),
            ("region", self.region),
            ("version", self.version),
            ("memory", &self.memory),
        ];
        let before: Vec<String> =
            chosen.iter().take_while(|(chosen, _)| *chosen != name).map(|(_, value)| escape(value)).collect();
        if before.is_empty() { "any configuration".to_owned() } else { before.join(" ") }
    }
}

/// A list entry that does not tell its version or storage says nothing against the wanted one.
fn absent(offer: &Value, name: &str) -> bool {
    name == "version" && offer.get(name).is_none_or(Value::is_null)
}

fn field(offer: &Value, name: &str) -> String {
    let text = offer.get(name).and_then(Value::as_str).unwrap_or_default();
    if matches!(name, "memory" | "storage") { gigabytes(text) } else { text.to_owned() }
}

/// At most six of the values, the nearest ones first: sizes by number, words by spelling.
fn nearest(wanted: &str, given: BTreeSet<String>) -> Vec<String> {
    let number = |text: &str| text.strip_suffix("GB").and_then(|digits| digits.parse::<i64>().ok());
    let mut given: Vec<String> = given.into_iter().filter(|value| !value.is_empty()).collect();
    match number(wanted) {
        Some(wanted) => given.sort_by_key(|value| number(value).map_or(i64::MAX, |size| (size - wanted).abs())),
        None => given.sort_by_key(|value| strsim::damerau_levenshtein(wanted, value)),
    }
    given.truncate(6);
    given.iter().map(|value| escape(value)).collect()
}
