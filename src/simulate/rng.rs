//! Chance that depends on nothing but a seed and on what is asked.

/// The random numbers of one seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rng(u64);

/// A stream of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roll(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream for a question; the same question gets the same stream in every run of the seed, whatever else was
    /// asked before. That keeps a schedule from which a fault was taken out as near as possible to the first one.
    pub(super) fn roll(self, question: &str, number: u64) -> Roll {
        // FNV-1a, then SplitMix64.
        let hash = question
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut roll = Roll(hash ^ self.0.rotate_left(17) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        roll.next();
        roll
    }
}

impl Roll {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 where that is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// A number from `least` to `most`.
    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// Whether something of this chance, in millionths, happens.
    pub(super) fn happens(&mut self, millionths: u64) -> bool {
        self.below(1_000_000) < millionths
    }

    /// One of these.
    pub(super) fn pick<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let place = usize::try_from(self.below(others.len() as u64 + 1)).unwrap_or_default();
        place.checked_sub(1).and_then(|place| others.get(place)).copied().unwrap_or(first)
    }
}
