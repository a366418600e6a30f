//! The segments of a journal, read in order and checked.

use super::dir::RunDir;
use super::error::JournalError;
use super::rotate::SEGMENT_MAX;
use crate::base::Digest;
use crate::engine::event::{Body, Event};
use crate::port::Disk;
use crate::record::{
    Chain, Corruption, DecodeError, Frame, FrameError, Head, HeadState, Tail, event_of, judge, lines, replaces,
    segment_name,
};
use std::thread;

/// A segment shorter than this is read by one thread, in bytes.
const PARALLEL_FROM: usize = 1024 * 1024;
/// Few lines are shorter than this, in bytes.
const LINE_MIN: usize = 400;

/// A journal as it was read, without taking the lock and without changing anything.
#[derive(Clone, Debug)]
pub struct Peek {
    /// The events with their numbers.
    pub events: Vec<(u64, Event)>,
    /// What stands behind them: nothing, or the batch that is being written right now or was torn by a crash.
    pub tail: Tail,
}

/// Reads the journal of a run that another process may hold. What it shows must not be acted on.
pub fn peek(disk: &dyn Disk, dir: &RunDir) -> Result<Peek, JournalError> {
    let (head, _) = super::head::read(disk, &dir.head())?;
    let loaded = load(disk, dir, head)?;
    Ok(Peek { events: loaded.events, tail: loaded.tail })
}

/// Everything a journal holds.
pub(super) struct Loaded {
    pub(super) events: Vec<(u64, Event)>,
    pub(super) chain: Chain,
    /// Clean or torn; a corrupt journal is an error.
    pub(super) tail: Tail,
    /// The number of the last segment.
    pub(super) number: u32,
    /// All bytes of the last segment.
    pub(super) bytes: Vec<u8>,
    /// How many of them are sound.
    pub(super) sound: usize,
}

/// Reads all segments; fails where the journal is damaged (docs/journal.md, "Recovery", steps 3 to 10).
pub(super) fn load(disk: &dyn Disk, dir: &RunDir, head: HeadState) -> Result<Loaded, JournalError> {
    let numbers = dir.segments(disk)?;
    let Some(last) = numbers.last().copied() else {
        return Err(JournalError::Missing { dir: dir.path().to_owned() });
    };
    let corrupt = |corruption| JournalError::Corrupt { dir: dir.path().to_owned(), corruption };
    check_numbers(&numbers).map_err(corrupt)?;
    let watched = match head {
        HeadState::Valid(head) => Some(head),
        HeadState::Unreadable => None,
    };
    let mut reader = Reader { chain: Chain::default(), events: Vec::new(), watched, seen: None };
    let mut next = Some(read_segment(disk, dir, numbers.first().copied().unwrap_or(last))?);
    for number in &numbers {
        let bytes = next.take().unwrap_or_default();
        if *number != last {
            let following = read_segment(disk, dir, number + 1)?;
            let replaced = replaces(&following, &bytes);
            next = Some(following);
            // After a failed sync the sound part of a segment was copied into the next one.
            if replaced {
                continue;
            }
        }
        let sound = reader.read(&bytes).map_err(|error| newer_or_unreadable(dir, &reader.events, error))?;
        let rest = bytes.get(sound..).unwrap_or_default();
        let tail = judge(rest, &segment_name(*number), sound as u64, &reader.chain);
        match tail {
            Tail::Corrupt(corruption) => return Err(corrupt(corruption)),
            Tail::Torn if *number != last => return Err(corrupt(cut(*number, sound, &reader.chain))),
            Tail::Clean if *number != last => {}
            Tail::Clean | Tail::Torn => {
                reader.compare_head(*number, sound).map_err(corrupt)?;
                let Reader { chain, events, .. } = reader;
                return Ok(Loaded { events, chain, tail, number: *number, bytes, sound });
            }
        }
    }
    Err(JournalError::Missing { dir: dir.path().to_owned() })
}

fn read_segment(disk: &dyn Disk, dir: &RunDir, number: u32) -> Result<Vec<u8>, JournalError> {
    let path = dir.segment(number);
    disk.read(&path, SEGMENT_MAX).map_err(JournalError::disk("read", &path))
}

fn check_numbers(numbers: &[u32]) -> Result<(), Corruption> {
    for (expected, found) in (1_u32..).zip(numbers) {
        if expected != *found {
            let what = "the segment is missing".to_owned();
            return Err(Corruption { segment: segment_name(expected), offset: 0, expected: 0, next_valid: None, what });
        }
    }
    Ok(())
}

fn cut(number: u32, sound: usize, chain: &Chain) -> Corruption {
    let what = "the segment is cut off, but another one follows it".to_owned();
    Corruption { segment: segment_name(number), offset: sound as u64, expected: chain.len, next_valid: None, what }
}

