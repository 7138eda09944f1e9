//! Names and numbers with a meaning for the registry: one table, asked and printed.
//!
//! Asked for the course of each resource. What has no row here is ordinary: it comes to where
//! it can be used.

use ringback_domain::brand::BrandStatus::{Completed as Verified, Unverified};
use ringback_domain::campaign::CampaignStatus::{Active, Inactive};
use ringback_domain::change::Status::{self, Assignment, Brand, Campaign};
use ringback_domain::number_assignment::AssignmentStatus::{Completed, Failed, Pending};
use ringback_domain::number_assignment_order::AssignmentOrderStatus::Processed;
use ringback_domain::resource::{Body, Kind};

/// What a name or number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Of which kind of resource.
    pub kind: Kind,
    /// What tells it.
    pub sign: Sign,
    /// What the resource comes to after it is made, in this order.
    pub statuses: &'static [Status],
}

/// What tells a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The name contains this, in capitals or not.
    Name(&'static str),
    /// The number ends in these digits.
    Number(&'static str),
}

/// Every row, in the order in which they are printed.
pub static MEANINGS: [Meaning; 4] = [
    Meaning {
        kind: Kind::Brand,
        sign: Sign::Name("unverified"),
        statuses: &[Brand(Unverified), Brand(Verified)],
    },
    Meaning {
        kind: Kind::Campaign,
        sign: Sign::Name("deactivate"),
        statuses: &[Campaign(Active), Campaign(Inactive)],
    },
    Meaning {
        kind: Kind::Assignment,
        sign: Sign::Number("5550190"),
        statuses: &[
            Assignment(Failed),
            Assignment(Pending),
            Assignment(Completed),
        ],
    },
    Meaning {
        kind: Kind::Assignment,
        sign: Sign::Number("5550191"),
        statuses: &[Assignment(Failed)],
    },
];

/// What `body` comes to by its name or number, in order; none, if the registry has no such
/// thing.
pub(super) fn statuses(body: &Body) -> Option<&'static [Status]> {
    let (kind, text, ordinary): (_, &str, &'static [Status]) = match body {
        Body::Brand(brand) => (Kind::Brand, &brand.name, &[Brand(Verified)]),
        Body::Campaign(campaign) => (Kind::Campaign, &campaign.name, &[Campaign(Active)]),
        Body::AssignmentOrder(_) => return Some(&[Status::AssignmentOrder(Processed)]),
        Body::Assignment(assignment) => (
            Kind::Assignment,
            &assignment.phone_number,
            &[Assignment(Completed)],
        ),
        Body::Call(_) | Body::Message(_) | Body::Recording(_) | Body::Transcription(_) => {
            return None;
        }
    };
    let mut rows = MEANINGS.iter().filter(|row| row.kind == kind);
    let row = rows.find(|row| row.sign.is_in(text));
    Some(row.map_or(ordinary, |row| row.statuses))
}

impl Sign {
    /// Whether a name or number tells it.
    fn is_in(self, text: &str) -> bool {
        match self {
            Self::Name(word) => text.to_ascii_lowercase().contains(word),
            Self::Number(digits) => text.ends_with(digits),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::verdict::{Gap, Verdict};

    use super::*;

    #[test]
    fn a_word_counts_wherever_it_stands_and_however_it_is_written() {
        let word = Sign::Name("unverified");
        for name in ["unverified", "Acme (UNVERIFIED) Ltd", "xunverifiedx"] {
            assert!(word.is_in(name), "{name}");
        }
        for name in ["", "un verified", "verified"] {
            assert!(!word.is_in(name), "{name}");
        }
    }

    #[test]
    fn a_number_counts_in_every_area() {
        let digits = Sign::Number("5550190");
        assert!(digits.is_in("+12125550190"));
        assert!(digits.is_in("+15555550190"));
        assert!(!digits.is_in("+12125550191"));
        assert!(!digits.is_in("+12126660190"));
    }

    #[test]
    fn every_row_is_a_way_that_the_domain_allows() {
        for row in &MEANINGS {
            let first = row.kind.status("pending").expect("all begin so");
            let mut stood = first;
            for status in row.statuses {
                assert_eq!(status.kind(), row.kind);
                assert_eq!(
                    stood.judge(*status),
                    Verdict::Accepted(Gap::None),
                    "{row:?}"
                );
                stood = *status;
            }
        }
    }
    #[test]
    fn every_row_is_on_its_page() {
        let page = include_str!("../../../../../docs/10dlc.md");
        let begins = page
            .find("### Names and numbers")
            .expect("it has the table");
        let table = page[begins..]
            .lines()
            .filter(|line| line.starts_with("| a "));
        let table: Vec<&str> = table.collect();
        assert_eq!(table.len(), MEANINGS.len());
        for (line, row) in table.iter().zip(&MEANINGS) {
            let (Sign::Name(text) | Sign::Number(text)) = row.sign;
            let mut rest = *line;
            for word in [text]
                .into_iter()
                .chain(row.statuses.iter().map(|it| it.as_str()))
            {
                let quoted = format!("`{word}`");
                let (_, after) = rest.split_once(&quoted).expect("it is there, in order");
                rest = after;
            }
        }
    }
}
