//! Creating a message and redacting one.

use std::time::Duration;

use ringback_domain::error_code;
use ringback_domain::id::Sid;
use ringback_domain::message::{MessageApi, MessageDirection, MessageTransport, NewMessage};
use ringback_domain::phone::{Address, address};
use ringback_domain::subscription::{Interest, Method};

use super::check;
use super::{Form, ParamError, SubscriptionOrder, warnings_of};
use crate::url::CallbackUrl;

/// Longest text, in characters.
const MAX_BODY_CHARS: usize = 1_600;
/// Most pieces of media.
const MAX_MEDIA: usize = 8;
/// How long a message may wait when nothing is said.
const DEFAULT_VALIDITY_S: u32 = 14_400;
/// Below this a message may expire before any carrier takes it.
const SHORT_VALIDITY_S: u32 = 5;

/// A message that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageOrder {
    /// The message.
    pub new: NewMessage,
    /// Who wants to hear of it.
    pub callback: Option<SubscriptionOrder>,
    /// The application that hears of it, if nobody else is named.
    pub application: Option<Sid>,
    /// What was ignored or is unwise, for its timeline.
    pub warnings: Vec<String>,
}

/// Reads the creation of a message.
pub fn new_message(form: &Form) -> Result<MessageOrder, ParamError> {
    let to = recipient(form)?;
    let (from, messaging_service) = sender(form)?;
    let (body, media) = content(form)?;
    let application = check::sid(form, "ApplicationSid", error_code!("21218"))?;
    let callback = check::url(form, "StatusCallback", error_code!("21609"))?;
    let validity = check::whole(form, "ValidityPeriod", 1..=172_800, error_code!("21624"))?;
    let validity = validity.unwrap_or(DEFAULT_VALIDITY_S);
    let transport = match check::flag(form, "SendAsMms")? {
        Some(true) => MessageTransport::Mms,
        Some(false) | None => MessageTransport::Sms,
    };
    let mut warnings = warnings_of(callback.as_ref());
    if validity < SHORT_VALIDITY_S {
        warnings.push("ValidityPeriod is under 5 s: the message may expire unsent".to_owned());
    }
    Ok(MessageOrder {
        new: NewMessage {
            direction: MessageDirection::OutboundApi,
            from,
            to,
            body,
            media,
            messaging_service,
            validity: Duration::from_secs(validity.into()),
            max_price: check::price(form, "MaxPrice")?,
            transport,
            api: MessageApi::Compatible,
        },
        callback: callback.map(subscription),
        application,
        warnings,
    })
}

/// Messages have neither a method nor a filter for their callbacks.
fn subscription(url: CallbackUrl) -> SubscriptionOrder {
    SubscriptionOrder {
        url,
        method: Method::Post,
        interest: Interest::Every,
    }
}

fn recipient(form: &Form) -> Result<String, ParamError> {
    const EXPECTED: &str = "a number such as +15550100002";
    let to = check::required(form, "To", error_code!("21604"), EXPECTED)?;
    match address(to) {
        Some(Address::E164) => Ok(to.to_owned()),
        Some(Address::ShortCode | Address::Sip | Address::Client) | None => {
            Err(check::bad_address(error_code!("21603"), "To", EXPECTED, to))
        }
    }
}

/// The number, empty if only a number group was named, and the group.
fn sender(form: &Form) -> Result<(String, Option<String>), ParamError> {
    const EXPECTED: &str = "a number such as +15550100001 or a short code";
    let group = check::uuid(form, "MessagingServiceSid", error_code!("21701"))?;
    let from = match (form.one("From"), group) {
        (None, None) => {
            let fault = "or MessagingServiceSid is missing: one says who sends the message";
            return Err(ParamError::new(error_code!("21705"), "From", fault));
        }
        (None, Some(_)) => "",
        (Some(from), _) => match address(from) {
            Some(Address::E164 | Address::ShortCode) => from,
            Some(Address::Sip | Address::Client) | None => {
                return Err(check::bad_address(
                    error_code!("21603"),
                    "From",
                    EXPECTED,
                    from,
                ));
            }
        },
    };
    Ok((from.to_owned(), group.map(str::to_owned)))
}

/// Text and media; one of them must be there.
fn content(form: &Form) -> Result<(String, Vec<String>), ParamError> {
    let body = form.one("Body").unwrap_or_default();
    let chars = body.chars().count();
    if chars > MAX_BODY_CHARS {
        let fault = format_args!("has {chars} characters; at most {MAX_BODY_CHARS} are taken");
        return Err(ParamError::new(error_code!("21617"), "Body", fault));
    }
    let media: Vec<String> = form.all("MediaUrl").map(str::to_owned).collect();
    if media.len() > MAX_MEDIA {
        let count = media.len();
        let fault = format_args!("is given {count} times; at most {MAX_MEDIA} are taken");
        return Err(ParamError::new(error_code!("21623"), "MediaUrl", fault));
    }
    for url in &media {
        if let Err(error) = CallbackUrl::parse(url) {
            let fault = format_args!("has to be an absolute http or https URL: {error}");
            return Err(ParamError::new(error_code!("21620"), "MediaUrl", fault));
        }
    }
    if body.is_empty() && media.is_empty() {
        let fault = "or MediaUrl is missing: send one of them";
        return Err(ParamError::new(error_code!("21602"), "Body", fault));
    }
    Ok((body.to_owned(), media))
}

