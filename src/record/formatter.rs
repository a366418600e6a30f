//! How JSON is written into a line.

use serde_json::ser::Formatter;
use std::io::{self, Write};

/// The deepest nesting that is written; readers stop at 128.
const DEPTH_LIMIT: usize = 100;

/// Writes without whitespace, with every control character escaped: not only those below U+0020, which JSON
/// demands, but also DEL and U+0080 to U+009F, which move the cursor of a terminal that shows the file.
#[derive(Debug, Default)]
pub(super) struct Plain {
    depth: usize,
}

impl Plain {
    fn enter(&mut self) -> io::Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(io::Error::other(format!("nested deeper than {DEPTH_LIMIT} levels")));
        }
        Ok(())
    }
}

impl Formatter for Plain {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"]")
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"}")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // U+0080 to U+009F begin with the byte 0xc2 in UTF-8, so most text is passed on whole.
        if !fragment.bytes().any(|byte| byte == 0x7f || byte == 0xc2) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, control)) = rest.char_indices().find(|(_, character)| character.is_control()) {
            let (before, from) = rest.split_at(at);
            write!(writer, "{before}\\u{:04x}", u32::from(control))?;
            rest = from.get(control.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}
