//! The run of a document that an inbound message is answered with.
//!
//! Part of [`inbound`](super). Goes through one document; what another one is asked for is kept
//! in the memo, and the step that fetches it is next.

use std::sync::Arc;

use ringback_domain::error_code;
use ringback_domain::id::Sid;
use ringback_domain::message::{Message, MessageDirection};
use ringback_domain::resource::{NewResource, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_engine::network::{Effect, FetchTry, Fetched, Offspring, Page, Performed, Scene};
use ringback_wire::cxml::{self, Channel, Document, Fault, Verb};
use ringback_wire::url::CallbackUrl;

use super::memo::{Fetching, MessageMemo, Target};
use crate::simulated::outgoing::{self, Unsent};

/// How many documents one message can lead to: its own, redirects and actions.
const MAX_DOCUMENTS: u32 = 10;
/// How many messages one message can be answered with, whatever the number of documents.
const MAX_MESSAGES: u32 = 20;

/// The HTTP status of an application that has nothing to answer, which SignalWire documents as
/// a good one: no document that cannot be read.
const NO_CONTENT: u16 = 204;

/// A document that is being run.
pub(super) struct Run<'a, 's> {
    message: &'a Message,
    scene: &'a mut Scene<'s>,
    memo: MessageMemo,
    effects: Vec<Effect>,
}

impl<'a, 's> Run<'a, 's> {
    /// The run for `message`, which is what `resource` holds.
    pub(super) fn new(
        resource: &'a Resource,
        message: &'a Message,
        scene: &'a mut Scene<'s>,
    ) -> Self {
        Self {
            message,
            scene,
            memo: MessageMemo::of(resource),
            effects: Vec::new(),
        }
    }

    /// What came of it. Nothing is kept once no other document is to be fetched.
    pub(super) fn done(self) -> Performed {
        let memo = match self.memo.fetching {
            Some(_) => self.memo.written(),
            None => Arc::default(),
        };
        Performed {
            memo: Some(memo),
            effects: self.effects,
            ..Performed::default()
        }
    }

    /// Goes on with what was fetched. Whether another document is to be fetched then.
    pub(super) fn go_on(&mut self, fetched: Fetched) -> bool {
        let asked = self.memo.fetching.take();
        for tried in &fetched.tries {
            self.remark(told(tried));
        }
        let fallback = asked.and_then(|asked| asked.fallback);
        let Some(page) = fetched.page else {
            self.remark("there is no document: nothing is answered".to_owned());
            return false;
        };
        if fetched.tries.last().and_then(|tried| tried.status) == Some(NO_CONTENT) {
            return false;
        }
        match read(&page) {
            Ok(document) => self.run(&document, &page.url, fallback),
            Err(fault) => {
                self.remark(format!("the document is not run ({}): {fault}", fault.code));
                let unused = fallback.filter(|_| fetched.tries.len() == 1);
                unused.is_some_and(|target| self.fetch_instead(&target, &fault, &page))
            }
        }
    }

    fn run(&mut self, document: &Document, base: &str, fallback: Option<Target>) -> bool {
        for issue in &document.issues {
            self.remark(issue.to_string());
        }
        for instruction in &document.instructions {
            let next = match &instruction.verb {
                Verb::Message(message) => self.answer(message, base),
                Verb::Redirect(redirect) => {
                    let (url, method) = (redirect.url.clone(), redirect.method);
                    Some((Target { url, method }, Vec::new()))
                }
                verb => {
                    self.remark(format!(
                        "<{}> is not simulated: the run goes on",
                        verb.name()
                    ));
                    None
                }
            };
            if let Some((target, params)) = next {
                return self.fetch(base, &target, params, fallback);
            }
        }
        false
    }

    /// Sends a message. Returns what is fetched then, if its action takes over.
    fn answer(
        &mut self,
        answer: &cxml::Message,
        base: &str,
    ) -> Option<(Target, Vec<(String, String)>)> {
        let sid = self.scene.new_sid();
        let (status, code) = match self.send(sid, answer, base) {
            Ok(()) => ("sending", None),
            Err(unsent) => {
                self.remark(format!("a message is not sent: {}", unsent.why));
                (unsent.status, Some(unsent.code))
            }
        };
        let action = Target {
            url: answer.action.clone()?,
            method: answer.method,
        };
        let mut params = vec![("MessageStatus".to_owned(), status.to_owned())];
        params.extend(code.map(|code| ("ErrorCode".to_owned(), code.to_string())));
        Some((action, params))
    }

    fn send(&mut self, sid: Sid, answer: &cxml::Message, base: &str) -> Result<(), Unsent> {
        let parties = (self.message.to.as_str(), self.message.from.as_str());
        let new = outgoing::compose(answer, MessageDirection::OutboundReply, parties)?;
        if self.memo.messages >= MAX_MESSAGES {
            let why = format!("{MAX_MESSAGES} were answered already, which is the most");
            return Err(Unsent::failed(error_code!("14107"), &why));
        }
        outgoing::admit(&new, self.scene)?;
        self.memo.messages += 1;
        let memo = MessageMemo {
            hops: self.memo.hops,
            outcome: self.memo.scenario.replies.clone(),
            ..MessageMemo::default()
        };
        let subscriptions = self.subscription(answer, base).into_iter().collect();
        self.remark(format!("the document answers with message {sid}"));
        self.effects.push(Effect::Create(Box::new(Offspring {
            sid,
            new: NewResource::Message(new),
            subscriptions,
            memo: (memo != MessageMemo::default()).then(|| memo.written()),
        })));
        Ok(())
    }

    /// Who hears of a message that is answered with: always by POST.
    fn subscription(&mut self, answer: &cxml::Message, base: &str) -> Option<Subscription> {
        let url = resolve(base, answer.status_callback.as_deref()?);
        let Some(url) = url else {
            self.remark("its statusCallback is no http or https URL: nobody is told".to_owned());
            return None;
        };
        Some(Subscription {
            url,
            method: Method::Post,
            interest: Interest::Every,
            next_sequence: 0,
        })
    }

    fn fetch_instead(&mut self, target: &Target, fault: &Fault, page: &Page) -> bool {
        let seen = CallbackUrl::parse(&page.url).map(|url| url.seen().to_owned());
        let params = vec![
            ("ErrorCode".to_owned(), fault.code.to_string()),
            ("ErrorUrl".to_owned(), seen.unwrap_or_default()),
        ];
        self.fetch(&page.url, target, params, None)
    }

    /// Has another document fetched, if there may be one more.
    fn fetch(
        &mut self,
        base: &str,
        target: &Target,
        params: Vec<(String, String)>,
        fallback: Option<Target>,
    ) -> bool {
        if self.memo.documents >= MAX_DOCUMENTS {
            self.remark(format!(
                "{MAX_DOCUMENTS} documents were asked for, which is the most: the run ends"
            ));
            return false;
        }
        let Some(url) = resolve(base, &target.url) else {
            self.remark("the next document's URL is no http or https URL: the run ends".to_owned());
            return false;
        };
        self.memo.documents += 1;
        let method = target.method;
        self.memo.fetching = Some(Fetching {
            target: Target { url, method },
            fallback,
            params,
        });
        true
    }

    fn remark(&mut self, text: String) {
        self.effects.push(Effect::Remark(text));
    }
}

fn read(page: &Page) -> Result<Document, Fault> {
    cxml::check_content_type(Some(&page.content_type))?;
    cxml::parse(&page.text, Channel::Messaging)
}

/// `reference` as a document from `base` means it.
fn resolve(base: &str, reference: &str) -> Option<String> {
    let base = CallbackUrl::parse(base).ok()?;
    Some(base.join(reference).ok()?.as_given().to_owned())
}

/// A try, as the timeline tells it.
fn told(tried: &FetchTry) -> String {
    let (method, url) = (tried.method.as_str(), &tried.url);
    let millis = tried.took.as_millis();
    match (&tried.failure, tried.status) {
        (Some((code, detail)), _) => {
            format!("{method} {url} for the document failed after {millis} ms ({code}): {detail}")
        }
        (None, Some(status)) => {
            format!("{method} {url} for the document: {status} after {millis} ms")
        }
        (None, None) => format!("{method} {url} for the document: after {millis} ms"),
    }
}
