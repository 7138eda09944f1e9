//! The stored form of a campaign.
//!
//! Releases before its name and its registration were known left nothing here: what is missing
//! was reported.

use std::borrow::Cow;

use ringback_domain::campaign::{Campaign, CampaignDetails, CampaignRegistration, CampaignStatus};
use ringback_domain::registry::{SubUseCase, UseCase};
use serde::{Deserialize, Serialize};

use super::{Summary, parent};
use crate::sqlite::error::ReadError;

/// A campaign without what its columns hold: the brand is its parent.
#[derive(Debug, Serialize, Deserialize)]
pub struct CampaignRecord<'a> {
    #[serde(default, borrow)]
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<DetailsRecord<'a>>,
    /// What the registry calls a partner's campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Cow<'a, str>>,
}

/// What is told of one that is registered here.
#[derive(Debug, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the registry asks five questions; each answer stands by itself"
)]
struct DetailsRecord<'a> {
    #[serde(borrow)]
    use_case: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sub_use_cases: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verify_token: Option<Cow<'a, str>>,
    description: Cow<'a, str>,
    samples: [Cow<'a, str>; 2],
    #[serde(default)]
    further_samples: [Option<Cow<'a, str>>; 3],
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dynamic_templates: Option<Cow<'a, str>>,
    message_flow: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opt_in_message: Option<Cow<'a, str>>,
    opt_out_message: Cow<'a, str>,
    help_message: Cow<'a, str>,
    opt_in_keywords: Cow<'a, str>,
    opt_out_keywords: Cow<'a, str>,
    help_keywords: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pooling: Option<Cow<'a, str>>,
    #[serde(default)]
    direct_lending: bool,
    #[serde(default)]
    embedded_link: bool,
    #[serde(default)]
    embedded_phone: bool,
    #[serde(default)]
    age_gated_content: bool,
    #[serde(default)]
    lead_generation: bool,
}

impl<'a> From<&'a Campaign> for CampaignRecord<'a> {
    fn from(campaign: &'a Campaign) -> Self {
        let (details, reference) = match &campaign.registration {
            CampaignRegistration::Reported => (None, None),
            CampaignRegistration::Managed(details) => (Some(details_record(details)), None),
            CampaignRegistration::Partner { reference } => (None, Some(reference.as_str().into())),
        };
        Self {
            name: campaign.name.as_str().into(),
            details,
            reference,
        }
    }
}

impl CampaignRecord<'_> {
    /// The campaign, with what its columns hold.
    pub fn into_campaign(
        self,
        status: CampaignStatus,
        summary: &Summary<'_>,
    ) -> Result<Campaign, ReadError> {
        let registration = match (self.details, self.reference) {
            (Some(details), _) => CampaignRegistration::Managed(Box::new(into_details(details)?)),
            (None, Some(reference)) => CampaignRegistration::Partner {
                reference: reference.into_owned(),
            },
            (None, None) => CampaignRegistration::Reported,
        };
        Ok(Campaign {
            brand: parent(summary)?,
            name: self.name.into_owned(),
            registration,
            status,
        })
    }
}

fn details_record(details: &CampaignDetails) -> DetailsRecord<'_> {
    let optional = |text: &'_ Option<String>| text.clone().map(Cow::Owned);
    let sub_use_cases = details.sub_use_cases.iter();
    DetailsRecord {
        use_case: details.use_case.as_str().into(),
        sub_use_cases: sub_use_cases.map(|it| it.as_str().into()).collect(),
        verify_token: optional(&details.verify_token),
        description: details.description.as_str().into(),
        samples: details.samples.each_ref().map(|it| it.as_str().into()),
        further_samples: details.further_samples.each_ref().map(optional),
        dynamic_templates: optional(&details.dynamic_templates),
        message_flow: details.message_flow.as_str().into(),
        opt_in_message: optional(&details.opt_in_message),
        opt_out_message: details.opt_out_message.as_str().into(),
        help_message: details.help_message.as_str().into(),
        opt_in_keywords: details.opt_in_keywords.as_str().into(),
        opt_out_keywords: details.opt_out_keywords.as_str().into(),
        help_keywords: details.help_keywords.as_str().into(),
        pooling: optional(&details.pooling),
        direct_lending: details.direct_lending,
        embedded_link: details.embedded_link,
        embedded_phone: details.embedded_phone,
        age_gated_content: details.age_gated_content,
        lead_generation: details.lead_generation,
    }
}

fn into_details(record: DetailsRecord<'_>) -> Result<CampaignDetails, ReadError> {
    let optional = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    let sub_use_case = |name: Cow<'_, str>| {
        SubUseCase::parse(&name).ok_or_else(|| ReadError::unknown("sub use case", name))
    };
    let sub_use_cases = record.sub_use_cases.into_iter().map(sub_use_case);
    Ok(CampaignDetails {
        use_case: UseCase::parse(&record.use_case)
            .ok_or_else(|| ReadError::unknown("use case", record.use_case))?,
        sub_use_cases: sub_use_cases.collect::<Result<_, _>>()?,
        verify_token: optional(record.verify_token),
        description: record.description.into_owned(),
        samples: record.samples.map(Cow::into_owned),
        further_samples: record.further_samples.map(optional),
        dynamic_templates: optional(record.dynamic_templates),
        message_flow: record.message_flow.into_owned(),
        opt_in_message: optional(record.opt_in_message),
        opt_out_message: record.opt_out_message.into_owned(),
        help_message: record.help_message.into_owned(),
        opt_in_keywords: record.opt_in_keywords.into_owned(),
        opt_out_keywords: record.opt_out_keywords.into_owned(),
        help_keywords: record.help_keywords.into_owned(),
        pooling: optional(record.pooling),
        direct_lending: record.direct_lending,
        embedded_link: record.embedded_link,
        embedded_phone: record.embedded_phone,
        age_gated_content: record.age_gated_content,
        lead_generation: record.lead_generation,
    })
}
