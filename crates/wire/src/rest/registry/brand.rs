//! Brands of the registry: registering one, and how one is shown.

use ringback_domain::brand::{Brand, BrandRegistration, Company, NewBrand};
use ringback_domain::registry::{LegalEntity, Vertical};
use ringback_domain::resource::Resource;
use serde::Serialize;

use super::{ANY, Attributes, RegistryFault, SHORT, callback_url, shown};
use crate::date;
use crate::laml::request::{SubscriptionOrder, warnings_of};
use crate::rest::Given;

/// A brand that is to be registered.
#[derive(Clone, Debug, PartialEq)]
pub struct BrandOrder {
    /// What it is.
    pub new: NewBrand,
    /// Who wants to hear of it.
    pub callback: Option<SubscriptionOrder>,
    /// What was odd in the request.
    pub warnings: Vec<String>,
}

/// Reads the registration of a brand: a managed one, or with `csp_self_registered` one of a
/// campaign service provider.
pub fn new_brand(given: &Given) -> Result<BrandOrder, Vec<RegistryFault>> {
    let mut attributes = Attributes::new(given);
    let name = attributes.text("name", SHORT);
    let is_csp =
        attributes.value("csp_self_registered").is_some() && attributes.flag("csp_self_registered");
    let registration = if is_csp {
        let reference = attributes.text("csp_brand_reference", ANY);
        Some(BrandRegistration::Csp { reference })
    } else {
        company(&mut attributes).map(|it| BrandRegistration::Managed(Box::new(it)))
    };
    let callback = attributes.callback();
    attributes.done(BrandOrder {
        new: NewBrand {
            name,
            // Without one there is a fault.
            registration: registration.unwrap_or_default(),
        },
        warnings: warnings_of(callback.as_ref().map(|it| &it.url)),
        callback,
    })
}

fn company(attributes: &mut Attributes<'_>) -> Option<Company> {
    let name = attributes.text("company_name", SHORT);
    let contact_email = attributes.text("contact_email", SHORT);
    let contact_phone = attributes.text("contact_phone", SHORT);
    let ein_issuing_country = attributes.text("ein_issuing_country", ANY);
    let legal_entity = attributes.word("legal_entity_type", LegalEntity::parse);
    let ein = attributes.text("ein", ANY);
    let address = attributes.text("company_address", ANY);
    let vertical = attributes.optional_word("company_vertical", Vertical::parse);
    let website = attributes.text("company_website", ANY);
    Some(Company {
        name,
        contact_email,
        contact_phone,
        ein_issuing_country,
        legal_entity: legal_entity?,
        ein,
        address,
        vertical,
        website,
    })
}

/// A brand as the registry shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BrandJson<'a> {
    id: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ein_issuing_country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_entity_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ein: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_vertical: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_website: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    csp_brand_reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    csp_self_registered: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_callback_url: Option<&'a str>,
    created_at: String,
    updated_at: String,
}

impl<'a> BrandJson<'a> {
    /// The brand that `resource` is.
    pub fn of(resource: &'a Resource, brand: &'a Brand) -> Self {
        let json = Self {
            id: resource.sid.to_string(),
            state: brand.status.as_str(),
            name: shown(&brand.name),
            status_callback_url: callback_url(resource),
            created_at: date::iso8601(resource.created_at.as_micros()),
            updated_at: date::iso8601(resource.updated_at.as_micros()),
            ..Self::default()
        };
        match &brand.registration {
            BrandRegistration::Reported => json,
            BrandRegistration::Csp { reference } => Self {
                csp_brand_reference: Some(reference),
                csp_self_registered: Some(true),
                ..json
            },
            BrandRegistration::Managed(company) => Self {
                company_name: Some(&company.name),
                contact_email: Some(&company.contact_email),
                contact_phone: Some(&company.contact_phone),
                ein_issuing_country: Some(&company.ein_issuing_country),
                legal_entity_type: Some(company.legal_entity.as_str()),
                ein: Some(&company.ein),
                company_address: Some(&company.address),
                company_vertical: company.vertical.map(Vertical::as_str),
                company_website: Some(&company.website),
                csp_self_registered: Some(false),
                ..json
            },
        }
    }
}
