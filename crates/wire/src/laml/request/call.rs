//! Creating a call and changing one.

use std::time::Duration;

use ringback_domain::call::{CallDirection, Document, NewCall};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::phone::{Address, address};
use ringback_domain::project::Price;
use ringback_domain::subscription::{CallEvent, CallEvents, Interest, Method};

use super::check;
use super::{Form, ParamError, SubscriptionOrder, recording_with_call, warnings_of};
use crate::url::CallbackUrl;

/// URL that is no absolute http or https URL.
const BAD_URL: ErrorCode = error_code!("21402");
/// The same, of a callback.
const BAD_CALLBACK: ErrorCode = error_code!("21456");
/// Parameters of answering-machine detection out of range.
const BAD_DETECTION: ErrorCode = error_code!("21234");
/// Costs more than it may.
const TOO_DEAR: ErrorCode = error_code!("30010");

/// What a minute of a call costs: 0.01 USD.
const MINUTE: Price = Price::from_micro_usd(10_000);
/// How long a call may ring when nothing is said.
const DEFAULT_TIMEOUT_S: u32 = 60;
/// Longest address that is not a number, in bytes.
const MAX_ADDRESS_BYTES: usize = 255;

/// Documented parameters that are checked and kept by name, beside those with a field. Not
/// `SipAuthPassword`: what is not used is not stored.
const KEPT: [&str; 27] = [
    "FallbackUrl",
    "FallbackMethod",
    "CallerId",
    "SendDigits",
    "MachineDetection",
    "MachineDetectionTimeout",
    "MachineDetectionSpeechThreshold",
    "MachineDetectionSpeechEndThreshold",
    "MachineDetectionSilenceTimeout",
    "MachineWordsThreshold",
    "AsyncAmd",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
    "AsyncAmdPartialResults",
    "Record",
    "RecordingChannels",
    "RecordingTrack",
    "RecordingStatusCallback",
    "RecordingStatusCallbackMethod",
    "RecordingStatusCallbackEvent",
    "Trim",
    "Transcribe",
    "transcribe",
    "TranscribeCallback",
    "transcribeCallback",
    "SipAuthUsername",
    "MaxPricePerMinute",
];

/// A call that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct CallOrder {
    /// The call.
    pub new: NewCall,
    /// Who wants to hear of it.
    pub callback: Option<SubscriptionOrder>,
    /// The application that handles it, and hears of it if nobody else is named.
    pub application: Option<Sid>,
    /// Which changes are told, also where nobody is named.
    pub interest: Interest,
    /// What was ignored, for its timeline.
    pub warnings: Vec<String>,
}

/// Reads the creation of a call.
pub fn new_call(form: &Form) -> Result<CallOrder, ParamError> {
    let to = callee(form)?;
    let from = caller(form, to)?;
    let document = document(form)?.ok_or_else(|| {
        let fault = "or ApplicationSid is missing: one says how the call is handled";
        ParamError::new(ParamError::NO_DOCUMENT, "Url", fault)
    })?;
    let timeout =
        check::whole(form, "Timeout", 1..=600, error_code!("21208"))?.unwrap_or(DEFAULT_TIMEOUT_S);
    let application = check::sid(form, "ApplicationSid", error_code!("21218"))?;
    let interest = Interest::Call(events(form)?);
    let callback = callback(form, interest)?;
    check_fallback(form)?;
    check_detection(form)?;
    recording_with_call(form)?;
    check_digits(form)?;
    check_price(form)?;
    Ok(CallOrder {
        new: NewCall {
            direction: CallDirection::OutboundApi,
            from: from.to_owned(),
            to: to.to_owned(),
            parent: None,
            document,
            ring_timeout: Duration::from_secs(timeout.into()),
            requested: requested(form, application),
        },
        application,
        interest,
        warnings: warnings_of(callback.as_ref().map(|it| &it.url)),
        callback,
    })
}

