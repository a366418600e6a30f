//! When a change may take place.

use super::page::Page;
use super::style::{Style, Tone};
use super::table::Table;
use crate::base::{Map, Timestamp, Value, escape, format_duration};
use crate::calendar::{Span, Tz, Window, local_text};
use crate::engine::Gate;
use crate::engine::view::WindowView;
use crate::runbook::plan::Plan;
use serde_json::json;

/// The coming windows of a runbook.
#[derive(Clone, Debug)]
pub struct WindowPage {
    /// The runbook.
    pub plan: Plan,
    /// From this moment on.
    pub from: Timestamp,
    /// When it is open.
    pub coming: Vec<Span>,
    /// How long its irreversible steps take, by step, as rehearsals and earlier runs say.
    pub estimates: Map,
}

/// The coming windows for people, in local time and UTC.
pub fn window(page: &WindowPage, style: Style) -> String {
    let mut out = Page::new(style);
    let plan = &page.plan;
    out.say(Tone::Strong, 0, &format!("{} {}", escape(&plan.name), escape(&plan.version)));
    let Some(zone) = plan.schedule.windows.first().map(|window| window.zone) else {
        out.say(Tone::Plain, 0, "It has no change window: it may run at any time.");
        return out.finish();
    };
    for window in &plan.schedule.windows {
        out.say(Tone::Plain, 0, &terms(window));
    }
    if plan.schedule.windows.len() > 1 {
        out.say(Tone::Plain, 0, "All of them must be open.");
    }
    if page.coming.is_empty() {
        out.say(Tone::Warn, 0, "It never opens again.");
        return out.finish();
    }
    let mut table = Table::new(["opens", "closes", "opens, UTC", "closes, UTC", "for"]);
    for span in &page.coming {
        let is_now = span.from <= page.from;
        table.toned(
            if is_now { Tone::Good } else { Tone::Plain },
            [
                if is_now { "open now".to_owned() } else { local_text(span.from, zone) },
                local_text(span.until, zone),
                span.from.to_seconds_text(),
                span.until.to_seconds_text(),
                format_duration(span.until.since(span.from)),
            ],
        );
    }
    out.table(&table);
    for (step, estimate) in &page.estimates {
        let seconds = estimate.get("seconds").and_then(Value::as_u64).unwrap_or_default();
        let from = estimate.get("from").and_then(Value::as_str).unwrap_or_default();
        let takes = format_duration(std::time::Duration::from_secs(seconds));
        out.say(Tone::Faint, 0, &format!("`{}` takes {takes}, as {} say", escape(step), escape(from)));
    }
    out.finish()
}

/// The terms of a window, in a line.
pub(super) fn terms(window: &Window) -> String {
    let mut parts = vec![format!("{}, open for {}", window.zone.name(), format_duration(window.duration))];
    if !window.reserve.is_zero() {
        parts.push(format!("reserve {}", format_duration(window.reserve)));
    }
    if !window.freezes.is_empty() {
        parts.push(super::text::count(window.freezes.len(), "freeze"));
    }
    parts.push(format!("at its end {}", window.on_close.name()));
    parts.join("; ")
}

/// The same for programs.
pub(super) fn to_json(page: &WindowPage) -> Value {
    let plan = &page.plan;
    let zone = plan.schedule.windows.first().map(|window| window.zone);
    let local = |at| zone.map(|zone| local_text(at, zone));
    let coming = page.coming.iter().map(|span| {
        json!({
            "opens": span.from.to_string(),
            "closes": span.until.to_string(),
            "opens_local": local(span.from),
            "closes_local": local(span.until),
            "seconds": span.until.since(span.from).as_secs(),
        })
    });
    json!({
        "schema": "surefoot.window.v1",
        "name": plan.name,
        "version": plan.version,
        "from": page.from.to_string(),
        "windows": plan.schedule.windows.iter().map(one).collect::<Vec<_>>(),
        "coming": coming.collect::<Vec<_>>(),
        "open_now": page.coming.first().is_some_and(|span| span.from <= page.from),
        "estimates": page.estimates,
    })
}

/// The terms of a window for programs.
pub(super) fn one(window: &Window) -> Value {
    json!({
        "timezone": window.zone.name(),
        "duration_s": window.duration.as_secs(),
        "reserve_s": window.reserve.as_secs(),
        "freezes": window.freezes.len(),
        "on_close": window.on_close.name(),
    })
}

/// A moment in local time and UTC.
pub(super) fn both(at: Timestamp, zone: Tz) -> String {
    format!("{} ({})", local_text(at, zone), at.to_seconds_text())
}

/// Where the window of a run stands, in words.
pub(super) fn stands(view: &WindowView) -> String {
    let zone = view.zone;
    let state = match view.gate {
        Gate::Unknown => "not looked at since the last record".to_owned(),
        Gate::Open(span) => format!("open until {}", both(span.until, zone)),
        Gate::Closed { opens: Some(opens), .. } => format!("closed; opens at {}", both(opens, zone)),
        Gate::Closed { opens: None, .. } => "closed, and never opens again".to_owned(),
    };
    let left = if view.left { "; the run left it past its point of no return" } else { "" };
    match &view.overridden {
        Some(reason) => format!("{state}{left}; overridden: {}", escape(reason)),
        None => format!("{state}{left}"),
    }
}

/// The same for programs.
pub(super) fn standing_json(view: &WindowView) -> Value {
    let (state, changes) = match view.gate {
        Gate::Unknown => ("unknown", None),
        Gate::Open(span) => ("open", Some(span.until)),
        Gate::Closed { opens, .. } => ("closed", opens),
    };
    json!({
        "state": state,
        "changes_at": changes.map(|at| at.to_string()),
        "timezone": view.zone.name(),
        "stops": view.stops,
        "overridden": view.overridden,
        "left": view.left,
    })
}
