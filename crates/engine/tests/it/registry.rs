//! What 10DLC has registered, beside one another: one number in one campaign, whatever comes at
//! once, fails, or is restarted.

use std::sync::Arc;

use proptest::prelude::*;
use ringback_domain::brand::{BrandRegistration, NewBrand};
use ringback_domain::campaign::{CampaignRegistration, CampaignStatus, NewCampaign};
use ringback_domain::change::Status;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number_assignment::{AssignmentStatus, NewAssignment};
use ringback_domain::number_assignment_order::{NewAssignmentOrder, OrderedNumber};
use ringback_domain::project::Settings;
use ringback_domain::resource::{Body, Kind, NewResource, Resource};
use ringback_engine::network::Ask;
use ringback_engine::{CreateError, Engine, Hold, NumberOrder, Order, UpdateError};
use ringback_store::{ListQuery, Store};
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT, Setup, TestEngine, project};
use tokio::time::sleep;
use uuid::Uuid;

use crate::seconds;

/// An engine with a brand and its campaign.
struct World {
    engine: TestEngine,
    brand: Sid,
    campaign: Sid,
}

impl World {
    async fn new() -> Self {
        Self::over(Arc::new(MemoryStore::default())).await
    }

    async fn over(store: Arc<dyn Store>) -> Self {
        let engine = engine(store).await;
        let brand = create(&engine.engine, NewResource::Brand(NewBrand::default())).await;
        let brand = brand.expect("a brand").sid;
        let campaign = campaign(&engine.engine, brand).await;
        Self {
            engine,
            brand,
            campaign: campaign.expect("a campaign").sid,
        }
    }

    fn engine(&self) -> &Engine {
        &self.engine.engine
    }

    /// Takes the `n`th number.
    async fn number(&self, n: u32) -> OrderedNumber {
        take(self.engine(), &format!("+1444555{n:04}")).await
    }

    async fn order(&self, numbers: &[OrderedNumber]) -> Result<Resource, CreateError> {
        let new = NewAssignmentOrder {
            brand: self.brand,
            campaign: self.campaign,
            numbers: numbers.to_vec(),
        };
        create(self.engine(), NewResource::AssignmentOrder(new)).await
    }

    /// Orders one number, and returns its assignment.
    async fn assigned(&self, number: &OrderedNumber) -> Sid {
        let order = self.order(std::slice::from_ref(number)).await.unwrap();
        let below = ListQuery {
            parent: Some(order.sid),
            ..ListQuery::all(PROJECT, Kind::Assignment, 2)
        };
        let found = self.engine().store().list(&below).await.unwrap();
        assert_eq!(found.len(), 1, "one for its one number");
        found[0].sid
    }

    async fn stands(&self, sid: Sid, status: Status) {
        let reported = self.engine().report(PROJECT, sid, status.into()).await;
        reported.expect("it is taken");
    }

    async fn remove(&self, assignment: Sid) -> Result<Resource, UpdateError> {
        let asked = self.engine().ask_network(PROJECT, assignment, Ask::Remove);
        asked.await.map(|asked| asked.resource)
    }
}

async fn engine(store: Arc<dyn Store>) -> TestEngine {
    let setup = Setup {
        store,
        ..Setup::default()
    };
    TestEngine::scripted(setup, |_| (seconds(0), Ending::Status(200))).await
}

async fn create(engine: &Engine, new: NewResource) -> Result<Resource, CreateError> {
    create_for(engine, PROJECT, new).await
}

async fn create_for(
    engine: &Engine,
    project: ProjectId,
    new: NewResource,
) -> Result<Resource, CreateError> {
    let order = Order {
        new,
        subscriptions: Vec::new(),
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    };
    engine.create(project, order, Hold::none()).await
}

async fn campaign(engine: &Engine, brand: Sid) -> Result<Resource, CreateError> {
    let new = NewCampaign {
        brand,
        name: "Reminders".to_owned(),
        registration: CampaignRegistration::Partner {
            reference: "CXYZ".to_owned(),
        },
    };
    create(engine, NewResource::Campaign(new)).await
}

fn of_provider(reference: &str) -> NewResource {
    NewResource::Brand(NewBrand {
        name: "Reseller".to_owned(),
        registration: BrandRegistration::Csp {
            reference: reference.to_owned(),
        },
    })
}

