//! Brands, campaigns, orders and assignments from their beginning to their callbacks, on a
//! paused clock.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::brand::{BrandRegistration, NewBrand};
use ringback_domain::callback::CallbackState;
use ringback_domain::campaign::{CampaignRegistration, NewCampaign};
use ringback_domain::number_assignment_order::{NewAssignmentOrder, OrderedNumber};
use ringback_domain::resource::Kind;
use ringback_domain::subscription::{Interest, Method};
use ringback_engine::network::Ask;
use ringback_engine::{Clock, Hold, NumberOrder, Order, UpdateError};
use ringback_store::{ListQuery, Store};
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine};
use serde_json::Value;
use tokio::time::sleep;

use super::*;
use crate::{Simulated, SimulatedConfig};

const CALLBACK: &str = "http://app.example/10dlc";
const ORDINARY: &str = "+12125550123";
const RETRIED: &str = "+12125550190";
const HOPELESS: &str = "+12125550191";

/// What outlives a crash.
struct World {
    store: Arc<FaultyStore<MemoryStore>>,
    clock: Clock,
    seed: u64,
}

/// A callback: how many seconds after the start it came, its event, and of which resource.
struct Told {
    at: u64,
    event: String,
    sid: Sid,
    body: Value,
}

impl World {
    fn new() -> Self {
        Self {
            store: Arc::new(FaultyStore::new(MemoryStore::default())),
            clock: Clock::starting_at(START),
            seed: 1,
        }
    }

    async fn start(&self) -> TestEngine {
        let network = Simulated::new(SimulatedConfig {
            seed: self.seed,
            ..SimulatedConfig::default()
        });
        let setup = Setup {
            network: Arc::new(network),
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: self.clock.clone(),
            ..Setup::default()
        };
        TestEngine::scripted(setup, |_: &Seen| (Duration::ZERO, Ending::Status(200))).await
    }

    async fn resource(&self, sid: Sid) -> Resource {
        let found = self.store.resources(&[sid]).await.unwrap();
        found.into_iter().flatten().next().expect("it is there")
    }

    async fn status(&self, sid: Sid) -> &'static str {
        self.resource(sid).await.status().as_str()
    }

    /// The assignments of an order, in the order of their numbers.
    async fn assignments(&self, order: Sid) -> Vec<Sid> {
        let query = ListQuery {
            parent: Some(order),
            ..ListQuery::all(PROJECT, Kind::Assignment, 2_000)
        };
        let mut found = self.store.list(&query).await.unwrap();
        found.sort_by_key(|resource| resource.ordinal);
        found.iter().map(|resource| resource.sid).collect()
    }
}

fn order(new: NewResource) -> Order {
    Order {
        new,
        subscriptions: vec![Subscription {
            url: CALLBACK.to_owned(),
            method: Method::Post,
            interest: Interest::Every,
            next_sequence: 0,
        }],
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    }
}

async fn create(engine: &TestEngine, new: NewResource) -> Sid {
    engine.order(order(new), Hold::none()).await.sid
}

async fn brand(engine: &TestEngine, name: &str) -> Sid {
    let new = NewBrand {
        name: name.to_owned(),
        registration: BrandRegistration::Reported,
    };
    create(engine, NewResource::Brand(new)).await
}

async fn campaign(engine: &TestEngine, brand: Sid, name: &str) -> Sid {
    let new = NewCampaign {
        brand,
        name: name.to_owned(),
        registration: CampaignRegistration::Reported,
    };
    create(engine, NewResource::Campaign(new)).await
}

async fn assign(engine: &TestEngine, brand: Sid, campaign: Sid, numbers: &[&str]) -> Sid {
    let new = order_of(engine, brand, campaign, numbers).await;
    create(engine, new).await
}

async fn order_of(engine: &TestEngine, brand: Sid, campaign: Sid, numbers: &[&str]) -> NewResource {
    let mut ordered = Vec::new();
    for number in numbers {
        ordered.push(OrderedNumber {
            sid: taken(engine, number).await,
            number: (*number).to_owned(),
        });
    }
    let new = NewAssignmentOrder {
        brand,
        campaign,
        numbers: ordered,
    };
    NewResource::AssignmentOrder(new)
}

