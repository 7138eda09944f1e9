//! A message that a document sends: of a call, or of a message that came in.
//!
//! Used by the runs of both. Invariant: what is composed and admitted here would be taken over
//! REST as well.

use std::time::Duration;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{MessageApi, MessageDirection, MessageTransport, NewMessage};
use ringback_domain::phone::{Address, address};
use ringback_engine::network::Scene;
use ringback_wire::cxml;
use ringback_wire::url::CallbackUrl;

/// How long a message may wait, where nothing is said: SignalWire's four hours.
const VALIDITY: Duration = Duration::from_secs(14_400);
/// Longest text and most media of a message, as over REST.
const MAX_BODY_CHARS: usize = 1_600;
const MAX_MEDIA: usize = 8;

/// Why a message of a document is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsent {
    /// The `MessageStatus` that the verb's action is told: `invalid` if it is no message that
    /// could be sent, `failed` if it is not taken.
    pub(super) status: &'static str,
    /// The code of it.
    pub(super) code: ErrorCode,
    /// A sentence, with the code.
    pub(super) why: String,
}

impl Unsent {
    /// The message is right and is not taken.
    pub(super) fn failed(code: ErrorCode, why: &str) -> Self {
        Self {
            status: "failed",
            why: format!("{why} ({code})"),
            code,
        }
    }

    fn invalid(code: ErrorCode, why: &str) -> Self {
        Self {
            status: "invalid",
            why: format!("{why} ({code})"),
            code,
        }
    }
}

/// The message that `verb` asks for, from `from` to `to` unless it says otherwise.
pub(super) fn compose(
    verb: &cxml::Message,
    direction: MessageDirection,
    (from, to): (&str, &str),
) -> Result<NewMessage, Unsent> {
    let from = verb.from.as_deref().unwrap_or(from);
    let to = verb.to.as_deref().unwrap_or(to);
    if address(to) != Some(Address::E164) {
        let why = "it goes to no number in E.164";
        return Err(Unsent::invalid(error_code!("21604"), why));
    }
    if !matches!(address(from), Some(Address::E164 | Address::ShortCode)) {
        let why = "it is from no number in E.164 and no short code";
        return Err(Unsent::invalid(error_code!("21603"), why));
    }
    if verb.body.is_empty() && verb.media.is_empty() {
        return Err(Unsent::invalid(
            error_code!("14103"),
            "it has neither text nor media",
        ));
    }
    if verb.body.chars().count() > MAX_BODY_CHARS {
        let why = "its text is longer than 1600 characters";
        return Err(Unsent::invalid(error_code!("21617"), why));
    }
    if verb.media.len() > MAX_MEDIA {
        let why = "it has more than 8 pieces of media";
        return Err(Unsent::invalid(error_code!("21623"), why));
    }
    if verb.media.iter().any(|it| CallbackUrl::parse(it).is_err()) {
        let why = "a <Media> is no absolute http or https URL";
        return Err(Unsent::invalid(error_code!("21620"), why));
    }
    Ok(NewMessage {
        media: verb.media.clone(),
        ..plain(direction, (from, to), &verb.body)
    })
}

/// Whether the network takes it: no test number says otherwise, and who it goes to wants it.
pub(super) fn admit(new: &NewMessage, scene: &Scene<'_>) -> Result<(), Unsent> {
    super::admit_message(new, scene)
        .map_err(|refusal| Unsent::failed(refusal.code, &refusal.message))
}

/// A message with a text alone.
pub(super) fn plain(
    direction: MessageDirection,
    (from, to): (&str, &str),
    body: &str,
) -> NewMessage {
    NewMessage {
        direction,
        from: from.to_owned(),
        to: to.to_owned(),
        body: body.to_owned(),
        media: Vec::new(),
        messaging_service: None,
        validity: VALIDITY,
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::subscription::Method;

    use super::*;

    fn verb(body: &str) -> cxml::Message {
        cxml::Message {
            body: body.to_owned(),
            media: Vec::new(),
            to: None,
            from: None,
            action: None,
            method: Method::Post,
            status_callback: None,
        }
    }

    #[test]
    fn what_could_not_be_sent_over_rest_cannot_be_sent_by_a_document() {
        let media = |count| vec!["http://a.example/a.png".to_owned(); count];
        check(&verb(&"é".repeat(1_600)), None);
        check(&verb(&"é".repeat(1_601)), Some("21617"));
        check(&verb(""), Some("14103"));
        let media_alone = |media| cxml::Message { media, ..verb("") };
        check(&media_alone(media(8)), None);
        check(&media_alone(media(9)), Some("21623"));
        check(&media_alone(vec!["/a.png".to_owned()]), Some("21620"));
        let to = |to: &str| cxml::Message {
            to: Some(to.to_owned()),
            ..verb("x")
        };
        check(&to("+15550100009"), None);
        check(&to("12345"), Some("21604"));
        let from = |from: &str| cxml::Message {
            from: Some(from.to_owned()),
            ..verb("x")
        };
        check(&from("12345"), None);
        check(&from("The Shop"), Some("21603"));

        #[track_caller]
        fn check(verb: &cxml::Message, expected: Option<&str>) {
            let parties = ("+15550100001", "+15550100002");
            let composed = compose(verb, MessageDirection::OutboundReply, parties);
            let code = composed.err().map(|unsent| unsent.code.to_string());
            assert_eq!(code.as_deref(), expected);
        }
    }
}
