//! `<Gather>`: what the far end presses or says, as the scenario has it.
//!
//! Part of a run. What is collected is known when it begins, and so is how long that takes.

use std::time::Duration;

use ringback_wire::cxml::Gather;

use super::super::heard::speaking_time;
use super::Run;

/// How long the far end thinks before it presses or speaks.
const THINKING: Duration = Duration::from_secs(1);
/// How long it takes to press a key.
const PRESSING: Duration = Duration::from_millis(500);
/// How long a pause ends speech that is said to end by itself (`auto`).
const SPEECH_PAUSE: Duration = Duration::from_secs(1);
/// How sure a recogniser is that was told the words.
const CONFIDENCE: &str = "0.9200";

/// What was collected.
struct Collected {
    params: Vec<(String, String)>,
    took: Duration,
}

impl Run<'_, '_> {
    /// Collects. If something comes of it the action is fetched; if not, says how long it took.
    pub(super) fn gather(&mut self, gather: &Gather, elapsed: Duration) -> Option<Duration> {
        let prompted = self.prompts(&gather.prompts, elapsed);
        let collected = self.collect(gather);
        let took = match &collected {
            Some(collected) => prompted.saturating_add(collected.took),
            None => prompted.saturating_add(gather.timeout),
        };
        let params = match collected {
            Some(collected) => collected.params,
            None if gather.action_on_empty => vec![("Digits".to_owned(), String::new())],
            None => return Some(took),
        };
        let due = elapsed.saturating_add(took);
        self.memo.used.verbs += 1;
        self.fetch_action(gather.action.as_deref(), gather.method, params, due);
        None
    }

    /// Keys go before words, where both are heard.
    fn collect(&mut self, gather: &Gather) -> Option<Collected> {
        let pressed = if gather.input.hears_digits() {
            self.next_digits()
        } else {
            String::new()
        };
        let spoken = if gather.input.hears_speech() {
            self.next_speech()
        } else {
            String::new()
        };
        if !pressed.is_empty() {
            return Some(press(gather, &pressed));
        }
        if spoken.is_empty() {
            return None;
        }
        let pause = gather.speech_timeout.unwrap_or(SPEECH_PAUSE);
        let took = THINKING + speaking_time(&spoken) + pause;
        Some(Collected {
            params: vec![
                ("SpeechResult".to_owned(), spoken),
                ("Confidence".to_owned(), CONFIDENCE.to_owned()),
            ],
            took,
        })
    }

    /// The keys that the far end presses next.
    pub(super) fn next_digits(&mut self) -> String {
        let next = self.scenario.digits.get(self.memo.used.digits).cloned();
        self.memo.used.digits += 1;
        next.unwrap_or_default()
    }

    fn next_speech(&mut self) -> String {
        let next = self.scenario.speech.get(self.memo.used.speech).cloned();
        self.memo.used.speech += 1;
        next.unwrap_or_default()
    }
}

/// What of the keys that are pressed is collected: up to a key that ends it, which is not part
/// of it, or up to the number that is asked for; then no timeout is waited for.
fn press(gather: &Gather, pressed: &str) -> Collected {
    let most = gather.digits.map_or(usize::MAX, |digits| {
        usize::try_from(digits).unwrap_or(usize::MAX)
    });
    let mut digits = String::new();
    let mut took = THINKING;
    let mut ended = false;
    for key in pressed.chars() {
        took += PRESSING;
        if gather.finish_on.contains(key) {
            ended = true;
            break;
        }
        digits.push(key);
        if digits.len() == most {
            ended = true;
            break;
        }
    }
    if !ended {
        took = took.saturating_add(gather.timeout);
    }
    Collected {
        params: vec![("Digits".to_owned(), digits)],
        took,
    }
}
