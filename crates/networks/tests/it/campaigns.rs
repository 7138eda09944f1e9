//! Messages from numbers that are in campaigns: sent while these are active, and not otherwise.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::brand::NewBrand;
use ringback_domain::campaign::{CampaignStatus, NewCampaign};
use ringback_domain::change::Status;
use ringback_domain::id::Sid;
use ringback_domain::message::MessageStatus;
use ringback_domain::number_assignment::NewAssignment;
use ringback_domain::resource::{Body, NewResource, Resource};
use ringback_engine::{CreateError, Hold, NumberOrder, Order};
use ringback_networks::{CampaignRule, Capacity, Model, SenderRates, Simulated, SimulatedConfig};
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{PROJECT, Setup, TestEngine, order};
use tokio::time::sleep;

const URL: &str = "https://app.example/sms";
/// The number that is in a campaign.
const IN: &str = "+15550100001";
/// One that is in none.
const OUT: &str = "+15550100003";

async fn engine(campaigns: CampaignRule) -> TestEngine {
    let model = Model {
        campaigns,
        ..Model::default()
    };
    engine_of(model).await
}

async fn engine_of(model: Model) -> TestEngine {
    let network = Simulated::new(SimulatedConfig {
        model,
        ..SimulatedConfig::default()
    });
    let setup = Setup {
        network: Arc::new(network),
        ..Setup::default()
    };
    let accept = |_: &_| (Duration::ZERO, Ending::Status(200));
    TestEngine::scripted(setup, accept).await
}

/// Puts [`IN`] into a campaign, and returns that.
async fn enrolled(engine: &TestEngine) -> Sid {
    take(engine, OUT).await;
    enrol(engine, &[IN]).await
}

/// Takes a number, and returns its SID.
async fn take(engine: &TestEngine, digits: &str) -> Sid {
    let order = NumberOrder::Take {
        number: digits.into(),
        change: Box::default(),
    };
    let taken = engine.engine.put_number(PROJECT, order).await;
    taken.expect("it is free").sid
}

/// Takes these numbers and puts them into one campaign, and returns that.
async fn enrol(engine: &TestEngine, numbers: &[&str]) -> Sid {
    let brand = made(engine, NewResource::Brand(NewBrand::default())).await;
    let new = NewResource::Campaign(NewCampaign::reported(brand.sid));
    let campaign = made(engine, new).await.sid;
    for digits in numbers {
        let assignment = NewAssignment {
            brand: brand.sid,
            campaign,
            order: Sid::from_bytes([1; 16]),
            number: take(engine, digits).await,
            phone_number: (*digits).to_owned(),
        };
        made(engine, NewResource::Assignment(assignment)).await;
    }
    campaign
}

async fn made(engine: &TestEngine, new: NewResource) -> Resource {
    let order = Order {
        new,
        subscriptions: Vec::new(),
        ..order(URL)
    };
    engine.order(order, Hold::none()).await
}

async fn stands(engine: &TestEngine, campaign: Sid, status: CampaignStatus) {
    let news = Status::Campaign(status).into();
    let reported = engine.engine.report(PROJECT, campaign, news).await;
    reported.expect("it is taken");
}

async fn send(engine: &TestEngine, from: &str) -> Result<Resource, CreateError> {
    let mut order = order(URL);
    if let NewResource::Message(message) = &mut order.new {
        from.clone_into(&mut message.from);
    }
    engine.engine.create(PROJECT, order, Hold::none()).await
}

#[track_caller]
fn barred(refused: Result<Resource, CreateError>, why: &str) {
    match refused {
        Err(CreateError::Refused(refusal)) => {
            assert_eq!(refusal.code.number(), Some(21_717));
            assert!(refusal.message.ends_with(why), "{refusal}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_sends_while_its_campaign_is_active() {
    let engine = engine(CampaignRule::Optional).await;
    let campaign = enrolled(&engine).await;
    let pending = "is in a campaign that is pending";
    barred(send(&engine, IN).await, pending);
    stands(&engine, campaign, CampaignStatus::Active).await;
    send(&engine, IN).await.unwrap();
    stands(&engine, campaign, CampaignStatus::Inactive).await;
    barred(send(&engine, IN).await, "is in a campaign that is inactive");
    // Numbers that are in none send as they do, be they the project's or not.
    send(&engine, OUT).await.unwrap();
    send(&engine, "+15550100004").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_queued_when_its_campaign_ends_fails() {
    let engine = engine(CampaignRule::Optional).await;
    let campaign = enrolled(&engine).await;
    stands(&engine, campaign, CampaignStatus::Active).await;
    let sent = send(&engine, IN).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    let queued = send(&engine, IN).await.unwrap();
    stands(&engine, campaign, CampaignStatus::Inactive).await;
    sleep(Duration::from_secs(60)).await;
    let stood = |resource: Resource| match resource.body {
        Body::Message(it) => (it.status, it.error.and_then(|code| code.number())),
        other => panic!("{other:?}"),
    };
    let found = engine
        .engine
        .store()
        .resources(&[sent.sid, queued.sid])
        .await;
    let found: Vec<_> = found.unwrap().into_iter().flatten().map(stood).collect();
    let expected = [
        (MessageStatus::Delivered, None),
        (MessageStatus::Failed, Some(21_717)),
    ];
    assert_eq!(found, expected);
    let told = engine.seen();
    let last = told.last().and_then(|seen| seen.parameter("ErrorCode"));
    assert_eq!(last.as_deref(), Some("21717"));
}

#[tokio::test(start_paused = true)]
async fn a_campaign_can_be_required_of_ten_digit_numbers() {
    let engine = engine(CampaignRule::Required).await;
    let campaign = enrolled(&engine).await;
    stands(&engine, campaign, CampaignStatus::Active).await;
    send(&engine, IN).await.unwrap();
    barred(send(&engine, OUT).await, "is in no campaign");
    barred(send(&engine, "+15550100004").await, "is in no campaign");
    send(&engine, "+18005550100").await.unwrap();
    send(&engine, "12345").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_numbers_of_a_campaign_share_what_it_may_send_a_day() {
    let capacity = Capacity {
        calls_per_second: 1,
        messages_per_second: SenderRates::DOCUMENTED,
        backlog: 10_000,
        campaign_per_second: None,
        campaign_per_day: Some(3),
    };
    let engine = engine_of(Model {
        capacity: Some(capacity),
        ..Model::default()
    })
    .await;
    let campaign = enrol(&engine, &[IN, OUT]).await;
    stands(&engine, campaign, CampaignStatus::Active).await;
    let mut sids = Vec::new();
    for from in [IN, OUT, IN, OUT, "+15550100004"] {
        let sent = send(&engine, from).await;
        sids.push(sent.expect("it is taken").sid);
        sleep(Duration::from_secs(10)).await;
    }
    let found = engine.engine.store().resources(&sids).await;
    let found = found.expect("they can be read");
    let code = |resource: Resource| match resource.body {
        Body::Message(it) => it.error.and_then(|code| code.number()),
        other => panic!("{other:?}"),
    };
    let codes: Vec<_> = found.into_iter().flatten().map(code).collect();
    assert_eq!(codes, [None, None, None, Some(35_125), None]);
}
