//! Seeded bytes that do not compress.

use std::io::Read;

/// Bytes of one period of the noise. Longer than the window of the compressor, so that it never sees a repetition.
const PERIOD: usize = 1 << 20;

/// Bytes between two stamps. Every stamp holds its own offset, so that no two stretches of the noise are equal.
const STRIDE: usize = 1 << 16;

/// An endless source of noise.
///
/// One period is computed, as far as it is asked for; what follows repeats it under other stamps. That keeps a GiB to a
/// fraction of a second also in a build without optimisation.
pub(super) struct Noise {
    state: u64,
    period: Vec<u8>,
    at: usize,
    offset: u64,
}

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9e37_79b9_7f4a_7c15, period: Vec::new(), at: 0, offset: 0 }
    }

    /// Computes one more stride of the period.
    fn grow(&mut self) {
        let end = self.period.len() + STRIDE;
        self.period.extend_from_slice(&self.offset.to_le_bytes());
        // The stamp stands where the first number would.
        step(&mut self.state);
        while self.period.len() < end {
            self.period.extend_from_slice(&step(&mut self.state).to_le_bytes());
        }
        self.offset += STRIDE as u64;
    }

    /// Begins the period anew under other stamps.
    fn stamp(&mut self) {
        for chunk in self.period.chunks_exact_mut(STRIDE) {
            if let Some(place) = chunk.first_chunk_mut::<8>() {
                *place = self.offset.to_le_bytes();
            }
            self.offset += STRIDE as u64;
        }
    }
}

impl Read for Noise {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == PERIOD {
            self.stamp();
            self.at = 0;
        } else if self.at == self.period.len() {
            self.grow();
        }
        let mut rest = self.period.get(self.at..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

/// The next number of the sequence (`SplitMix64`).
pub(super) fn step(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
