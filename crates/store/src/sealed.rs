//! A store whose secrets are sealed: signing keys, and URLs that hold credentials.
//!
//! Wraps any store. Seals on the way in and opens on the way out, so that no other part knows
//! of it. What was written in clear before there was a key is read as it is. Without a key
//! nothing is sealed, and what is sealed cannot be read: it is never taken for a URL or a key.

use std::convert::Infallible;
use std::sync::Arc;

use async_trait::async_trait;
use ringback_domain::call::Document;
use ringback_domain::callback::Callback;
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::project::{Project, Secret, Settings, SigningKeys};
use ringback_domain::resource::{Body, Resource};
use ringback_domain::time::Timestamp;
use ringback_domain::webhook::Webhook;

use crate::seal::{SealError, StoreKey, is_sealed, unsealed};
use crate::{
    AroundStore, Batch, CallbackPage, CallbackQuery, Entry, EntryChange, ListQuery, Store,
    StoreError,
};

/// A store whose secrets are sealed.
#[derive(Debug)]
pub struct SealedStore<S> {
    inner: S,
    key: Option<StoreKey>,
}

impl<S: Store> SealedStore<S> {
    /// Seals what goes into `inner` with `key`; without one, opens nothing.
    pub const fn new(inner: S, key: Option<StoreKey>) -> Self {
        Self { inner, key }
    }

    /// The store within.
    pub const fn inner(&self) -> &S {
        &self.inner
    }

    /// Seals the keys of projects that were stored before there was a key.
    pub async fn seal_projects(&self) -> Result<(), StoreError> {
        let clear = |project: &Project| {
            let mut keys = project.keys.iter();
            keys.any(|key| !is_sealed(key.secret.reveal()))
        };
        let mut projects = self.inner.projects().await?;
        projects.retain(clear);
        if self.key.is_none() || projects.is_empty() {
            return Ok(());
        }
        let batch = Batch {
            projects,
            ..Batch::default()
        };
        Store::commit(self, batch).await
    }

    fn open_text(&self, text: &mut String) -> Result<(), StoreError> {
        if let Some(clear) = unsealed(self.key.as_ref(), text)? {
            *text = clear;
        }
        Ok(())
    }

    fn open_callbacks(&self, mut callbacks: Vec<Callback>) -> Result<Vec<Callback>, StoreError> {
        for callback in &mut callbacks {
            if let Some(clear) = unsealed(self.key.as_ref(), &callback.url)? {
                callback.url = clear.into();
            }
        }
        Ok(callbacks)
    }

    fn open_resource(&self, resource: &mut Resource) -> Result<(), StoreError> {
        let mut result = Ok(());
        each_url(resource, |url| {
            if result.is_ok() {
                result = self.open_text(url);
            }
        });
        result
    }
}

/// Seals what holds credentials.
fn seal(key: &StoreKey, batch: &mut Batch) {
    for resource in &mut batch.resources {
        each_url(resource, |url| {
            if has_credentials(url) {
                *url = key.seal(url);
            }
        });
    }
    for callback in &mut batch.callbacks {
        if has_credentials(&callback.url) {
            callback.url = key.seal(&callback.url).into();
        }
    }
    for change in &mut batch.entries {
        match change {
            EntryChange::Put(entry) => each_webhook(entry, |url| {
                if has_credentials(url) {
                    *url = key.seal(url);
                }
            }),
            EntryChange::Remove(_) => {}
        }
    }
    for project in &mut batch.projects {
        each_setting(&mut project.settings, |url| {
            if has_credentials(url) {
                *url = key.seal(url);
            }
        });
        let sealed = with_secrets(&project.keys, |secret| {
            Ok::<_, Infallible>(key.seal(secret))
        });
        project.keys = match sealed {
            Ok(sealed) => sealed,
            Err(impossible) => match impossible {},
        };
    }
}

/// The keys with other secrets.
fn with_secrets<E>(
    keys: &SigningKeys,
    change: impl Fn(&str) -> Result<String, E>,
) -> Result<SigningKeys, E> {
    let mut changed = Vec::new();
    for key in keys.iter() {
        let mut key = key.clone();
        key.secret = Secret::new(change(key.secret.reveal())?);
        changed.push(key);
    }
    Ok(SigningKeys::from_stored(changed).expect("as many as before: at least one"))
}

/// Every text of a resource that may be a URL of the user's.
fn each_url(resource: &mut Resource, mut see: impl FnMut(&mut String)) {
    for subscription in &mut resource.subscriptions {
        see(&mut subscription.url);
    }
    match &mut resource.body {
        Body::Call(call) => {
            match &mut call.document {
                Document::Url { url, .. } => see(url),
                Document::Application(_) | Document::Inline(_) | Document::None => {}
            }
            for (_, value) in &mut call.requested {
                see(value);
            }
        }
        Body::Message(message) => {
            for media in &mut message.media {
                see(&mut media.url);
            }
        }
        // Theirs are no webhooks: they are told to receivers, as parameters.
        Body::Recording(_)
        | Body::Transcription(_)
        | Body::Brand(_)
        | Body::Campaign(_)
        | Body::AssignmentOrder(_)
        | Body::Assignment(_) => {}
    }
}

