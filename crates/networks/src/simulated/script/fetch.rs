//! Documents: where they are, what they are asked for with, and what becomes of the answer.
//!
//! Part of a run. The request itself is the engine's errand.

use std::time::Duration;

use ringback_domain::application::Application;
use ringback_domain::call::{CallStatus, Document};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::number::PhoneNumber;
use ringback_domain::project::Dialect;
use ringback_domain::subscription::Method;
use ringback_domain::webhook::Webhook;
use ringback_engine::network::{Fetch, FetchTry, Fetched};
use ringback_wire::API_VERSION;
use ringback_wire::cxml::{self, Channel, Fault};
use ringback_wire::url::CallbackUrl;

use super::super::call::Stage;
use super::super::memo::{Doing, Fetching, Instead, Running, Source, State};
use super::Run;

/// What a call ends with that nobody has a document for (11100: invalid URL format).
pub(super) const NO_URL: ErrorCode = error_code!("11100");

impl Run<'_, '_> {
    /// The document that handles the call; none if nobody says which.
    pub(super) fn handler(&self) -> Option<Fetching> {
        let (url, method) = match &self.call.document {
            Document::Url { url, method } => (url.clone(), *method),
            Document::Inline(_) => return None,
            Document::Application(_) | Document::None => {
                target(&self.set_up(|it| &it.voice, |it| &it.voice)?)?
            }
        };
        Some(Fetching::of(url, method))
    }

    /// Where a document is if the first cannot be had.
    fn fallback(&self) -> Option<(String, Method)> {
        match &self.call.document {
            Document::Url { .. } | Document::Inline(_) => {
                let url = self.requested("FallbackUrl")?.to_owned();
                let method = self.requested("FallbackMethod").and_then(Method::parse);
                Some((url, method.unwrap_or_default()))
            }
            Document::Application(_) | Document::None => {
                target(&self.set_up(|it| &it.voice_fallback, |it| &it.voice_fallback)?)
            }
        }
    }

    /// A webhook that the call's application is set up with, or else the number that it came
    /// to, whose application goes before its own (semantics.md, 10).
    fn set_up(
        &self,
        of_application: impl Fn(&Application) -> &Webhook,
        of_number: impl Fn(&PhoneNumber) -> &Webhook,
    ) -> Option<Webhook> {
        if let Document::Application(sid) = &self.call.document {
            let application = self.scene.application(sid.parse().ok()?)?;
            return Some(of_application(&application).clone());
        }
        let number = self.scene.by_number(&self.call.to)?;
        let application = number.voice_application;
        match application.and_then(|sid| self.scene.application(sid)) {
            Some(application) => Some(of_application(&application).clone()),
            None => Some(of_number(&number).clone()),
        }
    }

    /// The request for a document.
    pub(super) fn request(&self, fetching: &Fetching) -> Fetch {
        let mut params = self.params();
        params.extend(fetching.params.iter().cloned());
        let fallback = match fetching.instead {
            Instead::No => self.fallback(),
            Instead::Fallback => None,
        };
        Fetch {
            url: fetching.url.clone(),
            method: fetching.method,
            params,
            fallback,
        }
    }

