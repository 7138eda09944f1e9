//! Brands, campaigns and orders come back as they were registered.

use ringback_domain::brand::{BrandRegistration, Company, NewBrand};
use ringback_domain::campaign::{CampaignDetails, CampaignRegistration, NewCampaign};
use ringback_domain::change::Status;
use ringback_domain::id::Sid;
use ringback_domain::number_assignment_order::{
    AssignmentOrderStatus, NewAssignmentOrder, OrderedNumber,
};
use ringback_domain::registry::{LegalEntity, SubUseCase, UseCase, Vertical};
use ringback_domain::resource::{NewResource, Resource};
use ringback_store::sqlite::SqliteStore;
use ringback_store::{Batch, Store};

use crate::fixture::{at, folder, origin, sid};

#[tokio::test]
async fn what_is_registered_comes_back_whole() {
    let mut resources = vec![
        create(1, NewResource::Brand(new_brand())),
        create(2, NewResource::Brand(of_a_provider())),
        create(3, NewResource::Campaign(new_campaign(sid(1)))),
        create(4, NewResource::Campaign(of_a_partner(sid(1)))),
        create(5, NewResource::AssignmentOrder(new_order(sid(1), sid(3)))),
        create(6, NewResource::AssignmentOrder(new_order(sid(1), sid(3)))),
    ];
    let processed = Status::AssignmentOrder(AssignmentOrderStatus::Processed);
    resources[5]
        .report(processed.into(), at(9))
        .expect("it is accepted");
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    let batch = Batch {
        resources: resources.clone(),
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let sids: Vec<Sid> = resources.iter().map(|it| it.sid).collect();
    let read = store.resources(&sids).await.unwrap();
    assert_eq!(read, resources.into_iter().map(Some).collect::<Vec<_>>());
}

fn create(n: u64, new: NewResource) -> Resource {
    Resource::create(origin(n), new, Vec::new(), || sid(n)).0
}

fn of_a_provider() -> NewBrand {
    NewBrand {
        name: "Reseller".to_owned(),
        registration: BrandRegistration::Csp {
            reference: "BXYZ123".to_owned(),
        },
    }
}

fn of_a_partner(brand: Sid) -> NewCampaign {
    NewCampaign {
        brand,
        name: "Shared".to_owned(),
        registration: CampaignRegistration::Partner {
            reference: "CXYZ123".to_owned(),
        },
    }
}

fn new_order(brand: Sid, campaign: Sid) -> NewAssignmentOrder {
    let number = |n: u64, number: &str| OrderedNumber {
        sid: sid(n),
        number: number.to_owned(),
    };
    NewAssignmentOrder {
        brand,
        campaign,
        numbers: vec![number(904, "+15550003333"), number(905, "+15550004444")],
    }
}

/// A brand with all that is optional.
fn new_brand() -> NewBrand {
    let company = Company {
        name: "Acme Corp LLC".to_owned(),
        contact_email: "ops@acme.example".to_owned(),
        contact_phone: "+15550100009".to_owned(),
        ein_issuing_country: "United States".to_owned(),
        legal_entity: LegalEntity::ALL[0],
        ein: "12-3456789".to_owned(),
        address: "1 Main St, \"Springfield\"".to_owned(),
        vertical: Some(Vertical::ALL[20]),
        website: "acme.example".to_owned(),
    };
    NewBrand {
        name: "Acme".to_owned(),
        registration: BrandRegistration::Managed(Box::new(company)),
    }
}

/// A campaign with all that is optional.
fn new_campaign(brand: Sid) -> NewCampaign {
    let some = |text: &str| Some(text.to_owned());
    let details = CampaignDetails {
        use_case: UseCase::MIXED,
        sub_use_cases: SubUseCase::ALL[..2].to_vec(),
        verify_token: some("cv|1.0|tcr|10dlc|9975c339"),
        description: "appointment reminders for opted-in clients".to_owned(),
        samples: ["Your visit is at 2pm.", "Order ready."].map(str::to_owned),
        further_samples: [some("Three"), None, some("Five")],
        dynamic_templates: some("Dear {name}"),
        message_flow: "clients opt in on a paper form".to_owned(),
        opt_in_message: some("Welcome"),
        opt_out_message: "You are out".to_owned(),
        help_message: "Call us".to_owned(),
        opt_in_keywords: "START,YES".to_owned(),
        opt_out_keywords: "STOP".to_owned(),
        help_keywords: "HELP".to_owned(),
        pooling: some("many branches"),
        direct_lending: true,
        embedded_link: false,
        embedded_phone: true,
        age_gated_content: false,
        lead_generation: true,
    };
    NewCampaign {
        brand,
        name: "Reminders".to_owned(),
        registration: CampaignRegistration::Managed(Box::new(details)),
    }
}
