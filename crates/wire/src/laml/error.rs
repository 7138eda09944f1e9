//! Errors of the compatible surface: always JSON, since SDKs parse every body.

use std::borrow::Cow;

use ringback_domain::errors::ErrorCode;
use serde::Serialize;

use super::request::ParamError;

/// Where SignalWire explains its codes; for answers of a server whose own URL is not known.
const MORE_INFO: &str = "https://developer.signalwire.com/compatibility-api/reference/error-codes";

/// Where a server explains codes: the code follows.
pub const PAGES: &str = "/docs/errors/";

/// An error (schema `CompatibilityErrorResponse`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<[ErrorItem; 1]>,
    code: u32,
    message: String,
    more_info: Cow<'static, str>,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ErrorItem {
    code: String,
    message: String,
    more_info: Cow<'static, str>,
}

impl ErrorJson {
    /// An error of this code, for an answer of this HTTP status. Codes are numbers on this
    /// surface: a word, which is none of its own, is 10000 here.
    pub fn new(code: &ErrorCode, message: impl Into<String>, status: u16) -> Self {
        Self {
            errors: None,
            code: code.number().unwrap_or(10_000),
            message: message.into(),
            more_info: Cow::Borrowed(MORE_INFO),
            status,
        }
    }

    /// As a call's creation answers 400 (schema `CompatibilityErrorArrayResponse`): a list.
    /// The usual keys stay beside it, for SDKs read those alone.
    #[must_use]
    pub fn listed(self) -> Self {
        let item = ErrorItem {
            code: self.code.to_string(),
            message: self.message.clone(),
            more_info: self.more_info.clone(),
        };
        Self {
            errors: Some([item]),
            ..self
        }
    }

    /// The same, with the page of the server at `base` that explains its code. SignalWire's
    /// answers link to `/docs/errors/{code}` in the same way.
    #[must_use]
    pub fn explained_at(self, base: &str) -> Self {
        let page: Cow<'static, str> = format!("{base}{PAGES}{}", self.code).into();
        let explained = |[item]: [ErrorItem; 1]| {
            [ErrorItem {
                more_info: page.clone(),
                ..item
            }]
        };
        Self {
            errors: self.errors.map(explained),
            more_info: page.clone(),
            ..self
        }
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        self.status
    }
}

impl From<&ParamError> for ErrorJson {
    fn from(error: &ParamError) -> Self {
        let json = Self::new(&error.code, error.message.clone(), error.status());
        if error.code == ParamError::NO_DOCUMENT {
            json.listed()
        } else {
            json
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::error_code;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_has_four_keys() {
        let shown =
            serde_json::to_value(ErrorJson::new(&error_code!("20404"), "Call not found", 404))
                .unwrap();
        let expected = json!({
            "code": 20404,
            "message": "Call not found",
            "more_info": MORE_INFO,
            "status": 404,
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_call_without_document_is_answered_with_a_list_beside() {
        let error = ParamError::new(ParamError::NO_DOCUMENT, "Url", "is missing");
        let shown = serde_json::to_value(ErrorJson::from(&error)).unwrap();
        let expected = json!({
            "errors": [{"code": "21205", "message": "Url is missing", "more_info": MORE_INFO}],
            "code": 21205,
            "message": "Url is missing",
            "more_info": MORE_INFO,
            "status": 400,
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_server_that_knows_its_url_links_to_its_own_page() {
        let error = ParamError::new(ParamError::NO_DOCUMENT, "Url", "is missing");
        let error = ErrorJson::from(&error).explained_at("https://calls.example");
        let shown = serde_json::to_value(error).unwrap();
        let page = "https://calls.example/docs/errors/21205";
        assert_eq!(
            (&shown["more_info"], &shown["errors"][0]["more_info"]),
            (&json!(page), &json!(page))
        );
    }
}