fn callee(form: &Form) -> Result<&str, ParamError> {
    const EXPECTED: &str = "a number such as +15550100002, a SIP URI or a client id";
    let to = check::required(form, "To", error_code!("21201"), EXPECTED)?;
    match address(to) {
        Some(Address::E164 | Address::Sip | Address::Client) if to.len() <= MAX_ADDRESS_BYTES => {
            Ok(to)
        }
        _ => Err(check::bad_address(error_code!("21211"), "To", EXPECTED, to)),
    }
}

/// A number is called from a number; a SIP URI or client from any caller id.
fn caller<'a>(form: &'a Form, to: &str) -> Result<&'a str, ParamError> {
    const EXPECTED: &str = "a number such as +15550100001";
    let from = check::required(form, "From", error_code!("21213"), EXPECTED)?;
    let fits = match address(to) {
        Some(Address::E164) => address(from) == Some(Address::E164),
        _ => from.len() <= MAX_ADDRESS_BYTES && !from.contains(char::is_control),
    };
    if fits {
        Ok(from)
    } else {
        Err(check::bad_address(
            error_code!("21212"),
            "From",
            EXPECTED,
            from,
        ))
    }
}

/// An application goes before a URL, a URL before a document in the request itself.
fn document(form: &Form) -> Result<Option<Document>, ParamError> {
    let method = check::method(form, "Method")?.unwrap_or_default();
    let application = check::uuid(form, "ApplicationSid", error_code!("21218"))?;
    let url = check::url(form, "Url", BAD_URL)?;
    let inline = form.one("Laml").or_else(|| form.one("Twiml"));
    Ok(match (application, url, inline) {
        (Some(sid), _, _) => Some(Document::Application(sid.to_owned())),
        (None, Some(url), _) => Some(Document::Url {
            url: url.as_given().to_owned(),
            method,
        }),
        (None, None, Some(document)) => Some(Document::Inline(document.to_owned())),
        (None, None, None) => None,
    })
}

/// Where an application is named, its own method holds, whatever is said here.
fn callback(form: &Form, interest: Interest) -> Result<Option<SubscriptionOrder>, ParamError> {
    let url = check::url(form, "StatusCallback", BAD_CALLBACK)?;
    let method = check::method(form, "StatusCallbackMethod")?.unwrap_or_default();
    Ok(url.map(|url| SubscriptionOrder {
        url,
        method,
        interest,
    }))
}

fn events(form: &Form) -> Result<CallEvents, ParamError> {
    const NAME: &str = "StatusCallbackEvent";
    let read = |word: &str| {
        CallEvent::parse(word).ok_or_else(|| {
            let allowed = CallEvent::ALL.map(CallEvent::as_str);
            check::refused(error_code!("21626"), NAME, check::one_of(&allowed), word)
        })
    };
    let events: CallEvents = form.words(NAME).map(read).collect::<Result<_, _>>()?;
    Ok(if events.is_empty() {
        CallEvents::DEFAULT
    } else {
        events
    })
}

fn check_fallback(form: &Form) -> Result<(), ParamError> {
    check::url(form, "FallbackUrl", BAD_URL)?;
    check::method(form, "FallbackMethod")?;
    Ok(())
}

/// Limits as documented for the creation of a call; milliseconds, but for the timeout and
/// the words.
fn check_detection(form: &Form) -> Result<(), ParamError> {
    let words = ["Enable", "DetectMessageEnd", "none"];
    check::word(form, "MachineDetection", &words, BAD_DETECTION)?;
    for (name, range) in [
        ("MachineDetectionTimeout", 1..=120),
        ("MachineDetectionSpeechThreshold", 1_000..=6_000),
        ("MachineDetectionSpeechEndThreshold", 500..=5_000),
        ("MachineDetectionSilenceTimeout", 2_000..=10_000),
        ("MachineWordsThreshold", 1..=100),
    ] {
        check::whole(form, name, range, BAD_DETECTION)?;
    }
    let url = check::url(form, "AsyncAmdStatusCallback", BAD_CALLBACK)?;
    check::method(form, "AsyncAmdStatusCallbackMethod")?;
    check::flag(form, "AsyncAmdPartialResults")?;
    match (check::flag(form, "AsyncAmd")?, url) {
        (Some(true), None) => {
            let fault = "is missing: AsyncAmd reports to it";
            Err(ParamError::new(
                error_code!("21262"),
                "AsyncAmdStatusCallback",
                fault,
            ))
        }
        (Some(true), Some(_)) | (Some(false) | None, _) => Ok(()),
    }
}

