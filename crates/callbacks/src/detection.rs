//! What asynchronous answering-machine detection tells: who answered, once.

use crate::callback::ParseError;
use crate::fields::Fields;
use crate::word::words;

words! {
    /// Who answered a call. Twilio has words for machines by where their greeting stands.
    pub enum AnsweredBy {
        /// A person.
        Human = "human",
        /// A machine.
        Machine = "machine",
        /// A machine, as soon as that was clear.
        MachineStart = "machine_start",
        /// A machine, after its beep.
        MachineEndBeep = "machine_end_beep",
        /// A machine, after its greeting, which ended in silence.
        MachineEndSilence = "machine_end_silence",
        /// A machine, after its greeting.
        MachineEndOther = "machine_end_other",
        /// A fax machine.
        Fax = "fax",
        /// Nobody can tell.
        Unknown = "unknown",
    }
}

/// The callback of `AsyncAmdStatusCallback`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detection {
    /// `CallSid`.
    pub call_sid: String,
    /// `AccountSid`: the project.
    pub account_sid: String,
    /// `AnsweredBy`.
    pub answered_by: AnsweredBy,
    /// `MachineDetectionDuration`: how long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// All other parameters, in order.
    pub other: Vec<(String, String)>,
}

impl Detection {
    pub(crate) fn are(fields: &Fields) -> bool {
        fields.has("AnsweredBy") && fields.has("MachineDetectionDuration")
    }

    pub(crate) fn read(mut fields: Fields) -> Result<Self, ParseError> {
        Ok(Self {
            call_sid: fields.required("CallSid")?,
            account_sid: fields.required("AccountSid")?,
            answered_by: AnsweredBy::from(&*fields.required("AnsweredBy")?),
            took_ms: fields.number("MachineDetectionDuration"),
            other: fields.left_over(),
        })
    }
}
