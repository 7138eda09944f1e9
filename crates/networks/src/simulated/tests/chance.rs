//! What is left to chance, over thousands of whole courses: held against what was named.

use ringback_engine::network::Effect;

use super::*;

/// How many courses are followed: what weighs one in two hundred is then seen fifty times.
const COUNT: u64 = 10_000;

/// A network in which this is left to chance.
fn leaving(chance: Chance) -> Simulated {
    Simulated::new(SimulatedConfig {
        seed: 6,
        model: Model {
            chance,
            ..Model::default()
        },
        ..SimulatedConfig::default()
    })
}

fn realistic_without_carriers() -> Chance {
    Chance {
        carriers: None,
        ..Mix::Realistic.chance()
    }
}

/// The courses of as many calls that ask what answers.
fn calls(network: &Simulated, to: impl Fn(u64) -> String) -> Vec<Course> {
    let detection = ("MachineDetection".to_owned(), "Enable".to_owned());
    let new = |ordinal| NewCall {
        requested: vec![detection.clone()],
        ..call(&to(ordinal))
    };
    follow_all(network, |ordinal| NewResource::Call(new(ordinal)))
}

fn messages(network: &Simulated, to: impl Fn(u64) -> String) -> Vec<Course> {
    follow_all(network, |ordinal| {
        NewResource::Message(message(&to(ordinal)))
    })
}

fn follow_all(network: &Simulated, new: impl Fn(u64) -> NewResource) -> Vec<Course> {
    let settings = Settings::default();
    let follow = |ordinal| follow(network, resource(ordinal, new(ordinal)), &settings);
    (1..=COUNT).map(follow).collect()
}

fn ordinary(_: u64) -> String {
    ORDINARY.to_owned()
}

/// Numbers without a meaning, all over a country.
fn anybody(ordinal: u64) -> String {
    format!("+1555{:03}{:04}", ordinal % 1_000, 9_000 + ordinal / 11)
}

/// What a call came to, in the words of weights.
fn call_word(course: &Course) -> String {
    let call = course.call();
    match (call.status, call.answered_by, call.sip) {
        (CallStatus::Completed, Some(AnsweredBy::Human), _) => "answered".to_owned(),
        (CallStatus::Completed, Some(AnsweredBy::Machine), _) => "machine".to_owned(),
        (CallStatus::Busy, None, _) => "busy".to_owned(),
        (_, None, Some(sip)) if sip.code() == 487 => "no-answer".to_owned(),
        (_, None, Some(sip)) => format!("sip:{}", sip.code()),
        odd => panic!("{odd:?}"),
    }
}

/// What a message came to, in the words of weights.
fn message_word(course: &Course) -> String {
    let message = course.message();
    match (message.status, &message.error) {
        (MessageStatus::Delivered, None) => "delivered".to_owned(),
        (MessageStatus::Sent, None) => "no-receipt".to_owned(),
        (status, Some(code)) => format!("{}:{code}", status.as_str()),
        odd => panic!("{odd:?}"),
    }
}

/// Pearson's statistic: how far what was counted is from what the weights let expect.
fn chi_square(words: &[String], weights: &[(String, u32)]) -> f64 {
    let total: u32 = weights.iter().map(|(_, weight)| weight).sum();
    let mut known = 0;
    let mut statistic = 0.0;
    for (word, weight) in weights {
        let counted = words.iter().filter(|it| *it == word).count();
        known += counted;
        let share = f64::from(*weight) / f64::from(total);
        let expected = f64::from(u32::try_from(words.len()).unwrap()) * share;
        let off = f64::from(u32::try_from(counted).unwrap()) - expected;
        statistic += off * off / expected;
    }
    assert_eq!(known, words.len(), "something happens that weighs nothing");
    statistic
}

fn words_of<T: Outcome>(weights: &Weights<T>) -> Vec<(String, u32)> {
    let entries = weights.iter();
    entries.map(|(it, weight)| (it.word(), *weight)).collect()
}

/// The same weights with a tenth more of the first, at the cost of nobody.
fn tilted(weights: &[(String, u32)]) -> Vec<(String, u32)> {
    let mut tilted = weights.to_vec();
    tilted[0].1 += tilted[0].1 / 10;
    tilted
}

