//! `<Message>`, and `<Sms>` in a call: a message that is sent.
//!
//! Called by the document's reader.

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::subscription::Method;
use roxmltree::Node;

use super::element::{Element, Notes};

const NO_TEXT: ErrorCode = error_code!("14103");

/// A message that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it says; empty if it has media alone.
    pub body: String,
    /// The URLs of its media.
    pub media: Vec<String>,
    /// Whom it goes to, if not to the other side.
    pub to: Option<String>,
    /// Whom it is from, if not from our side.
    pub from: Option<String>,
    /// Where the document that goes on is fetched; none: this one goes on.
    pub action: Option<String>,
    /// How that is fetched.
    pub method: Method,
    /// Who hears of its statuses, by POST.
    pub status_callback: Option<String>,
}

pub(super) fn message(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Message {
    let mut element = Element::new(node);
    let (to, from) = (element.owned("to"), element.owned("from"));
    let action = element.owned("action");
    let method = element.method("method", notes);
    let status_callback = element.owned("statusCallback");
    let mut body = String::new();
    let mut media = Vec::new();
    for child in node.children() {
        match (child.is_element(), child.tag_name().name()) {
            (true, "Body") => body.push_str(&Element::new(child).content()),
            (true, "Media") => media.push(Element::new(child).content()),
            (true, _) => element.unexpected(child, "text, Body or Media", notes),
            (false, _) => body.push_str(child.text().filter(|_| child.is_text()).unwrap_or("")),
        }
    }
    let body = body.trim().to_owned();
    media.retain(|url| !url.is_empty());
    if body.is_empty() && media.is_empty() {
        let says = "a message without text and media is not sent".to_owned();
        notes.warn(NO_TEXT, element.at(), says);
    }
    element.finish(notes);
    Message {
        body,
        media,
        to,
        from,
        action,
        method,
        status_callback,
    }
}
