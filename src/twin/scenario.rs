//! What a world is made of at its start: a file that people write, with a default for everything.

use super::archive::Mistake;
use super::fault::FaultSpec;
use super::graph::Graph;
use super::objects::BucketSpec;
use super::program::ProgramSpec;
use super::service_spec::ServiceSpec;
use super::text::{At, Size, Span};
use crate::base::Timestamp;
use serde::{Deserialize, Serialize};

/// 2026-01-20T22:00:00Z, the start of a world that says nothing else.
const DEFAULT_START: Timestamp = Timestamp::from_micros(1_768_946_400_000_000);

/// A world at its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// When the world begins, where the caller does not say.
    pub start: At,
    /// The tenants; the first is the one that the ready line names.
    pub tenants: Vec<TenantSpec>,
    /// The API credentials; the first are the ones that the ready line names.
    pub credentials: Vec<CredentialSpec>,
    /// The instances; the first is the one to migrate.
    pub instances: Vec<InstanceSpec>,
    /// The customer managed keys.
    pub keys: Vec<KeySpec>,
    /// How long operations take.
    pub durations: Durations,
    /// Lifetime of a token in seconds.
    pub token_seconds: u64,
    /// Status of the reply to an expired or revoked token: 403 as documented, or 401.
    pub expired_token_status: u16,
    /// Status of the reply about an instance that was deleted: 404, or 410.
    #[serde(skip_serializing_if = "is_not_found")]
    pub gone_status: u16,
    /// Requests allowed in a minute to each client id; 0 for no limit.
    pub rate_limit: usize,
    /// How long a list lags behind: it shows the instances that existed, and the snapshots that were taken, this long
    /// ago.
    pub list_lag: Span,
    /// How long a new instance is not found by its id.
    pub get_lag: Span,
    /// For how many days before the start there are scheduled snapshots.
    pub history_days: u32,
    /// The largest archive the console imports.
    pub import_limit: Size,
    /// What is wrong with the files that the console exports.
    #[serde(skip_serializing_if = "Mistake::is_none")]
    pub export: Mistake,
    /// The bucket that the ready line proposes.
    pub bucket: String,
    /// Further buckets, or the proposed one where it is not an ordinary one in `eu-west-1`.
    pub buckets: Vec<BucketSpec>,
    /// The prefix in the bucket that the ready line proposes.
    pub prefix: String,
    /// The change id that the ready line proposes.
    pub change_id: String,
    /// Faults that are set from the start.
    pub faults: Vec<FaultSpec>,
    /// Whether an instance that is created names its user and its database by its id.
    #[serde(skip_serializing_if = "is_off")]
    pub new_named_by_id: bool,
    /// Services of any other kind, each at a host of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceSpec>,
    /// What the commands of a runbook do in a rehearsal. One that is not here ends with exit code 0 and writes nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<ProgramSpec>,
}

/// A tenant, called project in the console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantSpec {
    /// Its id, a UUID; left out, it follows from the seed.
    pub id: Option<String>,
    /// Its name; instances and credentials refer to it.
    pub name: String,
    /// The types that it may create.
    pub types: Vec<String>,
    /// The regions offered to it, as `aws/eu-west-1`.
    pub regions: Vec<String>,
    /// The most instances it may have.
    pub max_instances: usize,
    /// Whether billing details are known.
    pub billing: bool,
}

/// API credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialSpec {
    /// Left out, it follows from the seed.
    pub client_id: Option<String>,
    /// Left out, it follows from the seed.
    pub client_secret: Option<String>,
    /// Names of the tenants it sees; empty for all.
    pub tenants: Vec<String>,
    /// Whether it was revoked before the world began.
    pub revoked: bool,
}

/// An instance.
#[expect(clippy::struct_excessive_bools, reason = "each is a key that people write")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstanceSpec {
    /// Eight lower-case hexadecimal digits; left out, it follows from the seed.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// The name of its tenant; left out, the first one.
    pub tenant: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `gcp`, `aws` or `azure`.
    pub cloud_provider: String,
    /// Its region.
    pub region: String,
    /// Its memory.
    pub memory: String,
    /// Its storage.
    pub storage: String,
    /// Its version of Neo4j, `4` or `5`.
    pub version: String,
    /// Whether it is paused at the start.
    pub paused: bool,
    /// When it was created.
    pub created_at: At,
    /// The user name of its database.
    pub username: String,
    /// The password of its database; left out, it follows from the seed.
    pub password: Option<String>,
    /// The name of its database.
    pub database: String,
    /// The size of an export of it.
    pub archive_size: Size,
    /// What is in it; left out, it follows from the seed.
    pub graph: Option<Graph>,
    /// Nodes that an application adds to it in each minute, from the start.
    pub writes_per_minute: u64,
    /// The id of its customer managed key.
    pub customer_managed_key_id: Option<String>,
    /// Whether it is optimized for vectors.
    pub vector_optimized: bool,
    /// Whether it has the graph analytics plugin.
    pub graph_analytics_plugin: bool,
    /// Number of secondaries.
    pub secondaries_count: u64,
    /// `OFF`, `DIFF` or `FULL`.
    pub cdc_enrichment_mode: String,
    /// Whether its user and its database are named by its id, whatever `username` and `database` say.
    #[serde(skip_serializing_if = "is_off")]
    pub named_by_id: bool,
}