/// `^[\d#*wW]{1,32}$`; w waits half a second, W one.
fn check_digits(form: &Form) -> Result<(), ParamError> {
    const NAME: &str = "SendDigits";
    let Some(digits) = form.one(NAME) else {
        return Ok(());
    };
    let is_digit = |byte: u8| byte.is_ascii_digit() || b"#*wW".contains(&byte);
    if digits.len() <= 32 && digits.bytes().all(is_digit) {
        return Ok(());
    }
    let expected = "1 to 32 of 0-9, #, *, w and W";
    Err(check::refused(error_code!("13222"), NAME, expected, digits))
}

fn check_price(form: &Form) -> Result<(), ParamError> {
    const NAME: &str = "MaxPricePerMinute";
    match check::price(form, NAME)? {
        Some(most) if most < MINUTE => {
            let fault = "is below the price of a minute, 0.01 USD: raise it or leave it out";
            Err(ParamError::new(TOO_DEAR, NAME, fault))
        }
        Some(_) | None => Ok(()),
    }
}

/// What is kept by name. An application brings a fallback of its own: the request's is not used.
fn requested(form: &Form, application: Option<Sid>) -> Vec<(String, String)> {
    const OF_THE_APPLICATION: [&str; 2] = ["FallbackUrl", "FallbackMethod"];
    let mut requested = kept(form);
    if application.is_some() {
        requested.retain(|(key, _)| !OF_THE_APPLICATION.contains(&key.as_str()));
    }
    requested
}

/// What is kept by name: lists with their key repeated, all else once.
fn kept(form: &Form) -> Vec<(String, String)> {
    let is_kept = |key: &str| KEPT.contains(&key.strip_suffix("[]").unwrap_or(key));
    let pairs = form.pairs().iter();
    pairs
        .filter(|(key, value)| is_kept(key) && !value.is_empty())
        .cloned()
        .collect()
}

/// What a call is to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `canceled`: not be answered any more.
    Cancel,
    /// `completed`: end, in whatever state it is.
    Complete,
}

/// A change of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallUpdate {
    /// `Status`.
    pub ending: Option<Ending>,
    /// `StatusCallback`: holds for changes recorded from now on.
    pub callback: Option<CallbackUrl>,
    /// `StatusCallbackMethod`.
    pub callback_method: Option<Method>,
    /// `Url`, or a document in the request itself.
    pub document: Option<Document>,
    /// `FallbackUrl` and `FallbackMethod`, checked, by name.
    pub requested: Vec<(String, String)>,
    /// What was ignored, for its timeline.
    pub warnings: Vec<String>,
}

/// Reads the change of a call. One that changes nothing is right, too.
pub fn update_call(form: &Form) -> Result<CallUpdate, ParamError> {
    let words = ["canceled", "completed"];
    let ending = match check::word(form, "Status", &words, ParamError::BAD_ARGUMENT)? {
        Some("canceled") => Some(Ending::Cancel),
        Some(_) => Some(Ending::Complete),
        None => None,
    };
    let callback = check::url(form, "StatusCallback", BAD_CALLBACK)?;
    check_fallback(form)?;
    let mut requested = kept(form);
    requested.retain(|(key, _)| key == "FallbackUrl" || key == "FallbackMethod");
    Ok(CallUpdate {
        ending,
        warnings: warnings_of(callback.as_ref()),
        callback,
        callback_method: check::method(form, "StatusCallbackMethod")?,
        document: document(form)?,
        requested,
    })
}

#[cfg(test)]
mod tests {
    use ringback_domain::errors;

