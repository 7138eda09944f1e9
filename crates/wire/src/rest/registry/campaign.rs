//! Campaigns of the registry: registering one, giving one another name, and how one is shown.

use ringback_domain::campaign::{Campaign, CampaignDetails, CampaignRegistration, NewCampaign};
use ringback_domain::error_code;
use ringback_domain::id::Sid;
use ringback_domain::registry::{SubUseCase, UseCase};
use ringback_domain::resource::Resource;
use serde::Serialize;

use super::{ANY, Attributes, Chars, INVALID, MISSING, RegistryFault, SHORT, callback_url, shown};
use crate::date;
use crate::laml::request::{SubscriptionOrder, warnings_of};
use crate::rest::Given;

/// A description, or how people come to be sent messages.
const LONG: Chars = Chars::at_least(40);
/// A message that is sent.
const MESSAGE: Chars = Chars::at_least(20);
/// How many things a mixed campaign is for, and one of low volume.
const MIXED: std::ops::RangeInclusive<usize> = 2..=5;
const LOW_VOLUME_MIXED: std::ops::RangeInclusive<usize> = 1..=5;

/// A campaign that is to be registered.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignOrder {
    /// What it is.
    pub new: NewCampaign,
    /// Who wants to hear of it.
    pub callback: Option<SubscriptionOrder>,
    /// What was odd in the request.
    pub warnings: Vec<String>,
}

/// Reads the registration of a campaign of `brand`: a managed one, or with
/// `csp_campaign_reference` one that a partner shares.
pub fn new_campaign(given: &Given, brand: Sid) -> Result<CampaignOrder, Vec<RegistryFault>> {
    let mut attributes = Attributes::new(given);
    let name = attributes.text("name", SHORT);
    let of_brand = attributes.text("brand_id", ANY);
    if !of_brand.is_empty() && of_brand.parse() != Ok(brand) {
        attributes.fault("brand_id", INVALID, "has to be the brand of the path");
    }
    let registration = if attributes.value("csp_campaign_reference").is_some() {
        let reference = attributes.text("csp_campaign_reference", ANY);
        Some(CampaignRegistration::Partner { reference })
    } else {
        details(&mut attributes).map(|it| CampaignRegistration::Managed(Box::new(it)))
    };
    let callback = attributes.callback();
    attributes.done(CampaignOrder {
        new: NewCampaign {
            brand,
            name,
            // Without one there is a fault.
            registration: registration.unwrap_or_default(),
        },
        warnings: warnings_of(callback.as_ref().map(|it| &it.url)),
        callback,
    })
}

/// Reads a change of a campaign: its name, the one thing that can be changed; none if that is
/// left out.
pub fn new_name(given: &Given) -> Result<Option<String>, Vec<RegistryFault>> {
    let mut attributes = Attributes::new(given);
    let is_given = attributes.value("name").is_some();
    let name = is_given.then(|| attributes.text("name", SHORT));
    attributes.done(name)
}

fn details(attributes: &mut Attributes<'_>) -> Option<CampaignDetails> {
    let use_case = attributes.word("sms_use_case", UseCase::parse);
    let details = CampaignDetails {
        // Without one there is a fault, and nothing is made of this.
        use_case: use_case.unwrap_or(UseCase::TRIAL),
        sub_use_cases: sub_use_cases(attributes, use_case),
        verify_token: verify_token(attributes, use_case),
        description: attributes.text("description", LONG),
        samples: ["sample1", "sample2"].map(|name| attributes.text(name, MESSAGE)),
        further_samples: ["sample3", "sample4", "sample5"]
            .map(|name| attributes.optional(name, MESSAGE)),
        dynamic_templates: attributes.optional("dynamic_messages", ANY),
        message_flow: attributes.text("message_flow", LONG),
        opt_in_message: attributes.optional("opt_in_message", MESSAGE),
        opt_out_message: attributes.text("opt_out_message", MESSAGE),
        help_message: attributes.text("help_message", MESSAGE),
        opt_in_keywords: keywords(attributes, "opt_in_keywords", "START"),
        opt_out_keywords: keywords(attributes, "opt_out_keywords", "STOP"),
        help_keywords: keywords(attributes, "help_keywords", "HELP"),
        pooling: pooling(attributes),
        direct_lending: attributes.flag("direct_lending"),
        embedded_link: attributes.flag("embedded_link"),
        embedded_phone: attributes.flag("embedded_phone"),
        age_gated_content: attributes.flag("age_gated_content"),
        lead_generation: attributes.flag("lead_generation"),
    };
    accept_terms(attributes);
    use_case.map(|_| details)
}

/// The things that a mixed campaign is for. No other has any.
fn sub_use_cases(attributes: &mut Attributes<'_>, use_case: Option<UseCase>) -> Vec<SubUseCase> {
    const NAME: &str = "sub_use_cases";
    let faults = attributes.faults.len();
    let words = attributes.texts(NAME);
    let mut cases: Vec<SubUseCase> = Vec::new();
    for word in &words {
        match SubUseCase::parse(word) {
            Some(case) if cases.contains(&case) => {}
            Some(case) => cases.push(case),
            None => {
                let code = error_code!("invalid_sub_use_cases");
                attributes.fault(NAME, code, "has one that is not documented");
            }
        }
    }
    if attributes.faults.len() > faults {
        return cases;
    }
    let fault = match use_case {
        None => None,
        Some(UseCase::MIXED | UseCase::LOW_VOLUME_MIXED) if words.is_empty() => Some((
            error_code!("missing_sub_use_cases"),
            "can't be blank for a mixed campaign",
        )),
        Some(UseCase::MIXED) if !MIXED.contains(&cases.len()) => Some((
            error_code!("incorrect_number_of_sub_use_cases_mixed"),
            "has to be 2 to 5 for a mixed campaign",
        )),
        Some(UseCase::LOW_VOLUME_MIXED) if !LOW_VOLUME_MIXED.contains(&cases.len()) => Some((
            error_code!("incorrect_number_of_sub_use_cases_low_volume"),
            "has to be 1 to 5 for a mixed campaign of low volume",
        )),
        Some(UseCase::MIXED | UseCase::LOW_VOLUME_MIXED) => None,
        Some(_) if words.is_empty() => None,
        Some(_) => Some((
            error_code!("sub_use_cases_present"),
            "must be blank, for the campaign is not mixed",
        )),
    };
    if let Some((code, message)) = fault {
        attributes.fault(NAME, code, message);
    }
    cases
}

