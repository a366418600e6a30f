//! The slots of `journal.head`: up to where the journal was once known to be durable.
//!
//! A slot has 512 bytes: `sfthead1`, then generation, number of the record and length of its segment as
//! little-endian 64-bit numbers, its hash, zeros, and the CRC-32C of all that in the last four bytes. Two slots are
//! written in turn, so that one is whole whatever happens.

use crate::base::Digest;

const MAGIC: &[u8; 8] = b"sfthead1";
const SLOT: usize = 512;
const CRC_AT: usize = SLOT - 4;

/// What a slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Counts the writes, from 1.
    pub generation: u64,
    /// The number of a record that is durable.
    pub seq: u64,
    /// The length of its segment when it was, in bytes.
    pub len: u64,
    /// Its hash.
    pub hash: Digest,
}

/// What the two slots say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadState {
    /// The newest valid slot.
    Valid(Head),
    /// Neither slot is valid.
    Unreadable,
}

impl Head {
    /// The length of the file: two slots.
    pub const FILE_LEN: usize = 2 * SLOT;

    /// Its slot.
    pub fn to_slot(&self) -> [u8; SLOT] {
        let mut slot = [0; SLOT];
        let fields = MAGIC
            .iter()
            .copied()
            .chain(self.generation.to_le_bytes())
            .chain(self.seq.to_le_bytes())
            .chain(self.len.to_le_bytes())
            .chain(*self.hash.as_bytes());
        for (place, byte) in slot.iter_mut().zip(fields) {
            *place = byte;
        }
        let crc = slot.get(..CRC_AT).map_or(0, crc32c::crc32c);
        for (place, byte) in slot.iter_mut().skip(CRC_AT).zip(crc.to_le_bytes()) {
            *place = byte;
        }
        slot
    }

    /// Where its slot stands in the file, in bytes.
    pub const fn offset(&self) -> u64 {
        (self.generation % 2) * 512
    }

    /// Reads both slots; the valid one with the highest generation counts.
    pub fn read(file: &[u8]) -> HeadState {
        let slots = file.chunks_exact(SLOT).take(2).zip(0_u64..);
        slots
            .filter_map(|(slot, index)| Self::from_slot(slot).filter(|head| head.generation % 2 == index))
            .max_by_key(|head| head.generation)
            .map_or(HeadState::Unreadable, HeadState::Valid)
    }

    /// Whether a part of the file is not as it was written. The slot that is written second is empty at first.
    pub fn is_damaged(file: &[u8]) -> bool {
        let HeadState::Valid(newest) = Self::read(file) else { return true };
        let mut slots = file.chunks(SLOT).zip(0_u64..);
        let is_sound = |slot: &[u8], index: u64| match Self::from_slot(slot) {
            Some(head) => head.generation % 2 == index,
            None => newest.generation <= 1 && slot.iter().all(|byte| *byte == 0),
        };
        file.len() != Self::FILE_LEN || !slots.all(|(slot, index)| is_sound(slot, index))
    }

    fn from_slot(slot: &[u8]) -> Option<Self> {
        let (content, crc) = slot.split_at_checked(CRC_AT)?;
        if crc32c::crc32c(content).to_le_bytes() != crc {
            return None;
        }
        let (magic, rest) = content.split_first_chunk::<8>()?;
        let (generation, rest) = rest.split_first_chunk::<8>()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let (len, rest) = rest.split_first_chunk::<8>()?;
        let (hash, zeros) = rest.split_first_chunk::<32>()?;
        let sound = magic == MAGIC && zeros.iter().all(|byte| *byte == 0);
        sound.then(|| Self {
            generation: u64::from_le_bytes(*generation),
            seq: u64::from_le_bytes(*seq),
            len: u64::from_le_bytes(*len),
            hash: Digest::from_bytes(*hash),
        })
    }
}
