//! What a resource's state allows: the rules of updates, redaction and deletion.
//!
//! Asked by the group, inside which a resource cannot change under them.

use ringback_domain::call::CallStatus;
use ringback_domain::id::ProjectId;
use ringback_domain::message::MessageStatus;
use ringback_domain::resource::{Body, Presence, Resource};
use ringback_domain::subscription::{CallEvents, Interest, Subscription};

use crate::handle::{CallUpdate, Erase, Forbidden, UpdateError};
use crate::network::Ending;

/// Whether a project can see a resource.
pub(super) fn visible(resource: &Resource, project: ProjectId) -> bool {
    resource.project == project && resource.presence == Presence::Here
}

/// Points a live call's callbacks and document elsewhere, if its state allows what is asked.
pub(super) fn redirect(resource: &mut Resource, update: &CallUpdate) -> Result<(), UpdateError> {
    let Body::Call(call) = &mut resource.body else {
        return Err(UpdateError::NotFound);
    };
    if call.status.is_final() {
        return Err(Forbidden::CallEnded.into());
    }
    let in_progress = call.status == CallStatus::InProgress;
    if update.ending == Some(Ending::Cancel) && in_progress {
        return Err(Forbidden::CancelInProgress.into());
    }
    if let Some(document) = &update.document {
        if !in_progress {
            return Err(Forbidden::NotInProgress.into());
        }
        call.document.clone_from(document);
    }
    for (name, value) in &update.requested {
        call.requested.retain(|(kept, _)| kept != name);
        call.requested.push((name.clone(), value.clone()));
    }
    match (resource.subscriptions.first_mut(), &update.callback_url) {
        (Some(subscription), url) => {
            if let Some(url) = url {
                subscription.url.clone_from(url);
            }
            subscription.method = update.callback_method.unwrap_or(subscription.method);
        }
        (None, Some(url)) => {
            let inherited = resource.inherited.map(|inherited| inherited.interest);
            let events = inherited.filter(|interest| *interest != Interest::Number);
            resource.subscribe(Subscription {
                url: url.clone(),
                method: update.callback_method.unwrap_or_default(),
                interest: events.unwrap_or(Interest::Call(CallEvents::DEFAULT)),
                next_sequence: 0,
            });
        }
        (None, None) => {}
    }
    Ok(())
}

/// Whether a resource's state allows that its words are erased.
pub(super) fn erasable(resource: &Resource, how: Erase) -> Result<(), Forbidden> {
    match (&resource.body, how) {
        (Body::Call(call), Erase::Delete) if !call.status.is_final() => Err(Forbidden::CallRunning),
        (Body::Recording(recording), Erase::Delete) if !recording.status.is_final() => {
            Err(Forbidden::RecordingRunning)
        }
        (Body::Transcription(transcription), Erase::Delete) if !transcription.status.is_final() => {
            Err(Forbidden::TranscriptionRunning)
        }
        (Body::Message(message), Erase::Delete) if message.status == MessageStatus::Queued => {
            Err(Forbidden::MessageQueued)
        }
        (Body::Message(message), Erase::Redact) if !was_sent(message.status) => {
            Err(Forbidden::MessageNotSent)
        }
        (Body::Message(message), Erase::Media(_)) if !was_sent(message.status) => {
            Err(Forbidden::MediaNotSent)
        }
        (
            Body::Call(_)
            | Body::Message(_)
            | Body::Recording(_)
            | Body::Transcription(_)
            | Body::Brand(_)
            | Body::Campaign(_)
            | Body::AssignmentOrder(_)
            | Body::Assignment(_),
            Erase::Redact | Erase::Delete | Erase::Media(_),
        ) => Ok(()),
    }
}

/// Whether a message has left, or has come in.
const fn was_sent(status: MessageStatus) -> bool {
    match status {
        MessageStatus::Queued | MessageStatus::Sending => false,
        MessageStatus::Sent
        | MessageStatus::Delivered
        | MessageStatus::Undelivered
        | MessageStatus::Failed
        | MessageStatus::Receiving
        | MessageStatus::Received => true,
    }
}