async fn take(engine: &Engine, digits: &str) -> OrderedNumber {
    let order = NumberOrder::Take {
        number: digits.into(),
        change: Box::default(),
    };
    let taken = engine.put_number(PROJECT, order).await.expect("it is free");
    OrderedNumber {
        sid: taken.sid,
        number: digits.to_owned(),
    }
}

/// The word that it was refused with.
#[track_caller]
fn word<T: std::fmt::Debug>(refused: Result<T, CreateError>) -> String {
    match refused {
        Err(CreateError::Refused(refusal)) => refusal.code.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_orders_of_one_number_at_once_one_wins() {
    let world = World::new().await;
    let (one, other) = (world.number(1).await, world.number(2).await);
    let mixed = [other.clone(), one.clone()];
    let doubled = [other.clone(), other.clone()];
    // All of them come into one group.
    let (first, second, both, twice) = tokio::join!(
        world.order(std::slice::from_ref(&one)),
        world.order(std::slice::from_ref(&one)),
        world.order(&mixed),
        world.order(&doubled),
    );
    first.unwrap();
    assert_eq!(word(second), "already_assigned");
    assert_eq!(word(both), "already_assigned");
    assert_eq!(word(twice), "already_assigned");
    // Nothing of an order that was refused is left.
    world.order(&[other]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn of_two_brands_with_one_reference_at_once_one_wins() {
    let engine = engine(Arc::new(MemoryStore::default())).await;
    let (one, other) = tokio::join!(
        create(&engine.engine, of_provider("BXYZ")),
        create(&engine.engine, of_provider("BXYZ")),
    );
    one.unwrap();
    assert_eq!(word(other), "brand_not_unique");
    create(&engine.engine, of_provider("BABC")).await.unwrap();
    // Another customer's projects are another matter, a subproject is not.
    let foreign = create_for(&engine.engine, OTHER_PROJECT, of_provider("BXYZ")).await;
    foreign.unwrap();
    let child = ProjectId::from_bytes([7; 16]);
    let mut below = project(child, "below", Settings::default());
    below.parent = Some(PROJECT);
    engine.engine.put_project(below).await.unwrap();
    let below = create_for(&engine.engine, child, of_provider("BXYZ")).await;
    assert_eq!(word(below), "brand_not_unique");
}

#[tokio::test(start_paused = true)]
async fn a_brand_has_50_campaigns_and_a_campaign_49_numbers() {
    let world = World::new().await;
    for _ in 1..50 {
        campaign(world.engine(), world.brand).await.unwrap();
    }
    let refused = campaign(world.engine(), world.brand).await;
    assert_eq!(word(refused), "campaign_limit_exceeded");

    let mut numbers = Vec::new();
    for n in 0..50 {
        numbers.push(world.number(n).await);
    }
    let limit = "number_of_assignments_exceed_limit";
    assert_eq!(word(world.order(&numbers).await), limit);
    world.order(&numbers[..40]).await.unwrap();
    assert_eq!(word(world.order(&numbers[40..]).await), limit);
    world.order(&numbers[40..49]).await.unwrap();
    assert_eq!(word(world.order(&numbers[49..]).await), limit);
}

#[tokio::test(start_paused = true)]
async fn only_ten_digit_numbers_of_the_project_join_a_campaign_that_is_not_inactive() {
    let world = World::new().await;
    let unfit = "not_available_for_assignment";
    for digits in ["+18005550100", "+442071838750", "+1444555"] {
        let number = take(world.engine(), digits).await;
        assert_eq!(word(world.order(&[number]).await), unfit, "{digits}");
    }
    let stranger = OrderedNumber {
        sid: Sid::from_bytes([9; 16]),
        number: "+14445550100".to_owned(),
    };
    assert_eq!(word(world.order(&[stranger]).await), unfit);
    let number = world.number(1).await;
    let active = Status::Campaign(CampaignStatus::Active);
    let inactive = Status::Campaign(CampaignStatus::Inactive);
    world.stands(world.campaign, active).await;
    world.stands(world.campaign, inactive).await;
    assert_eq!(word(world.order(&[number]).await), "campaign_inactive");
}

#[tokio::test(start_paused = true)]
async fn a_number_leaves_when_nobody_is_at_work_on_it_and_is_free_then() {
    let world = World::new().await;
    let number = world.number(1).await;
    let assignment = |status| Status::Assignment(status);
    // While its campaign waits, it may go.
    let first = world.assigned(&number).await;
    world.remove(first).await.unwrap();
    assert!(matches!(
        world.remove(first).await,
        Err(UpdateError::NotFound)
    ));
    world
        .stands(world.campaign, Status::Campaign(CampaignStatus::Active))
        .await;
    for status in [AssignmentStatus::Completed, AssignmentStatus::Failed] {
        let sid = world.assigned(&number).await;
        match world.remove(sid).await {
            Err(UpdateError::Refused(refusal)) => {
                let code = refusal.code.to_string();
                assert_eq!(code, "number_assignment_cannot_be_removed");
            }
            other => panic!("{other:?}"),
        }
        world.stands(sid, assignment(status)).await;
        let gone = world.remove(sid).await.unwrap();
        assert_eq!(gone.status(), assignment(AssignmentStatus::Removed));
    }
    // A number that was given up is another one when it is taken again.
    world.assigned(&number).await;
    let give_up = NumberOrder::GiveUp { sid: number.sid };
    world.engine().put_number(PROJECT, give_up).await.unwrap();
    let again = world.number(1).await;
    world.assigned(&again).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_registered_is_known_after_a_restart() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let world = World::over(Arc::clone(&store)).await;
    let (kept, removed) = (world.number(1).await, world.number(2).await);
    world.assigned(&kept).await;
    let gone = world.assigned(&removed).await;
    world.remove(gone).await.unwrap();
    create(world.engine(), of_provider("BXYZ")).await.unwrap();
    world.engine.running.drain(seconds(1)).await;

    let world = World {
        engine: engine(store).await,
        ..world
    };
    assert_eq!(word(world.order(&[kept]).await), "already_assigned");
    world.order(&[removed]).await.unwrap();
    let again = create(world.engine(), of_provider("BXYZ")).await;
    assert_eq!(word(again), "brand_not_unique");
}

/// More than are read at once.
const MANY: u32 = 1_001;

#[tokio::test(start_paused = true)]
async fn many_assignments_are_known_after_a_restart_and_none_of_another_project() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let world = World::over(Arc::clone(&store)).await;
    let report = async |project, campaign, number: Sid| {
        let new = NewAssignment {
            brand: world.brand,
            campaign,
            order: Sid::from_bytes([1; 16]),
            number,
            phone_number: "+14445550100".to_owned(),
        };
        let made = create_for(world.engine(), project, NewResource::Assignment(new)).await;
        made.unwrap();
    };
    let (first, last) = (world.number(1).await, world.number(2).await);
    let elsewhere = Sid::from_bytes([5; 16]);
    report(PROJECT, elsewhere, first.sid).await;
    for n in 0..MANY {
        let number = Sid::new(Uuid::from_u128(n.into()));
        report(PROJECT, elsewhere, number).await;
        // Another project may report what it likes.
        report(OTHER_PROJECT, world.campaign, number).await;
    }
    report(PROJECT, elsewhere, last.sid).await;
    let free = world.number(3).await;
    report(OTHER_PROJECT, world.campaign, free.sid).await;
    world.engine.running.drain(seconds(1)).await;

    let world = World {
        engine: engine(store).await,
        ..world
    };
    for number in [first, last] {
        assert_eq!(word(world.order(&[number]).await), "already_assigned");
    }
    world.order(&[free]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_failed_has_assigned_nothing_and_a_doubtful_one_what_it_wrote() {
    for (fault, written) in [
        (Fault::Full, false),
        (Fault::UnsureAndNotWritten, false),
        (Fault::UnsureButWritten, true),
    ] {
        let store = Arc::new(FaultyStore::new(MemoryStore::default()));
        let world = World::over(Arc::clone(&store) as Arc<dyn Store>).await;
        let number = world.number(1).await;
        store.fail_next(fault);
        let numbers = [number];
        let (failed, reference) = tokio::join!(
            world.order(&numbers),
            create(world.engine(), of_provider("BXYZ"))
        );
        assert!(matches!(failed, Err(CreateError::Record(_))), "{failed:?}");
        assert!(reference.is_err());
        sleep(seconds(5)).await;
        let again = world.order(&numbers).await;
        assert_eq!(again.is_ok(), !written, "{fault:?}: {again:?}");
        let again = create(world.engine(), of_provider("BXYZ")).await;
        assert_eq!(again.is_ok(), !written, "{fault:?}: {again:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_name_is_shown_and_told_to_nobody() {
    let world = World::new().await;
    let renamed = world
        .engine()
        .rename_campaign(PROJECT, world.campaign, "Other".to_owned());
    let renamed = renamed.await.unwrap();
    assert_eq!(renamed.body.name(), "Other");
    let found = world.engine().store().resources(&[world.campaign]).await;
    assert_eq!(found.unwrap(), [Some(renamed)]);
    let changes = world
        .engine()
        .store()
        .changes(world.campaign)
        .await
        .unwrap();
    assert_eq!(changes.len(), 1, "that it was created");
    for (project, sid) in [(PROJECT, world.brand), (OTHER_PROJECT, world.campaign)] {
        let refused = world.engine().rename_campaign(project, sid, String::new());
        assert!(matches!(refused.await, Err(UpdateError::NotFound)));
    }
}

/// Something that is done with one of a few numbers.
#[derive(Clone, Debug)]
enum Deed {
    /// Each in an order of its own, at once.
    Order(Vec<usize>),
    /// The assignment of one leaves.
    Remove(usize),
    /// The next commit fails.
    Fail(bool),
    /// The engine is stopped and started.
    Restart,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        4 => prop::collection::vec(0..3_usize, 1..5).prop_map(Deed::Order),
        3 => (0..3_usize).prop_map(Deed::Remove),
        1 => any::<bool>().prop_map(Deed::Fail),
        1 => Just(Deed::Restart),
    ];
    prop::collection::vec(deed, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_number_is_never_in_two_campaigns(deeds in deeds()) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(live(deeds));
    }
}

/// Does all of it; after each deed a number has at most one assignment, and whether another
/// would be taken is as the store says.
async fn live(deeds: Vec<Deed>) {
    let store = Arc::new(FaultyStore::new(MemoryStore::default()));
    let shared = || Arc::clone(&store) as Arc<dyn Store>;
    let mut world = World::over(shared()).await;
    let mut numbers = Vec::new();
    for n in 0..3 {
        numbers.push(world.number(n).await);
    }
    for deed in deeds {
        match deed {
            Deed::Order(which) => {
                let orders = which
                    .iter()
                    .map(|n| world.order(std::slice::from_ref(&numbers[*n])));
                futures_util::future::join_all(orders).await;
            }
            Deed::Remove(n) => {
                if let Some(sid) = assignments(&world, &numbers[n]).await.first() {
                    world.remove(*sid).await.ok();
                }
            }
            Deed::Fail(true) => store.fail_next(Fault::UnsureButWritten),
            Deed::Fail(false) => store.fail_next(Fault::UnsureAndNotWritten),
            Deed::Restart => {
                world.engine.running.drain(seconds(1)).await;
                world.engine = engine(shared()).await;
            }
        }
        sleep(seconds(5)).await;
        for number in &numbers {
            assert!(assignments(&world, number).await.len() < 2);
        }
    }
    store.recover();
    for number in &numbers {
        let free = assignments(&world, number).await.is_empty();
        let taken = world.order(std::slice::from_ref(number)).await;
        assert_eq!(taken.is_ok(), free, "{taken:?}");
    }
}

/// The assignments that a number has and that were not removed.
async fn assignments(world: &World, number: &OrderedNumber) -> Vec<Sid> {
    let all = ListQuery {
        to: Some(number.number.clone()),
        ..ListQuery::all(PROJECT, Kind::Assignment, 100)
    };
    let found = world.engine().store().list(&all).await.unwrap();
    let standing = found.into_iter().filter(|it| match &it.body {
        Body::Assignment(it) => !it.status.is_final(),
        _ => false,
    });
    standing.map(|it| it.sid).collect()
}
