//! Recordings: begun with a call or beside it, changed, listed.

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::recording::{RecordingChannels, RecordingTrack, RecordingTrim, Transcribe};
use ringback_domain::subscription::{Interest, RecordingEvent, RecordingEvents};

use super::list::{dates, filters, page};
use super::transcription::transcribe;
use super::{DateBounds, Form, ParamError, SubscriptionOrder, check, warnings_of};
use crate::laml::page::PageRequest;

/// URL of a callback that is no absolute http or https URL.
const BAD_CALLBACK: ErrorCode = error_code!("21456");
/// An event that there is not.
const BAD_EVENT: ErrorCode = error_code!("13621");
/// A trim that there is not.
const BAD_TRIM: ErrorCode = error_code!("13699");

/// A recording that is asked for, whatever asks: `Record=true` or a request of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingOrder {
    /// How many channels it has.
    pub channels: RecordingChannels,
    /// Which side of the call it is of.
    pub track: RecordingTrack,
    /// What becomes of silence at its beginning and end.
    pub trim: RecordingTrim,
    /// Whether it is to be transcribed once it is there.
    pub transcribe: Transcribe,
    /// Who wants to hear of it.
    pub callback: Option<SubscriptionOrder>,
    /// What was ignored, for its timeline.
    pub warnings: Vec<String>,
}

/// Reads the creation of a recording of a live call (`POST /Calls/{CallSid}/Recordings`): it
/// is not trimmed unless that is asked for.
pub fn new_recording(form: &Form) -> Result<RecordingOrder, ParamError> {
    order(form, RecordingTrim::DoNotTrim)
}

/// The recording that the parameters of a call ask for: trimmed unless they say otherwise;
/// none without `Record=true`.
pub fn recording_with_call(form: &Form) -> Result<Option<RecordingOrder>, ParamError> {
    let order = order(form, RecordingTrim::TrimSilence)?;
    let asked = check::flag(form, "Record")? == Some(true);
    Ok(asked.then_some(order))
}

fn order(form: &Form, trim: RecordingTrim) -> Result<RecordingOrder, ParamError> {
    const CHANNELS: [&str; 2] = ["mono", "dual"];
    const TRACKS: [&str; 3] = ["inbound", "outbound", "both"];
    const TRIMS: [&str; 2] = ["trim-silence", "do-not-trim"];
    const BAD_ARGUMENT: ErrorCode = ParamError::BAD_ARGUMENT;
    let channels = check::word(form, "RecordingChannels", &CHANNELS, BAD_ARGUMENT)?;
    let track = check::word(form, "RecordingTrack", &TRACKS, BAD_ARGUMENT)?;
    let asked_trim = check::word(form, "Trim", &TRIMS, BAD_TRIM)?;
    let callback = callback(form)?;
    Ok(RecordingOrder {
        channels: match channels {
            Some("dual") => RecordingChannels::Dual,
            Some(_) | None => RecordingChannels::Mono,
        },
        track: track
            .and_then(RecordingTrack::parse)
            .unwrap_or(RecordingTrack::Both),
        trim: asked_trim.and_then(RecordingTrim::parse).unwrap_or(trim),
        transcribe: transcribe(form)?,
        warnings: warnings_of(callback.as_ref().map(|it| &it.url)),
        callback,
    })
}

fn callback(form: &Form) -> Result<Option<SubscriptionOrder>, ParamError> {
    const EVENTS: &str = "RecordingStatusCallbackEvent";
    // `failed` is told to whoever asked for `absent`; no page lists it as a word to ask for.
    const ALLOWED: [RecordingEvent; 3] = [
        RecordingEvent::InProgress,
        RecordingEvent::Completed,
        RecordingEvent::Absent,
    ];
    let url = check::url(form, "RecordingStatusCallback", BAD_CALLBACK)?;
    let method = check::method(form, "RecordingStatusCallbackMethod")?.unwrap_or_default();
    let read = |word: &str| {
        let event = ALLOWED.into_iter().find(|event| event.as_str() == word);
        event.ok_or_else(|| {
            let allowed = ALLOWED.map(RecordingEvent::as_str);
            check::refused(BAD_EVENT, EVENTS, check::one_of(&allowed), word)
        })
    };
    let events: Vec<RecordingEvent> = form.words(EVENTS).map(read).collect::<Result<_, _>>()?;
    let events = if events.is_empty() {
        RecordingEvents::DEFAULT
    } else {
        events.into_iter().collect()
    };
    Ok(url.map(|url| SubscriptionOrder {
        url,
        method,
        interest: Interest::Recording(events),
    }))
}

/// A change of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingUpdate {
    /// `paused`, with what becomes of the time until it goes on.
    PauseInSilence,
    /// The same; that time is left out.
    PauseAndSkip,
    /// `in-progress`: it goes on.
    Resume,
    /// `stopped`: it is over.
    Stop,
}

/// Reads the change of a recording.
pub fn update_recording(form: &Form) -> Result<RecordingUpdate, ParamError> {
    const STATUSES: [&str; 3] = ["paused", "in-progress", "stopped"];
    const BAD_ARGUMENT: ErrorCode = ParamError::BAD_ARGUMENT;
    let behavior = check::word(form, "PauseBehavior", &["skip", "silence"], BAD_ARGUMENT)?;
    let expected = "paused, in-progress or stopped";
    check::required(form, "Status", BAD_ARGUMENT, expected)?;
    Ok(
        match check::word(form, "Status", &STATUSES, BAD_ARGUMENT)? {
            Some("paused") if behavior == Some("skip") => RecordingUpdate::PauseAndSkip,
            Some("paused") => RecordingUpdate::PauseInSilence,
            Some("in-progress") => RecordingUpdate::Resume,
            Some(_) | None => RecordingUpdate::Stop,
        },
    )
}