/// The erasure of what a message said: the one change that can be made to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redaction;

/// Reads the change of a message.
pub fn update_message(form: &Form) -> Result<Redaction, ParamError> {
    match form.given("Body") {
        Some("") => Ok(Redaction),
        Some(_) => {
            let fault = "has to be empty: a message can be redacted, not rewritten";
            Err(ParamError::new(error_code!("50509"), "Body", fault))
        }
        None => {
            let fault = "is missing: send it empty to redact the message";
            Err(ParamError::new(ParamError::BAD_ARGUMENT, "Body", fault))
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::errors;
    use ringback_domain::project::Price;

    use super::*;

    const MINIMAL: &str = "To=%2B15550100002&From=%2B15550100001&Body=hello";
    const GROUP: &str = "3c1f0a22-0000-4000-8000-00000000ca01";

    fn order(text: &str) -> MessageOrder {
        new_message(&Form::parse(text)).expect(text)
    }

    #[test]
    fn a_message_is_read_with_all_that_it_asks_for() {
        // As the Python SDK sends it.
        let order = order(
            "To=%2B15550001111&From=%2B15550002222&Body=hi&MediaUrl=http%3A%2F%2Fa%2Fb&\
             MediaUrl=http%3A%2F%2Fc%2Fd&StatusCallback=https%3A%2F%2Fx%2Fy%23rt%3D1&\
             MaxPrice=0.01&ValidityPeriod=5&ProvideFeedback=True&SendAsMms=False",
        );
        assert_eq!(order.new.media, ["http://a/b", "http://c/d"]);
        assert_eq!(order.new.max_price, Some(Price::from_micro_usd(10_000)));
        assert_eq!(order.new.validity, Duration::from_secs(5));
        assert_eq!(order.new.transport, MessageTransport::Sms);
        let callback = order.callback.expect("a URL was given");
        assert_eq!(callback.url.as_given(), "https://x/y#rt=1");
        assert_eq!(
            (callback.method, callback.interest),
            (Method::Post, Interest::Every)
        );
        assert_eq!(order.warnings.len(), 1, "rt is out of range");
    }

    #[test]
    fn what_is_not_said_is_as_documented() {
        let order = order(MINIMAL);
        assert_eq!(order.new.validity, Duration::from_secs(14_400));
        assert_eq!(order.callback, None);
        assert!(order.warnings.is_empty());
    }

    #[test]
    fn a_number_group_can_send_instead_of_a_number() {
        let of_group = order(&format!("{MINIMAL}&From=&MessagingServiceSid={GROUP}"));
        assert_eq!(of_group.new.from, "");
        assert_eq!(of_group.new.messaging_service.as_deref(), Some(GROUP));
        assert_eq!(order(&format!("{MINIMAL}&From=12345")).new.from, "12345");
    }

    #[test]
    fn every_rule_has_its_code() {
        let long = format!("Body={}", "é".repeat(1_601));
        let media = format!("Body=&{}", "MediaUrl=http://a/&".repeat(9));
        for (pairs, code) in [
            ("To=", 21_604),
            ("To=15550100002", 21_603),
            ("To=12345", 21_603),
            ("To=sip:a@b", 21_603),
            ("From=", 21_705),
            ("From=The+Shop", 21_603),
            ("MessagingServiceSid=MG1", 21_701),
            ("Body=", 21_602),
            (long.as_str(), 21_617),
            (media.as_str(), 21_623),
            ("MediaUrl=http://a/&MediaUrl=x", 21_620),
            ("ApplicationSid=AP1", 21_218),
            ("StatusCallback=x", 21_609),
            ("ValidityPeriod=0", 21_624),
            ("ValidityPeriod=172801", 21_624),
            ("MaxPrice=-1", 10_000),
            ("SendAsMms=x", 10_000),
        ] {
            let form = Form::parse(&format!("{MINIMAL}&{pairs}"));
            let error = new_message(&form).expect_err(pairs);
            assert_eq!(
                (error.code.number(), error.status()),
                (Some(code), 422),
                "{pairs}"
            );
            assert!(error.message.starts_with(error.parameter), "{error}");
            assert!(errors::entry(&code.to_string()).is_some(), "{code}");
        }
        order(&format!("{MINIMAL}&Body={}", "é".repeat(1_600)));
        order(&format!(
            "{MINIMAL}&Body=&{}",
            "MediaUrl=http://a/&".repeat(8)
        ));
    }

    #[test]
    fn a_message_can_be_redacted_and_not_rewritten() {
        let code =
            |text: &str| update_message(&Form::parse(text)).map_err(|error| error.code.number());
        assert_eq!(code("Body="), Ok(Redaction));
        assert_eq!(code("Body=x"), Err(Some(50_509)));
        assert_eq!(code(""), Err(Some(10_000)));
    }
}