/// A customer managed key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySpec {
    /// Its id, a UUID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its tenant.
    pub tenant: String,
    /// The name of the key in the cloud.
    pub key_id: String,
    /// `gcp`, `aws` or `azure`.
    pub cloud_provider: String,
    /// Its region.
    pub region: String,
    /// `enterprise-db` or `enterprise-ds`.
    pub instance_type: String,
}

/// How long operations take, in simulated time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Durations {
    /// From the creation to `running`, without loading.
    pub create: Span,
    /// From the deletion to the instance being gone.
    pub delete: Span,
    /// From `pausing` to `paused`.
    pub pause: Span,
    /// From `resuming` to `running`.
    pub resume: Span,
    /// From `updating` to `running`.
    pub update: Span,
    /// From `restoring` to `running`.
    pub restore: Span,
    /// How long an instance is `overwriting` before it is `loading`.
    pub overwrite: Span,
    /// How long an instance is `loading`.
    pub load: Span,
    /// How long a snapshot is `Pending`.
    pub snapshot_pending: Span,
    /// From the request of a snapshot to `Completed`.
    pub snapshot: Span,
    /// How long indexes are populated after a load.
    pub population: Span,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            create: Span::secs(240),
            delete: Span::secs(90),
            pause: Span::secs(120),
            resume: Span::secs(150),
            update: Span::secs(60),
            restore: Span::secs(180),
            overwrite: Span::secs(60),
            load: Span::secs(180),
            snapshot_pending: Span::secs(10),
            snapshot: Span::secs(120),
            population: Span::secs(20),
        }
    }
}

impl Default for TenantSpec {
    fn default() -> Self {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Self {
            id: None,
            name: "Payments Production".to_owned(),
            types: texts(&["professional-db", "business-critical", "enterprise-db"]),
            regions: texts(&[
                "aws/eu-west-1",
                "aws/eu-west-3",
                "aws/us-east-1",
                "azure/francecentral",
                "gcp/europe-west1",
                "gcp/us-central1",
            ]),
            max_instances: 50,
            billing: true,
        }
    }
}

impl Default for InstanceSpec {
    fn default() -> Self {
        Self {
            id: None,
            name: "payments-graph".to_owned(),
            tenant: None,
            kind: "business-critical".to_owned(),
            cloud_provider: "aws".to_owned(),
            region: "eu-west-1".to_owned(),
            memory: "8GB".to_owned(),
            storage: "16GB".to_owned(),
            version: "5".to_owned(),
            paused: false,
            // 2025-03-11T09:47:32Z: its scheduled snapshots are taken at 47 minutes past the hour.
            created_at: At(Timestamp::from_micros(1_741_686_452_000_000)),
            username: "neo4j".to_owned(),
            password: None,
            database: "neo4j".to_owned(),
            archive_size: Size(40 << 20),
            graph: None,
            writes_per_minute: 0,
            customer_managed_key_id: None,
            vector_optimized: false,
            graph_analytics_plugin: false,
            secondaries_count: 0,
            cdc_enrichment_mode: "OFF".to_owned(),
            named_by_id: false,
        }
    }
}

impl Default for Scenario {
    fn default() -> Self {
        let research = "Fraud Research".to_owned();
        Self {
            start: At(DEFAULT_START),
            tenants: vec![TenantSpec::default(), TenantSpec { name: research.clone(), ..TenantSpec::default() }],
            credentials: vec![
                CredentialSpec::default(),
                CredentialSpec { tenants: vec![research.clone()], ..CredentialSpec::default() },
            ],
            instances: vec![
                InstanceSpec::default(),
                InstanceSpec { name: "payments-reporting".to_owned(), paused: true, ..small() },
                InstanceSpec { tenant: Some(research), ..small() },
            ],
            keys: Vec::new(),
            durations: Durations::default(),
            token_seconds: 3600,
            expired_token_status: 403,
            gone_status: 404,
            rate_limit: 125,
            list_lag: Span::default(),
            get_lag: Span::default(),
            history_days: 3,
            import_limit: Size(4_000_000_000),
            export: Mistake::None,
            bucket: "surefoot-backups".to_owned(),
            buckets: Vec::new(),
            prefix: "neo4j-backups".to_owned(),
            change_id: "CHG0042917".to_owned(),
            faults: Vec::new(),
            new_named_by_id: false,
            services: Vec::new(),
            commands: Vec::new(),
        }
    }
}

/// What is off is not written, so that a world begun before there was such a switch is still the same world.
/// The same holds for every field that was added since.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_off(switch: &bool) -> bool {
    !switch
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_not_found(status: &u16) -> bool {
    *status == 404
}

/// A small professional instance with the name of the source.
fn small() -> InstanceSpec {
    InstanceSpec {
        kind: "professional-db".to_owned(),
        memory: "4GB".to_owned(),
        storage: "8GB".to_owned(),
        archive_size: Size(8 << 20),
        // 2025-09-02T13:21:05Z
        created_at: At(Timestamp::from_micros(1_756_819_265_000_000)),
        ..InstanceSpec::default()
    }
}

/// A scenario cannot be made into a world.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The text is not a scenario.
    #[error("not a scenario: {0}")]
    Text(String),
    /// Something in it does not fit.
    #[error("scenario: {0}")]
    Content(String),
}

impl Scenario {
    /// Reads a scenario from YAML or JSON.
    pub fn from_text(text: &str) -> Result<Self, ScenarioError> {
        serde_saphyr::from_str(text).map_err(|source| ScenarioError::Text(source.to_string()))
    }

    /// When the world begins.
    pub fn start(&self) -> Timestamp {
        self.start.0
    }
}
