//! Paths of the API, encoded a segment at a time.

use crate::base::escape;
use crate::port::{CallError, ErrorClass};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path below `/v1`, with its query. A segment cannot break out of its place, whatever it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route(String);

impl Route {
    /// The path of these segments, for example `["instances", id, "snapshots"]`.
    ///
    /// A segment that is empty, `.` or `..` is refused: addresses give these a meaning that no encoding takes away,
    /// so a request for one thing would become a request for the collection above it.
    pub fn of(segments: &[&str]) -> Result<Self, CallError> {
        let mut path = String::new();
        for segment in segments {
            if matches!(*segment, "" | "." | "..") {
                let message = format!("{:?} is not an id that can stand in an address", escape(segment));
                return Err(CallError::new(ErrorClass::Invalid, message));
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        Ok(Self(path))
    }

    /// The same path with one more query parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0.extend(utf8_percent_encode(key, SEGMENT));
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, SEGMENT));
        self
    }

    /// Its text with the version in front, as it goes into the request line and into messages; pure ASCII.
    pub fn text(&self) -> String {
        format!("/v1{}", self.0)
    }
}
