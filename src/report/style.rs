//! What the place where text is shown can do.

/// How wide the place is where text is shown, and whether it has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns; text is laid out for at least [`Look::NARROWEST`].
    pub columns: usize,
    /// Whether colours may be used.
    pub colour: bool,
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// A heading or a name.
    Strong,
    /// Of less weight.
    Faint,
    /// It went well.
    Good,
    /// It needs attention.
    Warn,
    /// It went wrong or cannot be taken back.
    Bad,
    /// Something to type.
    Command,
}

impl Style {
    /// The fewest columns that text is laid out for.
    pub const NARROWEST: usize = 36;

    /// A file that is kept: no colours, and lines as long as they need to be, so that nothing in it is broken.
    pub const FILE: Self = Self { columns: 100_000, colour: false };

    /// The columns to lay out for.
    pub fn columns(self) -> usize {
        self.columns.max(Self::NARROWEST)
    }

    /// Whether there is no room for tables of several columns.
    pub fn is_narrow(self) -> bool {
        self.columns < 72
    }

    /// The text in the colour of a tone.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "31",
            Tone::Command => "36",
        };
        if self.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