    use super::*;

    const MINIMAL: &str = "To=%2B15550100002&From=%2B15550100001&Url=https://a.example/x";

    fn order(text: &str) -> CallOrder {
        new_call(&Form::parse(text)).expect(text)
    }

    #[test]
    fn a_call_is_read_with_all_that_it_asks_for() {
        let order = order(&format!(
            "{MINIMAL}&Method=get&Timeout=30&StatusCallback=http://u:p@b/%23rt=1&\
             StatusCallbackEvent=initiated&StatusCallbackEvent=ringing+answered&Record=True&\
             StatusCallbackMethod=GET&Trim=do-not-trim&SipAuthPassword=&Unknown=1"
        ));
        assert_eq!(order.new.from, "+15550100001");
        assert_eq!(order.new.to, "+15550100002");
        assert_eq!(order.new.ring_timeout, Duration::from_secs(30));
        let document = Document::Url {
            url: "https://a.example/x".to_owned(),
            method: Method::Get,
        };
        assert_eq!(order.new.document, document);
        let kept = [("Record", "True"), ("Trim", "do-not-trim")];
        let kept = kept.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(order.new.requested, kept);
        let callback = order.callback.expect("a URL was given");
        assert_eq!(callback.url.as_given(), "http://u:p@b/#rt=1");
        assert_eq!(callback.method, Method::Get);
        let events = [
            CallEvent::Initiated,
            CallEvent::Ringing,
            CallEvent::Answered,
        ];
        let events = Interest::Call(events.into_iter().collect());
        assert_eq!(callback.interest, events);
        assert_eq!(order.warnings.len(), 1, "rt is out of range");
    }

    #[test]
    fn what_is_not_said_is_as_documented() {
        let order = order(&format!("{MINIMAL}&StatusCallback=http://b/"));
        assert_eq!(order.new.ring_timeout, Duration::from_secs(60));
        let callback = order.callback.expect("a URL was given");
        assert_eq!(callback.method, Method::Post);
        assert_eq!(callback.interest, Interest::Call(CallEvents::DEFAULT));
        assert!(order.warnings.is_empty());
    }

    #[test]
    fn a_document_comes_from_application_url_or_request() {
        let numbers = "To=%2B15550100002&From=%2B15550100001";
        let sid = "3c1f0a22-0000-4000-8000-00000000ca01";
        let document = |rest: &str| order(&format!("{numbers}&{rest}")).new.document;
        let application = Document::Application(sid.to_owned());
        assert_eq!(
            document(&format!("Url=http://a&ApplicationSid={sid}")),
            application
        );
        for name in ["Laml", "Twiml"] {
            let inline = Document::Inline("<Response/>".to_owned());
            assert_eq!(document(&format!("{name}=<Response/>")), inline);
        }
    }

    #[test]
    fn sip_and_clients_are_called_from_any_caller_id() {
        for to in ["sip:a@b.example", "client:alice"] {
            assert_eq!(
                order(&format!("{MINIMAL}&To={to}&From=The+Shop")).new.to,
                to
            );
        }
    }

