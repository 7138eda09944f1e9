//! The closed lists of words of the Campaign Registry: what a company is, and what a campaign is
//! for.
//!
//! Read by wire from requests and by the store from what it kept. The words are those of
//! SignalWire's registry API (`LegalEntityType`, `CompanyVertical` and the documented values of
//! `sms_use_case` and `sub_use_cases`).

macro_rules! words {
    ($(#[$doc:meta])* $name:ident [$($word:literal)*]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(&'static str);

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self($word)),*];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                self.0
            }

            /// The one of this name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.0 == name)
            }
        }
    };
}

words! {
    /// What a company is before the law.
    LegalEntity ["PRIVATE_PROFIT" "PUBLIC_PROFIT" "NON_PROFIT" "GOVERNMENT"]
}

words! {
    /// The trade that a company is in.
    Vertical [
        "AGRICULTURE" "COMMUNICATION" "CONSTRUCTION" "EDUCATION" "ENERGY" "ENTERTAINMENT"
        "FINANCIAL" "GAMBLING" "GOVERNMENT" "HEALTHCARE" "HOSPITALITY" "HUMAN_RESOURCES"
        "INSURANCE" "LEGAL" "MANUFACTURING" "NGO" "POLITICAL" "POSTAL" "PROFESSIONAL"
        "REAL_ESTATE" "RETAIL" "TECHNOLOGY" "TRANSPORTATION"
    ]
}

words! {
    /// What a campaign sends messages for.
    UseCase [
        "2FA" "ACCOUNT_NOTIFICATION" "AGENTS_FRANCHISES" "CARRIER_EXEMPT" "CHARITY"
        "CUSTOMER_CARE" "DELIVERY_NOTIFICATION" "EMERGENCY" "FRAUD_ALERT" "HIGHER_EDUCATION"
        "K12_EDUCATION" "LOW_VOLUME_MIXED" "MARKETING" "MIXED" "POLITICAL"
        "POLITICAL_SECTION_527" "POLLING_VOTING" "PROXY" "PUBLIC_SERVICE_ANNOUNCEMENT"
        "SECURITY_ALERT" "SOCIAL" "SWEEPSTAKE" "TRIAL" "UCAAS_HIGH_VOLUME" "UCAAS_LOW_VOLUME"
    ]
}

words! {
    /// One of the several things that a mixed campaign sends messages for.
    SubUseCase [
        "CUSTOMER_CARE" "HIGHER_EDUCATION" "POLLING_VOTING" "PUBLIC_SERVICE_ANNOUNCEMENT"
        "MARKETING" "SECURITY_ALERT" "2FA" "ACCOUNT_NOTIFICATION" "DELIVERY_NOTIFICATION"
        "FRAUD_ALERT"
    ]
}

impl UseCase {
    /// Several things at once.
    pub const MIXED: Self = Self("MIXED");
    /// Several things at once, few of each.
    pub const LOW_VOLUME_MIXED: Self = Self("LOW_VOLUME_MIXED");
    /// A political campaign that has to prove who it is.
    pub const POLITICAL_SECTION_527: Self = Self("POLITICAL_SECTION_527");
    /// A campaign to try things out with.
    pub const TRIAL: Self = Self("TRIAL");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_taken_back_and_no_other() {
        for case in UseCase::ALL {
            assert_eq!(UseCase::parse(case.as_str()), Some(*case));
        }
        for named in [
            UseCase::MIXED,
            UseCase::LOW_VOLUME_MIXED,
            UseCase::POLITICAL_SECTION_527,
            UseCase::TRIAL,
        ] {
            assert!(UseCase::ALL.contains(&named), "{named:?}");
        }
        assert_eq!(UseCase::parse("mixed"), None);
        assert_eq!((UseCase::ALL.len(), SubUseCase::ALL.len()), (25, 10));
        assert_eq!((LegalEntity::ALL.len(), Vertical::ALL.len()), (4, 23));
    }
}
