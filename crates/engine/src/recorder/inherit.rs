//! What a resource has its application, its phone number or its project hear.
//!
//! Part of the group. Whom that is is looked up when each change is recorded, never copied:
//! what is set up in another way holds from the next change on. The order is that of
//! SignalWire's documents, the project's default last.

use std::sync::Arc;

use ringback_domain::application::Application;
use ringback_domain::call::CallDirection;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::message::MessageDirection;
use ringback_domain::project::Project;
use ringback_domain::resource::{Body, Resource};
use ringback_domain::subscription::{CallEvents, Inherited, Interest, Method, Subscription};
use ringback_domain::webhook::Webhook;

use super::Recorder;
use super::group::Group;
use crate::handle::{CreateError, Order};

/// What a new resource is asked for with, beside what it is.
#[derive(Clone, Copy, Default)]
pub(super) struct Ties<'a> {
    /// The application that it is created with.
    pub(super) application: Option<&'a Application>,
    /// Which changes are to be told, without saying to whom.
    pub(super) interest: Option<Interest>,
}

impl Group {
    /// The application that an order names.
    pub(super) fn application_of(
        &self,
        recorder: &Recorder,
        project: ProjectId,
        order: &Order,
    ) -> Result<Option<Arc<Application>>, CreateError> {
        let Some(sid) = order.application else {
            return Ok(None);
        };
        let known = self.application(recorder, project, sid);
        known
            .map(Some)
            .ok_or(CreateError::UnknownApplication { sid })
    }

    /// Ties a new resource to its project's phone number and to its application.
    pub(super) fn tie(&self, recorder: &Recorder, resource: &mut Resource, ties: Ties<'_>) {
        let Ties {
            application,
            interest,
        } = ties;
        let Some((number, usual)) = own_number(&resource.body) else {
            return;
        };
        let number = self.by_number(recorder, number);
        let number = number.filter(|number| number.project == resource.project);
        resource.number = number.map(|number| number.sid);
        resource.application = application.map(|application| application.sid);
        if let (Some(application), Body::Call(_)) = (application, &resource.body) {
            // Its own method is not asked for where an application is named.
            for subscription in &mut resource.subscriptions {
                subscription.method = application.status_callback.method;
            }
        }
        resource.inherited = match usual {
            // A number's own callback comes beside those that a report asks for.
            Some(Interest::Number) => usual,
            _ if resource.subscriptions.is_empty() => {
                interest.filter(|_| usual.is_some()).or(usual)
            }
            _ => None,
        }
        .map(Inherited::new);
    }

    /// Who hears, as things stand now, what `resource` lets others hear; nobody, if none is
    /// set up.
    pub(super) fn heir(
        &self,
        recorder: &Recorder,
        project: &Project,
        resource: &Resource,
    ) -> Option<Subscription> {
        let inherited = resource.inherited?;
        let application =
            |sid: Option<Sid>| sid.and_then(|sid| self.application(recorder, project.id, sid));
        let set_up = match &resource.body {
            Body::Call(call) => match call.direction {
                CallDirection::Inbound => {
                    let number = resource.number;
                    let number = number.and_then(|sid| self.number(recorder, project.id, sid).ok());
                    let application =
                        application(number.as_ref().and_then(|it| it.voice_application));
                    let of_application = application.and_then(|it| target(&it.status_callback));
                    of_application.or_else(|| number.and_then(|it| target(&it.status_callback)))
                }
                CallDirection::OutboundApi => {
                    application(resource.application).and_then(|it| target(&it.status_callback))
                }
                // A leg's own noun says who hears of it, or nobody does.
                CallDirection::OutboundDial => return None,
            },
            Body::Message(_) => {
                application(resource.application).and_then(|it| target(&it.sms_status_callback))
            }
            Body::Recording(_)
            | Body::Transcription(_)
            | Body::Brand(_)
            | Body::Campaign(_)
            | Body::AssignmentOrder(_)
            | Body::Assignment(_) => return None,
        };
        let nobody_else = resource.subscriptions.is_empty();
        let default = || target(&project.settings.status_callback).filter(|_| nobody_else);
        let (url, method) = set_up.or_else(default)?;
        Some(Subscription {
            url,
            method,
            interest: inherited.interest,
            next_sequence: inherited.next_sequence,
        })
    }
}

/// The party of a resource that may be a phone number of its project, and what is inherited by
/// its kind; none for kinds that connect nobody.
fn own_number(body: &Body) -> Option<(&str, Option<Interest>)> {
    match body {
        Body::Call(call) => Some(match call.direction {
            CallDirection::Inbound => (&call.to, Some(Interest::Number)),
            CallDirection::OutboundApi => (&call.from, Some(Interest::Call(CallEvents::DEFAULT))),
            CallDirection::OutboundDial => (&call.from, None),
        }),
        Body::Message(message) => Some(match message.direction {
            MessageDirection::Inbound => (&message.to, Some(Interest::Every)),
            MessageDirection::OutboundApi
            | MessageDirection::OutboundCall
            | MessageDirection::OutboundReply => (&message.from, Some(Interest::Every)),
        }),
        Body::Recording(_)
        | Body::Transcription(_)
        | Body::Brand(_)
        | Body::Campaign(_)
        | Body::AssignmentOrder(_)
        | Body::Assignment(_) => None,
    }
}

fn target(webhook: &Webhook) -> Option<(String, Method)> {
    let (url, method) = webhook.target()?;
    Some((url.to_owned(), method))
}