/// A number of the project's.
async fn taken(engine: &TestEngine, digits: &str) -> Sid {
    if let Some(number) = engine.engine.directory().by_number(digits) {
        return number.sid;
    }
    let order = NumberOrder::Take {
        number: digits.into(),
        change: Box::default(),
    };
    engine.engine.put_number(PROJECT, order).await.unwrap().sid
}

async fn drive(engine: &TestEngine, sid: Sid, kind: Kind, word: &str) -> Result<(), UpdateError> {
    let status = kind.status(word).expect("the kind has it");
    let asked = engine.engine.ask_network(PROJECT, sid, Ask::Drive(status));
    asked.await.map(|_| ())
}

/// A brand that is completed and a campaign of it that is active.
async fn ready(engine: &TestEngine, name: &str) -> (Sid, Sid) {
    let brand = brand(engine, "Acme").await;
    let campaign = campaign(engine, brand, name).await;
    drive(engine, brand, Kind::Brand, "completed")
        .await
        .unwrap();
    drive(engine, campaign, Kind::Campaign, "active")
        .await
        .unwrap();
    (brand, campaign)
}

/// What was told so far, in order.
fn told(engine: &TestEngine) -> Vec<Told> {
    let read = |seen: Seen| {
        assert_eq!((&*seen.method, &*seen.url), ("POST", CALLBACK));
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Told {
            at: seen.at.since(START).as_secs(),
            event: text("event_type"),
            sid: text(&format!("{}_id", text("event_category")))
                .parse()
                .unwrap(),
            body,
        }
    };
    engine.seen().into_iter().map(read).collect()
}

/// What was told of one resource, and how long each event came after the one before it; the
/// first after `since`, in seconds.
#[track_caller]
fn check(engine: &TestEngine, sid: Sid, since: u64, expected: &[(&str, RangeInclusive<u64>)]) {
    let told: Vec<Told> = told(engine)
        .into_iter()
        .filter(|it| it.sid == sid)
        .collect();
    let events: Vec<&str> = told.iter().map(|it| it.event.as_str()).collect();
    let wanted: Vec<&str> = expected.iter().map(|(event, _)| *event).collect();
    assert_eq!(events, wanted);
    let mut before = since;
    for (told, (event, range)) in told.iter().zip(expected) {
        let after = told.at - before;
        assert!(range.contains(&after), "{event} came after {after} s");
        before = told.at;
    }
}

/// When the last event of a resource was told.
fn last(engine: &TestEngine, sid: Sid) -> u64 {
    let of_it = told(engine).into_iter().rfind(|it| it.sid == sid);
    of_it.expect("something was told of it").at
}

