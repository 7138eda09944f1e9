//! How long what is made waits for its turn, and what is refused.

use ringback_engine::meters::Meters;

use super::*;

/// A network with bounds, what it counts, and how many resources were made.
struct World {
    network: Simulated,
    meters: Meters,
    made: u64,
    now: Timestamp,
}

impl World {
    fn with(model: Model, time_scale: f64) -> Self {
        Self {
            network: Simulated::new(SimulatedConfig {
                seed: 6,
                time_scale,
                model,
                ..SimulatedConfig::default()
            }),
            meters: Meters::default(),
            made: 0,
            now: CREATED,
        }
    }

    fn bounded(capacity: Capacity) -> Self {
        let model = Model {
            capacity: Some(capacity),
            ..Model::default()
        };
        Self::with(model, 1.0)
    }

    fn scene<T>(&mut self, action: impl FnOnce(&Simulated, &mut Scene<'_>) -> T) -> T {
        let id = ProjectId::new(Uuid::nil());
        let settings = Settings::default();
        let project = ringback_testing::test_engine::project(id, "test", settings);
        let mut sids = || Sid::new(Uuid::from_u128(9));
        let scene = Scene::new(&project, self.now, &mut sids);
        action(&self.network, &mut scene.with_meters(&mut self.meters))
    }

    fn admit(&mut self, new: &NewResource) -> Option<String> {
        let admitted = self.scene(|network, scene| network.admit(new, scene));
        admitted.err().map(|refusal| refusal.code.to_string())
    }

    /// Makes it, whether or not it would be admitted: its first step, and itself.
    fn make(&mut self, new: NewResource) -> (Planned, Resource) {
        self.made += 1;
        let mut resource = resource(self.made, new);
        let performed = self.scene(|network, scene| network.accept(&resource, scene));
        resource.memo = performed.memo;
        (planned(performed.next).unwrap(), resource)
    }

    /// Makes it; how many milliseconds it waits for its turn before it goes its own way.
    fn wait_ms(&mut self, new: NewResource) -> u128 {
        let alone = resource(self.made + 1, new.clone());
        let alone = first(&simulated(6), &alone).unwrap().after;
        let (step, _) = self.make(new);
        step.after.saturating_sub(alone).as_millis()
    }

    /// Makes a message and takes its first step when it is due: the code that it fails with.
    fn send(&mut self, new: NewMessage) -> Option<String> {
        let (step, mut resource) = self.make(NewResource::Message(new));
        let before = self.now;
        self.now = before + step.after;
        let step = Step {
            resource: resource.sid,
            due: self.now,
            number: step.number,
            draw: step.draw,
        };
        let performed = self.scene(|network, scene| network.perform(&resource, &step, scene));
        self.now = before;
        for news in performed.news {
            resource.report(news, step.due).expect("it may follow");
        }
        match resource.body {
            Body::Message(message) => message.error.map(|code| code.to_string()),
            _ => panic!("no message"),
        }
    }
}

/// SignalWire's bounds.
fn documented() -> Capacity {
    Capacity {
        calls_per_second: 1,
        messages_per_second: SenderRates::DOCUMENTED,
        backlog: 10_000,
        campaign_per_second: None,
        campaign_per_day: None,
    }
}

fn from(number: &str) -> NewResource {
    NewResource::Message(NewMessage {
        from: number.to_owned(),
        ..message(ORDINARY)
    })
}

#[test]
fn each_kind_of_sender_has_its_rate() {
    check("+15550100001", 250);
    check("+14165550100", 1_000);
    check("+18005550100", 333);
    check("55501", 100);
    check("+4930123456", 1_000);

    #[track_caller]
    fn check(number: &str, apart_ms: u128) {
        let mut world = World::bounded(documented());
        let waits: Vec<u128> = (0..4).map(|_| world.wait_ms(from(number))).collect();
        for (turn, wait) in (0..).zip(waits) {
            // Turns are exact to the microsecond: thirds of a second are cut off.
            assert!(wait.abs_diff(turn * apart_ms) <= turn, "{turn}: {wait} ms");
        }
        // Another sender does not wait for it.
        assert_eq!(world.wait_ms(from("+15550109999")), 0);
    }
}

#[test]
fn segments_count_and_time_frees_a_sender() {
    let mut world = World::bounded(documented());
    let long = NewMessage {
        body: "x".repeat(400),
        ..message(ORDINARY)
    };
    assert_eq!(world.wait_ms(NewResource::Message(long)), 0);
    assert_eq!(world.wait_ms(from("+15550100001")), 750);
    world.now = CREATED + Duration::from_millis(900);
    assert_eq!(world.wait_ms(from("+15550100001")), 100);
    world.now = CREATED + Duration::from_secs(60);
    assert_eq!(world.wait_ms(from("+15550100001")), 0);
}

#[test]
fn a_call_waits_for_those_before_it_and_a_leg_for_nobody() {
    let mut world = World::bounded(documented());
    let waits: Vec<u128> = (0..3)
        .map(|_| world.wait_ms(NewResource::Call(call(ORDINARY))))
        .collect();
    assert_eq!(waits, [0, 1_000, 2_000]);
    let leg = NewCall {
        direction: CallDirection::OutboundDial,
        ..call(ORDINARY)
    };
    assert_eq!(world.wait_ms(NewResource::Call(leg)), 0);
    assert_eq!(world.wait_ms(from("+15550100001")), 0);
}

#[test]
fn a_queue_goes_as_many_times_as_fast_as_all_else() {
    let model = Model {
        capacity: Some(documented()),
        ..Model::default()
    };
    let (mut world, mut slow) = (World::with(model.clone(), 10.0), World::with(model, 1.0));
    for _ in 0..3 {
        let (fast, _) = world.make(from("+15550100001"));
        let (slow, _) = slow.make(from("+15550100001"));
        let off = (fast.after * 10).abs_diff(slow.after);
        assert!(off < Duration::from_micros(100), "{off:?}");
    }
}

#[test]
fn what_waits_longer_than_it_is_valid_fails_and_takes_no_turn() {
    let mut world = World::bounded(documented());
    for _ in 0..40 {
        world.make(from("+15550100001"));
    }
    let brief = NewMessage {
        validity: Duration::from_secs(5),
        ..message(ORDINARY)
    };
    let (step, _) = world.make(NewResource::Message(brief.clone()));
    assert_eq!(step.after, Duration::from_secs(5));
    assert_eq!(world.send(brief), Some("30001".to_owned()));
    assert_eq!(world.wait_ms(from("+15550100001")), 10_000);
}

#[test]
fn beyond_the_backlog_it_is_refused_and_a_document_fails() {
    let mut world = World::bounded(Capacity {
        backlog: 8,
        ..documented()
    });
    for _ in 0..8 {
        assert_eq!(world.admit(&from("+15550100001")), None);
        world.make(from("+15550100001"));
    }
    assert_eq!(world.admit(&from("+15550100001")).unwrap(), "21611");
    assert_eq!(world.admit(&from("+15550100002")), None);
    let reply = NewMessage {
        direction: MessageDirection::OutboundReply,
        ..message(ORDINARY)
    };
    let (step, _) = world.make(NewResource::Message(reply.clone()));
    assert!(
        step.after < Duration::from_millis(500),
        "it does not wait for that"
    );
    assert_eq!(world.send(reply), Some("30001".to_owned()));
    world.now = CREATED + Duration::from_millis(250);
    assert_eq!(world.admit(&from("+15550100001")), None);

    let new = NewResource::Call(call(ORDINARY));
    for _ in 0..8 {
        assert_eq!(world.admit(&new), None);
        world.make(new.clone());
    }
    assert_eq!(world.admit(&new).unwrap(), "21611");
}

#[test]
fn a_campaign_that_sends_too_fast_or_too_much_is_not_carried() {
    let mut world = World::bounded(Capacity {
        campaign_per_second: Some(2),
        campaign_per_day: Some(4),
        messages_per_second: "10dlc=1000".parse().unwrap(),
        ..documented()
    });
    let mut send = |after_s: u64| {
        world.now = CREATED + Duration::from_secs(after_s);
        world.send(message(ORDINARY))
    };
    let (fast, much) = (Some("30022".to_owned()), Some("35125".to_owned()));
    assert_eq!([send(0), send(0), send(0)], [None, None, fast]);
    assert_eq!([send(10), send(20)], [None, None]);
    assert_eq!(send(30), much);
    assert_eq!(send(86_400), None);
}

#[test]
fn a_carrier_takes_so_much_of_a_campaign_a_day() {
    let chance = Chance {
        carriers: Some("Only: share=1, daily=3".parse().unwrap()),
        ..Chance::default()
    };
    let model = Model {
        chance,
        ..Model::default()
    };
    // Midnight in California, in winter, and an hour before.
    let midnight = Timestamp::from_micros(1_800_086_400_000_000);
    let mut world = World::with(model, 1.0);
    world.now = midnight.shifted(-3_600_000_000);
    let two_segments = NewMessage {
        body: "x".repeat(200),
        ..message(ORDINARY)
    };
    assert_eq!(world.send(two_segments.clone()), None);
    assert_eq!(world.send(two_segments.clone()).unwrap(), "30027");
    assert_eq!(world.send(message(ORDINARY)), None);
    assert_eq!(world.send(message(ORDINARY)).unwrap(), "30027");
    // Another number is another campaign.
    let other = NewMessage {
        from: "+15550100009".to_owned(),
        ..message(ORDINARY)
    };
    assert_eq!(world.send(other), None);
    world.now = midnight;
    assert_eq!(world.send(two_segments), None);
}

#[test]
fn without_bounds_nothing_is_counted_and_nothing_kept() {
    let mut world = World::with(Model::default(), 1.0);
    for _ in 0..100 {
        let (_, resource) = world.make(from("+15550100001"));
        assert_eq!(resource.memo, None);
    }
    assert_eq!(world.send(message(ORDINARY)), None);
    let shown = format!("{:?}", world.meters);
    assert_eq!(shown, format!("{:?}", Meters::default()));
}

#[test]
fn rates_are_written_as_they_are_read() {
    let rates: SenderRates = "short-code=100".parse().unwrap();
    let written = "toll-free=3, 10dlc=4, canada=1, short-code=100, other=1";
    assert_eq!(rates.to_string(), written);
    assert_eq!(written.parse(), Ok(rates));
    for bad in ["", "10dlc", "10dlc=0", "10dlc=x", "fax=1", "10dlc=100001"] {
        assert!(bad.parse::<SenderRates>().is_err(), "{bad:?}");
    }
}
