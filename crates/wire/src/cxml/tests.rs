//! What documents are read as, what is said of bad ones, and that nothing makes the reader
//! fail otherwise.

use std::time::Duration;

use proptest::prelude::*;
use ringback_domain::recording::RecordingChannels;
use ringback_domain::subscription::{CallEvent, Method, RecordingEvent};

use super::*;

fn voice(body: &str) -> Document {
    parse(&format!("<Response>{body}</Response>"), Channel::Voice).unwrap()
}

/// The one verb of a document without issues.
#[track_caller]
fn clean(body: &str) -> Verb {
    let mut document = voice(body);
    assert_eq!(document.issues, [], "{body}");
    assert_eq!(document.instructions.len(), 1, "{body}");
    document.instructions.remove(0).verb
}

/// The one issue of a document.
#[track_caller]
fn issue(body: &str) -> Issue {
    let mut document = voice(body);
    assert_eq!(document.issues.len(), 1, "{body}: {:?}", document.issues);
    document.issues.remove(0)
}

#[test]
fn verbs_are_read_in_order_with_their_places() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\n  <!-- hi -->\n  \
                <Say>Grüße</Say><Pause/>\n  <Hangup/>\n</Response>\n";
    let document = parse(text, Channel::Voice).unwrap();
    let names: Vec<_> = document
        .instructions
        .iter()
        .map(|it| it.verb.name())
        .collect();
    assert_eq!(names, ["Say", "Pause", "Hangup"]);
    let places: Vec<_> = document
        .instructions
        .iter()
        .map(|it| Place::of(text, it.at).to_string())
        .collect();
    // The second stands after two letters of two bytes each.
    assert_eq!(
        places,
        ["line 4, column 3", "line 4, column 19", "line 5, column 3"]
    );
    assert_eq!(document.issues, []);
}

#[test]
fn a_response_may_be_empty() {
    assert_eq!(voice("").instructions, []);
    assert!(parse("<Response/>", Channel::Messaging).is_ok());
    assert!(parse("\u{feff}<Response/>", Channel::Voice).is_ok());
}

#[test]
fn say_speaks_words_and_breaks() {
    let Verb::Say(say) = clean(
        "<Say voice=\"Polly.Joanna\" language=\"en-US\" loop=\"2\">\n  Hello <emphasis>dear\n  \
         </emphasis> <sub alias=\"Mister\">Mr</sub> X<break time=\"250ms\"/><break time=\"1.5s\"/>\
         <break strength=\"none\"/><break/></Say>",
    ) else {
        panic!("a Say");
    };
    assert_eq!(say.text, "Hello dear Mister X");
    assert_eq!(say.breaks, Duration::from_millis(250 + 1_500 + 500));
    assert_eq!(say.repeat, Repeat::Times(2.try_into().unwrap()));
    let Verb::Say(endless) = clean("<Say loop=\"0\">x</Say>") else {
        panic!("a Say");
    };
    assert_eq!(endless.repeat, Repeat::Endless);
}

#[test]
fn gather_has_documented_defaults_and_reads_all_it_is_given() {
    let Verb::Gather(gather) = clean("<Gather/>") else {
        panic!("a Gather");
    };
    assert_eq!(gather.input, GatherInput::Digits);
    assert_eq!(gather.method, Method::Post);
    assert_eq!(gather.timeout, Duration::from_secs(5));
    assert_eq!((gather.digits, gather.speech_timeout), (None, None));
    assert!(gather.finish_on.contains('#') && !gather.finish_on.contains('*'));
    assert!(!gather.action_on_empty);

    let Verb::Gather(gather) = clean(
        "<Gather action=\"/in?a=1&amp;b=2\" method=\"get\" input=\"speech dtmf\" numDigits=\"4\" \
         finishOnKey=\"\" timeout=\"9\" speechTimeout=\"3\" actionOnEmptyResult=\"True\" \
         hints=\"a\" language=\"de-DE\"><Say>a</Say><Pause/><Play>http://x/y.wav</Play></Gather>",
    ) else {
        panic!("a Gather");
    };
    assert_eq!(gather.action.as_deref(), Some("/in?a=1&b=2"));
    assert_eq!(gather.method, Method::Get);
    assert_eq!(gather.input, GatherInput::Both);
    assert_eq!(gather.digits, Some(4));
    assert!(!gather.finish_on.contains('#'));
    assert_eq!(gather.timeout, Duration::from_secs(9));
    assert_eq!(gather.speech_timeout, Some(Duration::from_secs(3)));
    assert!(gather.action_on_empty);
    assert_eq!(gather.prompts.len(), 3);
}