/// Every URL of a phone number or an application.
fn each_webhook(entry: &mut Entry, see: impl FnMut(&mut String)) {
    let webhooks: &mut [&mut Webhook] = match entry {
        Entry::Number(number) => {
            let number = Arc::make_mut(number);
            &mut [
                &mut number.voice,
                &mut number.voice_fallback,
                &mut number.sms,
                &mut number.sms_fallback,
                &mut number.status_callback,
            ]
        }
        Entry::Application(application) => {
            let application = Arc::make_mut(application);
            &mut [
                &mut application.voice,
                &mut application.voice_fallback,
                &mut application.status_callback,
                &mut application.sms,
                &mut application.sms_fallback,
                &mut application.sms_status_callback,
            ]
        }
        Entry::OptOut(_) | Entry::Meter(_) | Entry::Scenario(_) => &mut [],
    };
    webhooks
        .iter_mut()
        .filter_map(|it| it.url.as_mut())
        .for_each(see);
}

/// Every URL of a project's settings.
fn each_setting(settings: &mut Settings, see: impl FnMut(&mut String)) {
    let urls = [&mut settings.failure_url, &mut settings.status_callback.url];
    urls.into_iter().flatten().for_each(see);
}

/// Whether `text` is a URL with a user before its host (RFC 3986, §3.2.1).
fn has_credentials(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('@')
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        Self::Unreadable {
            source: Box::new(error),
        }
    }
}

#[async_trait]
impl<S: Store> AroundStore for SealedStore<S> {
    fn around(&self) -> &dyn Store {
        &self.inner
    }

    async fn commit(&self, mut batch: Batch) -> Result<(), StoreError> {
        if let Some(key) = &self.key {
            seal(key, &mut batch);
        }
        self.inner.commit(batch).await
    }

    async fn resources(&self, sids: &[Sid]) -> Result<Vec<Option<Resource>>, StoreError> {
        let mut found = self.inner.resources(sids).await?;
        for resource in found.iter_mut().flatten() {
            self.open_resource(resource)?;
        }
        Ok(found)
    }

    async fn list(&self, query: &ListQuery) -> Result<Vec<Resource>, StoreError> {
        let mut found = self.inner.list(query).await?;
        for resource in &mut found {
            self.open_resource(resource)?;
        }
        Ok(found)
    }

    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        let found = self.inner.owed(project, destination, position, limit).await;
        self.open_callbacks(found?)
    }

    async fn aside_due(&self, until: Timestamp, limit: u32) -> Result<Vec<Callback>, StoreError> {
        self.open_callbacks(self.inner.aside_due(until, limit).await?)
    }

    async fn callbacks(&self, resource: Sid) -> Result<Vec<Callback>, StoreError> {
        self.open_callbacks(self.inner.callbacks(resource).await?)
    }

    async fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        let found = self.inner.callback(id).await?;
        let opened = self.open_callbacks(found.into_iter().collect())?;
        Ok(opened.into_iter().next())
    }

    async fn find_callbacks(&self, query: &CallbackQuery) -> Result<CallbackPage, StoreError> {
        let page = self.inner.find_callbacks(query).await?;
        Ok(CallbackPage {
            callbacks: self.open_callbacks(page.callbacks)?,
            next: page.next,
        })
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        let mut projects = self.inner.projects().await?;
        for project in &mut projects {
            let mut opened = Ok(());
            each_setting(&mut project.settings, |url| {
                if opened.is_ok() {
                    opened = self.open_text(url);
                }
            });
            opened?;
            project.keys = with_secrets(&project.keys, |secret| {
                let clear = unsealed(self.key.as_ref(), secret)?;
                Ok::<_, StoreError>(clear.unwrap_or_else(|| secret.to_owned()))
            })?;
        }
        Ok(projects)
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut entries = self.inner.entries().await?;
        let mut opened = Ok(());
        for entry in &mut entries {
            each_webhook(entry, |url| {
                if opened.is_ok() {
                    opened = self.open_text(url);
                }
            });
        }
        opened.map(|()| entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_before_the_host_is_a_credential_and_an_at_sign_elsewhere_is_not() {
        for with in [
            "https://u:p@a.example/",
            "http://u@a",
            "https://u:p@[::1]:8080?x",
        ] {
            assert!(has_credentials(with), "{with}");
        }
        for without in [
            "https://a.example/@u",
            "https://a?mail=u@b",
            "u@a.example",
            "",
            "+1555",
        ] {
            assert!(!has_credentials(without), "{without}");
        }
    }
}
