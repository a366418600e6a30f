//! The data of the records about the change window.

use crate::base::Timestamp;
use crate::engine::event::Body;
use crate::record::word::Text;
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::borrow::Cow;
use std::io::Write;

/// Writes the data of an event about the window; other events have none here.
pub(super) fn write<W: Write, F: Formatter>(
    body: &Body,
    to: &mut serde_json::Serializer<W, F>,
) -> serde_json::Result<()> {
    match body {
        Body::WindowOpened { from, until } => Opened { from: Text(*from), until: Text(*until) }.serialize(to),
        Body::WindowClosed { opens } => Closed { opens: opens.map(Text) }.serialize(to),
        Body::WindowAwaited => super::run::Empty {}.serialize(to),
        Body::WindowOverridden { reason } => Overridden { reason: reason.into() }.serialize(to),
        _ => Err(super::parts::unknown("window")),
    }
}

/// Reads the data of `window.*`.
pub(super) fn read(kind: &str, data: &str) -> serde_json::Result<Body> {
    Ok(match kind {
        "window.opened" => {
            let Opened { from, until } = serde_json::from_str(data)?;
            Body::WindowOpened { from: from.0, until: until.0 }
        }
        "window.closed" => {
            let Closed { opens } = serde_json::from_str(data)?;
            Body::WindowClosed { opens: opens.map(|opens| opens.0) }
        }
        "window.awaited" => serde_json::from_str::<super::run::Empty>(data).map(|_| Body::WindowAwaited)?,
        "window.overridden" => {
            let Overridden { reason } = serde_json::from_str(data)?;
            Body::WindowOverridden { reason: reason.into_owned() }
        }
        _ => return Err(super::parts::unknown(kind)),
    })
}

#[derive(Serialize, Deserialize)]
struct Opened {
    from: Text<Timestamp>,
    until: Text<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Closed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opens: Option<Text<Timestamp>>,
}

#[derive(Serialize, Deserialize)]
struct Overridden<'a> {
    reason: Cow<'a, str>,
}
