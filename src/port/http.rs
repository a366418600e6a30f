//! HTTP, one request at a time.

use super::Async;
use crate::base::Secret;
use std::borrow::Cow;
use std::time::Duration;

/// Sends requests. It never follows redirects and never retries.
pub trait Http: Send + Sync {
    /// Sends one request and reads the whole response.
    fn send(&self, request: Request) -> Async<'_, Result<Response, TransportError>>;
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A read; it may use a pooled connection.
    Get,
    /// A read of the headers alone.
    Head,
    /// A write; it is sent on a fresh connection, so that no layer below replays it.
    Post,
    /// A write.
    Patch,
    /// A write.
    Put,
    /// A write.
    Delete,
}

impl Method {
    /// The method of that name, as it is on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Get, Self::Head, Self::Post, Self::Patch, Self::Put, Self::Delete];
        all.into_iter().find(|method| method.name() == name)
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A header of a request; its value may be a secret and is never printed.
pub type Header = (Cow<'static, str>, Secret<String>);

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute address.
    pub url: String,
    /// The headers.
    pub headers: Vec<Header>,
    /// The body; empty for none.
    pub body: Secret<Vec<u8>>,
    /// How long the whole exchange may take, in real time.
    pub timeout: Duration,
    /// The longest body accepted, in bytes; a longer one is [`TransportError::Maybe`].
    pub body_limit: usize,
    /// Whether this is an effect: a fresh connection, as for every method but `GET`. A `POST` that only reads, such
    /// as a token request or a query, sets it to `false` and may use a pooled connection.
    pub effect: bool,
}

/// A response, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body; wiped from memory when dropped.
    pub body: Secret<Vec<u8>>,
}

impl Response {
    /// The first header of this name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// There is no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request certainly never left: no address, no connection, no TLS.
    #[error("{0}")]
    NotSent(String),
    /// The request may have been received: time-out, reset, a body cut short or too long.
    #[error("{0}")]
    Maybe(String),
}
