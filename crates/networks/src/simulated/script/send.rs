//! `<Message>` and `<Sms>` in a call: a message is sent.
//!
//! Part of a run. The message is a resource of its own, with its own callback.

use std::time::Duration;

use ringback_domain::call::CallDirection;
use ringback_domain::id::Sid;
use ringback_domain::message::{MessageDirection, NewMessage};
use ringback_domain::resource::NewResource;
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_engine::network::{Effect, Offspring};
use ringback_wire::cxml::Message;

use super::super::outgoing;
use super::Run;

impl Run<'_, '_> {
    /// Sends a message. True if its action takes over.
    pub(super) fn send(&mut self, message: &Message) -> bool {
        let call = self.call;
        let parties = match call.direction {
            CallDirection::Inbound => (call.to.as_str(), call.from.as_str()),
            CallDirection::OutboundApi | CallDirection::OutboundDial => {
                (call.from.as_str(), call.to.as_str())
            }
        };
        let composed = outgoing::compose(message, MessageDirection::OutboundCall, parties);
        let admitted = composed.and_then(|new| {
            outgoing::admit(&new, self.scene)?;
            Ok(new)
        });
        let sid = self.scene.new_sid();
        let status = match admitted {
            Ok(new) => {
                self.create(sid, message, new);
                "sending"
            }
            Err(unsent) => {
                self.remark(format!("The message is not sent: {}.", unsent.why));
                unsent.status
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

    fn create(&mut self, sid: Sid, message: &Message, new: NewMessage) {
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
                new: NewResource::Message(new),
                subscriptions: subscription.into_iter().collect(),
                memo: None,
            })));
    }
}
