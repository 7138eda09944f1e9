//! Error codes as texts of JSON.

use ringback_domain::errors::ErrorCode;
use serde::Serializer;

/// The code alone, for `serialize_with`.
pub(crate) fn text<S: Serializer>(code: &ErrorCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}
