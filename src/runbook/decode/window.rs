//! `window`: when a change may take place.

use super::fields::{Fields, Reader};
use super::keys::WINDOW;
use crate::base::{escape, format_duration};
use crate::calendar::{DURATION_MAX, Freeze, OnClose, Opens, Problem, Rule, Tz, Window, freezes};
use crate::runbook::codes::Code;
use crate::runbook::files::beside;
use crate::runbook::source::Span;
use crate::runbook::suggest::{IN_THE_PAGE, or_list};
use crate::runbook::yaml::{Data, Node};
use crate::runbook::zone::zone;
use chrono::NaiveDateTime;
use std::time::Duration;

/// More files of freezes than this nobody keeps up to date.
const FILES_MAX: usize = 16;
const START: &str = "write a local time of the window's zone, `start: 2026-01-31T22:00`";

/// Takes in the window of a file; where it cannot be used, that is reported.
pub(super) fn window(reader: &mut Reader<'_>, node: &Node<'_>) {
    if let Some(window) = read(reader, node) {
        reader.near.files.take_window(reader.near.name, window);
    }
}

fn read(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Window> {
    let fields = reader.fields(node, "a window", WINDOW, &[])?;
    let at = node.span;
    let zone = reader
        .need(fields, "timezone", at, "name the zone that the window is in, `timezone: Europe/London`")
        .and_then(|node| named_zone(reader, node));
    let duration = reader
        .need(fields, "duration", at, "say how long the window stays open, `duration: 4h`")
        .and_then(|node| duration(reader, node));
    let opens = opens(reader, fields, at);
    let reserve = fields.get("reserve").map_or(Some(Duration::ZERO), |node| reserve(reader, node, duration));
    let on_close = fields.get("on_close").map_or(Some(OnClose::Pause), |node| on_close(reader, node));
    // Without its zone the times of a file mean nothing.
    let frozen = fields.get("freezes").map_or(Some(Vec::new()), |node| files(reader, node, zone?));
    Some(Window {
        zone: zone?,
        opens: opens?,
        duration: duration?,
        reserve: reserve?,
        freezes: frozen?,
        on_close: on_close?,
    })
}

fn named_zone(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Tz> {
    let name = reader.text(node, "`timezone`")?;
    match zone(&name) {
        Ok(zone) => Some(zone),
        Err(hint) => {
            let message = format!("there is no time zone `{}`", escape(&name));
            reader.found.add(Code::BadWindow, node.span, message).hint(hint);
            None
        }
    }
}

fn duration(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Duration> {
    let duration = reader.duration(node, "`duration`")?;
    if duration > DURATION_MAX {
        let message = format!("a window may be open for {} at most", format_duration(DURATION_MAX));
        reader.found.add(Code::OutOfRange, node.span, message).hint("leave `window` out where any time will do");
        return None;
    }
    Some(duration)
}

fn reserve(reader: &mut Reader<'_>, node: &Node<'_>, duration: Option<Duration>) -> Option<Duration> {
    let reserve = reader.duration(node, "`reserve`")?;
    if duration.is_some_and(|duration| reserve >= duration) {
        reader
            .found
            .add(Code::OutOfRange, node.span, "the reserve is as long as the window, so that nothing ever starts")
            .hint("write a shorter reserve or a longer window");
        return None;
    }
    Some(reserve)
}

fn on_close(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<OnClose> {
    let text = reader.text(node, "`on_close`")?;
    let found = OnClose::ALL.into_iter().find(|one| one.name() == text);
    if found.is_none() {
        let hint = or_list(&text, "values", &OnClose::ALL.map(OnClose::name), IN_THE_PAGE);
        let message = format!("`on_close` cannot be `{}`", escape(&text));
        reader.found.add_with(Code::BadWindow, node.span, message, hint);
    }
    found
}

fn opens(reader: &mut Reader<'_>, fields: Fields<'_>, at: Span) -> Option<Opens> {
    let start = match fields.get("start") {
        None => None,
        Some(node) => Some(start(reader, node)?),
    };
    let Some(node) = fields.get("rrule") else {
        if start.is_none() {
            reader.need(
                fields,
                "rrule",
                at,
                "say when the window opens, `rrule: \"FREQ=WEEKLY;BYDAY=SA;BYHOUR=22\"`, or once with `start`",
            );
        }
        return start.map(Opens::Once);
    };
    let text = reader.text(node, "`rrule`")?;
    match Rule::parse(&text, start) {
        Ok(rule) => Some(Opens::By(Box::new(rule))),
        Err(Problem { part, message, hint }) => {
            reader.found.add(Code::BadWindow, within(node, &text, &part), message).hint(hint);
            None
        }
    }
}

/// `2026-01-31T22:00`, a local time.
fn start(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<NaiveDateTime> {
    let text = reader.text(node, "`start`")?;
    let read = |format: &str| NaiveDateTime::parse_from_str(text.trim(), format).ok();
    let found = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"].into_iter().find_map(read);
    if found.is_none() {
        let message = format!("`start` cannot be \"{}\"", escape(&text));
        reader.found.add(Code::BadWindow, node.span, message).hint(START);
    }
    found
}

/// Where a part of a text stands; the whole of it where that cannot be told.
fn within(node: &Node<'_>, text: &str, part: &str) -> Span {
    let (begin, end) = (node.span.start as usize, node.span.end as usize);
    let quote = match end.saturating_sub(begin).checked_sub(text.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return node.span,
    };
    match text.find(part).filter(|_| !part.is_empty()) {
        Some(at) => {
            let start = begin + quote + at;
            Span::new(start, start + part.len())
        }
        None => node.span,
    }
}

fn files(reader: &mut Reader<'_>, node: &Node<'_>, zone: Tz) -> Option<Vec<Freeze>> {
    let items = reader.list(node, "`freezes`");
    if items.len() > FILES_MAX {
        let message = format!("`freezes` names {} files, the limit is {FILES_MAX}", items.len());
        reader.found.add(Code::TooLarge, node.span, message).hint("put the events of several calendars into one file");
        return None;
    }
    let mut found = matches!(node.data, Data::List(_)).then(Vec::new);
    for item in items {
        match file(reader, item, zone) {
            Some(more) => found.iter_mut().for_each(|found| found.extend(more.iter().cloned())),
            None => found = None,
        }
    }
    found
}

fn file(reader: &mut Reader<'_>, node: &Node<'_>, zone: Tz) -> Option<Vec<Freeze>> {
    let path = reader.text(node, "a file of freezes")?;
    let wrong = |reader: &mut Reader<'_>, why: String, hint: &str| {
        let message = format!("the freezes in `{}` cannot be used: {why}", escape(&path));
        reader.found.add(Code::File, node.span, message).hint(hint);
        None
    };
    let file = match reader.near.files.file(&beside(reader.near.name, &path)) {
        Ok(file) => file,
        Err(why) => return wrong(reader, why, "the path is relative to the file that names it"),
    };
    let Ok(text) = std::str::from_utf8(&file.bytes) else {
        return wrong(reader, "it is not UTF-8 text".to_owned(), "save it as UTF-8");
    };
    match freezes(text, zone) {
        Ok(found) => Some(found),
        Err(problem) => wrong(reader, problem.message, &problem.hint),
    }
}
