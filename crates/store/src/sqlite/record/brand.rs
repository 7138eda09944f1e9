//! The stored form of a brand.
//!
//! Releases before its name and its company were known left nothing here: what is missing was
//! reported.

use std::borrow::Cow;

use ringback_domain::brand::{Brand, BrandRegistration, BrandStatus, Company};
use ringback_domain::registry::{LegalEntity, Vertical};
use serde::{Deserialize, Serialize};

use crate::sqlite::error::ReadError;

/// A brand without what its columns hold.
#[derive(Debug, Serialize, Deserialize)]
pub struct BrandRecord<'a> {
    #[serde(default, borrow)]
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    company: Option<CompanyRecord<'a>>,
    /// What the registry calls the brand of a campaign service provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Cow<'a, str>>,
}

/// What is told of its company.
#[derive(Debug, Serialize, Deserialize)]
struct CompanyRecord<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    contact_email: Cow<'a, str>,
    contact_phone: Cow<'a, str>,
    ein_issuing_country: Cow<'a, str>,
    legal_entity: Cow<'a, str>,
    ein: Cow<'a, str>,
    address: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vertical: Option<Cow<'a, str>>,
    website: Cow<'a, str>,
}

impl<'a> From<&'a Brand> for BrandRecord<'a> {
    fn from(brand: &'a Brand) -> Self {
        let (company, reference) = match &brand.registration {
            BrandRegistration::Reported => (None, None),
            BrandRegistration::Managed(company) => (Some(company_record(company)), None),
            BrandRegistration::Csp { reference } => (None, Some(reference.as_str().into())),
        };
        Self {
            name: brand.name.as_str().into(),
            company,
            reference,
        }
    }
}

impl BrandRecord<'_> {
    /// The brand, with what its columns hold.
    pub fn into_brand(self, status: BrandStatus) -> Result<Brand, ReadError> {
        let registration = match (self.company, self.reference) {
            (Some(company), _) => BrandRegistration::Managed(Box::new(into_company(company)?)),
            (None, Some(reference)) => BrandRegistration::Csp {
                reference: reference.into_owned(),
            },
            (None, None) => BrandRegistration::Reported,
        };
        Ok(Brand {
            name: self.name.into_owned(),
            registration,
            status,
        })
    }
}

fn company_record(company: &Company) -> CompanyRecord<'_> {
    CompanyRecord {
        name: company.name.as_str().into(),
        contact_email: company.contact_email.as_str().into(),
        contact_phone: company.contact_phone.as_str().into(),
        ein_issuing_country: company.ein_issuing_country.as_str().into(),
        legal_entity: company.legal_entity.as_str().into(),
        ein: company.ein.as_str().into(),
        address: company.address.as_str().into(),
        vertical: company.vertical.map(|it| it.as_str().into()),
        website: company.website.as_str().into(),
    }
}

fn into_company(record: CompanyRecord<'_>) -> Result<Company, ReadError> {
    let vertical = |name: Cow<'_, str>| {
        Vertical::parse(&name).ok_or_else(|| ReadError::unknown("vertical", name))
    };
    Ok(Company {
        name: record.name.into_owned(),
        contact_email: record.contact_email.into_owned(),
        contact_phone: record.contact_phone.into_owned(),
        ein_issuing_country: record.ein_issuing_country.into_owned(),
        legal_entity: LegalEntity::parse(&record.legal_entity)
            .ok_or_else(|| ReadError::unknown("legal entity", record.legal_entity))?,
        ein: record.ein.into_owned(),
        address: record.address.into_owned(),
        vertical: record.vertical.map(vertical).transpose()?,
        website: record.website.into_owned(),
    })
}