    #[test]
    fn every_rule_has_its_code() {
        for (pairs, code) in [
            ("To=", 21_201),
            ("To=15550100002", 21_211),
            ("To=%2B0555", 21_211),
            ("To=12345", 21_211),
            ("To=+15550100002", 21_211),
            ("From=", 21_213),
            ("From=The+Shop", 21_212),
            ("From=12345", 21_212),
            ("Url=", 21_205),
            ("Url=ftp://a", 21_402),
            ("FallbackUrl=a", 21_402),
            ("ApplicationSid=1", 21_218),
            ("Method=PUT", 21_209),
            ("FallbackMethod=PUT", 21_209),
            ("StatusCallbackMethod=HEAD", 21_209),
            ("AsyncAmdStatusCallbackMethod=x", 21_209),
            ("RecordingStatusCallbackMethod=x", 21_209),
            ("StatusCallback=localhost:80", 21_456),
            ("RecordingStatusCallback=/x", 21_456),
            ("AsyncAmdStatusCallback=/x", 21_456),
            ("StatusCallbackEvent=initiated+hangup", 21_626),
            ("SendDigits=12a", 13_222),
            ("SendDigits=000000000000000000000000000000000", 13_222),
            ("Timeout=0", 21_208),
            ("Timeout=601", 21_208),
            ("Timeout=%2B5", 21_208),
            ("MachineDetection=enable", 21_234),
            ("MachineDetectionTimeout=121", 21_234),
            ("MachineDetectionSpeechThreshold=999", 21_234),
            ("MachineDetectionSpeechEndThreshold=x", 21_234),
            ("MachineDetectionSilenceTimeout=1999", 21_234),
            ("MachineWordsThreshold=0", 21_234),
            ("AsyncAmd=true", 21_262),
            ("AsyncAmd=maybe", 10_000),
            ("AsyncAmdPartialResults=2", 10_000),
            ("Record=yes", 10_000),
            ("RecordingChannels=stereo", 10_000),
            ("RecordingTrack=left", 10_000),
            ("RecordingStatusCallbackEvent=failed", 13_621),
            ("Trim=yes", 13_699),
            ("MaxPricePerMinute=0.0099", 30_010),
            ("MaxPricePerMinute=cheap", 10_000),
        ] {
            let form = Form::parse(&format!("{MINIMAL}&{pairs}"));
            let error = new_call(&form).expect_err(pairs);
            assert_eq!(error.code.number(), Some(code), "{pairs}");
            assert!(error.message.starts_with(error.parameter), "{error}");
            assert!(errors::entry(&code.to_string()).is_some(), "{code}");
            assert!(
                pairs.starts_with(error.parameter) || code == 21_262,
                "{error}"
            );
            assert_eq!(error.status(), if code == 21_205 { 400 } else { 422 });
        }
        order(&format!(
            "{MINIMAL}&MaxPricePerMinute=0.01&SendDigits=1w2W%23*&AsyncAmd=False"
        ));
    }

    #[test]
    fn a_refused_url_is_not_repeated() {
        let form = Form::parse(&format!("{MINIMAL}&StatusCallback=ftp://user:secret@a"));
        let error = new_call(&form).expect_err("it is no http URL");
        assert!(!error.message.contains("secret"), "{error}");
    }

    #[test]
    fn a_change_is_read() {
        let form = Form::parse(
            "Status=completed&StatusCallback=http://b/%23x=1&StatusCallbackMethod=GET&\
             Url=http://c/&FallbackUrl=http://d/&Record=true",
        );
        let update = update_call(&form).expect("it is right");
        assert_eq!(update.ending, Some(Ending::Complete));
        let callback = update.callback.expect("a URL was given");
        assert_eq!(callback.as_given(), "http://b/#x=1");
        assert_eq!(update.callback_method, Some(Method::Get));
        let fallback = ("FallbackUrl".to_owned(), "http://d/".to_owned());
        assert_eq!(update.requested, [fallback]);
        assert!(matches!(update.document, Some(Document::Url { .. })));
        assert_eq!(update.warnings.len(), 1);
        let nothing = update_call(&Form::default());
        assert_eq!(nothing, Ok(CallUpdate::default()));
    }

    #[test]
    fn every_rule_of_a_change_has_its_code() {
        for (pairs, code) in [
            ("Status=busy", 10_000),
            ("Url=x", 21_402),
            ("Method=x", 21_209),
            ("FallbackUrl=x", 21_402),
            ("FallbackMethod=x", 21_209),
            ("StatusCallback=x", 21_456),
            ("StatusCallbackMethod=x", 21_209),
        ] {
            let error = update_call(&Form::parse(pairs)).expect_err(pairs);
            assert_eq!(error.code.number(), Some(code), "{pairs}");
        }
        let cancel = update_call(&Form::parse("Status=canceled")).expect("it is right");
        assert_eq!(cancel.ending, Some(Ending::Cancel));
    }
}
