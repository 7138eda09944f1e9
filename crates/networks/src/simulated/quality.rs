//! What the media of a simulated call was like: figures that hang together.
//!
//! Drawn when a call ends that was answered. Invariants: media packets are those of the time
//! that really went by; the drawn figures differ between calls whose strata are close (see
//! [`Draw::spread`]); the opinion score follows from jitter and loss, and falls as they rise. It is
//! the draw's and the line's alone: equal seeds have equal scores, however long a call took.

use std::time::Duration;

use ringback_domain::quality::Quality;

use super::call::Lasted;
use super::course::Line;
use super::draw::{Draw, Purpose};

/// Packets of 20 ms each.
const PACKETS_A_SECOND: u64 = 50;
/// A call at least this long has as many odd packets as were drawn; a shorter one fewer, in
/// proportion. The shortest call that ends by itself is this long.
const FULL_MEASURE: Duration = Duration::from_secs(10);
/// The score takes it that the packets that were drawn as skipped are those of so long a call: one
/// that is as long as most.
const SCORED: Duration = Duration::from_secs(20);
/// One in so many of the packets that were skipped never came; the others came too late.
const SKIPPED_PER_LOST: u64 = 8;
/// The least jitter grows by one in so many of what a line adds, the greatest by all of it.
const JITTER_SHARE: u32 = 4;

/// The figures of a call that lasted so long on such a line.
///
/// Media packets go by the time in the world outside: it is what a receiver measures. The odd
/// ones go by the simulated one, or calls at a high time scale would have none to tell them
/// apart by.
pub(super) fn draw(draw: Draw, lasted: Lasted, line: Line) -> Quality {
    let Lasted { elapsed, simulated } = lasted;
    let jitter_min_ms = 1 + draw.spread(29, 12) + line.jitter_ms / JITTER_SHARE;
    let jitter_max_ms = 30 + draw.spread(103, 41) + line.jitter_ms;
    let skipped = 3 + draw.spread(43, 18);
    let in_skip_packets = measure(skipped, simulated)
        .saturating_add(count(share(
            packets(simulated),
            line.loss_thousandths,
            1_000,
        )))
        .min(count(packets(simulated)));
    let loss_percent = percent(skipped, packets(SCORED)) + f64::from(line.loss_thousandths) / 10.0;

    let expected = packets(elapsed);
    let lost = share(expected, in_skip_packets, packets(simulated)) / SKIPPED_PER_LOST;
    let unsent = draw.stream(Purpose::Quality).below(expected / 100 + 1);
    Quality {
        mos_hundredths: hundredths(mos(jitter_min_ms + jitter_max_ms, loss_percent)),
        // The count of packets alone would put it between 19 and 21 for every call, and two
        // calls could not be told apart by it: it swings wider here, around the same 20.
        average_time_ms: 14 + draw.spread(13, 5),
        in_dtmf_packets: measure(4 + draw.spread(59, 23), simulated),
        in_flush_packets: measure(2 + draw.spread(47, 18), simulated),
        jitter_max_ms,
        jitter_min_ms,
        // Always deep enough for the greatest jitter, in packets of 20 ms.
        largest_buffer_packets: 8 + draw.spread(31, 13) + line.jitter_ms / 20,
        in_media_packets: count(expected - lost),
        in_skip_packets,
        out_dtmf_packets: measure(3 + draw.spread(67, 25), simulated),
        out_media_packets: count(expected - unsent),
    }
}

/// The mean opinion score of a narrow-band call, 1 (bad) to 4.5, by a simplified E-model:
/// ITU-T G.107 with its default rating of 93.2, the delay impairment of Cole and Rosenbluth
/// (2001), and for packet loss the figures of ITU-T G.113 for G.711 with concealment
/// (Ie 0, Bpl 25.1). `jitter_ms` is the sum of the least and the greatest, which is twice the
/// mean: what a de-jitter buffer adds to the delay.
fn mos(jitter_ms: u32, loss_percent: f64) -> f64 {
    // Packetisation, look-ahead and two mobile legs.
    const STEADY_DELAY_MS: f64 = 150.0;

    let delay = STEADY_DELAY_MS + f64::from(jitter_ms);
    let delay_impairment = 0.024 * delay + 0.11 * (delay - 177.3).max(0.0);
    let loss_impairment = 95.0 * loss_percent / (loss_percent + 25.1);
    let rating = (93.2 - delay_impairment - loss_impairment).max(0.0);
    let score = 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6;
    // The cubic dips below the worst score there is for ratings under 7.
    score.max(1.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 100..=500 first"
)]
fn hundredths(mos: f64) -> u16 {
    (mos * 100.0).round().clamp(100.0, 500.0) as u16
}

/// How many packets a side sends in this time.
fn packets(time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    micros
        .saturating_mul(PACKETS_A_SECOND)
        .saturating_add(500_000)
        / 1_000_000
}

/// `full` packets for a call of the full measure, fewer for a shorter one.
fn measure(full: u32, time: Duration) -> u32 {
    let measured = packets(time.min(FULL_MEASURE));
    count(share(measured, full, packets(FULL_MEASURE)))
}

/// `part` of `whole`, taken of `total`; nothing of nothing.
fn share(total: u64, part: u32, whole: u64) -> u64 {
    total
        .saturating_mul(u64::from(part))
        .checked_div(whole)
        .unwrap_or(0)
}

fn percent(part: u32, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        _ => 100.0 * f64::from(part) / f64::from(count(whole)),
    }
}

