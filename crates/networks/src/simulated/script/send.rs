//! `<Message>` and `<Sms>` in a call: a message is sent.
//!
//! Part of a run. The message is a resource of its own, with its own callback.

use std::time::Duration;

use ringback_domain::call::CallDirection;
use ringback_domain::id::Sid;
use ringback_domain::message::{MessageApi, MessageDirection, MessageTransport, NewMessage};
use ringback_domain::phone::{self, Address};
use ringback_domain::resource::NewResource;
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_engine::network::{Effect, Network as _, Offspring};
use ringback_wire::cxml::Message;

use super::Run;

/// How long a message may wait, if nothing is said: SignalWire's default.
const VALIDITY: Duration = Duration::from_secs(14_400);

impl Run<'_, '_> {
    /// Sends a message. True if its action takes over.
    pub(super) fn send(&mut self, message: &Message) -> bool {
        let (ours, theirs) = match self.call.direction {
            CallDirection::Inbound => (&self.call.to, &self.call.from),
            CallDirection::OutboundApi | CallDirection::OutboundDial => {
                (&self.call.from, &self.call.to)
            }
        };
        let from = message.from.clone().unwrap_or_else(|| ours.clone());
        let to = message.to.clone().unwrap_or_else(|| theirs.clone());
        let new = NewResource::Message(new_message(message, from, to));
        let sid = self.scene.new_sid();
        let status = match self.refused(&new) {
            None => {
                self.create(sid, message, new);
                "sending"
            }
            Some(why) => {
                self.remark(format!("The message is not sent: {why}."));
                "invalid"
            }
        };
        let Some(action) = &message.action else {
            return false;
        };
        let params = [
            ("MessageSid", sid.to_string()),
            ("MessageStatus", status.to_owned()),
            ("SmsSid", sid.to_string()),
            ("SmsStatus", status.to_owned()),
        ];
        let params = params.map(|(name, value)| (name.to_owned(), value));
        let target = (action.as_str(), message.method);
        self.fetch_next(target, params.to_vec(), Duration::ZERO);
        true
    }

    /// Why a message cannot be sent, if so.
    fn refused(&mut self, new: &NewResource) -> Option<String> {
        let NewResource::Message(message) = new else {
            return None;
        };
        if message.body.is_empty() && message.media.is_empty() {
            return Some("it has neither text nor media".to_owned());
        }
        if phone::address(&message.to) != Some(Address::E164) {
            return Some("it goes to no number in E.164".to_owned());
        }
        if !matches!(
            phone::address(&message.from),
            Some(Address::E164 | Address::ShortCode)
        ) {
            return Some("it is from no number".to_owned());
        }
        let refusal = self.network.admit(new, self.scene).err()?;
        Some(format!("{refusal} ({})", refusal.code))
    }

    fn create(&mut self, sid: Sid, message: &Message, new: NewResource) {
        let callback = message.status_callback.as_deref();
        let subscription = callback
            .and_then(|url| self.resolve(url))
            .map(|url| Subscription {
                url,
                // SignalWire's reference: always by POST.
                method: Method::Post,
                interest: Interest::Every,
                next_sequence: 0,
            });
        self.performed
            .effects
            .push(Effect::Create(Box::new(Offspring {
                sid,
                new,
                subscriptions: subscription.into_iter().collect(),
                memo: None,
            })));
    }
}

fn new_message(message: &Message, from: String, to: String) -> NewMessage {
    NewMessage {
        direction: MessageDirection::OutboundCall,
        from,
        to,
        body: message.body.clone(),
        media: message.media.clone(),
        messaging_service: None,
        validity: VALIDITY,
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    }
}