#[test]
fn ten_thousand_calls_end_as_their_weights_say() {
    /// Of the distribution with seven degrees of freedom, one in a thousand is above.
    const CRITICAL: f64 = 24.32;

    let chance = realistic_without_carriers();
    let weights = words_of(chance.calls.as_ref().unwrap());
    assert_eq!(weights.len(), 8);
    let courses = calls(&leaving(chance), ordinary);
    let words: Vec<String> = courses.iter().map(call_word).collect();
    let statistic = chi_square(&words, &weights);
    assert!(statistic < CRITICAL, "{statistic}");
    assert!(chi_square(&words, &tilted(&weights)) > CRITICAL);
}

#[test]
fn ten_thousand_messages_end_as_their_weights_say() {
    /// Of the distribution with seven degrees of freedom, one in a thousand is above.
    const CRITICAL: f64 = 24.32;

    let chance = Chance {
        messages: Some(
            "delivered=900, no-receipt=20, undelivered:30003=20, undelivered:30005=15, \
             undelivered:30006=15, undelivered:30007=10, undelivered:30008=10, failed:30022=10"
                .parse()
                .unwrap(),
        ),
        ..realistic_without_carriers()
    };
    let weights = words_of(chance.messages.as_ref().unwrap());
    assert_eq!(weights.len(), 8);
    let courses = messages(&leaving(chance), ordinary);
    let words: Vec<String> = courses.iter().map(message_word).collect();
    let statistic = chi_square(&words, &weights);
    assert!(statistic < CRITICAL, "{statistic}");
    let mut other = weights.clone();
    other[1].1 *= 2;
    assert!(chi_square(&words, &other) > CRITICAL);
}

#[test]
fn times_have_the_medians_and_tails_that_were_named() {
    let network = leaving(realistic_without_carriers());
    let answered: Vec<Course> = calls(&network, ordinary)
        .into_iter()
        .filter(|course| course.call().status == CallStatus::Completed)
        .collect();
    is_log_normal(&waits(&answered, 1), 1.2, 0.5);
    is_log_normal(&waits(&answered, 2), 7.0, 0.5);
    is_log_normal(&waits(&answered, 3), 45.0, 0.9);

    let delivered: Vec<Course> = messages(&network, ordinary)
        .into_iter()
        .filter(|course| course.message().status == MessageStatus::Delivered)
        .collect();
    let receipts = waits(&delivered, 2);
    let median = receipts[receipts.len() / 2];
    let late = receipts[receipts.len() * 99 / 100];
    assert!((1.9..2.2).contains(&median), "{median}");
    // Of delays that are spread evenly it is less than twice.
    assert!(late / median > 10.0, "{late} against {median}");

    /// How long each waited for its status at `index`, in seconds, the shortest first.
    fn waits(courses: &[Course], index: usize) -> Vec<f64> {
        let wait = |course: &Course| {
            let millis = u32::try_from(course.waited_ms(index)).unwrap();
            f64::from(millis) / 1_000.0
        };
        let mut waits: Vec<f64> = courses.iter().map(wait).collect();
        waits.sort_by(f64::total_cmp);
        waits
    }

    #[track_caller]
    fn is_log_normal(sorted: &[f64], median: f64, sigma: f64) {
        let at = |percent: usize| sorted[sorted.len() * percent / 100];
        for (found, expected) in [
            (at(50), median),
            (at(16), median * (-0.9945 * sigma).exp()),
            (at(84), median * (0.9945 * sigma).exp()),
        ] {
            let off = (found - expected).abs() / expected;
            assert!(off < 0.05, "{found}, expected {expected}");
        }
    }
}

#[test]
fn who_lets_it_ring_longer_than_the_timeout_is_not_reached() {
    let chance = Chance {
        call_answer: Some("fixed 20s".parse().unwrap()),
        ..Chance::default()
    };
    let new = NewCall {
        ring_timeout: Duration::from_secs(15),
        ..call(ORDINARY)
    };
    let resource = resource(1, NewResource::Call(new));
    let course = follow(&leaving(chance), resource, &Settings::default());
    assert_eq!(course.statuses(), ["initiated", "ringing", "no-answer"]);
    assert_eq!(course.waited_ms(2), 15_000);
}

