//! The types of callbacks as `/v1/callback-types` and `ringback callbacks --json` show them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::callback_type::{CALLBACK_TYPES, CallbackType, Sample};

/// Every type of callback.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallbackTypes")]
pub struct CallbackTypesJson {
    /// The types.
    pub types: Vec<CallbackTypeJson>,
}

/// A type of callback with a sample of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallbackTypeWithSample")]
pub struct CallbackTypeJson {
    /// The type.
    #[serde(flatten)]
    pub callback_type: &'static CallbackType,
    /// A request of it.
    pub sample: Sample,
}

impl CallbackTypesJson {
    /// All of them.
    pub fn all() -> Self {
        Self {
            types: CALLBACK_TYPES
                .into_iter()
                .map(CallbackTypeJson::of)
                .collect(),
        }
    }
}

impl CallbackTypeJson {
    /// One of them.
    pub fn of(callback_type: &'static CallbackType) -> Self {
        Self {
            callback_type,
            sample: Sample::of(callback_type),
        }
    }
}
