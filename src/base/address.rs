//! Addresses of services, taken apart by a URL library and never by hand.

use std::fmt;
use url::{Host, Url};

/// The address of a service: `https` or `http`, a host written plainly, and perhaps a port and a path.
///
/// The library accepts many spellings of one host: other notations of numbers, escapes, tabs, backslashes, letters of
/// other alphabets. Whoever reads such an address sees another host than the one that is reached, so it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// Why a text is not the address of a service, as the end of a sentence that begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It cannot be read as an address, or is one of something else.
    #[error("is no address of the form https://host")]
    Malformed,
    /// There is a user name, and perhaps a password, in front of the host.
    #[error("names a user in front of its host")]
    Userinfo,
    /// The host is not written as it is reached.
    #[error("does not write its host plainly")]
    Disguised,
    /// A query or a fragment follows the path.
    #[error("has a query or a fragment")]
    Tail,
}

impl Address {
    /// The address that a text writes.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::Malformed)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(AddressError::Malformed);
        }
        if has_userinfo(text) {
            return Err(AddressError::Userinfo);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(AddressError::Malformed)?;
        let plain = format!("{}://{host}", url.scheme());
        let begins = text.get(..plain.len()).is_some_and(|start| start.eq_ignore_ascii_case(&plain));
        let ends =
            text.get(plain.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '?', '#']));
        let is_graphic = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if !begins || !ends || !is_graphic || host.ends_with('.') {
            return Err(AddressError::Disguised);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Tail);
        }
        Ok(Self(url))
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port, where it is not the one of the scheme.
    pub fn port(&self) -> Option<u16> {
        self.0.port()
    }

    /// The path, without a slash at its end.
    pub fn path(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// Whether what is sent there goes over TLS.
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether it is on this machine itself.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }

    /// Whether nobody can listen on the way there: TLS, or this machine itself.
    pub fn is_private(&self) -> bool {
        self.is_tls() || self.is_loopback()
    }

    /// Whether its host is a name below this domain, `databases.neo4j.io`.
    pub fn is_below(&self, domain: &str) -> bool {
        let name = self.host().strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
        name.is_some_and(|name| !name.is_empty())
    }
}

impl fmt::Display for Address {
    /// Without a slash at its end, so that a path can follow.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// Whether a text is an address that names a user, and perhaps a password, in front of its host.
pub fn has_userinfo(text: &str) -> bool {
    let is_named = |url: &Url| !url.username().is_empty() || url.password().is_some();
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    // An empty name is dropped by the library, and what it cannot read may hold one all the same.
    Url::parse(text).is_ok_and(|url| is_named(&url)) || authority.is_some_and(|authority| authority.contains('@'))
}
