//! Projects: who owns resources, and how their callbacks look and are sent.
//!
//! Given to the engine when it starts, and replaced as a whole while it runs: a token that was
//! revoked, a key that was rotated.

mod credentials;

use std::fmt;
use std::str::FromStr;

pub use self::credentials::{ProjectKey, SigningKeys, Token, TokenDigest};

use crate::id::ProjectId;
use crate::sip::{SipMapping, Unanswered};
use crate::subscription::Method;
use crate::time::Timestamp;
use crate::webhook::Webhook;

/// An amount of money, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(i64);

impl Price {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// This many millionths of a US dollar.
    pub const fn from_micro_usd(micro_usd: i64) -> Self {
        Self(micro_usd)
    }

    /// In millionths of a US dollar.
    pub const fn as_micro_usd(self) -> i64 {
        self.0
    }
}

/// How callbacks look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Dialect {
    /// As SignalWire sends them, with what its guides' samples need.
    #[default]
    SignalWire,
    /// Only what SignalWire's published schemas allow.
    SignalWireStrict,
    /// As Twilio sends them.
    Twilio,
}

/// How hard a callback is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// Three quick tries, then backoff for 72 hours.
    #[default]
    Durable,
    /// What SignalWire documents: three tries within 15 seconds.
    SignalWire,
    /// What Twilio documents: one retry, of a failed connection.
    Twilio,
}

/// What a failing callback does to those behind it in its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ordering {
    /// It holds them through its quick tries and is then set aside, unless the destination
    /// accepts nothing at all.
    #[default]
    Aside,
    /// It holds them until it is delivered or has failed.
    Strict,
    /// It never holds them.
    None,
}

/// Which statuses a number's own callback tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum InboundDetail {
    /// `completed` or `failed`, as SignalWire documents.
    #[default]
    Collapsed,
    /// `busy`, `no-answer` and `canceled` by their own names.
    Detailed,
}

/// How callbacks of 10DLC are written, in the dialect `signalwire`; the others know JSON alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TenDlcBody {
    /// As a JSON object, as SignalWire's published schemas have it.
    #[default]
    Json,
    /// As a form, which the sample application of SignalWire's older guide reads.
    Form,
}

/// On or off, for settings that are no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

macro_rules! words {
    ($type:ty { $($word:literal => $value:path),+ $(,)? }) => {
        impl $type {
            /// Every word that it can be written as.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word it is written as.
            pub const fn as_str(self) -> &'static str {
                match self { $($value => $word),+ }
            }
        }

        impl FromStr for $type {
            type Err = BadWord;

            fn from_str(word: &str) -> Result<Self, BadWord> {
                match word {
                    $($word => Ok($value),)+
                    _ => Err(BadWord { given: word.to_owned(), allowed: Self::WORDS }),
                }
            }
        }
    };
}

words!(Dialect { "signalwire" => Dialect::SignalWire, "signalwire-strict" => Dialect::SignalWireStrict, "twilio" => Dialect::Twilio });
words!(Profile { "durable" => Profile::Durable, "signalwire" => Profile::SignalWire, "twilio" => Profile::Twilio });
words!(Ordering { "aside" => Ordering::Aside, "strict" => Ordering::Strict, "none" => Ordering::None });
words!(InboundDetail { "collapsed" => InboundDetail::Collapsed, "detailed" => InboundDetail::Detailed });
words!(TenDlcBody { "json" => TenDlcBody::Json, "form" => TenDlcBody::Form });
words!(Switch { "on" => Switch::On, "off" => Switch::Off });
words!(Unanswered { "failed" => Unanswered::Failed, "busy" => Unanswered::Busy, "no-answer" => Unanswered::NoAnswer });

/// A word that a setting does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is none of: {}", allowed.join(", "))]
pub struct BadWord {
    given: String,
    allowed: &'static [&'static str],
}

/// GET or POST.
struct MethodWord(Method);

impl FromStr for MethodWord {
    type Err = BadWord;

    fn from_str(word: &str) -> Result<Self, BadWord> {
        let bad = || BadWord {
            given: word.to_owned(),
            allowed: &["GET", "POST"],
        };
        Method::parse(word).map(Self).ok_or_else(bad)
    }
}

/// A URL of the web, or nothing. That it can be sent to is seen when something is.
struct WebUrl(String);

impl FromStr for WebUrl {
    type Err = BadWord;

    fn from_str(text: &str) -> Result<Self, BadWord> {
        let is_web = ["http://", "https://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        if text.is_empty() || is_web {
            return Ok(Self(text.to_owned()));
        }
        Err(BadWord {
            given: text.to_owned(),
            allowed: &["http://HOST/PATH", "https://HOST/PATH", "nothing"],
        })
    }
}

/// Why a setting could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// There is no such setting.
    #[error("there is no setting `{key}`; there are: {}", Settings::KEYS.join(", "))]
    Unknown {
        /// What was asked for.
        key: String,
    },
    /// It does not have that value.
    #[error("the setting `{key}` cannot be made")]
    Value {
        /// Which setting.
        key: String,
        /// What is wrong with the value.
        #[source]
        source: BadWord,
    },
}