    /// What every request tells of the call: SignalWire's standard request parameters, in the
    /// order of the voice callback's.
    fn params(&self) -> Vec<(String, String)> {
        let call = self.call;
        let status = match self.answered {
            Some(_) => CallStatus::InProgress,
            None => CallStatus::Ringing,
        };
        let parent = call.parent.map(|parent| parent.to_string());
        let answered_by = call.answered_by.map(|by| by.as_str().to_owned());
        let twilio = self.scene.project.settings.dialect == Dialect::Twilio;
        let only_twilio = |value: &String| twilio.then(|| value.clone());
        [
            ("AccountSid", Some(self.resource.project.to_string())),
            ("ApiVersion", Some(API_VERSION.to_owned())),
            ("CallSid", Some(self.resource.sid.to_string())),
            ("ParentCallSid", parent),
            ("CallStatus", Some(status.as_str().to_owned())),
            ("Direction", Some(call.direction.as_str().to_owned())),
            ("From", Some(call.from.clone())),
            ("To", Some(call.to.clone())),
            ("Caller", only_twilio(&call.from)),
            ("Called", only_twilio(&call.to)),
            ("AnsweredBy", answered_by),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }

    /// Goes on with what the errand brought.
    pub(super) fn arrived(&mut self, fetched: Fetched) {
        for tried in &fetched.tries {
            self.remark(told(tried));
        }
        let State::Fetching(fetching) = self.memo.state.clone() else {
            return;
        };
        let Some(page) = fetched.page else {
            let failure = fetched.tries.last().and_then(|tried| tried.failure.clone());
            let code = failure.map_or(NO_URL, |(code, _)| code);
            return self.fail(code);
        };
        let source = Source {
            url: page.url,
            method: fetching.method,
        };
        let url = source.url.clone();
        let read = cxml::check_content_type(Some(&page.content_type))
            .and_then(|()| self.load(page.text, Some(source), Duration::ZERO));
        let Err(fault) = read else {
            return;
        };
        let tried_all = fetched.tries.len() > 1 || fetching.instead == Instead::Fallback;
        match self.fallback().filter(|_| !tried_all) {
            Some(other) => {
                self.remark(unusable(&fault));
                self.fetch_instead(other, &fault, &url);
            }
            None => self.cannot_run(&fault),
        }
    }

    /// Ends because the document cannot be run.
    pub(super) fn cannot_run(&mut self, fault: &Fault) {
        self.remark(unusable(fault));
        self.fail(fault.code.clone());
    }

    /// Asks the fallback for what could not be read.
    fn fetch_instead(&mut self, (url, method): (String, Method), fault: &Fault, of: &str) {
        let params = vec![
            ("ErrorCode".to_owned(), fault.code.as_str().to_owned()),
            ("ErrorUrl".to_owned(), without_userinfo(of)),
        ];
        let fetching = Fetching {
            params,
            instead: Instead::Fallback,
            ..Fetching::of(url, method)
        };
        self.fetch(fetching, Duration::ZERO);
    }

    /// Runs the document `text`, `after` from now. What is odd in it goes to the timeline.
    pub(super) fn load(
        &mut self,
        text: String,
        source: Option<Source>,
        after: Duration,
    ) -> Result<(), Fault> {
        let document = cxml::parse(&text, Channel::Voice)?;
        for issue in &document.issues {
            self.remark(format!("In the document: {issue}."));
        }
        self.keep(text, source);
        if after.is_zero() {
            self.walk_through(&document, Duration::ZERO);
        } else {
            self.plan(Stage::GoOn, after);
        }
        Ok(())
    }

    /// This document is run from now on.
    pub(super) fn keep(&mut self, text: String, source: Option<Source>) {
        self.memo.state = State::Running(Running {
            text,
            source,
            at: 0,
            doing: Doing::Next,
        });
    }

    /// Fetches `url`, which the running document names, `after` from now: with `params`, which
    /// tell what came of its instruction.
    pub(super) fn fetch_next(
        &mut self,
        (url, method): (&str, Method),
        params: Vec<(String, String)>,
        after: Duration,
    ) {
        let Some(url) = self.resolve(url) else {
            self.remark(
                "The document came with the request and has no URL: what it names must have \
                 a whole one."
                    .to_owned(),
            );
            return self.fail(NO_URL);
        };
        let fetching = Fetching {
            params,
            ..Fetching::of(url, method)
        };
        self.fetch(fetching, after);
    }

    /// Fetches the action of an instruction or, if it names none, the same document again.
    pub(super) fn fetch_action(
        &mut self,
        action: Option<&str>,
        method: Method,
        params: Vec<(String, String)>,
        after: Duration,
    ) {
        let same = self.running().and_then(|running| running.source.clone());
        match (action, same) {
            (Some(action), _) => self.fetch_next((action, method), params, after),
            (None, Some(same)) => self.fetch_next((&same.url, same.method), params, after),
            (None, None) => self.fetch_next(("", method), params, after),
        }
    }

    /// A URL that the running document names, as a whole one; a fragment stays, for it tunes
    /// how the URL is asked. None for a relative one in a document that has no URL itself.
    pub(super) fn resolve(&self, named: &str) -> Option<String> {
        if CallbackUrl::parse(named).is_ok() {
            return Some(named.to_owned());
        }
        let source = self.running().and_then(|running| running.source.as_ref())?;
        let base = CallbackUrl::parse(&source.url).ok()?;
        let (plain, fragment) = match named.split_once('#') {
            Some((plain, fragment)) => (plain, Some(fragment)),
            None => (named, None),
        };
        let joined = base.join(plain).ok()?;
        let whole = joined.as_given().to_owned();
        Some(match fragment {
            Some(fragment) => format!("{whole}#{fragment}"),
            None => whole,
        })
    }
}

impl Fetching {
    /// The document at `url`.
    pub(in super::super) const fn of(url: String, method: Method) -> Self {
        Self {
            url,
            method,
            params: Vec::new(),
            instead: Instead::No,
        }
    }
}

fn target(webhook: &Webhook) -> Option<(String, Method)> {
    let (url, method) = webhook.target()?;
    Some((url.to_owned(), method))
}

fn unusable(fault: &Fault) -> String {
    format!("The document cannot be run ({}): {fault}.", fault.code)
}

/// A try, as the timeline tells it.
fn told(tried: &FetchTry) -> String {
    let method = tried.method.as_str();
    let millis = tried.took.as_millis();
    match &tried.failure {
        Some((code, detail)) => format!(
            "{method} {} for the document failed after {millis} ms ({code}): {detail}",
            tried.url
        ),
        None => format!(
            "{method} {} for the document: {} after {millis} ms.",
            tried.url,
            tried.status.unwrap_or_default()
        ),
    }
}

fn without_userinfo(url: &str) -> String {
    CallbackUrl::parse(url).map_or_else(|_| String::new(), |url| url.seen().to_owned())
}
