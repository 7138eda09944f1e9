//! What is drawn for a resource: one number, and all that follows from it.
//!
//! Used by the plans and by the quality figures. The generator is our own, and never to be
//! changed: the plan of a resource that is under way is computed again after an upgrade.

use std::time::Duration;

/// The odd number nearest to 2^64 divided by the golden ratio: `SplitMix64`'s step.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
/// How many low bits of a draw are its stratum.
const STRATUM_MASK: u64 = 0xffff;
/// How far apart the strata of two neighbouring resources of one seed are. A prime larger
/// than every range that is spread, so that they differ in each of them.
const ORDINAL_STRIDE: u64 = 10_007;

/// What was drawn for a resource.
///
/// The low 16 bits, its *stratum*, count up with the seed, so that figures which have few
/// values to choose from still differ between the seeds 1 and 2. All others are mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// What `seed` draws for the resource with this lot.
    pub const fn new(seed: u64, lot: u64) -> Self {
        let mixed = mix(mix(seed.wrapping_add(GAMMA)).wrapping_add(lot.wrapping_mul(GAMMA)));
        let stratum = seed.wrapping_add(lot.wrapping_mul(ORDINAL_STRIDE));
        Self((mixed & !STRATUM_MASK) | (stratum & STRATUM_MASK))
    }

    /// The draw that was kept with a step.
    pub const fn recorded(bits: u64) -> Self {
        Self(bits)
    }

    /// The number that is kept with a step.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Random numbers that follow from it: those of `purpose`, always the same.
    pub const fn stream(self, purpose: Purpose) -> Stream {
        let salt = match purpose {
            Purpose::Course => 0x636f_7572_7365,
            Purpose::Quality => 0x7175_616c_6974,
            Purpose::Talk => 0x7461_6c6b,
            Purpose::Fate => 0x6661_7465,
            Purpose::Timing => 0x7469_6d69_6e67,
        };
        Stream {
            state: mix(self.0 ^ salt),
        }
    }

    /// A value below `prime` that differs for any two draws whose strata are less than
    /// `prime` apart. `stride`, no multiple of `prime`, keeps neighbours from being
    /// neighbours in value too.
    pub const fn spread(self, prime: u32, stride: u32) -> u32 {
        let stratum = (self.0 & STRATUM_MASK) as u32;
        ((stratum % prime) * stride) % prime
    }
}

/// What random numbers are used for: one use taking more of them must not change another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// When what happens.
    Course,
    /// What the media was like.
    Quality,
    /// What the far end says.
    Talk,
    /// What becomes of it, where that is left to weights.
    Fate,
    /// How long it takes, where that is left to a distribution.
    Timing,
}

/// Random numbers: `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014).
#[derive(Clone, Debug)]
pub struct Stream {
    state: u64,
}

impl Stream {
    /// The next one, any of 2^64.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mix(self.state)
    }

    /// One below `limit`, which is above zero. Its bias is below `limit` in 2^64.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A fraction above 0 and at most 1, in steps of 2^-53: exact, so the same on every machine.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub const fn fraction(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        ((self.next() >> 11) + 1) as f64 * STEP
    }

    /// A delay of at least `least_ms` and at most `most_ms`, exact to the microsecond.
    pub const fn delay(&mut self, least_ms: u64, most_ms: u64) -> Duration {
        let width = (most_ms - least_ms) * 1_000;
        Duration::from_micros(least_ms * 1_000 + self.below(width + 1))
    }
}

/// `SplitMix64`'s output function: a bijection in which every bit depends on every other.
pub(super) const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first numbers of the reference implementation for the seed 1234567.
        let mut stream = Stream { state: 1_234_567 };
        assert_eq!(stream.next(), 6_457_827_717_110_365_317);
        assert_eq!(stream.next(), 3_203_168_211_198_807_973);
        assert_eq!(stream.next(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn what_is_drawn_never_changes() {
        // Kept in stores: another value here breaks the resources that are under way.
        assert_eq!(Draw::new(0, 1).bits(), 12_035_550_249_420_924_695);
        assert_eq!(Draw::new(42, 7).bits(), 3_603_600_226_484_359_627);
    }

    #[test]
    fn every_seed_and_every_resource_has_its_own_draw() {
        let mut draws: Vec<u64> = (0..100)
            .flat_map(|seed| (1..=100).map(move |ordinal| Draw::new(seed, ordinal).bits()))
            .collect();
        draws.sort_unstable();
        draws.dedup();
        assert_eq!(draws.len(), 10_000);
    }

    #[test]
    fn neighbours_are_spread_apart() {
        for prime in [13, 19, 103] {
            let mut values: Vec<u32> = (0..u64::from(prime))
                .map(|seed| Draw::new(seed, 1).spread(prime, 5))
                .collect();
            values.sort_unstable();
            assert_eq!(values, (0..prime).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_delay_stays_in_its_range() {
        let mut stream = Draw::new(3, 1).stream(Purpose::Course);
        for _ in 0..1_000 {
            let delay = stream.delay(300, 1_000);
            assert!((300..=1_000).contains(&delay.as_millis()), "{delay:?}");
        }
        assert_eq!(stream.delay(5, 5), Duration::from_millis(5));
    }
}
