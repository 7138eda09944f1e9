//! What projects set up: phone numbers, applications and accounts.

use ringback_domain::application::ApplicationChange;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number::{NumberChange, ReceiveMode};
use ringback_domain::webhook::WebhookChange;

use super::{Form, ParamError, check};

/// URL that is no absolute http or https URL.
const BAD_URL: ErrorCode = error_code!("21402");
/// The same, of a callback.
const BAD_CALLBACK: ErrorCode = error_code!("21456");
/// Method that is neither GET nor POST, or a mode that a number does not have.
const BAD_METHOD: ErrorCode = error_code!("21209");
/// A number to take that is none.
const BAD_NUMBER: ErrorCode = error_code!("21401");
/// Neither a number nor an area code to take one from.
const NO_NUMBER: ErrorCode = error_code!("21421");
/// A number that cannot be had.
const NOT_TO_BE_HAD: ErrorCode = error_code!("21422");
/// An application that the project does not have.
const BAD_APPLICATION: ErrorCode = error_code!("21420");
/// An area code that is not three digits.
const BAD_AREA: ErrorCode = error_code!("21451");
/// A name of a wrong length.
const BAD_NAME: ErrorCode = error_code!("20002");
/// An emergency address that is not known.
const BAD_ADDRESS: ErrorCode = error_code!("22109");

/// Longest name of a number, in characters.
const MAX_NAME: usize = 255;
/// Longest name of an account.
const MAX_ACCOUNT_NAME: usize = 250;
/// Longest name of an application.
const MAX_APPLICATION_NAME: usize = 64;

/// Which number is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This one, in E.164.
    Number(String),
    /// Any free one with these digits after `+1`.
    AreaCode(String),
}

/// A number that is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNumber {
    /// Which one.
    pub wanted: Wanted,
    /// How it is set up.
    pub change: NumberChange,
}

/// Reads that a number is to be taken.
pub fn new_number(form: &Form) -> Result<NewNumber, ParamError> {
    let wanted = match (form.one("PhoneNumber"), form.one("AreaCode")) {
        (Some(number), _) => Wanted::Number(taken(number)?),
        (None, Some(code)) => Wanted::AreaCode(area_code(code)?),
        (None, None) => {
            let fault = "is missing: send a number such as +15550100001, or AreaCode";
            return Err(ParamError::new(NO_NUMBER, "PhoneNumber", fault));
        }
    };
    let name = form.one("FriendlyName").map(|name| named(name, MAX_NAME));
    let change = NumberChange {
        friendly_name: name.transpose()?,
        ..number(form)?
    };
    Ok(NewNumber { wanted, change })
}

/// A number that can be taken: `+` and 5 to 17 digits, as SignalWire has it, and none of those
/// that Twilio publishes for tests.
fn taken(number: &str) -> Result<String, ParamError> {
    const EXPECTED: &str = "a number such as +15550100001, + and 5 to 17 digits";
    const NAME: &str = "PhoneNumber";
    match number {
        "+15005550000" => {
            let fault = "is a test number that is never to be had";
            return Err(ParamError::new(NOT_TO_BE_HAD, NAME, fault));
        }
        "+15005550001" => {
            let fault = "is a test number that is never valid";
            return Err(ParamError::new(NO_NUMBER, NAME, fault));
        }
        _ => {}
    }
    let digits = number.strip_prefix('+').unwrap_or_default();
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    if all && (5..=17).contains(&digits.len()) {
        Ok(number.to_owned())
    } else {
        Err(check::bad_address(BAD_NUMBER, NAME, EXPECTED, number))
    }
}

fn area_code(code: &str) -> Result<String, ParamError> {
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    if is_code {
        Ok(code.to_owned())
    } else {
        let expected = "three digits, such as 206";
        Err(check::refused(BAD_AREA, "AreaCode", expected, code))
    }
}

/// Reads the change of a number.
pub fn update_number(form: &Form) -> Result<NumberChange, ParamError> {
    let friendly_name = match form.given("FriendlyName") {
        Some(name) => Some(named(name, MAX_NAME)?),
        None => None,
    };
    let project = form.one("AccountSid").map(account).transpose()?;
    if let Some(address) = form.one("EmergencyAddressSid") {
        let expected = "an address of this project, and there is none";
        let name = "EmergencyAddressSid";
        return Err(check::refused(BAD_ADDRESS, name, expected, address));
    }
    Ok(NumberChange {
        project,
        friendly_name,
        ..number(form)?
    })
}

fn account(text: &str) -> Result<ProjectId, ParamError> {
    let expected = "the id of a project, or its alias";
    ProjectId::from_account_sid(text)
        .map_err(|_| check::refused(ParamError::BAD_ARGUMENT, "AccountSid", expected, text))
}

