//! Reading a fragment: piece by piece, a fault is noted and mended, never fatal.
//!
//! Called by [`Overrides::lenient`] and, through it, by strict reading.

use std::ops::RangeInclusive;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use ringback_domain::project::Profile;

use super::{
    OverrideError, OverrideWarning, Overrides, Remedy, RetryCause, RetryOn, ServerNameIndication,
};

/// How much of a key or value a message repeats, in characters.
const SHOWN_CHARS: usize = 40;

pub(super) fn lenient(fragment: &str) -> (Overrides, Vec<OverrideWarning>) {
    let pieces = || fragment.split('&').filter(|piece| !piece.is_empty());
    let mut reader = Reader::default();
    if pieces().any(|piece| split_pair(piece).is_some()) {
        pieces().for_each(|piece| reader.read(piece));
    }
    (reader.overrides, reader.warnings)
}

/// Key and value, if the piece is a pair; the key of an override is a plain word, so that
/// `#!/route?x=1` is an ordinary fragment.
fn split_pair(piece: &str) -> Option<(&str, &str)> {
    let (key, value) = piece.split_once('=')?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (!key.is_empty() && key.bytes().all(is_word)).then_some((key, value))
}

#[derive(Default)]
struct Reader {
    overrides: Overrides,
    warnings: Vec<OverrideWarning>,
}

impl Reader {
    fn read(&mut self, piece: &str) {
        let Some((key, value)) = split_pair(piece) else {
            let piece = shorten(piece);
            return self.warn(OverrideError::NotAPair { piece }, Remedy::Ignored);
        };
        // An SDK's caller may have escaped the comma of `rp`.
        let value = &*percent_decode_str(value).decode_utf8_lossy();
        match key {
            "ot" => self.connect_timeout("ot", value),
            "ct" => self.connect_timeout("ct", value),
            "rt" => {
                let read = self.milliseconds("rt", 100..=15_000, value);
                self.set("rt", |it| &mut it.read_timeout, read);
            }
            "tt" => {
                let total = self.milliseconds("tt", 100..=15_000, value);
                self.set("tt", |it| &mut it.total_timeout, total);
            }
            "rc" => {
                let count = self.number("rc", 0..=5, value);
                let count = count.and_then(|count| u8::try_from(count).ok());
                self.set("rc", |it| &mut it.retry_count, count);
            }
            "rp" => {
                let causes = self.retry_on(value);
                self.set("rp", |it| &mut it.retry_on, causes);
            }
            "sni" => {
                let sni = self.server_name_indication(value);
                self.set("sni", |it| &mut it.server_name_indication, sni);
            }
            "profile" => {
                let profile = self.profile(value);
                self.set("profile", |it| &mut it.profile, profile);
            }
            "e" => {}
            _ => {
                let key = shorten(key);
                self.warn(OverrideError::UnknownKey { key }, Remedy::Ignored);
            }
        }
    }

    fn connect_timeout(&mut self, key: &'static str, value: &str) {
        let connect = self.milliseconds(key, 100..=10_000, value);
        self.set(key, |it| &mut it.connect_timeout, connect);
    }

    fn milliseconds(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u16>,
        value: &str,
    ) -> Option<Duration> {
        let number = self.number(key, range, value)?;
        Some(Duration::from_millis(number.into()))
    }

    /// The number, or the nearest one in range; `None` if it is no number.
    fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u16>,
        value: &str,
    ) -> Option<u16> {
        let digits = value.strip_prefix('-').unwrap_or(value);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            self.unusable(key, "a whole number", value);
            return None;
        }
        // What does not fit is far above or, with a sign, below every range.
        let number = match value.parse() {
            Ok(number) => number,
            Err(_) if value.starts_with('-') => u16::MIN,
            Err(_) => u16::MAX,
        };
        if range.contains(&number) && !value.starts_with('-') {
            return Some(number);
        }
        let used = number.clamp(*range.start(), *range.end());
        let value = shorten(value);
        let fault = OverrideError::OutOfRange { key, range, value };
        self.warn(fault, Remedy::Clamped(used));
        Some(used)
    }

    fn retry_on(&mut self, value: &str) -> Option<RetryOn> {
        let mut causes = RetryOn::NOTHING;
        for word in value.split(',') {
            match with_word(causes, word) {
                Some(more) => causes = more,
                None => self.unusable("rp", "a list of ct, rt, 4xx, 5xx and all", word),
            }
        }
        (causes != RetryOn::NOTHING).then_some(causes)
    }

    fn server_name_indication(&mut self, value: &str) -> Option<ServerNameIndication> {
        match value {
            "y" => Some(ServerNameIndication::Sent),
            "n" => Some(ServerNameIndication::LeftOut),
            _ => {
                self.unusable("sni", "y or n", value);
                None
            }
        }
    }

    fn profile(&mut self, value: &str) -> Option<Profile> {
        let profile = value.parse().ok();
        if profile.is_none() {
            self.unusable("profile", "durable, signalwire or twilio", value);
        }
        profile
    }

    fn set<T>(
        &mut self,
        key: &'static str,
        field: impl FnOnce(&mut Overrides) -> &mut Option<T>,
        value: Option<T>,
    ) {
        let Some(value) = value else { return };
        if field(&mut self.overrides).replace(value).is_some() {
            self.warn(OverrideError::Doubled { key }, Remedy::LastOneHolds);
        }
    }

    fn unusable(&mut self, key: &'static str, expected: &'static str, value: &str) {
        let value = shorten(value);
        let fault = OverrideError::Unusable {
            key,
            expected,
            value,
        };
        self.warn(fault, Remedy::Ignored);
    }

    fn warn(&mut self, fault: OverrideError, remedy: Remedy) {
        self.warnings.push(OverrideWarning { fault, remedy });
    }
}

/// These and what one word of `rp` names; `None` if it names nothing.
fn with_word(causes: RetryOn, word: &str) -> Option<RetryOn> {
    match word {
        "ct" => Some(causes.with(RetryCause::Connect)),
        "rt" => Some(causes.with(RetryCause::Read)),
        "4xx" => Some(causes.with(RetryCause::ClientErrors)),
        "5xx" => Some(causes.with(RetryCause::ServerErrors)),
        "all" => Some(RetryOn::ALL),
        _ => None,
    }
}

/// The text without controls, and no longer than a message bears.
fn shorten(text: &str) -> String {
    let mut chars = text.chars().filter(|c| !c.is_control());
    let mut short: String = chars.by_ref().take(SHOWN_CHARS).collect();
    if chars.next().is_some() {
        short.push_str("..");
    }
    short
}