fn newer_or_unreadable(dir: &RunDir, events: &[(u64, Event)], error: DecodeError) -> JournalError {
    let dir = dir.path().to_owned();
    if !error.is_newer() {
        return JournalError::Unreadable { dir, source: error };
    }
    let version = events.iter().rev().find_map(|(_, event)| match &event.body {
        Body::SessionOpened(session) => Some(session.version.clone()),
        Body::RunOpened(opened) => Some(opened.engine.clone()),
        _ => None,
    });
    let version = version.unwrap_or_else(|| "that version".to_owned());
    JournalError::Newer { dir, reason: error.to_string(), version }
}

struct Reader {
    chain: Chain,
    events: Vec<(u64, Event)>,
    watched: Option<Head>,
    seen: Option<Digest>,
}

impl Reader {
    /// Reads a segment and returns how many of its bytes are sound.
    fn read(&mut self, bytes: &[u8]) -> Result<usize, DecodeError> {
        let watch = self.watched.map(|head| head.seq);
        let mut sound = 0;
        for piece in read_pieces(bytes, watch) {
            let joins = piece.first.is_some_and(|first| {
                let mut probe = self.chain;
                probe.link(&first).is_ok()
            });
            if piece.first.is_some() && !joins {
                break;
            }
            if joins {
                self.chain = piece.chain;
                if self.events.is_empty() {
                    self.events = piece.events;
                } else {
                    self.events.extend(piece.events);
                }
                self.seen = self.seen.or(piece.seen);
                sound += piece.sound;
            }
            if let Some(error) = piece.error {
                return Err(error);
            }
            if !piece.whole {
                break;
            }
        }
        Ok(sound)
    }

    /// Step 10: what was once known to be durable must be there, with the same hash.
    fn compare_head(&self, number: u32, sound: usize) -> Result<(), Corruption> {
        let Some(head) = self.watched else { return Ok(()) };
        let what = match self.seen {
            Some(hash) if hash == head.hash => return Ok(()),
            Some(_) => format!("record {} is another one than `journal.head` knows", head.seq),
            None => format!("`journal.head` knows that record {} was durable", head.seq),
        };
        let (segment, offset, expected) = (segment_name(number), sound as u64, self.chain.len);
        Err(Corruption { segment, offset, expected, next_valid: None, what })
    }
}

/// A part of a segment that was read by itself. That it continues the part before is yet to be checked: by linking
/// its first line.
struct Piece<'a> {
    first: Option<Frame<'a>>,
    chain: Chain,
    events: Vec<(u64, Event)>,
    seen: Option<Digest>,
    sound: usize,
    whole: bool,
    error: Option<DecodeError>,
}

fn read_pieces(bytes: &[u8], watch: Option<u64>) -> Vec<Piece<'_>> {
    // Asking how many threads there may be reads files itself, and most journals are short.
    let threads =
        if bytes.len() < PARALLEL_FROM { 1 } else { thread::available_parallelism().map_or(1, usize::from).min(8) };
    if threads == 1 {
        return vec![read_piece(bytes, watch)];
    }
    let parts = split_at_lines(bytes, threads);
    thread::scope(|scope| {
        let running: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || read_piece(part, watch))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

fn split_at_lines(bytes: &[u8], parts: usize) -> Vec<&[u8]> {
    let mut rest = bytes;
    let mut split = Vec::with_capacity(parts);
    for left in (2..=parts).rev() {
        let (_, behind) = rest.split_at_checked(rest.len() / left).unwrap_or((rest, &[]));
        let end = rest.len() - behind.len() + behind.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (part, after) = rest.split_at(end);
        split.push(part);
        rest = after;
    }
    split.push(rest);
    split
}

fn read_piece(bytes: &[u8], watch: Option<u64>) -> Piece<'_> {
    let mut piece = Piece {
        first: None,
        chain: Chain::default(),
        events: Vec::with_capacity(bytes.len() / LINE_MIN),
        seen: None,
        sound: 0,
        whole: false,
        error: None,
    };
    for line in lines(bytes) {
        let frame = match Frame::read(line) {
            Ok(frame) => frame,
            Err(error @ FrameError::Newer(_)) => {
                piece.error = Some(error.into());
                return piece;
            }
            Err(_) => return piece,
        };
        if piece.first.is_none() {
            piece.first = Some(frame);
            piece.chain = Chain::before(&frame);
        }
        if piece.chain.link(&frame).is_err() {
            return piece;
        }
        match event_of(&frame) {
            Ok(event) => piece.events.push((frame.seq, event)),
            Err(error) => {
                piece.error = Some(error);
                return piece;
            }
        }
        if watch == Some(frame.seq) {
            piece.seen = Some(frame.hash);
        }
        piece.sound += line.len();
    }
    piece.whole = true;
    piece
}