#[test]
fn record_has_documented_defaults_and_reads_all_it_is_given() {
    let Verb::Record(record) = clean("<Record/>") else {
        panic!("a Record");
    };
    assert_eq!(record.max_length, Duration::from_secs(3_600));
    assert_eq!(record.timeout, Duration::from_secs(5));
    assert_eq!((record.beep, record.trim), (Beep::Played, Trim::Silence));
    assert_eq!(record.transcribe, Transcribe::No);
    assert_eq!(record.callback, None);
    assert!(record.finish_on.contains('5'));

    let Verb::Record(record) = clean(
        "<Record action=\"http://a/b\" method=\"GET\" finishOnKey=\"*\" maxLength=\"0\" \
         timeout=\"2\" playBeep=\"false\" trim=\"do-not-trim\" \
         transcribeCallback=\"http://a/t\" recordingStatusCallback=\"/r\" \
         recordingStatusCallbackMethod=\"GET\" \
         recordingStatusCallbackEvent=\"in-progress completed absent\"/>",
    ) else {
        panic!("a Record");
    };
    assert_eq!(record.max_length, Duration::from_secs(3_600));
    assert_eq!((record.beep, record.trim), (Beep::Silent, Trim::Nothing));
    let heard_by = Some("http://a/t".to_owned());
    assert_eq!(record.transcribe, Transcribe::Yes(heard_by));
    let callback = record.callback.unwrap();
    assert_eq!((&*callback.url, callback.method), ("/r", Method::Get));
    assert!(callback.events.contains(RecordingEvent::Absent));
    assert!(!callback.events.contains(RecordingEvent::Failed));
}

#[test]
fn dial_has_documented_defaults_and_reads_its_nouns() {
    let Verb::Dial(dial) = clean("<Dial>+15550100002</Dial>") else {
        panic!("a Dial");
    };
    assert_eq!(dial.timeout, Duration::from_secs(30));
    assert_eq!(dial.time_limit, Duration::from_secs(4 * 3_600));
    assert_eq!(dial.caller, CallerLeg::AnsweredFirst);
    assert_eq!((dial.record, dial.nouns.len()), (None, 1));

    let Verb::Dial(dial) = clean(
        "<Dial action=\"/done\" timeout=\"600\" timeLimit=\"60\" callerId=\"+15550100009\" \
         hangupOnStar=\"true\" answerOnBridge=\"true\" record=\"record-from-ringing-dual\" \
         recordingTrack=\"inbound\" trim=\"trim-silence\" ringTone=\"us\">\n\
         <Number statusCallback=\"http://a/s\" statusCallbackMethod=\"GET\" \
         statusCallbackEvent=\"initiated answered\" sendDigits=\"ww12#\" url=\"/whisper\" \
         method=\"GET\">+15550100002</Number>\n\
         <Number>+15550100003</Number><Client>alice</Client></Dial>",
    ) else {
        panic!("a Dial");
    };
    let record = dial.record.unwrap();
    assert_eq!(record.channels, RecordingChannels::Dual);
    assert_eq!(record.from, RecordFrom::Ringing);
    let addresses: Vec<_> = dial.nouns.iter().map(|noun| &*noun.address).collect();
    assert_eq!(addresses, ["+15550100002", "+15550100003", "client:alice"]);
    let noun = &dial.nouns[0];
    assert_eq!(noun.send_digits.as_deref(), Some("ww12#"));
    assert_eq!(
        (noun.url.as_deref(), noun.method),
        (Some("/whisper"), Method::Get)
    );
    let callback = noun.status_callback.as_ref().unwrap();
    assert!(callback.events.contains(CallEvent::Answered));
    assert!(!callback.events.contains(CallEvent::Completed));
    assert_eq!(callback.method, Method::Get);
}