/// How a project's callbacks look and are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How callbacks look.
    pub dialect: Dialect,
    /// How hard a callback is tried, unless its URL says otherwise.
    pub profile: Profile,
    /// What a failing callback does to those behind it.
    pub ordering: Ordering,
    /// Which statuses a number's own callback tells.
    pub inbound_detail: InboundDetail,
    /// How callbacks of 10DLC are written.
    pub ten_dlc_body: TenDlcBody,
    /// Whether `X-Twilio-Signature`, `webhook-*` and `I-Twilio-Idempotency-Token` are sent;
    /// never in the dialect `signalwire-strict`.
    pub extra_headers: Switch,
    /// What SIP answers mean where peers disagree.
    pub sip: SipMapping,
    /// Where the project is told of callbacks that have failed.
    pub failure_url: Option<String>,
    /// What is told of calls and messages that nobody else is told of.
    pub status_callback: Webhook,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            profile: Profile::default(),
            ordering: Ordering::default(),
            inbound_detail: InboundDetail::default(),
            ten_dlc_body: TenDlcBody::default(),
            extra_headers: Switch::On,
            sip: SipMapping::default(),
            failure_url: None,
            status_callback: Webhook::default(),
        }
    }
}

impl Settings {
    /// The name of every setting.
    pub const KEYS: &'static [&'static str] = &[
        "dialect",
        "profile",
        "ordering",
        "inbound_detail",
        "ten_dlc_body",
        "extra_headers",
        "sip_480",
        "sip_600",
        "sip_603",
        "failure_url",
        "status_callback",
        "status_callback_method",
    ];

    /// Makes the setting named `key`.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        fn word<T: FromStr<Err = BadWord>>(key: &str, value: &str) -> Result<T, SettingError> {
            value.parse().map_err(|source| SettingError::Value {
                key: key.to_owned(),
                source,
            })
        }
        match key {
            "dialect" => self.dialect = word(key, value)?,
            "profile" => self.profile = word(key, value)?,
            "ordering" => self.ordering = word(key, value)?,
            "inbound_detail" => self.inbound_detail = word(key, value)?,
            "ten_dlc_body" => self.ten_dlc_body = word(key, value)?,
            "extra_headers" => self.extra_headers = word(key, value)?,
            "sip_480" => self.sip.unavailable = word(key, value)?,
            "sip_600" => self.sip.busy_everywhere = word(key, value)?,
            "sip_603" => self.sip.decline = word(key, value)?,
            "failure_url" => {
                let url = word::<WebUrl>(key, value)?;
                self.failure_url = (!url.0.is_empty()).then_some(url.0);
            }
            "status_callback" => {
                let url = word::<WebUrl>(key, value)?;
                self.status_callback.url = (!url.0.is_empty()).then_some(url.0);
            }
            "status_callback_method" => {
                self.status_callback.method = word::<MethodWord>(key, value)?.0;
            }
            _ => {
                return Err(SettingError::Unknown {
                    key: key.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// What the setting named `key` is made to; none if there is none of this name.
    pub fn get(&self, key: &str) -> Option<String> {
        let word = match key {
            "dialect" => self.dialect.as_str(),
            "profile" => self.profile.as_str(),
            "ordering" => self.ordering.as_str(),
            "inbound_detail" => self.inbound_detail.as_str(),
            "extra_headers" => self.extra_headers.as_str(),
            "ten_dlc_body" => self.ten_dlc_body.as_str(),
            "sip_480" => self.sip.unavailable.as_str(),
            "sip_600" => self.sip.busy_everywhere.as_str(),
            "sip_603" => self.sip.decline.as_str(),
            "failure_url" => self.failure_url.as_deref().unwrap_or_default(),
            "status_callback" => self.status_callback.url.as_deref().unwrap_or_default(),
            "status_callback_method" => self.status_callback.method.as_str(),
            _ => return None,
        };
        Some(word.to_owned())
    }
}

/// A secret whose `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being printed by accident.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, to sign or compare with.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id: the account SID.
    pub id: ProjectId,
    /// What people call it.
    pub name: String,
    /// The project that it is a subproject of.
    pub parent: Option<ProjectId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its API tokens: each is the password of its HTTP Basic credentials.
    pub tokens: Vec<Token>,
    /// What its callbacks are signed with.
    pub keys: SigningKeys,
    /// How its callbacks look and are sent.
    pub settings: Settings,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_can_be_made_and_a_wrong_one_is_named() {
        let mut settings = Settings::default();
        for key in Settings::KEYS {
            let error = settings.set(key, "nonsense").unwrap_err();
            assert!(
                matches!(error, SettingError::Value { .. }),
                "{key}: {error}"
            );
        }
        settings.set("ordering", "strict").unwrap();
        assert_eq!(settings.ordering, Ordering::Strict);
        settings.set("failure_url", "https://ops.example/").unwrap();
        assert_eq!(
            settings.failure_url.as_deref(),
            Some("https://ops.example/")
        );
        settings.set("failure_url", "").unwrap();
        assert_eq!(settings.failure_url, None);
        assert!(
            settings
                .set("colour", "red")
                .unwrap_err()
                .to_string()
                .contains("`colour`")
        );
    }

    #[test]
    fn every_setting_reads_back_as_it_was_made() {
        for key in Settings::KEYS {
            let mut settings = Settings::default();
            let value = settings.get(key).expect("every setting can be read");
            settings.set(key, &value).unwrap();
            assert_eq!(settings, Settings::default(), "{key}");
        }
        assert_eq!(Settings::default().get("colour"), None);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new("PSK-1")), "Secret(..)");
    }
}