/// Which recordings are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingList {
    /// Of this call.
    pub call: Option<Sid>,
    /// Of this conference.
    pub conference: Option<Sid>,
    /// Created then.
    pub created: DateBounds,
    /// Which page.
    pub page: PageRequest,
    /// The filters as they were given, for the URIs of the pages.
    pub filters: Vec<(String, String)>,
}

/// Reads the query of a list of recordings.
pub fn list_recordings(query: &Form) -> Result<RecordingList, ParamError> {
    const CREATED: [&str; 3] = ["DateCreated", "DateCreated<", "DateCreated>"];
    let sid = |name| {
        let found = check::uuid(query, name, ParamError::BAD_ARGUMENT)?;
        Ok::<_, ParamError>(found.and_then(|sid| sid.parse().ok()))
    };
    let names = ["CallSid", "ConferenceSid"];
    Ok(RecordingList {
        call: sid("CallSid")?,
        conference: sid("ConferenceSid")?,
        created: dates(query, CREATED)?,
        page: page(query)?,
        filters: filters(query, &[&names[..], &CREATED].concat()),
    })
}

#[cfg(test)]
mod tests {
    use ringback_domain::subscription::Method;

    use super::*;

    fn read(text: &str) -> Result<RecordingOrder, ParamError> {
        new_recording(&Form::parse(text))
    }

    #[test]
    fn nothing_said_is_one_channel_of_both_sides_untrimmed() {
        let order = read("").expect("all of it has a default");
        let expected = RecordingOrder {
            channels: RecordingChannels::Mono,
            track: RecordingTrack::Both,
            trim: RecordingTrim::DoNotTrim,
            transcribe: Transcribe::No,
            callback: None,
            warnings: Vec::new(),
        };
        assert_eq!(order, expected);
    }

    #[test]
    fn all_that_can_be_asked_for_is_read() {
        let order = read(
            "RecordingChannels=dual&RecordingTrack=inbound&Trim=trim-silence&\
             RecordingStatusCallback=http://a.example/%23rt=1&RecordingStatusCallbackMethod=get&\
             RecordingStatusCallbackEvent=in-progress+absent&RecordingStatusCallbackEvent=completed",
        );
        let order = order.expect("it is right");
        assert_eq!(order.channels, RecordingChannels::Dual);
        assert_eq!(order.track, RecordingTrack::Inbound);
        assert_eq!(order.trim, RecordingTrim::TrimSilence);
        let callback = order.callback.expect("a URL was given");
        assert_eq!(callback.method, Method::Get);
        let Interest::Recording(events) = callback.interest else {
            panic!("it is of a recording")
        };
        let events: Vec<&str> = events.iter().map(RecordingEvent::as_str).collect();
        assert_eq!(events, ["in-progress", "completed", "absent"]);
    }

    #[test]
    fn a_call_is_recorded_when_it_says_so_and_then_trimmed() {
        let with = |text: &str| recording_with_call(&Form::parse(text)).expect(text);
        assert_eq!(with("Record=False&RecordingChannels=dual"), None);
        assert_eq!(with("RecordingChannels=dual"), None);
        let order = with("Record=True").expect("it is asked for");
        assert_eq!(order.trim, RecordingTrim::TrimSilence);
        let order = with("Record=true&Trim=do-not-trim").expect("it is asked for");
        assert_eq!(order.trim, RecordingTrim::DoNotTrim);
    }

    #[test]
    fn what_is_wrong_has_its_code() {
        for (text, code) in [
            ("RecordingChannels=stereo", 10_000),
            ("RecordingTrack=all", 10_000),
            ("Trim=yes", 13_699),
            ("RecordingStatusCallback=ftp://a.example/", 21_456),
            ("RecordingStatusCallbackMethod=PUT", 21_209),
            ("RecordingStatusCallbackEvent=completed+paused", 13_621),
        ] {
            let error = read(text).expect_err(text);
            assert_eq!(
                (error.code.number(), error.status()),
                (Some(code), 422),
                "{text}"
            );
        }
    }

    #[test]
    fn a_recording_is_paused_resumed_and_stopped() {
        let read =
            |text: &str| update_recording(&Form::parse(text)).map_err(|error| error.code.number());
        assert_eq!(read("Status=paused"), Ok(RecordingUpdate::PauseInSilence));
        let skip = "Status=paused&PauseBehavior=skip";
        assert_eq!(read(skip), Ok(RecordingUpdate::PauseAndSkip));
        assert_eq!(read("Status=in-progress"), Ok(RecordingUpdate::Resume));
        assert_eq!(read("Status=stopped"), Ok(RecordingUpdate::Stop));
        for wrong in ["", "Status=completed", "Status=paused&PauseBehavior=loud"] {
            assert_eq!(read(wrong), Err(Some(10_000)), "{wrong}");
        }
    }

    #[test]
    fn a_list_is_of_a_call_and_of_a_day() {
        const SID: &str = "3c1f0a22-0000-4000-8000-00000000ca01";
        let query = format!("CallSid={SID}&DateCreated=2024-04-04&Colour=red");
        let list = list_recordings(&Form::parse(&query)).expect("it is right");
        assert_eq!(list.call, SID.parse().ok());
        assert!(list.created.from.is_some() && list.created.until.is_some());
        let kept: Vec<&str> = list.filters.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(kept, ["CallSid", "DateCreated"]);
        assert!(list_recordings(&Form::parse("ConferenceSid=1")).is_err());
    }
}
