//! Asking for a transcription, which SignalWire has in documents alone: these parameters are
//! ours, in the spelling of REST or in that of documents.

use ringback_domain::subscription::{Interest, Method};

use super::check;
use super::{Form, ParamError, SubscriptionOrder, warnings_of};
use crate::url::CallbackUrl;

/// A transcription's callback URL that is no absolute http or https URL.
const BAD_CALLBACK: u32 = 21_502;

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

/// What is asked of a recording that is to be: `Transcribe`, `TranscribeCallback`, under these
/// names; nothing if it is not to be transcribed. A callback alone asks for it too.
pub(super) fn kept_of_recording(form: &Form) -> Result<Vec<(String, String)>, ParamError> {
    let url = callback(form)?;
    let asked = TRANSCRIBE.iter().map(|name| check::flag(form, name));
    let asked = asked.collect::<Result<Vec<_>, _>>()?;
    let wanted = asked.into_iter().flatten().next().unwrap_or(url.is_some());
    if !wanted {
        return Ok(Vec::new());
    }
    let mut kept = vec![(TRANSCRIBE[0].to_owned(), "true".to_owned())];
    if let Some(url) = url {
        kept.push((CALLBACK[0].to_owned(), url.as_given().to_owned()));
    }
    Ok(kept)
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

    fn kept(text: &str) -> Vec<(String, String)> {
        kept_of_recording(&Form::parse(text)).expect("it is right")
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
    fn what_is_asked_of_a_recording_is_kept_under_one_name() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let transcribe = pair("Transcribe", "true");
        let callback = pair("TranscribeCallback", "http://b/");
        assert_eq!(kept(""), []);
        assert_eq!(kept("Transcribe=False&TranscribeCallback=http://b/"), []);
        assert_eq!(kept("transcribe=True"), std::slice::from_ref(&transcribe));
        for text in [
            "Transcribe=1&TranscribeCallback=http://b/",
            "transcribe=true&transcribeCallback=http://b/",
            "TranscribeCallback=http://b/",
        ] {
            assert_eq!(kept(text), [transcribe.clone(), callback.clone()], "{text}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_code() {
        for name in CALLBACK {
            let text = format!("{name}=ftp://user:secret@a");
            let error = order(&text).expect_err("it is no callback's URL");
            assert_eq!((error.code, error.status()), (21_502, 422));
            assert!(!error.message.contains("secret"), "{error}");
            let form = Form::parse(&text);
            assert_eq!(kept_of_recording(&form).map_err(|it| it.code), Err(21_502));
        }
        let form = Form::parse("transcribe=perhaps");
        assert_eq!(kept_of_recording(&form).map_err(|it| it.code), Err(10_000));
    }
}
