//! SIP answers and what they mean for a call's status.
//!
//! The mapping follows RFC 3261 and RFC 3398 as FreeSWITCH and Twilio apply them. Peers
//! disagree on 480, 600 and 603, so these three are settings of the project.

use crate::call::CallStatus;

/// The answer to an INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SipResult {
    code: u16,
}

impl SipResult {
    /// The answer with this code, 100 to 699.
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            100..=699 => Some(Self { code }),
            _ => None,
        }
    }

    /// 180 Ringing.
    pub const RINGING: Self = Self { code: 180 };
    /// 200 OK.
    pub const OK: Self = Self { code: 200 };
    /// 486 Busy Here.
    pub const BUSY: Self = Self { code: 486 };
    /// 480 Temporarily Unavailable.
    pub const UNAVAILABLE: Self = Self { code: 480 };
    /// 487 Request Terminated.
    pub const TERMINATED: Self = Self { code: 487 };

    /// The code.
    pub const fn code(self) -> u16 {
        self.code
    }

    /// The standard phrase of the code.
    pub const fn phrase(self) -> &'static str {
        match self.code {
            100 => "Trying",
            180 => "Ringing",
            181 => "Call Is Being Forwarded",
            182 => "Queued",
            183 => "Session Progress",
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            402 => "Payment Required",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            406 => "Not Acceptable",
            407 => "Proxy Authentication Required",
            408 => "Request Timeout",
            410 => "Gone",
            415 => "Unsupported Media Type",
            428 => "Use Identity Header",
            429 => "Provide Referrer Identity",
            437 => "Unsupported Credential",
            438 => "Invalid Identity Header",
            480 => "Temporarily Unavailable",
            481 => "Call/Transaction Does Not Exist",
            482 => "Loop Detected",
            483 => "Too Many Hops",
            484 => "Address Incomplete",
            485 => "Ambiguous",
            486 => "Busy Here",
            487 => "Request Terminated",
            488 => "Not Acceptable Here",
            500 => "Server Internal Error",
            501 => "Not Implemented",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Server Time-out",
            600 => "Busy Everywhere",
            603 => "Decline",
            604 => "Does Not Exist Anywhere",
            606 => "Not Acceptable",
            607 => "Unwanted",
            608 => "Rejected",
            code => class(code),
        }
    }

    /// How a call ends that was never answered and got this final answer.
    pub const fn end_status(self, alerting: Alerting, mapping: &SipMapping) -> CallStatus {
        match self.code {
            486 => CallStatus::Busy,
            480 => mapping.unavailable.status(),
            600 => mapping.busy_everywhere.status(),
            603 => mapping.decline.status(),
            // Ours ran out, or the far end's: a cancellation over REST is reported as such.
            487 => CallStatus::NoAnswer,
            408 => match alerting {
                Alerting::Rang => CallStatus::NoAnswer,
                Alerting::Silent => CallStatus::Failed,
            },
            _ => CallStatus::Failed,
        }
    }
}

/// What a code without a phrase of its own is called: by its class.
const fn class(code: u16) -> &'static str {
    match code / 100 {
        1 => "Progress",
        2 => "Success",
        3 => "Redirection",
        4 => "Client Error",
        5 => "Server Error",
        _ => "Global Failure",
    }
}

/// Whether the far end alerted before the call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alerting {
    /// It rang.
    Rang,
    /// It never rang.
    Silent,
}

/// What an answer on which peers disagree counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// `failed`.
    Failed,
    /// `busy`.
    Busy,
    /// `no-answer`.
    NoAnswer,
}

impl Unanswered {
    /// The status of a call that ends so.
    pub const fn status(self) -> CallStatus {
        match self {
            Self::Failed => CallStatus::Failed,
            Self::Busy => CallStatus::Busy,
            Self::NoAnswer => CallStatus::NoAnswer,
        }
    }
}

/// The project's choices where peers disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SipMapping {
    /// 480; default no-answer.
    pub unavailable: Unanswered,
    /// 600; default busy.
    pub busy_everywhere: Unanswered,
    /// 603; default failed.
    pub decline: Unanswered,
}

impl Default for SipMapping {
    fn default() -> Self {
        Self {
            unavailable: Unanswered::NoAnswer,
            busy_everywhere: Unanswered::Busy,
            decline: Unanswered::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unanswered_call_ends_as_its_sip_answer_says() {
        check(486, Alerting::Silent, CallStatus::Busy);
        check(600, Alerting::Silent, CallStatus::Busy);
        check(480, Alerting::Silent, CallStatus::NoAnswer);
        check(408, Alerting::Rang, CallStatus::NoAnswer);
        check(408, Alerting::Silent, CallStatus::Failed);
        check(487, Alerting::Rang, CallStatus::NoAnswer);
        for code in [
            400, 401, 403, 404, 410, 415, 428, 481, 484, 500, 502, 503, 603, 604, 606, 607, 699,
        ] {
            check(code, Alerting::Rang, CallStatus::Failed);
        }

        #[track_caller]
        fn check(code: u16, alerting: Alerting, expected: CallStatus) {
            let result = SipResult::new(code).unwrap();
            assert_eq!(
                result.end_status(alerting, &SipMapping::default()),
                expected,
                "{code}"
            );
        }
    }

    #[test]
    fn the_three_disputed_answers_are_settings() {
        let mapping = SipMapping {
            unavailable: Unanswered::Failed,
            busy_everywhere: Unanswered::NoAnswer,
            decline: Unanswered::Busy,
        };
        for (code, expected) in [
            (480, CallStatus::Failed),
            (600, CallStatus::NoAnswer),
            (603, CallStatus::Busy),
        ] {
            let result = SipResult::new(code).unwrap();
            assert_eq!(
                result.end_status(Alerting::Silent, &mapping),
                expected,
                "{code}"
            );
        }
    }
}
