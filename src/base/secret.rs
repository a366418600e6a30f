//! Values that must never be printed, logged or stored in clear.

use std::fmt;
use zeroize::Zeroize;

/// A value that has no text form: `Debug` prints `[secret]`, and neither `Display` nor `Serialize` exists.
///
/// The memory is overwritten when the value is dropped. [`Secret::expose`] is the only way to the content, so
/// that every use can be found with grep.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The content. Every caller answers for where it goes.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