#[test]
fn a_number_with_a_meaning_is_left_to_nothing_else() {
    let (with, without) = (leaving(realistic_without_carriers()), simulated(6));
    let numbers = numbers::rows().filter_map(|row| match row {
        numbers::Row::Destination(row) => Some(format!("+1555010{}", row.ends_in?)),
        numbers::Row::Fictional(row) => Some(format!("+1212{}", row.digits)),
        numbers::Row::Name(_) | numbers::Row::TestNumber(_) => None,
    });
    for to in numbers {
        for new in [
            NewResource::Call(call(&to)),
            NewResource::Message(message(&to)),
        ] {
            for ordinal in 1..=20 {
                let course = |network: &Simulated| {
                    let resource = resource(ordinal, new.clone());
                    follow(network, resource, &Settings::default())
                };
                assert_eq!(course(&with), course(&without), "{to}");
            }
        }
    }
}

#[test]
fn what_is_under_way_goes_on_as_it_began_whatever_is_told_later() {
    let (before, after) = (leaving(Mix::Realistic.chance()), simulated(6));
    let settings = Settings::default();
    for ordinal in 1..=200 {
        for new in [
            NewResource::Call(call(ORDINARY)),
            NewResource::Message(message(ORDINARY)),
        ] {
            let begun = resource(ordinal, new);
            let whole = follow(&before, begun.clone(), &settings);
            let (begun, first) = accepted(&before, begun);
            assert_eq!(go_on(&after, begun, first, &settings), whole);
        }
    }
}

#[test]
fn carriers_differ_in_what_goes_wrong_and_in_how_calls_sound() {
    let chance = Chance {
        calls: Some("answered=900, sip:503=100".parse().unwrap()),
        messages: Some("delivered=900, undelivered:30005=100".parse().unwrap()),
        carriers: Some(
            "Good: share=50; Bad: share=50, trouble=3, receipts=4, jitter=60, loss=3"
                .parse()
                .unwrap(),
        ),
        ..Chance::default()
    };
    let network = leaving(chance.clone());
    let is_with = |name: &str, to: &str| chance.carrier(to).is_some_and(|it| it.name == name);

    let sent = messages(&network, anybody);
    let by = |name: &str| -> Vec<&Course> {
        let own = sent.iter();
        own.filter(|it| is_with(name, &it.message().to)).collect()
    };
    // Three hundred of twelve hundred go wrong; of the others, one hundred of a thousand.
    for (name, weights) in [("Good", [900, 100]), ("Bad", [900, 300])] {
        let words: Vec<String> = by(name).into_iter().map(message_word).collect();
        assert!((4_700..5_300).contains(&words.len()), "{}", words.len());
        let named = ["delivered", "undelivered:30005"].map(str::to_owned);
        let weights: Vec<(String, u32)> = named.into_iter().zip(weights).collect();
        // One degree of freedom, one in a thousand.
        assert!(chi_square(&words, &weights) < 10.83, "{name}");
    }
    let slowest = |name| by(name).iter().map(|it| it.waited_ms(2)).max().unwrap();
    assert!((4_500..=5_000).contains(&slowest("Good")));
    assert!((18_000..=20_000).contains(&slowest("Bad")));

    let made = calls(&network, anybody);
    let scores = |name: &str| -> Vec<u16> {
        let own = made.iter().filter(|it| is_with(name, &it.call().to));
        let answered = own.filter_map(|it| it.call().quality.as_ref());
        answered.map(|it| it.mos_hundredths).collect()
    };
    let mean = |scores: Vec<u16>| {
        let count = u32::try_from(scores.len()).unwrap();
        scores.into_iter().map(u32::from).sum::<u32>() / count
    };
    assert!(mean(scores("Good")) > mean(scores("Bad")) + 30);
}

#[test]
fn whom_a_number_is_with_stands_on_the_timeline() {
    let network = leaving(Mix::Realistic.chance());
    let remarks = |new| {
        let settings = Settings::default();
        let resource = resource(1, new);
        let performed = scene(&settings, CREATED, |scene| network.accept(&resource, scene));
        performed.effects
    };
    let expected = [Effect::Remark(format!("{ORDINARY} is with Lakeside."))];
    assert_eq!(remarks(NewResource::Call(call(ORDINARY))), expected);
    assert_eq!(remarks(NewResource::Message(message(ORDINARY))), expected);
    assert_eq!(remarks(NewResource::Call(call("sip:bob@a.example"))), []);
}