/// What proves who a political campaign is: no other needs it.
fn verify_token(attributes: &mut Attributes<'_>, use_case: Option<UseCase>) -> Option<String> {
    const NAME: &str = "campaign_verify_token";
    let token = attributes.optional(NAME, ANY);
    if token.is_none() && use_case == Some(UseCase::POLITICAL_SECTION_527) {
        attributes.fault(NAME, MISSING, "can't be blank for POLITICAL_SECTION_527");
    }
    token
}

/// Words with commas between and no blanks.
fn keywords(attributes: &mut Attributes<'_>, name: &str, usual: &str) -> String {
    let Some(words) = attributes.optional(name, ANY) else {
        return usual.to_owned();
    };
    let is_right = |word: &str| !word.is_empty() && !word.contains(char::is_whitespace);
    if !words.split(',').all(is_right) {
        let code = error_code!("incorrect_keyword_format");
        attributes.fault(
            name,
            code,
            "has to be words with commas and no blanks between",
        );
    }
    words
}

/// Why it needs many numbers, if it says that it does.
fn pooling(attributes: &mut Attributes<'_>) -> Option<String> {
    let is_required = attributes.flag("number_pooling_required");
    is_required.then(|| attributes.text("number_pooling_per_campaign", ANY))
}

fn accept_terms(attributes: &mut Attributes<'_>) {
    const NAME: &str = "terms_and_conditions";
    let faults = attributes.faults.len();
    let accepted = attributes.flag(NAME);
    if !accepted && attributes.faults.len() == faults {
        let code = error_code!("terms_and_conditions_required");
        attributes.fault(NAME, code, "must be accepted");
    }
}

/// A campaign as the registry shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CampaignJson<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    state: &'static str,
    #[serde(flatten)]
    details: Option<DetailsJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    csp_campaign_reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_callback_url: Option<&'a str>,
    created_at: String,
    updated_at: String,
}

/// What is shown of one that is registered here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the registry asks six questions; each answer stands by itself"
)]
struct DetailsJson<'a> {
    sms_use_case: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sub_use_cases: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_verify_token: Option<&'a str>,
    description: &'a str,
    sample1: &'a str,
    sample2: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample3: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample4: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample5: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dynamic_templates: Option<&'a str>,
    message_flow: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    opt_in_message: Option<&'a str>,
    opt_out_message: &'a str,
    help_message: &'a str,
    opt_in_keywords: &'a str,
    opt_out_keywords: &'a str,
    help_keywords: &'a str,
    number_pooling_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_pooling_per_campaign: Option<&'a str>,
    direct_lending: bool,
    embedded_link: bool,
    embedded_phone: bool,
    age_gated_content: bool,
    lead_generation: bool,
}

impl<'a> CampaignJson<'a> {
    /// The campaign that `resource` is.
    pub fn of(resource: &'a Resource, campaign: &'a Campaign) -> Self {
        let json = Self {
            id: resource.sid.to_string(),
            name: shown(&campaign.name),
            state: campaign.status.as_str(),
            status_callback_url: callback_url(resource),
            created_at: date::iso8601(resource.created_at.as_micros()),
            updated_at: date::iso8601(resource.updated_at.as_micros()),
            ..Self::default()
        };
        match &campaign.registration {
            CampaignRegistration::Reported => json,
            CampaignRegistration::Partner { reference } => Self {
                csp_campaign_reference: Some(reference),
                ..json
            },
            CampaignRegistration::Managed(details) => Self {
                details: Some(DetailsJson::of(details)),
                ..json
            },
        }
    }
}

impl<'a> DetailsJson<'a> {
    fn of(details: &'a CampaignDetails) -> Self {
        let [sample1, sample2] = &details.samples;
        let [sample3, sample4, sample5] = details.further_samples.each_ref();
        let sub_use_cases = details.sub_use_cases.iter();
        Self {
            sms_use_case: details.use_case.as_str(),
            sub_use_cases: sub_use_cases.map(|it| it.as_str()).collect(),
            campaign_verify_token: details.verify_token.as_deref(),
            description: &details.description,
            sample1,
            sample2,
            sample3: sample3.as_deref(),
            sample4: sample4.as_deref(),
            sample5: sample5.as_deref(),
            dynamic_templates: details.dynamic_templates.as_deref(),
            message_flow: &details.message_flow,
            opt_in_message: details.opt_in_message.as_deref(),
            opt_out_message: &details.opt_out_message,
            help_message: &details.help_message,
            opt_in_keywords: &details.opt_in_keywords,
            opt_out_keywords: &details.opt_out_keywords,
            help_keywords: &details.help_keywords,
            number_pooling_required: details.pooling.is_some(),
            number_pooling_per_campaign: details.pooling.as_deref(),
            direct_lending: details.direct_lending,
            embedded_link: details.embedded_link,
            embedded_phone: details.embedded_phone,
            age_gated_content: details.age_gated_content,
            lead_generation: details.lead_generation,
        }
    }
}
