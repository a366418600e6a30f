//! What is offered to a tenant: type, region, memory, storage and version (docs/aura-api.md, "Configurations and
//! sizes").

use super::http::Response;
use super::scenario::TenantSpec;
use crate::base::Value;
use serde_json::json;
use std::sync::OnceLock;

/// The instance types of the API.
pub(super) const TYPES: [&str; 6] =
    ["free-db", "professional-db", "business-critical", "enterprise-db", "professional-ds", "enterprise-ds"];

/// Memory sizes in GB, from the smallest.
const SIZES: [u64; 14] = [1, 2, 4, 8, 16, 24, 32, 48, 64, 128, 192, 256, 384, 512];

/// One entry of `instance_configurations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InstanceConfig {
    pub kind: String,
    pub cloud: String,
    pub region: String,
    pub memory: u64,
    pub storage: u64,
    pub version: String,
}

impl InstanceConfig {
    pub(super) fn view(&self) -> Value {
        json!({
            "cloud_provider": self.cloud,
            "memory": format!("{}GB", self.memory),
            "region": self.region,
            "region_name": region_name(&self.region),
            "storage": format!("{}GB", self.storage),
            "type": self.kind,
            "version": self.version,
        })
    }
}

/// A tenant and what is offered to it.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub id: String,
    pub spec: TenantSpec,
    pub offers: Vec<InstanceConfig>,
    /// The reply that shows it, once it was asked for.
    pub reply: OnceLock<Response>,
}

/// Everything that is offered to a tenant.
pub(super) fn offers(tenant: &TenantSpec) -> Vec<InstanceConfig> {
    let mut offers = Vec::new();
    for kind in &tenant.types {
        for place in &tenant.regions {
            let (cloud, region) = place.split_once('/').unwrap_or(("gcp", place));
            for memory in SIZES.into_iter().filter(|memory| sold(kind, *memory)) {
                for storage in storages(kind, cloud, memory) {
                    for version in versions(kind) {
                        offers.push(InstanceConfig {
                            kind: kind.clone(),
                            cloud: cloud.to_owned(),
                            region: region.to_owned(),
                            memory,
                            storage,
                            version: (*version).to_owned(),
                        });
                    }
                }
            }
        }
    }
    offers
}

/// Whether a type comes in this size.
fn sold(kind: &str, memory: u64) -> bool {
    match kind {
        "free-db" => memory == 1,
        "professional-db" => memory <= 64,
        "enterprise-db" => memory >= 2,
        _ => (2..=384).contains(&memory),
    }
}

/// Storage is twice the memory; more is sold where storage can be adjusted on its own.
fn storages(kind: &str, cloud: &str, memory: u64) -> Vec<u64> {
    if kind == "enterprise-db" || (cloud == "gcp" && matches!(kind, "professional-db" | "business-critical")) {
        vec![memory * 2, memory * 4]
    } else {
        vec![memory * 2]
    }
}

fn versions(kind: &str) -> &'static [&'static str] {
    if kind == "enterprise-db" { &["5", "4"] } else { &["5"] }
}

fn region_name(region: &str) -> String {
    let place = match region {
        "eu-west-1" => "Ireland",
        "eu-west-2" | "europe-west2" | "uksouth" => "London",
        "eu-west-3" | "francecentral" | "europe-west9" => "Paris",
        "eu-central-1" | "europe-west3" => "Frankfurt",
        "us-east-1" | "eastus" => "Virginia",
        "us-west-2" | "us-west1" => "Oregon",
        "europe-west1" => "Belgium",
        "us-central1" => "Iowa",
        _ => return region.to_owned(),
    };
    format!("{place} ({region})")
}

/// Reads `8GB` or `8G`: whole gigabytes.
pub(super) fn gigabytes(text: &str) -> Option<u64> {
    let digits = text.strip_suffix("GB").or_else(|| text.strip_suffix('G'))?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}