async fn wait(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn from_a_brand_to_its_numbers_each_waits_for_the_one_before() {
    let world = World::new();
    let engine = world.start().await;
    let brand = brand(&engine, "Acme").await;
    let campaign = campaign(&engine, brand, "Reminders").await;
    let order = assign(&engine, brand, campaign, &[ORDINARY, "+12125550124"]).await;
    let assignments = world.assignments(order).await;
    assert_eq!(assignments.len(), 2);
    wait(120).await;

    check(&engine, brand, 0, &[("brand_activated", 8..=12)]);
    check(
        &engine,
        order,
        0,
        &[("number_assignment_order_processed", 0..=2)],
    );
    let completed = last(&engine, brand);
    check(
        &engine,
        campaign,
        completed,
        &[("campaign_activated", 7..=13)],
    );
    let active = last(&engine, campaign);
    for sid in assignments {
        check(
            &engine,
            sid,
            active,
            &[("number_assignment_activated", 3..=7)],
        );
    }
    assert_eq!(told(&engine).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_order_is_recorded_with_all_its_assignments_or_not_at_all() {
    for (fault, made) in [
        (Fault::Full, 0),
        (Fault::UnsureAndNotWritten, 0),
        (Fault::UnsureButWritten, 3),
    ] {
        let world = World::new();
        let engine = world.start().await;
        let (brand, campaign) = ready(&engine, "Reminders").await;
        let numbers = [ORDINARY, RETRIED, HOPELESS];
        let new = order_of(&engine, brand, campaign, &numbers).await;
        wait(1).await;
        world.store.fail_next(fault);
        let made_of = engine
            .engine
            .create(PROJECT, order(new), Hold::none())
            .await;
        assert!(made_of.is_err(), "{fault:?}");
        wait(120).await;
        for (kind, count) in [(Kind::AssignmentOrder, made / 3), (Kind::Assignment, made)] {
            let query = ListQuery::all(PROJECT, kind, 10);
            let found = world.store.list(&query).await.unwrap();
            assert_eq!(found.len(), count, "{fault:?}");
        }
        // Each that was recorded has gone its way.
        let told = told(&engine);
        let failed = told
            .iter()
            .filter(|it| it.event == "number_assignment_failed");
        assert_eq!(failed.count(), made * 2 / 3, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_is_told_of_with_its_assignments_at_its_own_url() {
    let world = World::new();
    let engine = world.start().await;
    let (brand, campaign) = ready(&engine, "Reminders").await;
    let order = assign(&engine, brand, campaign, &[ORDINARY]).await;
    wait(30).await;
    let told = told(&engine);
    let body = &told.last().expect("it was told").body;
    let expected = [
        ("event_category", "number_assignment".to_owned()),
        ("event_type", "number_assignment_activated".to_owned()),
        ("state", "completed".to_owned()),
        ("brand_id", brand.to_string()),
        ("campaign_id", campaign.to_string()),
        ("number_assignment_order_id", order.to_string()),
        (
            "phone_number_id",
            taken(&engine, ORDINARY).await.to_string(),
        ),
        ("phone_number", ORDINARY.to_owned()),
    ];
    for (name, value) in expected {
        assert_eq!(body[name], *value, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_and_numbers_have_a_meaning() {
    let world = World::new();
    let engine = world.start().await;
    let doubtful = brand(&engine, "Acme Unverified LLC").await;
    let (brand, campaign) = ready(&engine, "To be deactivated").await;
    let since = last(&engine, campaign);
    let order = assign(&engine, brand, campaign, &[RETRIED, HOPELESS]).await;
    wait(60).await;

    let expected = [("brand_unverified", 8..=12), ("brand_activated", 7..=13)];
    check(&engine, doubtful, 0, &expected);
    let assignments = world.assignments(order).await;
    let failed = ("number_assignment_failed", 3..=7);
    check(
        &engine,
        assignments[0],
        since,
        &[
            failed.clone(),
            ("number_assignment_pending", 3..=7),
            ("number_assignment_activated", 3..=7),
        ],
    );
    check(&engine, assignments[1], since, &[failed]);
    // It was driven to `active`: it is in the hands of who did that.
    assert_eq!(world.status(campaign).await, "active");
}

#[tokio::test(start_paused = true)]
async fn a_campaign_by_its_name_is_deactivated_after_it_was_active() {
    let world = World::new();
    let engine = world.start().await;
    let brand = brand(&engine, "Acme").await;
    drive(&engine, brand, Kind::Brand, "completed")
        .await
        .unwrap();
    let campaign = campaign(&engine, brand, "Deactivate me").await;
    let order = assign(&engine, brand, campaign, &[ORDINARY]).await;
    wait(60).await;
    let expected = [
        ("campaign_activated", 8..=12),
        ("campaign_deactivated", 7..=13),
    ];
    check(&engine, campaign, 0, &expected);
    let assigned = world.assignments(order).await[0];
    assert_eq!(world.status(assigned).await, "completed");

    // What a platform reports too late is told so; an order is refused.
    let new = NewAssignment {
        brand,
        campaign,
        order,
        number: taken(&engine, "+12125550125").await,
        phone_number: "+12125550125".to_owned(),
    };
    let late = create(&engine, NewResource::Assignment(new)).await;
    wait(60).await;
    let since = 60;
    check(&engine, late, since, &[("number_assignment_failed", 0..=1)]);
    let remarks = world.store.warnings(late).await.unwrap();
    assert_eq!(remarks[0].text, "not assigned: the campaign is inactive");
}

#[tokio::test(start_paused = true)]
async fn an_assignment_under_way_fails_when_its_campaign_is_deactivated() {
    let world = World::new();
    let engine = world.start().await;
    let brand = brand(&engine, "Acme").await;
    let campaign = campaign(&engine, brand, "Reminders").await;
    drive(&engine, brand, Kind::Brand, "completed")
        .await
        .unwrap();
    drive(&engine, campaign, Kind::Campaign, "active")
        .await
        .unwrap();
    let order = assign(&engine, brand, campaign, &[ORDINARY]).await;
    wait(1).await;
    let assigned = world.assignments(order).await[0];
    assert_eq!(world.status(assigned).await, "pending");
    drive(&engine, campaign, Kind::Campaign, "inactive")
        .await
        .unwrap();
    wait(60).await;
    check(&engine, assigned, 1, &[("number_assignment_failed", 2..=5)]);
    let remarks = world.store.warnings(assigned).await.unwrap();
    assert_eq!(remarks[0].text, "not assigned: the campaign is inactive");
}

#[tokio::test(start_paused = true)]
async fn what_is_driven_stays_where_it_was_put_and_who_waits_for_it_goes_on() {
    let world = World::new();
    let engine = world.start().await;
    let brand = brand(&engine, "Acme").await;
    let campaign = campaign(&engine, brand, "Reminders").await;
    drive(&engine, brand, Kind::Brand, "unverified")
        .await
        .unwrap();
    wait(3_600).await;
    assert_eq!(world.status(brand).await, "unverified");
    assert_eq!(world.status(campaign).await, "pending");

    drive(&engine, brand, Kind::Brand, "completed")
        .await
        .unwrap();
    wait(60).await;
    let expected = [
        ("brand_unverified", 0..=0),
        ("brand_activated", 3_600..=3_600),
    ];
    check(&engine, brand, 0, &expected);
    check(&engine, campaign, 3_600, &[("campaign_activated", 8..=12)]);
}

#[tokio::test(start_paused = true)]
async fn another_try_goes_its_own_way_again() {
    let world = World::new();
    let engine = world.start().await;
    let (brand, campaign) = ready(&engine, "Reminders").await;
    let numbers = [ORDINARY, RETRIED, HOPELESS];
    let order = assign(&engine, brand, campaign, &numbers).await;
    let assignments = world.assignments(order).await;
    for sid in &assignments {
        drive(&engine, *sid, Kind::Assignment, "failed")
            .await
            .unwrap();
    }
    wait(3_600).await;
    for sid in &assignments {
        assert_eq!(world.status(*sid).await, "failed");
        drive(&engine, *sid, Kind::Assignment, "pending")
            .await
            .unwrap();
    }
    wait(60).await;
    for (sid, end) in assignments.iter().zip(["completed", "completed", "failed"]) {
        assert_eq!(world.status(*sid).await, end);
    }
    let states = engine.callbacks(assignments[2]).await;
    let states: Vec<&str> = states.iter().map(|it| &*it.status).collect();
    assert_eq!(states, ["failed", "pending", "failed"]);
}

#[tokio::test(start_paused = true)]
async fn what_no_page_knows_cannot_be_driven() {
    let world = World::new();
    let engine = world.start().await;
    let (brand, campaign) = ready(&engine, "Reminders").await;
    let order = assign(&engine, brand, campaign, &[ORDINARY]).await;
    let assignment = world.assignments(order).await[0];
    wait(60).await;
    let call = Kind::Call.status("completed").unwrap();
    for (sid, status, expected) in [
        (
            brand,
            Kind::Brand.status("unverified"),
            "The brand is completed and cannot become unverified: nothing follows it",
        ),
        (
            campaign,
            Kind::Campaign.status("pending"),
            "The campaign is active and cannot become pending: it can become inactive",
        ),
        (
            order,
            Kind::AssignmentOrder.status("failed"),
            "The number_assignment_order is processed and cannot become failed: nothing follows it",
        ),
        (
            assignment,
            Kind::Assignment.status("failed"),
            "The number_assignment is completed and cannot become failed: nothing follows it",
        ),
        (
            assignment,
            Kind::Assignment.status("removed"),
            "The number_assignment is completed and cannot become removed: nothing follows it",
        ),
        (
            brand,
            Some(call),
            "The brand is completed and cannot become completed: nothing follows it",
        ),
    ] {
        let ask = Ask::Drive(status.unwrap());
        match engine.engine.ask_network(PROJECT, sid, ask).await {
            Err(UpdateError::Refused(refusal)) => assert_eq!(refusal.message, expected),
            other => panic!("{other:?}"),
        }
    }
    let message = engine.message("http://app.example/message").await.sid;
    let ask = Ask::Drive(Kind::Message.status("sent").unwrap());
    let refused = engine.engine.ask_network(PROJECT, message, ask).await;
    assert!(
        matches!(refused, Err(UpdateError::Refused(_))),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_of_an_order_under_way_or_failed() {
    let world = World::new();
    let engine = world.start().await;
    let (brand, campaign) = ready(&engine, "Reminders").await;
    let order = assign(&engine, brand, campaign, &[ORDINARY]).await;
    for word in ["processing", "failed"] {
        drive(&engine, order, Kind::AssignmentOrder, word)
            .await
            .unwrap();
    }
    wait(60).await;
    assert_eq!(world.status(order).await, "failed");
    check(&engine, order, 0, &[]);
}

#[tokio::test(start_paused = true)]
async fn what_a_platform_reports_is_told_to_who_waits_as_well() {
    let world = World::new();
    let engine = world.start().await;
    let brand = brand(&engine, "Acme").await;
    let campaign = campaign(&engine, brand, "Reminders").await;
    wait(1).await;
    let news = News::Brand(BrandStatus::Completed);
    engine.engine.report(PROJECT, brand, news).await.unwrap();
    wait(60).await;
    check(&engine, brand, 0, &[("brand_activated", 1..=1)]);
    check(&engine, campaign, 1, &[("campaign_activated", 8..=12)]);
    // The step that was planned for it is no second one.
    assert_eq!(world.resource(brand).await.next_seq, 2);
}

#[tokio::test(start_paused = true)]
async fn more_numbers_than_are_told_at_once_are_all_assigned() {
    let world = World::new();
    let engine = world.start().await;
    let brand = brand(&engine, "Acme").await;
    let campaign = campaign(&engine, brand, "Pooled").await;
    let count = 2 * TOLD_AT_ONCE + 3;
    let numbers: Vec<String> = (0..count).map(|it| format!("+1212777{it:04}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let order = assign(&engine, brand, campaign, &numbers).await;
    wait(60).await;
    let assignments = world.assignments(order).await;
    assert_eq!(assignments.len(), count);
    for sid in assignments {
        assert_eq!(world.status(sid).await, "completed");
    }
    assert_eq!(world.resource(campaign).await.memo, None);
}

#[tokio::test(start_paused = true)]
async fn a_crash_anywhere_changes_nothing_of_what_becomes_of_it() {
    let undisturbed = run(120).await;
    assert_eq!(undisturbed.len(), 23, "{undisturbed:?}");
    for at in 0..60 {
        assert_eq!(run(at).await, undisturbed, "crashed after {at} s");
    }

    /// All that becomes of a course in which the engine crashes after so many seconds.
    async fn run(crash: u64) -> Vec<(u64, &'static str, &'static str)> {
        let world = World::new();
        let engine = world.start().await;
        let brand = brand(&engine, "unverified").await;
        let campaign = campaign(&engine, brand, "deactivate").await;
        let order = assign(&engine, brand, campaign, &[RETRIED, HOPELESS]).await;
        wait(crash).await;
        engine.running.drain(Duration::ZERO).await;
        let engine = world.start().await;
        wait(120 - crash).await;
        let mut all = vec![brand, campaign, order];
        all.extend(world.assignments(order).await);
        let mut came = Vec::new();
        for sid in all {
            let kind = world.resource(sid).await.kind().as_str();
            for change in world.store.changes(sid).await.unwrap() {
                let at = change.at.since(START).as_secs();
                came.push((at, kind, change.news.status().as_str()));
            }
            let states = engine.states(sid).await;
            assert!(states.iter().all(|it| *it == CallbackState::Delivered));
            came.extend(states.iter().map(|_| (0, kind, "delivered")));
        }
        came
    }
}

#[tokio::test(start_paused = true)]
async fn the_seed_decides_when() {
    let run = async |seed| {
        let world = World {
            seed,
            ..World::new()
        };
        let engine = world.start().await;
        brand(&engine, "Acme").await;
        wait(60).await;
        engine.seen()[0].at
    };
    assert_eq!(run(1).await, run(1).await);
    assert_ne!(run(1).await, run(2).await);
}
