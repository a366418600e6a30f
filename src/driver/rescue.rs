//! What can still be saved when the journal takes nothing more (docs/journal.md, "Failed writes and syncs").

use super::stop::Rescued;
use super::task::{InFlight, Task, Tasks};
use crate::engine::Engine;
use crate::engine::call::{Call, Reply};
use crate::engine::command::CommandId;
use crate::engine::event::{Body, Event};
use crate::port::Async;
use futures_util::future::{self, Either};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

/// The sealed passwords of `batch`, which could not be recorded, and of the answers that are still on their way.
///
/// Only what is being created is waited for, as long as its request may take: its answer is the one place where the
/// password ever stands. The outcome of any other effect is seen by looking, and its flight is given up. `stop` ends
/// nothing here, but must be listened to, because a second one leaves at once.
pub(super) async fn rescue(
    engine: &Engine,
    batch: &[Event],
    flights: Tasks<'_>,
    aloft: &InFlight,
    stop: Async<'_, ()>,
) -> Vec<Rescued> {
    let mut rescued: Vec<Rescued> = batch.iter().filter_map(|event| of_record(&event.body)).collect();
    let holds_secret = |id: &CommandId| id.call == Call::Create && aloft.get(id) == Some(&Task::Effect);
    let flights: FuturesUnordered<_> = flights.into_iter().filter(|flying| holds_secret(&flying.id)).collect();
    let landed = match future::select(stop, flights.collect::<Vec<_>>()).await {
        Either::Left(((), landing)) => landing.await,
        Either::Right((landed, _)) => landed,
    };
    rescued.extend(landed.into_iter().filter_map(|(id, reply)| of_reply(engine, id, reply)));
    rescued
}

fn of_record(body: &Body) -> Option<Rescued> {
    let Body::CallSettled(settlement) = body else { return None };
    let sealed = settlement.sealed.clone()?;
    Some(Rescued { step: settlement.step.clone(), attempt: settlement.attempt, sealed })
}

fn of_reply(engine: &Engine, id: CommandId, reply: Reply) -> Option<Rescued> {
    let Reply::Settled { sealed: Some(sealed), .. } = reply else { return None };
    Some(Rescued { step: engine.plan().steps.get(id.step)?.id.clone(), attempt: id.attempt, sealed })
}