#[test]
fn messages_have_text_or_nouns() {
    let body = |text: &str| match clean(text) {
        Verb::Message(message) => (message.body, message.media),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        body("<Sms to=\"+15550100002\"> hi </Sms>"),
        ("hi".into(), vec![])
    );
    let both = "<Message statusCallback=\"/s\"><Body>a</Body><Body>b</Body>\
                <Media>http://x/1.png</Media></Message>";
    assert_eq!(body(both), ("ab".into(), vec!["http://x/1.png".into()]));
}

#[test]
fn documented_verbs_that_are_not_simulated_are_known() {
    for name in [
        "Enqueue",
        "Leave",
        "Stream",
        "Connect",
        "Refer",
        "Pay",
        "Conference",
    ] {
        assert_eq!(
            clean(&format!("<{name} any=\"thing\"><Child/></{name}>")).name(),
            name
        );
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_place_and_expectation() {
    for (text, said) in [
        ("", "the document is empty: send at least <Response/>"),
        (" \n ", "the document is empty: send at least <Response/>"),
        (
            "<response/>",
            "line 1, column 1: expected <Response>, found <response>",
        ),
        (
            "<Response>\n <play>x</play></Response>",
            "line 2, column 2: there is no verb <play>: expected <Play> \
             (names are case-sensitive)",
        ),
        (
            "<Response><Shout/></Response>",
            "line 1, column 11: there is no verb <Shout>: expected one of Say, Play, Pause, \
             Gather, Record, Dial, Redirect, Hangup, Reject, Message, Sms",
        ),
        (
            "<Response><Say>x</Response>",
            "line 1, column 17: expected </Say>, found </Response>",
        ),
        (
            "<Response><Play>http://x/?a=1&b=2</Play></Response>",
            "line 1, column 30: `&` begins an entity: write `&amp;` for the character",
        ),
        (
            " <?xml version=\"1.0\"?><Response/>",
            "line 1, column 2: <?xml …?> may stand at the very beginning alone, with no blank \
             before it",
        ),
        (
            "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><Response><Say>&b;</Say></Response>",
            "line 1, column 1: a document type (<!DOCTYPE>) is not allowed",
        ),
    ] {
        let fault = parse(text, Channel::Voice).unwrap_err();
        assert_eq!(fault.to_string(), said, "{text:?}");
        assert_eq!(fault.code.as_str(), "12100", "{text:?}");
    }
    let fault = parse("Traceback (most recent call last):", Channel::Voice).unwrap_err();
    assert!(fault.place.is_some(), "{fault}");
}

#[test]
fn what_is_too_large_or_too_deep_is_refused() {
    let large = format!("<Response><Say>{}</Say></Response>", "x".repeat(MAX_BYTES));
    let fault = parse(&large, Channel::Voice).unwrap_err();
    assert_eq!(fault.text, "the document has more than 64 kB");
    let deep = |depth: usize| {
        let (open, close) = ("<s>".repeat(depth), "</s>".repeat(depth));
        format!("<Response><Say>{open}x{close}</Say></Response>")
    };
    assert!(parse(&deep(MAX_DEPTH - 1), Channel::Voice).is_ok());
    let fault = parse(&deep(MAX_DEPTH), Channel::Voice).unwrap_err();
    assert_eq!(fault.text, "elements are nested more than 32 deep");
    assert!(parse(&deep(9_000), Channel::Voice).is_err());
}

#[test]
fn what_is_odd_is_told_with_place_code_and_what_is_done() {
    for (body, said) in [
        (
            "<Say voise=\"man\">x</Say>",
            "line 1, column 16: <Say> has no attribute `voise`: expected loop, voice, language; \
             it is left out (warning 12100)",
        ),
        (
            "<Hangup now=\"1\"/>",
            "line 1, column 19: <Hangup> has no attribute `now`: expected none; it is left out \
             (warning 12100)",
        ),
        (
            "<Gather timeout=\"soon\"/>",
            "line 1, column 19: <Gather>: `timeout` has to be a whole number from 0 to 86400, \
             not \"soon\": 5 is used (warning 12100)",
        ),
        (
            "<Dial timeout=\"2\">+15550100002</Dial>",
            "line 1, column 17: <Dial>: `timeout` has to be a whole number from 5 to 600, not \
             \"2\": 5 is used (warning 12100)",
        ),
        (
            "<Redirect method=\"PUT\">/x</Redirect>",
            "line 1, column 21: <Redirect>: `method` has to be GET or POST, not \"PUT\": POST is \
             used (error 13221)",
        ),
        (
            "<Record trim=\"yes\"/>",
            "line 1, column 19: <Record>: `trim` has to be one of trim-silence, do-not-trim, not \
             \"yes\": trim-silence is used (warning 13699)",
        ),
        (
            "<Record recordingStatusCallback=\"/r\" recordingStatusCallbackEvent=\"done\"/>",
            "line 1, column 48: `recordingStatusCallbackEvent` has to be in-progress, completed \
             or absent, not \"done\": it is left out (error 13621)",
        ),
        (
            "<Dial>call me</Dial>",
            "line 1, column 11: the number to dial is missing or not E.164, as +15550100001: it \
             is left out (warning 13223)",
        ),
        (
            "<Dial>415-555-0100</Dial>",
            "line 1, column 11: the number to dial is not E.164: +14155550100 is dialled \
             (warning 13223)",
        ),
        (
            "<Dial><Sip>sip: bob</Sip></Dial>",
            "line 1, column 17: <Sip> has to hold a SIP URI, as sip:alice@example.com: it is \
             left out (warning 13243)",
        ),
        (
            "<Dial><Sip/></Dial>",
            "line 1, column 17: <Sip> has no URI: it is left out (warning 13254)",
        ),
        (
            "<Dial><Queue>a</Queue></Dial>",
            "line 1, column 17: <Dial> of a <Queue> is not simulated: it is left out (warning \
             13750)",
        ),
        (
            "<Play digits=\"12x\"/>",
            "line 1, column 17: `digits` may hold 0-9, A-D, *, #, w and W alone: all else is \
             left out (error 13222)",
        ),
        (
            "<Play/>",
            "line 1, column 11: <Play> has neither a URL nor `digits`: it is left out (warning \
             13420)",
        ),
        (
            "<Message/>",
            "line 1, column 11: a message without text and media is not sent (warning 14103)",
        ),
        (
            "<Gather><Dial>+15550100002</Dial></Gather>",
            "line 1, column 19: <Dial> may not stand within <Gather>: expected Say, Play or \
             Pause; it is left out (warning 12100)",
        ),
        (
            "hello",
            "line 1, column 11: text that is within no verb is left out (warning 12100)",
        ),
    ] {
        assert_eq!(issue(body).to_string(), said, "{body}");
    }
}

#[test]
fn a_dial_calls_ten_at_most() {
    let nouns = "<Number>+15550100002</Number>".repeat(11);
    let document = voice(&format!("<Dial>{nouns}</Dial>"));
    let Verb::Dial(dial) = &document.instructions[0].verb else {
        panic!("a Dial");
    };
    assert_eq!(dial.nouns.len(), 10);
    assert_eq!(document.issues[0].code.as_str(), "13215");
}

#[test]
fn no_more_than_twenty_issues_are_told() {
    let document = voice(&"<Hangup a=\"1\"/>".repeat(300));
    assert_eq!(document.instructions.len(), 300);
    assert_eq!(document.issues.len(), 21);
    assert_eq!(document.issues[20].text, "280 more of such are not told");
}

#[test]
fn a_message_is_not_answered_with_verbs_of_calls() {
    let text = "<Response><Say>x</Say><Message>y</Message></Response>";
    let document = parse(text, Channel::Messaging).unwrap();
    assert_eq!(document.instructions.len(), 1);
    assert_eq!(
        document.issues[0].to_string(),
        "line 1, column 11: <Say> is a verb of calls: in a message's document it is left out \
         (warning 13750)"
    );
}

#[test]
fn xml_content_types_are_read_and_others_are_12300() {
    for good in [
        None,
        Some("application/xml"),
        Some("text/xml; charset=utf-8"),
        Some("text/html; charset=utf-8"),
        Some("Application/SOAP+XML"),
    ] {
        assert_eq!(check_content_type(good), Ok(()), "{good:?}");
    }
    for bad in ["application/json", "text/plain", "audio/wav", "xml"] {
        let fault = check_content_type(Some(bad)).unwrap_err();
        assert_eq!(fault.code.as_str(), "12300", "{bad}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fail_otherwise(text in ".{0,300}") {
        let _ = parse(&text, Channel::Voice);
        let _ = parse(&format!("<Response>{text}</Response>"), Channel::Messaging);
    }

    #[test]
    fn every_document_of_known_names_is_read(body in verbs()) {
        let text = format!("<Response>{body}</Response>");
        let document = parse(&text, Channel::Voice).unwrap();
        prop_assert!(document.issues.len() <= MAX_ISSUES + 1);
        let mut before = 0;
        for instruction in &document.instructions {
            prop_assert!(before < instruction.at && text[instruction.at..].starts_with('<'));
            before = instruction.at;
        }
    }

    #[test]
    fn a_document_that_is_cut_is_refused(body in verbs(), cut in 1_usize..12) {
        let text = format!("<Response>{body}</Response>");
        let mut end = text.len() - cut.min(text.len() - 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(parse(&text[..end], Channel::Voice).is_err());
    }
}

/// Verbs of known names with attributes of known names and any values.
fn verbs() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "Say", "Play", "Pause", "Gather", "Record", "Dial", "Redirect", "Hangup", "Reject",
        "Message", "Sms", "Enqueue", "Connect",
    ]);
    let noun = prop::sample::select(vec![
        "",
        "text",
        "<Number>+15550100002</Number>",
        "<Sip>sip:a@b</Sip>",
        "<Say>x</Say>",
        "<Body>b</Body>",
        "<Unknown/>",
        "<break time=\"9e99s\"/>",
    ]);
    let attribute = (
        prop::sample::select(vec![
            "loop",
            "timeout",
            "numDigits",
            "method",
            "action",
            "record",
            "trim",
            "input",
            "finishOnKey",
            "playBeep",
            "length",
            "reason",
            "unknown",
            "maxLength",
        ]),
        "[a-zA-Z0-9 .#*+:/-]{0,12}",
    );
    let attributes = prop::collection::btree_map(attribute.0, attribute.1, 0..4);
    let verb = (name, attributes, noun).prop_map(|(name, attributes, noun)| {
        let attributes: Vec<String> = attributes
            .into_iter()
            .map(|(name, value)| format!(" {name}=\"{value}\""))
            .collect();
        let attributes = attributes.concat();
        format!("<{name}{attributes}>{noun}</{name}>")
    });
    prop::collection::vec(verb, 0..20).prop_map(|verbs| verbs.concat())
}
