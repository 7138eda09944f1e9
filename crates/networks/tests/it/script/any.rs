//! Whatever a document says, its call ends within its bounds.

use proptest::prelude::*;

use super::*;

/// Verbs with any attributes that change what they do.
fn verb() -> impl Strategy<Value = String> {
    let looped = prop::sample::select(vec!["", " loop=\"0\"", " loop=\"3\""]);
    prop_oneof![
        looped.prop_map(|looped| format!("<Say{looped}>some words</Say>")),
        (0..90_000_u32).prop_map(|length| format!("<Pause length=\"{length}\"/>")),
        Just("<Play digits=\"ww12\"/>".to_owned()),
        Just("<Gather action=\"/b\" numDigits=\"1\"><Say>x</Say></Gather>".to_owned()),
        Just("<Gather input=\"speech\" actionOnEmptyResult=\"true\"/>".to_owned()),
        Just("<Record maxLength=\"5\" action=\"/a\"/>".to_owned()),
        Just("<Record/>".to_owned()),
        prop::sample::select(vec!["0003", "0486", "0487", "0404", "0700"])
            .prop_map(|ends| format!("<Dial timeout=\"9\">+1555010{ends}</Dial>")),
        Just(
            "<Dial action=\"/a\" record=\"record-from-ringing\" hangupOnStar=\"true\">\
             <Number url=\"/b\">+15550100003</Number><Number>+15550100004</Number></Dial>"
                .to_owned()
        ),
        Just("<Dial answerOnBridge=\"true\">nobody</Dial>".to_owned()),
        Just("<Redirect>/a</Redirect>".to_owned()),
        Just("<Redirect method=\"GET\">/b</Redirect>".to_owned()),
        Just("<Redirect>/gone</Redirect>".to_owned()),
        Just("<Hangup/>".to_owned()),
        Just("<Reject/>".to_owned()),
        Just("<Sms action=\"/b\">x</Sms>".to_owned()),
        Just("<Message>x</Message>".to_owned()),
        Just("<Enqueue>q</Enqueue>".to_owned()),
        Just("<Shout/>".to_owned()),
    ]
}

fn document() -> impl Strategy<Value = String> {
    prop::collection::vec(verb(), 0..7)
        .prop_map(|verbs| format!("<Response>{}</Response>", verbs.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn every_call_ends_with_all_that_belongs_to_it(
        documents in [document(), document(), document()],
        inbound in any::<bool>(),
        digits in prop::collection::vec("[0-9*#]{0,4}", 0..3),
        hangs_up in prop::option::of(1..200_u32),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let [first, a, b] = documents.map(|text| &*Box::leak(text.into_boxed_str()));
        let scenario = scenario::CallScenario {
            digits,
            hangs_up_after_s: hangs_up.map(scenario::seconds::Seconds::whole),
            ..scenario::CallScenario::default()
        };
        let json = serde_json::to_string(&scenario).expect("a scenario");
        let story = if inbound { Story::inbound(first) } else { Story::outbound(first) };
        let story = story.with("/a", a).with("/b", b).with_scenario(&json);
        let told = runtime.block_on(story.run());
        prop_assert!(told.call.status().is_final());
        prop_assert!(told.seconds() <= 4 * 3_600 + 16 * 100, "{} s", told.seconds());
        let own = told.call.sid.to_string();
        let seen = told.engine.seen().into_iter();
        let own = seen.filter(|seen| {
            seen.parameter("CallSid").as_ref() == Some(&own) && !seen.url.contains("status")
        });
        let own = own.count();
        prop_assert!(own <= 100, "{own} documents");
        prop_assert!(told.call.memo.is_none(), "nothing is kept of what is over");
    }
}
