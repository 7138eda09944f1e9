//! Webhooks that a phone number or an application is set up with.
//!
//! A method is kept without its URL, for REST shows it all the same. An order leaves alone what
//! it does not name, so that two who change different fields at once do not undo each other.

use crate::subscription::Method;

/// A URL that is asked or told, if there is one, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhook {
    /// As the user gave it, with userinfo and fragment.
    pub url: Option<String>,
    /// How it is asked.
    pub method: Method,
}

/// What of a webhook is to be different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookChange {
    /// Another URL, or none any more.
    pub url: Option<Option<String>>,
    /// Another method.
    pub method: Option<Method>,
}

impl Webhook {
    /// URL and method; none if there is no URL.
    pub fn target(&self) -> Option<(&str, Method)> {
        Some((self.url.as_deref()?, self.method))
    }

    /// Makes it what `change` says.
    pub fn apply(&mut self, change: WebhookChange) {
        if let Some(url) = change.url {
            self.url = url;
        }
        self.method = change.method.unwrap_or(self.method);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_change_does_not_name_stays() {
        let mut webhook = Webhook::default();
        let url = |url: Option<&str>| WebhookChange {
            url: Some(url.map(str::to_owned)),
            method: None,
        };
        webhook.apply(WebhookChange {
            method: Some(Method::Get),
            ..WebhookChange::default()
        });
        assert_eq!(webhook.target(), None, "a method alone is no target");
        webhook.apply(url(Some("http://a.example/")));
        assert_eq!(webhook.target(), Some(("http://a.example/", Method::Get)));
        webhook.apply(WebhookChange::default());
        assert_eq!(webhook.target(), Some(("http://a.example/", Method::Get)));
        webhook.apply(url(None));
        assert_eq!((webhook.target(), webhook.method), (None, Method::Get));
    }
}
