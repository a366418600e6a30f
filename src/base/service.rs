//! Addresses of databases, and the hosts that the service gives to instances (docs/aura-api.md, "Instances").

use super::address::{Address, AddressError};

/// The domains whose names the service gives to instances.
const DOMAINS: [&str; 2] = ["databases.neo4j.io", "instances.neo4j.io"];
/// The domain below which an instance with a private link has its name, `<id>.<env>-orch-<number>.neo4j.io`.
const PRIVATE: &str = "neo4j.io";

/// The address of a database as one of HTTP, and whether it was that of a connection (`neo4j+s://…`).
pub fn database_address(url: &str) -> Result<(Address, bool), AddressError> {
    let (scheme, rest) = url.split_once("://").ok_or(AddressError::Malformed)?;
    // The library does not look into the host of a scheme that it does not know.
    match scheme.to_ascii_lowercase().as_str() {
        "neo4j+s" | "bolt+s" | "neo4j+ssc" | "bolt+ssc" => Ok((Address::parse(&format!("https://{rest}"))?, true)),
        _ => Ok((Address::parse(url)?, false)),
    }
}

/// The first label of a host that the service has given to an instance; nothing where it is another host.
pub fn instance_label(address: &Address) -> Option<&str> {
    let is_given = DOMAINS.iter().any(|domain| address.is_below(domain)) || is_private_link(address);
    address.host().split('.').next().filter(|_| is_given)
}

/// Whether the host with this first label is that of the instance: its id, alone or with more behind a hyphen.
pub fn is_label_of(label: &str, instance_id: &str) -> bool {
    let rest = label.strip_prefix(instance_id).filter(|_| !instance_id.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Whether a host is that of an instance behind a private link, `x.production-orch-0042.neo4j.io`.
fn is_private_link(address: &Address) -> bool {
    let below = address.host().strip_suffix(PRIVATE).and_then(|rest| rest.strip_suffix('.'));
    let orchestra = below.and_then(|below| below.rsplit_once('.')).map(|(_, orchestra)| orchestra);
    let number = orchestra.and_then(|name| name.rsplit_once("-orch-")).map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
