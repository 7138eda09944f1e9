//! Asking for a transcription, which SignalWire has in documents alone: these parameters are
//! ours, in the spelling of REST or in that of documents.

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::recording::Transcribe;
use ringback_domain::subscription::{Interest, Method};

use super::check;
use super::{Form, ParamError, SubscriptionOrder, warnings_of};
use crate::url::CallbackUrl;

/// A transcription's callback URL that is no absolute http or https URL.
const BAD_CALLBACK: ErrorCode = error_code!("21502");

/// Whether a recording is to be transcribed, in both spellings.
const TRANSCRIBE: [&str; 2] = ["Transcribe", "transcribe"];
/// Who is told of it.
const CALLBACK: [&str; 2] = ["TranscribeCallback", "transcribeCallback"];

/// A transcription that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptionOrder {
    /// Who wants to hear of it.
    pub callback: Option<SubscriptionOrder>,
    /// What was ignored, for its timeline.
    pub warnings: Vec<String>,
}

/// Reads the creation of a transcription of a recording that is there.
pub fn new_transcription(form: &Form) -> Result<TranscriptionOrder, ParamError> {
    let url = callback(form)?;
    Ok(TranscriptionOrder {
        warnings: warnings_of(url.as_ref()),
        callback: url.map(subscription),
    })
}

/// What is asked of a recording that is to be: `Transcribe`, `TranscribeCallback`. A callback
/// alone asks for it too.
pub(super) fn transcribe(form: &Form) -> Result<Transcribe, ParamError> {
    let url = callback(form)?;
    let asked = TRANSCRIBE.iter().map(|name| check::flag(form, name));
    let asked = asked.collect::<Result<Vec<_>, _>>()?;
    let wanted = asked.into_iter().flatten().next().unwrap_or(url.is_some());
    Ok(if wanted {
        Transcribe::Yes(url.map(|url| url.as_given().to_owned()))
    } else {
        Transcribe::No
    })
}

fn callback(form: &Form) -> Result<Option<CallbackUrl>, ParamError> {
    let urls = CALLBACK
        .iter()
        .map(|name| check::url(form, name, BAD_CALLBACK));
    let urls = urls.collect::<Result<Vec<_>, _>>()?;
    Ok(urls.into_iter().flatten().next())
}

/// There is no method but POST, and no choice of events: one callback, when it is over.
fn subscription(url: CallbackUrl) -> SubscriptionOrder {
    SubscriptionOrder {
        url,
        method: Method::Post,
        interest: Interest::Every,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(text: &str) -> Result<TranscriptionOrder, ParamError> {
        new_transcription(&Form::parse(text))
    }

    #[test]
    fn a_callback_is_posted_to_and_may_be_left_out() {
        assert_eq!(order("").unwrap().callback, None);
        for name in CALLBACK {
            let order = order(&format!("{name}=http://b/%23rt=1,x=1")).unwrap();
            let callback = order.callback.expect("a URL was given");
            assert_eq!(callback.url.as_given(), "http://b/#rt=1,x=1");
            assert_eq!(callback.method, Method::Post);
            assert_eq!(callback.interest, Interest::Every);
            assert_eq!(order.warnings.len(), 1);
        }
    }

    #[test]
    fn a_recording_is_transcribed_when_either_parameter_says_so() {
        let of = |text: &str| transcribe(&Form::parse(text)).expect("it is right");
        assert_eq!(of(""), Transcribe::No);
        assert_eq!(
            of("Transcribe=False&TranscribeCallback=http://b/"),
            Transcribe::No
        );
        assert_eq!(of("transcribe=True"), Transcribe::Yes(None));
        for text in [
            "Transcribe=1&TranscribeCallback=http://b/%23rt=1",
            "transcribe=true&transcribeCallback=http://b/%23rt=1",
            "TranscribeCallback=http://b/%23rt=1",
        ] {
            let told = Some("http://b/#rt=1".to_owned());
            assert_eq!(of(text), Transcribe::Yes(told), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_code() {
        for name in CALLBACK {
            let text = format!("{name}=ftp://user:secret@a");
            let error = order(&text).expect_err("it is no callback's URL");
            assert_eq!((error.code.number(), error.status()), (Some(21_502), 422));
            assert!(!error.message.contains("secret"), "{error}");
            let form = Form::parse(&text);
            assert_eq!(
                transcribe(&form).map_err(|it| it.code.number()),
                Err(Some(21_502))
            );
        }
        let form = Form::parse("transcribe=perhaps");
        assert_eq!(
            transcribe(&form).map_err(|it| it.code.number()),
            Err(Some(10_000))
        );
    }
}