fn number(form: &Form) -> Result<NumberChange, ParamError> {
    let mode = |text: &str| {
        let words = ReceiveMode::ALL.map(ReceiveMode::as_str);
        let expected = check::one_of(&words);
        ReceiveMode::parse(text)
            .ok_or_else(|| check::refused(BAD_METHOD, "VoiceReceiveMode", expected, text))
    };
    let receive_mode = form.one("VoiceReceiveMode").map(mode);
    Ok(NumberChange {
        project: None,
        friendly_name: None,
        voice: webhook(form, "VoiceUrl", "VoiceMethod", BAD_URL)?,
        voice_fallback: webhook(form, "VoiceFallbackUrl", "VoiceFallbackMethod", BAD_URL)?,
        voice_application: application(form, "VoiceApplicationSid")?,
        receive_mode: receive_mode.transpose()?,
        sms: webhook(form, "SmsUrl", "SmsMethod", BAD_URL)?,
        sms_fallback: webhook(form, "SmsFallbackUrl", "SmsFallbackMethod", BAD_URL)?,
        sms_application: application(form, "SmsApplicationSid")?,
        status_callback: callback(form, "StatusCallback", "StatusCallbackMethod")?,
    })
}

/// Reads that an application is to be made.
pub fn new_application(form: &Form) -> Result<ApplicationChange, ParamError> {
    let name = form.given("FriendlyName").unwrap_or_default();
    let friendly_name = named(name, MAX_APPLICATION_NAME)?;
    Ok(ApplicationChange {
        friendly_name: Some(friendly_name),
        ..application_change(form)?
    })
}

/// Reads the change of an application. SDKs may leave the name out.
pub fn update_application(form: &Form) -> Result<ApplicationChange, ParamError> {
    let friendly_name = match form.given("FriendlyName") {
        Some(name) => Some(named(name, MAX_APPLICATION_NAME)?),
        None => None,
    };
    Ok(ApplicationChange {
        friendly_name,
        ..application_change(form)?
    })
}

fn application_change(form: &Form) -> Result<ApplicationChange, ParamError> {
    let mut sms_status_callback = callback(form, "SmsStatusCallback", "SmsStatusCallbackMethod")?;
    let alias = callback(form, "MessageStatusCallback", "SmsStatusCallbackMethod")?;
    sms_status_callback.url = sms_status_callback.url.or(alias.url);
    Ok(ApplicationChange {
        friendly_name: None,
        voice: webhook(form, "VoiceUrl", "VoiceMethod", BAD_URL)?,
        voice_fallback: webhook(form, "VoiceFallbackUrl", "VoiceFallbackMethod", BAD_URL)?,
        status_callback: callback(form, "StatusCallback", "StatusCallbackMethod")?,
        sms: webhook(form, "SmsUrl", "SmsMethod", BAD_URL)?,
        sms_fallback: webhook(form, "SmsFallbackUrl", "SmsFallbackMethod", BAD_URL)?,
        sms_status_callback,
    })
}

/// Reads the name of an account, new or not.
pub fn account_name(form: &Form) -> Result<String, ParamError> {
    let name = form.given("FriendlyName").unwrap_or_default();
    named(name, MAX_ACCOUNT_NAME)
}

fn named(name: &str, most: usize) -> Result<String, ParamError> {
    let chars = name.chars().count();
    if (1..=most).contains(&chars) && !name.contains(char::is_control) {
        return Ok(name.to_owned());
    }
    let expected = format_args!("a name of 1 to {most} characters");
    Err(check::refused(BAD_NAME, "FriendlyName", expected, name))
}

fn callback(
    form: &Form,
    url: &'static str,
    method: &'static str,
) -> Result<WebhookChange, ParamError> {
    webhook(form, url, method, BAD_CALLBACK)
}

/// What is said of a webhook; an empty URL takes it away.
fn webhook(
    form: &Form,
    url: &'static str,
    method: &'static str,
    code: ErrorCode,
) -> Result<WebhookChange, ParamError> {
    let method = check::method(form, method)?;
    let checked = check::url(form, url, code)?;
    let given = form.given(url).is_some();
    let url = given.then(|| checked.map(|url| url.as_given().to_owned()));
    Ok(WebhookChange { url, method })
}

/// The application that is named; an empty value takes it away.
#[expect(
    clippy::option_option,
    reason = "left alone, taken away and named are three cases of the field"
)]
fn application(form: &Form, name: &'static str) -> Result<Option<Option<Sid>>, ParamError> {
    let named = check::sid(form, name, BAD_APPLICATION)?;
    Ok(form.given(name).map(|_| named))
}

impl ParamError {
    /// A number that belongs to a project already.
    pub fn number_is_taken() -> Self {
        let fault = "belongs to a project already; pick another";
        Self::new(NOT_TO_BE_HAD, "PhoneNumber", fault)
    }

    /// No number is free in an area.
    pub fn no_number_left() -> Self {
        let fault = "has no free number left; pick another";
        Self::new(NOT_TO_BE_HAD, "AreaCode", fault)
    }

    /// A number names an application that its project does not have.
    pub fn unknown_application_of_number(sid: Sid) -> Self {
        let fault = format_args!("or SmsApplicationSid names no application: there is no {sid}");
        Self::new(BAD_APPLICATION, "VoiceApplicationSid", fault)
    }

    /// A number is to go to a project that is no relative.
    pub fn unrelated_account() -> Self {
        let fault = "has to be the parent of this project or a subproject of it";
        Self::new(Self::BAD_ARGUMENT, "AccountSid", fault)
    }
}
