//! Where the password of a database may go: over TLS, to a host of the service or one that a person has named.

use super::error::cut;
use crate::base::{Address, AddressError, database_address, escape, instance_label};
use crate::port::{CallError, ErrorClass};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The port of Bolt, which the address of a connection may name.
const BOLT: u16 = 7687;

/// Where passwords may go besides the service.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach<'a> {
    /// Hosts that a person has named, with commas or spaces between them, each as a name or as an address with one.
    pub named: &'a str,
    /// Whether this machine itself may be reached, also without TLS: only under a twin.
    pub loopback: bool,
}

/// A database to which its password may be sent; only [`Destination::of`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    base: String,
    path: String,
    label: Option<String>,
}

impl Destination {
    /// The database at this address, where its password may be sent there. The Query API stands on the port of its
    /// scheme, never on that of Bolt.
    ///
    /// `url` is the connection address of an instance (`neo4j+s://…`), or the address of a Query API.
    pub fn of(url: &str, reach: Reach<'_>) -> Result<Self, CallError> {
        let url = url.trim().trim_end_matches('/');
        let (address, is_connection) = database_address(url).map_err(|error| malformed(url, error))?;
        let label = instance_label(&address).map(str::to_owned);
        let is_here = reach.loopback && address.is_loopback();
        if !address.is_tls() && !is_here {
            return Err(in_clear(&address));
        }
        if !is_here && label.is_none() && !is_named(&address, reach.named)? {
            return Err(foreign(&address));
        }
        let scheme = if address.is_tls() { "https" } else { "http" };
        let port = address.port().filter(|port| !is_connection || *port != BOLT);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let path = if is_connection { String::new() } else { address.path().to_owned() };
        Ok(Self { base: format!("{scheme}://{}{port}", address.host()), path, label })
    }

    /// The first label of its host, where the service gave that to an instance; nothing where a person has named it.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Where statements for a database are sent.
    pub(super) fn address(&self, database: &str) -> String {
        format!("{}{}", self.base, self.path(database))
    }

    /// The path on which statements for a database are sent, as it stands in the line of a request.
    pub(super) fn path(&self, database: &str) -> String {
        format!("{}/db/{}/query/v2", self.path, utf8_percent_encode(database, NON_ALPHANUMERIC))
    }
}

fn is_named(address: &Address, named: &str) -> Result<bool, CallError> {
    let separates = |letter: char| letter == ',' || letter.is_whitespace();
    for named in named.split(separates).filter(|named| !named.is_empty()) {
        let written = if named.contains("://") { named.to_owned() } else { format!("https://{named}") };
        let (named, _) = database_address(&written).map_err(|error| {
            CallError::new(ErrorClass::Invalid, format!("an entry of `hosts` {error}"))
                .with_remedy("write a host name such as db.example.com, or an address such as https://db.example.com")
        })?;
        if named.host() == address.host() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn malformed(url: &str, error: AddressError) -> CallError {
    // What stands in front of a host may be a password.
    let told = if error == AddressError::Userinfo { "this".to_owned() } else { format!("{:?}", cut(url)) };
    CallError::new(ErrorClass::Invalid, format!("{told} is not the address of a database: it {error}"))
        .with_remedy("write it as neo4j+s://<id>.databases.neo4j.io or https://host")
}

fn foreign(address: &Address) -> CallError {
    let host = escape(address.host());
    let message = format!(
        "the password is not sent to {host}, which is no host of the service (*.databases.neo4j.io) and which no \
         person has named"
    );
    CallError::new(ErrorClass::Invalid, message)
        .with_remedy(format!("if {host} is the right host, name it in the step: `hosts: {host}`"))
}

fn in_clear(address: &Address) -> CallError {
    let host = escape(address.host());
    CallError::new(ErrorClass::Invalid, format!("the password is not sent to {host} in clear, over http"))
        .with_remedy("give an address that begins with https:// or neo4j+s://")
}
