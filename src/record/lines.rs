//! A file of lines, line by line.

use std::io::BufRead as _;

/// The lines of `bytes`, each with its newline; the last one may lack it.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let whole = rest;
        // Reading from memory cannot fail; at the end it skips nothing.
        let len = rest.skip_until(b'\n').unwrap_or(0);
        whole.get(..len).filter(|line| !line.is_empty())
    })
}
