//! Phone numbers as REST shows them: a project's own, and those that are free.

use ringback_domain::id::Sid;
use ringback_domain::number::PhoneNumber;
use ringback_domain::phone::{country, formatted};
use ringback_domain::time::Timestamp;
use serde::Serialize;

use super::account_path;
use crate::{API_VERSION, date};

/// A phone number (schema `IncomingPhoneNumber`).
#[derive(Clone, Debug, Serialize)]
pub struct NumberJson<'a> {
    sid: String,
    account_sid: String,
    account_id: String,
    phone_number: &'a str,
    friendly_name: &'a str,
    country_code: &'static str,
    api_version: &'static str,
    beta: bool,
    origin: &'static str,
    capabilities: Capabilities,
    address_requirements: &'static str,
    address_sid: Nothing,
    identity_sid: Nothing,
    trunk_sid: Nothing,
    emergency_status: &'static str,
    emergency_address_sid: Nothing,
    voice_url: Option<&'a str>,
    voice_method: &'static str,
    voice_fallback_url: Option<&'a str>,
    voice_fallback_method: &'static str,
    voice_application_sid: Option<String>,
    voice_caller_id_lookup: Nothing,
    sms_url: Option<&'a str>,
    sms_method: &'static str,
    sms_fallback_url: Option<&'a str>,
    sms_fallback_method: &'static str,
    sms_application_sid: Option<String>,
    status_callback: Option<&'a str>,
    status_callback_method: &'static str,
    date_created: String,
    date_updated: String,
    uri: String,
}

/// A field that is there and always null.
type Nothing = Option<()>;

/// What a number can be used for. On the simulated network: everything.
#[derive(Clone, Copy, Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the published schema has these four"
)]
struct Capabilities {
    voice: bool,
    sms: bool,
    mms: bool,
    fax: bool,
}

impl Capabilities {
    const ALL: Self = Self {
        voice: true,
        sms: true,
        mms: true,
        fax: true,
    };
}

impl<'a> NumberJson<'a> {
    /// `number`.
    pub fn of(number: &'a PhoneNumber) -> Self {
        let account = account_path(number.project);
        Self {
            sid: number.sid.to_string(),
            account_sid: number.project.to_string(),
            account_id: number.project.to_string(),
            phone_number: &number.number,
            friendly_name: &number.friendly_name,
            country_code: country(&number.number),
            api_version: API_VERSION,
            beta: false,
            origin: "signalwire",
            capabilities: Capabilities::ALL,
            address_requirements: "none",
            address_sid: None,
            identity_sid: None,
            trunk_sid: None,
            emergency_status: "Inactive",
            emergency_address_sid: None,
            voice_url: number.voice.url.as_deref(),
            voice_method: number.voice.method.as_str(),
            voice_fallback_url: number.voice_fallback.url.as_deref(),
            voice_fallback_method: number.voice_fallback.method.as_str(),
            voice_application_sid: number.voice_application.as_ref().map(Sid::to_string),
            voice_caller_id_lookup: None,
            sms_url: number.sms.url.as_deref(),
            sms_method: number.sms.method.as_str(),
            sms_fallback_url: number.sms_fallback.url.as_deref(),
            sms_fallback_method: number.sms_fallback.method.as_str(),
            sms_application_sid: number.sms_application.as_ref().map(Sid::to_string),
            status_callback: number.status_callback.url.as_deref(),
            status_callback_method: number.status_callback.method.as_str(),
            date_created: rfc2822(number.created_at),
            date_updated: rfc2822(number.updated_at),
            uri: format!("{account}/IncomingPhoneNumbers/{}.json", number.sid),
        }
    }
}

fn rfc2822(at: Timestamp) -> String {
    date::rfc2822(at.as_micros())
}

/// A number that can be taken, as SDKs read it; ours, for SignalWire publishes no schema.
#[derive(Clone, Debug, Serialize)]
pub struct AvailableJson {
    friendly_name: String,
    phone_number: String,
    lata: Nothing,
    locality: Nothing,
    rate_center: Nothing,
    latitude: Nothing,
    longitude: Nothing,
    region: Nothing,
    postal_code: Nothing,
    iso_country: &'static str,
    address_requirements: &'static str,
    beta: bool,
    capabilities: Capabilities,
}

impl AvailableJson {
    /// The number with these digits.
    pub fn of(number: String) -> Self {
        Self {
            friendly_name: formatted(&number),
            iso_country: country(&number),
            phone_number: number,
            lata: None,
            locality: None,
            rate_center: None,
            latitude: None,
            longitude: None,
            region: None,
            postal_code: None,
            address_requirements: "none",
            beta: false,
            capabilities: Capabilities::ALL,
        }
    }
}

/// A country in which numbers can be taken.
#[derive(Clone, Debug, Serialize)]
pub struct CountryJson {
    country_code: &'static str,
    country: &'static str,
    beta: bool,
    uri: String,
    subresource_uris: CountryUris,
}

#[derive(Clone, Debug, Serialize)]
struct CountryUris {
    local: String,
    toll_free: String,
}

impl CountryJson {
    /// The United States, below the path of a project's available numbers.
    pub fn united_states(path: &str) -> Self {
        let below = format!("{path}/US");
        Self {
            country_code: "US",
            country: "United States",
            beta: false,
            subresource_uris: CountryUris {
                local: format!("{below}/Local.json"),
                toll_free: format!("{below}/TollFree.json"),
            },
            uri: format!("{below}.json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::number::NumberChange;
    use ringback_domain::webhook::WebhookChange;
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_number_is_shown_as_the_published_example_is() {
        let mut number = PhoneNumber::taken(
            "7e3f2c44-0000-4000-8000-0000000000b1".parse().unwrap(),
            "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
            "+15550100001".into(),
            Timestamp::from_micros(1_787_220_900_000_000),
        );
        let change = NumberChange {
            status_callback: WebhookChange {
                url: Some(Some("https://app.example.com/incomingCalls".to_owned())),
                method: None,
            },
            ..NumberChange::default()
        };
        let created_at = number.created_at;
        number.apply(change, created_at);
        let shown = serde_json::to_value(NumberJson::of(&number)).unwrap();
        let expected: Value = serde_json::from_str(include_str!("examples/number.json")).unwrap();
        assert_eq!(shown, expected);
    }
}
