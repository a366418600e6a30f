//! The ready line: what a client has to know to use a stand.

use super::site::Site;
use crate::base::{Map, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// What a client has to know to use a stand; as JSON it is the ready line (docs/twin.md, "Start it").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// The Aura API, without `/v1`.
    pub base_url: String,
    /// The token endpoint, complete.
    pub auth_url: String,
    /// The console.
    pub console_url: String,
    /// The Query API: `/db/<database>/query/v2` goes behind it; the credentials say which instance is meant.
    pub query_url: String,
    /// The object store.
    pub s3: S3Access,
    /// The id of the API credentials.
    pub client_id: String,
    /// Their secret.
    #[serde(with = "exposed")]
    pub client_secret: Secret<String>,
    /// The tenant to work in.
    pub tenant_id: String,
    /// The instances, the one to migrate first.
    pub instances: Vec<InstanceAccess>,
    /// Inputs that the main runbook can be started with.
    pub inputs: Map,
    /// The hosts of the scenario's services, which this stand answers for.
    #[serde(default)]
    pub services: Vec<String>,
    /// Simulated seconds in a real one.
    pub speed: f64,
    /// The simulated time when this was written.
    #[serde(with = "rfc3339")]
    pub now: Timestamp,
    /// The process that is the stand.
    pub pid: u32,
}

/// How to reach the object store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct S3Access {
    /// The endpoint; buckets are addressed by path.
    pub url: String,
    /// The access key.
    pub access_key: String,
    /// The secret key.
    #[serde(with = "exposed")]
    pub secret_key: Secret<String>,
    /// The region to sign for.
    pub region: String,
    /// The bucket for backups.
    pub bucket: String,
}

/// How to open the database of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceAccess {
    /// The instance.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The user name.
    pub username: String,
    /// The password.
    #[serde(with = "exposed")]
    pub password: Secret<String>,
}

pub(super) fn ready(site: &Site, api: SocketAddr, s3: SocketAddr) -> Ready {
    let base_url = format!("http://{api}");
    let keys = site.keys();
    let (speed, now) = (site.clock().speed(), site.clock().now());
    site.with_world(|world, _| Ready {
        auth_url: format!("{base_url}/oauth/token"),
        console_url: format!("{base_url}/console"),
        query_url: base_url.clone(),
        base_url,
        s3: S3Access {
            url: format!("http://{s3}"),
            access_key: keys.access.clone(),
            secret_key: keys.secret.clone(),
            region: site.home().to_owned(),
            bucket: world.scenario().bucket.clone(),
        },
        client_id: world.client_id().to_owned(),
        client_secret: world.client_secret(),
        tenant_id: world.tenant_ids().first().copied().unwrap_or_default().to_owned(),
        instances: world
            .instances_with_passwords()
            .into_iter()
            .map(|access| InstanceAccess {
                id: access.id,
                name: access.name,
                username: access.username,
                password: access.password,
            })
            .collect(),
        inputs: world.inputs(),
        services: world.service_hosts().map(str::to_owned).collect(),
        speed,
        now,
        pid: std::process::id(),
    })
}

/// The ready line exists to hand over secrets; nothing else serialises one.
mod exposed {
    use crate::base::Secret;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

mod rfc3339 {
    use crate::base::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