fn count(packets: u64) -> u32 {
    u32::try_from(packets).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(seed: u64, seconds: u64) -> Quality {
        draw(Draw::new(seed, 1), for_seconds(seconds), Line::default())
    }

    fn for_seconds(seconds: u64) -> Lasted {
        let time = Duration::from_secs(seconds);
        Lasted {
            elapsed: time,
            simulated: time,
        }
    }

    fn figures(quality: &Quality) -> [(&'static str, u32); 11] {
        [
            ("mos", u32::from(quality.mos_hundredths)),
            ("average_time", quality.average_time_ms),
            ("in_dtmf", quality.in_dtmf_packets),
            ("in_flush", quality.in_flush_packets),
            ("jitter_max", quality.jitter_max_ms),
            ("jitter_min", quality.jitter_min_ms),
            ("largest_buffer", quality.largest_buffer_packets),
            ("in_media", quality.in_media_packets),
            ("in_skip", quality.in_skip_packets),
            ("out_dtmf", quality.out_dtmf_packets),
            ("out_media", quality.out_media_packets),
        ]
    }

    #[test]
    fn the_drawn_figures_of_neighbouring_seeds_all_differ() {
        for seed in 0..1_000 {
            for apart in 1..13 {
                let (one, other) = (of(seed, 20), of(seed + apart, 20));
                for ((name, a), (_, b)) in figures(&one).into_iter().zip(figures(&other)) {
                    // Equal durations make equal packet counts; the score is checked below.
                    if !["mos", "in_media", "out_media"].contains(&name) {
                        assert_ne!(a, b, "{name} of seeds {seed} and {}", seed + apart);
                    }
                }
            }
        }
    }

    #[test]
    fn a_call_without_media_has_no_packets() {
        let quality = draw(Draw::new(1, 1), for_seconds(0), Line::default());
        assert_eq!(quality.in_media_packets, 0);
        assert_eq!(quality.out_media_packets, 0);
        assert_eq!(quality.in_skip_packets, 0);
    }

    #[test]
    fn the_score_does_not_depend_on_how_long_a_call_took() {
        for seed in 0..100 {
            let scores = [1, 7, 20, 3_600].map(|seconds| of(seed, seconds).mos_hundredths);
            assert_eq!(scores, [scores[0]; 4], "seed {seed}");
        }
    }

    #[test]
    fn the_score_is_that_of_the_e_model() {
        check(0, 0.0, 4.33);
        check(50, 1.0, 4.11);
        check(100, 5.0, 3.28);

        #[track_caller]
        fn check(jitter_ms: u32, loss_percent: f64, expected: f64) {
            let score = mos(jitter_ms, loss_percent);
            assert!(
                (score - expected).abs() < 0.01,
                "{score}, expected {expected}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_score_falls_as_jitter_and_loss_rise(
            jitter in 0_u32..150,
            more_jitter in 1_u32..50,
            loss in 0.0..10.0_f64,
            more_loss in 0.01..5.0_f64,
        ) {
            let score = mos(jitter, loss);
            prop_assert!(mos(jitter + more_jitter, loss) < score);
            prop_assert!(mos(jitter, loss + more_loss) < score);
            prop_assert!((1.0..4.5).contains(&score));
        }

        #[test]
        fn a_call_on_a_worse_line_scores_less(
            seed: u64,
            ordinal in 1_u64..1_000_000,
            seconds in 10_u64..3_600,
            jitter_ms in 0_u32..200,
            loss_thousandths in 0_u32..100,
            worse in 30_u32..100,
        ) {
            let score = |jitter_ms, loss_thousandths| {
                let line = Line { jitter_ms, loss_thousandths };
                draw(Draw::new(seed, ordinal), for_seconds(seconds), line).mos_hundredths
            };
            let before = score(jitter_ms, loss_thousandths);
            prop_assert!((100..=440).contains(&before));
            for after in [
                score(jitter_ms + worse, loss_thousandths),
                score(jitter_ms, loss_thousandths + worse),
            ] {
                // Below 1.1 hardly anything can get worse.
                prop_assert!(after < before || after == before && before <= 110);
            }
        }

        #[test]
        fn media_packets_are_those_of_the_time_that_went_by(
            seed: u64,
            ordinal in 1_u64..1_000_000,
            elapsed_ms in 400_u64..100_000,
            scale in 1_u32..1_000,
        ) {
            let elapsed = Duration::from_millis(elapsed_ms);
            let lasted = Lasted { elapsed, simulated: elapsed * scale };
            let quality = draw(Draw::new(seed, ordinal), lasted, Line::default());
            let expected = elapsed.as_secs_f64() * 50.0;
            for packets in [quality.in_media_packets, quality.out_media_packets] {
                let off = (f64::from(packets) - expected).abs() / expected;
                prop_assert!(off <= 0.05, "{packets} packets in {elapsed:?}");
            }
        }

        #[test]
        fn the_figures_hang_together(seed: u64, ordinal in 1_u64..1_000_000, seconds in 1_u64..3_600) {
            let quality = draw(Draw::new(seed, ordinal), for_seconds(seconds), Line::default());
            prop_assert!(quality.jitter_min_ms > 0);
            prop_assert!(quality.jitter_min_ms < quality.jitter_max_ms);
            prop_assert!(quality.largest_buffer_packets * 20 > quality.jitter_max_ms);
            prop_assert!(quality.in_skip_packets * 10 <= quality.in_media_packets);
            prop_assert!((200..=440).contains(&quality.mos_hundredths), "{quality:?}");
        }
    }
}
