//! Opt-outs: who wants no more messages from which of a project's numbers.
//!
//! Changed by the recorder alone, when a message comes in that is one of the words; which there
//! are is kept in the engine's directory. Asked before a message is sent: it is refused with
//! 21610.

use std::sync::Arc;

use crate::id::ProjectId;
use crate::time::Timestamp;

/// Somebody wants no more messages from a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    /// Whose number it is.
    pub project: ProjectId,
    /// The project's number, in E.164 or a short code.
    pub number: Arc<str>,
    /// Who wants no more messages from it.
    pub party: Arc<str>,
    /// Since when.
    pub since: Timestamp,
}

/// What a whole message may be that says whether more are wanted. Carriers in North America
/// have these words honoured (CTIA, Messaging Principles and Best Practices; Twilio documents
/// the same ones).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// No more of them.
    Stop,
    /// They are wanted again.
    Start,
    /// What is this about? Changes nothing.
    Help,
}

impl Keyword {
    /// The word that a message is, in capitals or not, blanks around it left out. A message that
    /// says more than one word is none.
    pub fn of(body: &str) -> Option<Self> {
        const WORDS: [(&str, Keyword); 10] = [
            ("STOP", Keyword::Stop),
            ("STOPALL", Keyword::Stop),
            ("UNSUBSCRIBE", Keyword::Stop),
            ("CANCEL", Keyword::Stop),
            ("END", Keyword::Stop),
            ("QUIT", Keyword::Stop),
            ("START", Keyword::Start),
            ("YES", Keyword::Start),
            ("UNSTOP", Keyword::Start),
            ("HELP", Keyword::Help),
        ];
        let word = body.trim();
        let known = WORDS.into_iter();
        let mut meant = known.filter(|(known, _)| known.eq_ignore_ascii_case(word));
        meant.next().map(|(_, keyword)| keyword)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_one_of_the_words_alone_is_meant() {
        for word in [
            "STOP",
            "stop",
            " Stop\n",
            "StopAll",
            "unsubscribe",
            "Cancel",
            "end",
            "QUIT",
        ] {
            assert_eq!(Keyword::of(word), Some(Keyword::Stop), "{word:?}");
        }
        for word in ["START", "yes", "Unstop"] {
            assert_eq!(Keyword::of(word), Some(Keyword::Start), "{word:?}");
        }
        assert_eq!(Keyword::of("help"), Some(Keyword::Help));
        for other in ["", "please stop", "STOP.", "STOP it", "stopp", "no", "INFO"] {
            assert_eq!(Keyword::of(other), None, "{other:?}");
        }
    }
}
