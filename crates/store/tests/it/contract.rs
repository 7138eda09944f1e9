//! What every store promises, asked of each of them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::attempt::AttemptResult;
use ringback_domain::brand::NewBrand;
use ringback_domain::call::CallStatus;
use ringback_domain::callback::{Callback, CallbackState, Encoding};
use ringback_domain::change::{Status, Told, Warning};
use ringback_domain::event::{EventContent, EventKey, KnownEvent};
use ringback_domain::id::Sid;
use ringback_domain::message::{MessageApi, MessageStatus, MessageTransport};
use ringback_domain::number::PhoneNumber;
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::project::{Project, Secret, Settings, SigningKeys, Token, TokenDigest};
use ringback_domain::resource::{Body, Kind, Lot, NewResource, Presence, Resource};
use ringback_domain::subscription::{CallEvent, CallEvents, Inherited, Interest};
use ringback_domain::time::Timestamp;
use ringback_domain::transcription::TranscriptionStatus;
use ringback_domain::verdict::{Gap, Verdict};
use ringback_store::sqlite::SqliteStore;
use ringback_store::{
    Batch, CallbackQuery, Cursor, Direction, Entry, EntryChange, Erasure, ListQuery, Opening,
    Outcome, Owing, Rebase, ReplayOrder, Room, StepPlace, Store, StoreError, TimeField, TimeRange,
};
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use uuid::Uuid;

use crate::everything::all;
use crate::fixture::{
    HERE, THERE, WORDS_OF_STATUSES, answered, application, at, call, callback, callback_id,
    created, delivered, ended, kept, message, message_owing, meter, news, number, opt_out, origin,
    project, resource, scenario, set_aside, sid, step, told, unanswered,
};

/// Makes a test for each store of each promise.
macro_rules! promises {
    ($($promise:ident),+ $(,)?) => {
        mod of_memory {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&super::MemoryStore::new()).await;
            })+
        }
        mod of_sqlite {
            $(#[tokio::test]
            async fn $promise() {
                let dir = crate::fixture::folder();
                let store = super::SqliteStore::open(dir.path()).unwrap();
                super::$promise(&store).await;
                store.close().await;
            })+
        }
    };
}

promises! {
    an_empty_store_has_nothing,
    numbers_and_ids_go_on_after_the_highest,
    a_resource_reads_back_as_it_was_written,
    a_resource_is_replaced_by_what_it_is_now,
    every_kind_reads_back_at_every_status_with_its_changes,
    every_kind_is_listed_by_what_it_belongs_to,
    brands_are_listed_by_a_part_of_their_name,
    resources_come_in_the_order_asked_for,
    a_list_is_newest_first_and_keeps_to_its_project_and_kind,
    a_page_stays_where_it_is_while_rows_are_added,
    a_list_is_filtered_by_all_that_is_asked,
    a_deleted_resource_is_found_and_not_listed,
    steps_come_by_due_time_and_sid,
    a_step_replaces_the_one_before,
    changes_read_back_in_order,
    rejected_reports_read_back_in_the_order_they_came,
    warnings_read_back_in_the_order_they_came,
    owed_callbacks_come_by_position_and_destination,
    only_destinations_with_pending_callbacks_are_owed,
    what_is_set_aside_comes_when_it_is_due,
    no_destination_keeps_anothers_set_aside_out,
    attempts_read_back_in_order,
    a_replay_makes_a_settled_callback_pending,
    an_outcome_of_an_unknown_callback_is_ignored,
    an_outcome_that_is_told_again_changes_nothing,
    an_erasure_blanks_bodies_and_answers_also_later_ones,
    an_erasure_takes_the_words_out_of_what_was_told,
    a_callback_keeps_how_it_is_written,
    projects_read_back_and_are_replaced_whole,
    entries_read_back_are_replaced_and_removed,
    opt_outs_read_back_count_from_the_first_time_and_are_taken_back,
    meters_show_what_was_put_last_and_move_with_the_clock,
    scenarios_read_back_are_used_up_and_replaced_by_name,
    what_a_resource_inherits_reads_back,
    what_chance_goes_by_reads_back,
    what_is_owed_is_counted_by_destination,
    a_rebase_moves_what_is_not_settled,
    a_batch_that_names_an_unknown_resource_is_refused_whole,
    what_a_platform_says_reads_back,
    a_settled_callback_is_replayed_and_one_that_is_not_stays,
    callbacks_are_found_a_page_at_a_time,
    what_nothing_happens_to_any_more_expires_and_nothing_else,
    what_is_registered_never_expires,
    expired_resources_come_a_page_at_a_time_by_ordinal,
    a_removal_leaves_nothing_but_the_numbers,
    what_is_held_is_not_removed,
    outcomes_are_kept_in_order_until_a_batch_has_them,
}

/// Writes what must not fail.
async fn commit(store: &dyn Store, batch: Batch) {
    store.commit(batch).await.unwrap();
}

async fn outcomes(store: &dyn Store, outcomes: Vec<Outcome>) {
    let batch = Batch {
        outcomes,
        ..Batch::default()
    };
    commit(store, batch).await;
}

async fn one(store: &dyn Store, sid: Sid) -> Resource {
    let mut found = store.resources(&[sid]).await.unwrap();
    found.remove(0).unwrap()
}

async fn callback_1(store: &dyn Store) -> Callback {
    store.callbacks(sid(1)).await.unwrap().remove(0)
}

fn positions(callbacks: &[Callback]) -> Vec<u64> {
    callbacks.iter().map(|it| it.position).collect()
}

async fn an_empty_store_has_nothing(store: &dyn Store) {
    assert_eq!(store.opening().await.unwrap(), Opening::default());
    assert_eq!(store.resources(&[sid(1)]).await.unwrap(), [None]);
    assert_eq!(store.list(&all(Kind::Call)).await.unwrap(), []);
    assert_eq!(store.steps(None, 9).await.unwrap(), []);
    assert_eq!(store.destinations_owed().await.unwrap(), []);
    assert_eq!(store.owed(project(1), HERE, 0, 9).await.unwrap(), []);
    assert_eq!(store.aside_due(at(0), 9).await.unwrap(), []);
    assert_eq!(store.next_aside().await.unwrap(), None);
    assert_eq!(store.unsettled().await.unwrap(), 0);
    assert_eq!(store.changes(sid(1)).await.unwrap(), []);
    assert_eq!(store.rejected(sid(1)).await.unwrap(), []);
    assert_eq!(store.callbacks(sid(1)).await.unwrap(), []);
    assert_eq!(store.attempts(callback_id(1)).await.unwrap(), []);
    commit(store, Batch::default()).await;
}

async fn numbers_and_ids_go_on_after_the_highest(store: &dyn Store) {
    commit(store, created([message(3), message(2)])).await;
    let opening = store.opening().await.unwrap();
    assert_eq!((opening.last_ordinal, opening.last_position), (3, 0));
    assert_eq!(opening.last_id, Uuid::from_bytes(*sid(3).as_bytes()));

    let batch = Batch {
        callbacks: vec![callback(40, 3, HERE), callback(50, 2, HERE)],
        ..Batch::default()
    };
    commit(store, batch).await;
    let opening = store.opening().await.unwrap();
    assert_eq!((opening.last_ordinal, opening.last_position), (3, 50));
    let last = callback_id(50);
    assert_eq!(opening.last_id, Uuid::from_bytes(*last.as_bytes()));
}

async fn a_resource_reads_back_as_it_was_written(store: &dyn Store) {
    let (mut busy, _) = call(1, Some(2));
    busy.report(ended(), at(30)).unwrap();
    let (parent, _) = call(2, None);
    let (mut failed, _) = message(3);
    failed.report(told(MessageStatus::Failed), at(31)).unwrap();
    let (mut plain, _) = message(4);
    if let Body::Message(message) = &mut plain.body {
        message.media.clear();
        message.messaging_service = None;
        message.max_price = None;
        message.transport = MessageTransport::Mms;
    }
    plain.subscriptions.clear();
    let by_the_json_api = |n, variables: &[(&str, &str)]| {
        let (mut resource, _) = message(n);
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        if let Body::Message(message) = &mut resource.body {
            let variables = variables.iter().map(text).collect();
            message.api = MessageApi::Json { variables };
        }
        resource
    };
    let bare = by_the_json_api(5, &[]);
    let told = by_the_json_api(6, &[("order", "7"), ("note", "")]);
    let written = vec![busy, parent, failed, plain, bare, told];
    let batch = Batch {
        resources: written.clone(),
        ..Batch::default()
    };
    commit(store, batch).await;
    for resource in written {
        assert_eq!(one(store, resource.sid).await, resource);
    }
}

async fn a_resource_is_replaced_by_what_it_is_now(store: &dyn Store) {
    let (mut resource, change) = message(1);
    commit(store, created([(resource.clone(), change)])).await;
    let sent = resource.report(told(MessageStatus::Sent), at(5)).unwrap();
    resource.redact(at(6));
    resource.subscriptions[0].next_sequence = 4;
    commit(store, created([(resource.clone(), sent)])).await;
    assert_eq!(one(store, sid(1)).await, resource);
    assert_eq!(store.list(&all(Kind::Message)).await.unwrap(), [resource]);
}

async fn every_kind_reads_back_at_every_status_with_its_changes(store: &dyn Store) {
    let mut n = 0;
    let mut seen = HashSet::new();
    for kind in Kind::ALL {
        for status in WORDS_OF_STATUSES
            .iter()
            .filter_map(|word| kind.status(word))
        {
            n += 1;
            seen.insert(status);
            let (mut resource, first) = resource(kind, n);
            let mut batch = Batch::default();
            batch.changes.push(first);
            for at_s in [30, 31] {
                match resource.report(news(status), at(at_s)) {
                    Ok(change) => batch.changes.push(change),
                    Err(rejected) => batch.rejected.push(*rejected),
                }
            }
            batch.resources.push(resource.clone());
            let told = (batch.changes.clone(), batch.rejected.clone());
            commit(store, batch).await;
            assert_eq!(one(store, sid(n)).await, resource, "{status:?}");
            let changes = store.changes(sid(n)).await.unwrap();
            let rejected = store.rejected(sid(n)).await.unwrap();
            assert_eq!((changes, rejected), told, "{status:?}");
        }
    }
    // Each status of each kind was among them.
    assert_eq!(seen.len(), 9 + 8 + 7 + 3 + 3 + 3 + 4 + 4);
}

async fn every_kind_is_listed_by_what_it_belongs_to(store: &dyn Store) {
    let kinds = Kind::ALL.into_iter().zip(1..);
    commit(
        store,
        created(kinds.clone().map(|(kind, n)| resource(kind, n))),
    )
    .await;
    for (kind, n) in kinds {
        assert_eq!(sids(store, &all(kind)).await, [sid(n)], "{kind:?}");
        let (resource, _) = resource(kind, n);
        let Some(parent) = resource.body.parent() else {
            continue;
        };
        let below = |parent| ListQuery {
            parent: Some(parent),
            ..all(kind)
        };
        assert_eq!(sids(store, &below(parent)).await, [sid(n)], "{kind:?}");
        if let Some(campaign) = resource.body.campaign() {
            let of = |campaign| ListQuery {
                campaign: Some(campaign),
                ..all(kind)
            };
            assert_eq!(sids(store, &of(campaign)).await, [sid(n)]);
            assert_eq!(sids(store, &of(parent)).await, []);
        }
        if let Some(conference) = resource.body.conference() {
            let of = |conference| ListQuery {
                conference: Some(conference),
                ..all(kind)
            };
            assert_eq!(sids(store, &of(conference)).await, [sid(n)]);
            assert_eq!(sids(store, &of(parent)).await, []);
        }
        assert_eq!(sids(store, &below(sid(999))).await, [], "{kind:?}");
    }
}

async fn brands_are_listed_by_a_part_of_their_name(store: &dyn Store) {
    let names = ["Acme Corp", "acme (Europe)", "100% \"Öl\"", ""];
    let brands = (1..).zip(names).map(|(n, name)| {
        let new = NewBrand {
            name: name.to_owned(),
            ..NewBrand::default()
        };
        Resource::create(origin(n), NewResource::Brand(new), Vec::new(), || sid(n))
    });
    commit(store, created(brands)).await;
    for (name, expected) in [
        ("ACME", &[2, 1][..]),
        ("me C", &[1]),
        ("%", &[3]),
        ("\"Öl\"", &[3]),
        ("(e", &[2]),
        ("_", &[]),
        ("", &[4, 3, 2, 1]),
    ] {
        let query = ListQuery {
            name: Some(name.to_owned()),
            ..all(Kind::Brand)
        };
        let expected: Vec<Sid> = expected.iter().copied().map(sid).collect();
        assert_eq!(sids(store, &query).await, expected, "{name}");
    }
}

async fn resources_come_in_the_order_asked_for(store: &dyn Store) {
    commit(store, created((1..=5).map(message))).await;
    let asked = [sid(4), sid(9), sid(1), sid(4)];
    let found = store.resources(&asked).await.unwrap();
    let sids: Vec<_> = found
        .iter()
        .map(|it| it.as_ref().map(|it| it.sid))
        .collect();
    assert_eq!(sids, [Some(sid(4)), None, Some(sid(1)), Some(sid(4))]);
}

async fn sids(store: &dyn Store, query: &ListQuery) -> Vec<Sid> {
    let found = store.list(query).await.unwrap();
    found.iter().map(|resource| resource.sid).collect()
}

async fn a_list_is_newest_first_and_keeps_to_its_project_and_kind(store: &dyn Store) {
    let mut foreign = message(3);
    foreign.0.project = project(2);
    let batch = created([message(1), call(2, None), foreign, message(4)]);
    commit(store, batch).await;
    assert_eq!(sids(store, &all(Kind::Message)).await, [sid(4), sid(1)]);
    assert_eq!(sids(store, &all(Kind::Call)).await, [sid(2)]);
}

async fn a_page_stays_where_it_is_while_rows_are_added(store: &dyn Store) {
    commit(store, created((1..=6).map(message))).await;
    let page = |cursor| ListQuery {
        cursor,
        limit: 2,
        ..all(Kind::Message)
    };
    assert_eq!(sids(store, &page(Cursor::Start)).await, [sid(6), sid(5)]);
    commit(store, created((7..=9).map(message))).await;
    let next = page(Cursor::OlderThan(sid(5)));
    assert_eq!(sids(store, &next).await, [sid(4), sid(3)]);
    let back = page(Cursor::NewerThan(sid(4)));
    assert_eq!(sids(store, &back).await, [sid(6), sid(5)]);
    let past_the_end = page(Cursor::OlderThan(sid(1)));
    assert_eq!(sids(store, &past_the_end).await, []);
}

async fn a_list_is_filtered_by_all_that_is_asked(store: &dyn Store) {
    let mut sent = message(3);
    let change = sent.0.report(told(MessageStatus::Sent), at(100)).unwrap();
    let mut busy = call(5, Some(4));
    busy.0.report(ended(), at(200)).unwrap();
    let mut batch = created([message(1), message(2), sent, call(4, None), busy]);
    batch.changes.push(change);
    commit(store, batch).await;

    let messages = || all(Kind::Message);
    let status = |status| vec![Status::Message(status)];
    let to = |number: &str| Some(number.to_owned());
    let time = |field, from: Option<i64>, until: Option<i64>| {
        vec![TimeRange {
            field,
            from: from.map(at),
            until: until.map(at),
        }]
    };
    let q = |statuses| ListQuery {
        statuses,
        ..messages()
    };
    check(store, &q(status(MessageStatus::Sent)), &[3]).await;
    let both = vec![
        Status::Message(MessageStatus::Sent),
        Status::Message(MessageStatus::Queued),
    ];
    check(store, &q(both), &[3, 2, 1]).await;
    // Calls have a status of this name as well.
    check(store, &q(vec![Status::Call(CallStatus::Queued)]), &[]).await;

    let q = |to| ListQuery { to, ..messages() };
    check(store, &q(to("+15550000002")), &[2]).await;
    check(store, &q(to("+15559999999")), &[]).await;
    let q = |from| ListQuery { from, ..messages() };
    check(store, &q(to("+15550001111")), &[3, 2, 1]).await;

    let q = |times| ListQuery {
        times,
        ..messages()
    };
    check(store, &q(time(TimeField::Created, Some(2), None)), &[3, 2]).await;
    check(store, &q(time(TimeField::Created, Some(1), Some(2))), &[1]).await;
    check(store, &q(time(TimeField::Started, Some(0), None)), &[3]).await;
    check(store, &q(time(TimeField::Ended, Some(0), None)), &[]).await;
    check(store, &q(time(TimeField::Ended, None, None)), &[3, 2, 1]).await;
    let mut narrowing = time(TimeField::Created, Some(2), None);
    narrowing.extend(time(TimeField::Created, Some(1), Some(3)));
    check(store, &q(narrowing), &[2]).await;

    let calls = |parent, times| ListQuery {
        parent,
        times,
        ..all(Kind::Call)
    };
    check(store, &calls(Some(sid(4)), Vec::new()), &[5]).await;
    check(store, &calls(Some(sid(5)), Vec::new()), &[]).await;
    let ended = time(TimeField::Ended, Some(200), Some(201));
    check(store, &calls(None, ended), &[5]).await;

    async fn check(store: &dyn Store, query: &ListQuery, expected: &[u64]) {
        let expected: Vec<_> = expected.iter().copied().map(sid).collect();
        assert_eq!(sids(store, query).await, expected, "{query:?}");
    }
}

async fn a_deleted_resource_is_found_and_not_listed(store: &dyn Store) {
    commit(store, created([message(1), message(2)])).await;
    let mut deleted = one(store, sid(1)).await;
    deleted.redact(at(9));
    deleted.presence = Presence::Deleted;
    let batch = Batch {
        resources: vec![deleted.clone()],
        ..Batch::default()
    };
    commit(store, batch).await;
    assert_eq!(one(store, sid(1)).await, deleted);
    assert_eq!(sids(store, &all(Kind::Message)).await, [sid(2)]);
}

async fn steps_come_by_due_time_and_sid(store: &dyn Store) {
    let due = [(3, at(5)), (1, at(7)), (2, at(5)), (4, at(6))];
    let steps = due.map(|(n, due)| (sid(n), Some(step(n, due))));
    let batch = Batch {
        steps: steps.to_vec(),
        ..created((1..=4).map(message))
    };
    commit(store, batch).await;
    let first = store.steps(None, 3).await.unwrap();
    assert_eq!(first, [step(2, at(5)), step(3, at(5)), step(4, at(6))]);
    let place = StepPlace {
        due: at(5),
        resource: sid(2),
    };
    let rest = store.steps(Some(place), 9).await.unwrap();
    assert_eq!(rest, [step(3, at(5)), step(4, at(6)), step(1, at(7))]);
}

async fn a_step_replaces_the_one_before(store: &dyn Store) {
    let put = |step| Batch {
        steps: vec![(sid(1), step)],
        ..Batch::default()
    };
    commit(store, created([message(1)])).await;
    commit(store, put(Some(step(1, at(5))))).await;
    commit(store, put(Some(step(1, at(3))))).await;
    assert_eq!(store.steps(None, 9).await.unwrap(), [step(1, at(3))]);
    commit(store, put(None)).await;
    commit(store, put(None)).await;
    assert_eq!(store.steps(None, 9).await.unwrap(), []);
}

async fn changes_read_back_in_order(store: &dyn Store) {
    let (mut called, first) = call(1, None);
    let second = called.report(ended(), at(8)).unwrap();
    let (mut sent, other) = message(2);
    let skipping = sent.report(told(MessageStatus::Delivered), at(9)).unwrap();
    let batch = Batch {
        resources: vec![called, sent],
        changes: vec![first.clone(), other.clone(), second.clone()],
        ..Batch::default()
    };
    commit(store, batch).await;
    let batch = Batch {
        changes: vec![skipping.clone()],
        ..Batch::default()
    };
    commit(store, batch).await;
    assert_eq!(store.changes(sid(1)).await.unwrap(), [first, second]);
    assert_eq!(store.changes(sid(2)).await.unwrap(), [other, skipping]);
}

async fn warnings_read_back_in_the_order_they_came(store: &dyn Store) {
    let warning = |text: &str, seconds| Warning {
        resource: sid(1),
        text: text.to_owned(),
        at: at(seconds),
    };
    let warnings = vec![warning("second thoughts", 2), warning("first thoughts", 1)];
    let batch = Batch {
        warnings: warnings.clone(),
        ..created([message(1)])
    };
    commit(store, batch).await;
    assert_eq!(store.warnings(sid(1)).await.unwrap(), warnings);
    assert_eq!(store.warnings(sid(2)).await.unwrap(), []);
}

async fn entries_read_back_are_replaced_and_removed(store: &dyn Store) {
    let put = |entry: &Entry| EntryChange::Put(entry.clone());
    let changes = |entries: Vec<EntryChange>| Batch {
        entries,
        ..Batch::default()
    };
    let (mut numbers, applications) = ([number(1), number(3)], [application(2), application(4)]);
    let all = numbers.iter().chain(&applications).map(put).collect();
    store.commit(changes(all)).await.unwrap();
    let expected = [&numbers[..], &applications].concat();
    assert_eq!(store.entries().await.unwrap(), expected);
    assert_eq!(
        store.opening().await.unwrap().last_id.as_bytes(),
        sid(4).as_bytes()
    );

    // A number that is given up can be taken again in the same commit.
    let Entry::Number(first) = &numbers[0] else {
        panic!("it is a number");
    };
    let again = Arc::new(PhoneNumber::taken(
        sid(5),
        project(2),
        first.number.clone(),
        at(9),
    ));
    let again = Entry::Number(again);
    let removed = EntryChange::Remove(numbers[0].clone());
    let gone = EntryChange::Remove(applications[0].clone());
    store
        .commit(changes(vec![removed, put(&again), gone]))
        .await
        .unwrap();
    numbers.swap(0, 1);
    let expected = [numbers[0].clone(), again, applications[1].clone()];
    assert_eq!(store.entries().await.unwrap(), expected);
}

async fn opt_outs_read_back_count_from_the_first_time_and_are_taken_back(store: &dyn Store) {
    let changes = |entries: Vec<EntryChange>| Batch {
        entries,
        ..Batch::default()
    };
    let (first, other) = (opt_out(1, "+15550001111", 1), opt_out(1, "+15550002222", 2));
    let foreign = opt_out(2, "+15550001111", 3);
    let again = opt_out(1, "+15550001111", 9);
    let all = [&first, &other, &foreign, &again].map(|it| EntryChange::Put(it.clone()));
    store.commit(changes(all.into())).await.unwrap();
    let expected = [first.clone(), other.clone(), foreign.clone()];
    assert_eq!(store.entries().await.unwrap(), expected);
    let back = EntryChange::Remove(again);
    store
        .commit(changes(vec![back.clone(), back]))
        .await
        .unwrap();
    assert_eq!(store.entries().await.unwrap(), [other, foreign]);
}

async fn meters_show_what_was_put_last_and_move_with_the_clock(store: &dyn Store) {
    let first = [meter("queue", 1), meter("day", 7), meter("queue", 2)];
    let batch = Batch {
        entries: first.map(EntryChange::Put).into(),
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let expected = [meter("day", 7), meter("queue", 2)];
    assert_eq!(store.entries().await.unwrap(), expected);

    let batch = Batch {
        entries: vec![EntryChange::Remove(meter("day", 0))],
        rebase: Some(Rebase {
            micros: 3,
            total_micros: 3,
        }),
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let stored = store.entries().await.unwrap();
    let [Entry::Meter(moved)] = stored.as_slice() else {
        panic!("{stored:?}");
    };
    assert_eq!(moved.reading.at, at(5).shifted(3));
    assert_eq!(moved.reading.count, 2);
}

async fn scenarios_read_back_are_used_up_and_replaced_by_name(store: &dyn Store) {
    let changes = |entries: Vec<EntryChange>| Batch {
        entries,
        ..Batch::default()
    };
    let (first, endless) = (scenario(1, "busy", Some(2)), scenario(2, "late", None));
    let used = scenario(1, "busy", Some(1));
    let all = [&first, &endless, &used].map(|it| EntryChange::Put(it.clone()));
    store.commit(changes(all.into())).await.unwrap();
    let expected = [used.clone(), endless.clone()];
    assert_eq!(store.entries().await.unwrap(), expected);

    let again = scenario(3, "busy", None);
    let removed = EntryChange::Remove(used);
    let put = EntryChange::Put(again.clone());
    store.commit(changes(vec![removed, put])).await.unwrap();
    assert_eq!(store.entries().await.unwrap(), [endless, again]);
}

async fn what_a_resource_inherits_reads_back(store: &dyn Store) {
    let events = CallEvents::DEFAULT.with(CallEvent::Ringing);
    for (n, interest) in (1..).zip([Interest::Every, Interest::Number, Interest::Call(events)]) {
        let (mut resource, change) = message(n);
        resource.inherited = Some(Inherited {
            interest,
            next_sequence: 3,
        });
        resource.number = Some(sid(7));
        resource.application = Some(sid(8));
        let expected = resource.clone();
        store.commit(created([(resource, change)])).await.unwrap();
        assert_eq!(one(store, sid(n)).await, expected);
    }
}

async fn what_chance_goes_by_reads_back(store: &dyn Store) {
    let (mut resource, change) = message(1);
    assert_eq!(resource.lot, Lot::of(resource.ordinal));
    let made = resource.lot.next();
    let (mut child, its_change) = message(2);
    child.lot = made;
    let expected = [resource.clone(), child.clone()];
    store
        .commit(created([(resource, change), (child, its_change)]))
        .await
        .unwrap();
    assert_eq!(
        [one(store, sid(1)).await, one(store, sid(2)).await],
        expected
    );
}

async fn projects_read_back_and_are_replaced_whole(store: &dyn Store) {
    let token = |byte: u8| Token {
        digest: TokenDigest::from_bytes([byte; 32]),
        name: format!("token {byte}"),
        created_at: at(i64::from(byte)),
    };
    let mut settings = Settings::default();
    settings.set("ordering", "strict").unwrap();
    let mut first = Project {
        id: project(2),
        name: "first".to_owned(),
        parent: None,
        created_at: at(1),
        tokens: vec![token(1), token(2)],
        keys: SigningKeys::one(Secret::new("PSK_1"), at(1)),
        settings,
    };
    let second = Project {
        id: project(1),
        name: "second".to_owned(),
        parent: Some(project(1)),
        created_at: at(2),
        tokens: vec![token(3)],
        keys: SigningKeys::one(Secret::new("PSK_2"), at(2)),
        settings: Settings::default(),
    };
    let put = |projects: Vec<Project>| Batch {
        projects,
        ..Batch::default()
    };
    assert_eq!(store.projects().await.unwrap(), []);
    commit(store, put(vec![second.clone(), first.clone()])).await;
    let found = store.projects().await.unwrap();
    assert_eq!(found, [first.clone(), second.clone()]);
    first.tokens.remove(0);
    let hour = Duration::from_secs(3600);
    first.keys.rotate(Secret::new("PSK_3"), at(100), hour);
    commit(store, put(vec![first.clone()])).await;
    assert_eq!(store.projects().await.unwrap(), [first, second]);
}

async fn what_is_owed_is_counted_by_destination(store: &dyn Store) {
    let mut later = callback(3, 1, HERE);
    later.recorded_at = at(500);
    let callbacks = vec![
        callback(1, 1, HERE),
        callback(2, 1, THERE),
        later.clone(),
        callback(4, 1, THERE),
    ];
    assert_eq!(store.owing().await.unwrap(), Owing::default());
    commit(store, message_owing(callbacks)).await;
    outcomes(store, vec![delivered(1), set_aside(4, at(30))]).await;
    let mut owing = store.owing().await.unwrap();
    owing
        .destinations
        .sort_by(|one, other| one.origin.cmp(&other.origin));
    let found: Vec<_> = owing
        .destinations
        .iter()
        .map(|to| (&*to.origin, to.pending, to.oldest))
        .collect();
    let first = callback(2, 1, THERE).recorded_at;
    assert_eq!(found, [(HERE, 1, later.recorded_at), (THERE, 1, first)]);
    assert_eq!(owing.aside, 1);
}

async fn rejected_reports_read_back_in_the_order_they_came(store: &dyn Store) {
    let (mut resource, change) = message(1);
    let failed = resource.report(told(MessageStatus::Failed), at(2)).unwrap();
    let rejected: Vec<_> = [
        told(MessageStatus::Delivered),
        told(MessageStatus::Failed),
        told(MessageStatus::Queued),
        ended(),
    ]
    .map(|news| *resource.report(news, at(3)).unwrap_err())
    .to_vec();
    let batch = Batch {
        resources: vec![resource],
        changes: vec![change, failed],
        rejected: rejected.clone(),
        ..Batch::default()
    };
    commit(store, batch).await;
    assert_eq!(store.rejected(sid(1)).await.unwrap(), rejected);
}

async fn owed_callbacks_come_by_position_and_destination(store: &dyn Store) {
    let mut foreign = callback(4, 1, HERE);
    foreign.project = project(2);
    let callbacks = vec![
        callback(1, 1, HERE),
        callback(2, 1, THERE),
        callback(3, 1, HERE),
        foreign.clone(),
        callback(5, 1, HERE),
    ];
    commit(store, message_owing(callbacks.clone())).await;
    assert_eq!(store.callbacks(sid(1)).await.unwrap(), callbacks);
    assert_eq!(store.unsettled().await.unwrap(), 5);

    let owed = store.owed(project(1), HERE, 0, 2).await.unwrap();
    assert_eq!(owed, [callbacks[0].clone(), callbacks[2].clone()]);
    let rest = store.owed(project(1), HERE, 4, 9).await.unwrap();
    assert_eq!(positions(&rest), [5]);
    let other = store.owed(project(2), HERE, 0, 9).await.unwrap();
    assert_eq!(other, [foreign]);
    let none = store.owed(project(2), THERE, 0, 9).await.unwrap();
    assert_eq!(none, []);
}

async fn only_destinations_with_pending_callbacks_are_owed(store: &dyn Store) {
    let elsewhere = "http://[::1]:9";
    let callbacks = vec![
        callback(1, 1, HERE),
        callback(2, 1, THERE),
        callback(3, 1, elsewhere),
        callback(4, 1, THERE),
    ];
    commit(store, message_owing(callbacks)).await;
    outcomes(store, vec![delivered(1), set_aside(2, at(30))]).await;
    let mut owed = store.destinations_owed().await.unwrap();
    owed.sort();
    let expected = [(project(1), elsewhere.into()), (project(1), THERE.into())];
    assert_eq!(owed, expected);
    outcomes(store, vec![delivered(3), delivered(4)]).await;
    assert_eq!(store.destinations_owed().await.unwrap(), []);
    assert_eq!(store.unsettled().await.unwrap(), 1);
}

async fn what_is_set_aside_comes_when_it_is_due(store: &dyn Store) {
    let callbacks = (1..=4).map(|n| callback(n, 1, HERE)).collect();
    commit(store, message_owing(callbacks)).await;
    let aside = vec![
        set_aside(1, at(50)),
        set_aside(2, at(40)),
        set_aside(3, at(40)),
    ];
    outcomes(store, aside).await;
    assert_eq!(store.next_aside().await.unwrap(), Some(at(40)));
    assert_eq!(store.aside_due(at(39), 9).await.unwrap(), []);
    let due = store.aside_due(at(40), 9).await.unwrap();
    assert_eq!(positions(&due), [2, 3]);
    assert_eq!(due[0].first_failed_at, Some(at(22)));
    let due = store.aside_due(at(60), 2).await.unwrap();
    assert_eq!(positions(&due), [2, 3]);
    let silently = |outcome| Outcome {
        attempt: None,
        ..outcome
    };
    let moved = [delivered(2), set_aside(3, at(90))].map(silently);
    outcomes(store, moved.to_vec()).await;
    assert_eq!(store.next_aside().await.unwrap(), Some(at(50)));
    assert_eq!(store.unsettled().await.unwrap(), 3);
}

async fn no_destination_keeps_anothers_set_aside_out(store: &dyn Store) {
    let mut callbacks: Vec<Callback> = (1..=4).map(|n| callback(n, 1, HERE)).collect();
    callbacks.push(callback(5, 1, THERE));
    commit(store, message_owing(callbacks)).await;
    let seconds = [40, 41, 42, 43, 50];
    let aside = (1..=5).zip(seconds).map(|(n, due)| set_aside(n, at(due)));
    outcomes(store, aside.collect()).await;
    let due = store.aside_due(at(60), 2).await.unwrap();
    assert_eq!(positions(&due), [1, 2, 5]);
}

async fn attempts_read_back_in_order(store: &dyn Store) {
    let callbacks = vec![callback(1, 1, HERE), callback(2, 1, HERE)];
    commit(store, message_owing(callbacks)).await;
    let outcome = |attempt| Outcome {
        attempt: Some(attempt),
        ..delivered(1)
    };
    let both = vec![outcome(unanswered(1, 1)), outcome(answered(1, 2))];
    outcomes(store, both).await;
    let found = store.attempts(callback_id(1)).await.unwrap();
    assert_eq!(found, [unanswered(1, 1), answered(1, 2)]);
    assert_eq!(store.attempts(callback_id(2)).await.unwrap(), []);

    let settled = callback_1(store).await;
    assert_eq!(settled.state, CallbackState::Delivered);
    assert_eq!(settled.settled_at, Some(at(21)));
    assert_eq!(settled.attempts, 1);
}

async fn a_replay_makes_a_settled_callback_pending(store: &dyn Store) {
    commit(store, message_owing(vec![callback(1, 1, HERE)])).await;
    outcomes(store, vec![delivered(1)]).await;
    assert_eq!(store.owed(project(1), HERE, 0, 9).await.unwrap(), []);
    let again = Outcome {
        state: CallbackState::Pending,
        due: at(70),
        settled_at: None,
        attempt: None,
        ..delivered(1)
    };
    outcomes(store, vec![again]).await;
    let owed = store.owed(project(1), HERE, 0, 9).await.unwrap();
    assert_eq!(owed[0].due, at(70));
    assert_eq!(owed[0].settled_at, None);
    assert_eq!(store.attempts(callback_id(1)).await.unwrap().len(), 1);
}

async fn an_outcome_of_an_unknown_callback_is_ignored(store: &dyn Store) {
    commit(store, message_owing(vec![callback(1, 1, HERE)])).await;
    outcomes(store, vec![delivered(9), delivered(1)]).await;
    assert_eq!(callback_1(store).await.state, CallbackState::Delivered);
    assert_eq!(store.attempts(callback_id(9)).await.unwrap(), []);
}

async fn an_outcome_that_is_told_again_changes_nothing(store: &dyn Store) {
    commit(store, message_owing(vec![callback(1, 1, HERE)])).await;
    outcomes(store, vec![delivered(1)]).await;
    let callback = callback_1(store).await;
    let attempts = store.attempts(callback_id(1)).await.unwrap();
    outcomes(store, vec![delivered(1)]).await;
    assert_eq!(callback_1(store).await, callback);
    assert_eq!(store.attempts(callback_id(1)).await.unwrap(), attempts);
}

async fn an_erasure_blanks_bodies_and_answers_also_later_ones(store: &dyn Store) {
    let callbacks = vec![callback(1, 1, HERE), callback(2, 1, HERE)];
    commit(store, message_owing(callbacks)).await;
    outcomes(store, vec![delivered(1), delivered(2)]).await;
    let erasure = Erasure {
        resource: sid(1),
        bodies: vec![
            (callback_id(1), "MessageSid=1&Body=".into()),
            (callback_id(9), "unknown".into()),
        ],
    };
    let batch = Batch {
        erasures: vec![erasure],
        ..Batch::default()
    };
    commit(store, batch).await;
    let later = Outcome {
        attempt: Some(answered(1, 2)),
        ..delivered(1)
    };
    outcomes(store, vec![later]).await;

    assert_eq!(&*callback_1(store).await.body, "MessageSid=1&Body=");
    let attempts = store.attempts(callback_id(1)).await.unwrap();
    assert_eq!(attempts.len(), 2);
    for attempt in attempts {
        let answer = attempt.answer.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!((answer.headers.as_str(), &*answer.excerpt), ("", &[][..]));
        assert_eq!(attempt.headers, answered(1, 1).headers);
    }
    let other = store.attempts(callback_id(2)).await.unwrap();
    assert_eq!(other, [answered(2, 1)]);
}

async fn an_erasure_takes_the_words_out_of_what_was_told(store: &dyn Store) {
    let (mut transcribed, first) = resource(Kind::Transcription, 1);
    let completed = Status::Transcription(TranscriptionStatus::Completed);
    let mut change = transcribed.report(news(completed), at(2)).unwrap();
    let mut repeated = *transcribed.report(news(completed), at(3)).unwrap_err();
    let (mut failed, queued) = message(2);
    let failure = failed.report(told(MessageStatus::Failed), at(4)).unwrap();
    let mut batch = created([
        (transcribed.clone(), first.clone()),
        (failed, queued.clone()),
    ]);
    batch.changes.extend([change.clone(), failure.clone()]);
    batch.rejected.push(repeated.clone());
    commit(store, batch).await;

    transcribed.redact(at(5));
    let erasures = [1, 2].map(|n| Erasure {
        resource: sid(n),
        bodies: Vec::new(),
    });
    let batch = Batch {
        resources: vec![transcribed.clone()],
        erasures: erasures.to_vec(),
        ..Batch::default()
    };
    commit(store, batch).await;
    change.news.redact();
    repeated.news.redact();
    assert!(!format!("{transcribed:?} {change:?} {repeated:?}").contains("back"));
    assert_eq!(one(store, sid(1)).await, transcribed);
    assert_eq!(store.changes(sid(1)).await.unwrap(), [first, change]);
    assert_eq!(store.rejected(sid(1)).await.unwrap(), [repeated]);
    assert_eq!(store.changes(sid(2)).await.unwrap(), [queued, failure]);
}

async fn a_callback_keeps_how_it_is_written(store: &dyn Store) {
    let json = Callback {
        encoding: Encoding::Json,
        body: r#"{"state":"active"}"#.into(),
        ..callback(2, 1, HERE)
    };
    let written = vec![callback(1, 1, HERE), json];
    commit(store, message_owing(written.clone())).await;
    assert_eq!(store.callbacks(sid(1)).await.unwrap(), written);
    assert_eq!(store.owed(project(1), HERE, 0, 9).await.unwrap(), written);
}

async fn a_rebase_moves_what_is_not_settled(store: &dyn Store) {
    const HOUR: Duration = Duration::from_secs(3_600);
    let callbacks = (1..=3).map(|n| callback(n, 1, HERE)).collect();
    let batch = Batch {
        steps: vec![(sid(1), Some(step(1, at(5))))],
        ..message_owing(callbacks)
    };
    commit(store, batch).await;
    outcomes(store, vec![delivered(1), set_aside(2, at(50))]).await;
    let batch = Batch {
        rebase: Some(Rebase {
            micros: 3_600_000_000,
            total_micros: 7,
        }),
        ..Batch::default()
    };
    commit(store, batch).await;

    let moments = |it: &Callback| (it.recorded_at, it.due);
    let found = store.callbacks(sid(1)).await.unwrap();
    let moments: Vec<(Timestamp, Timestamp)> = found.iter().map(moments).collect();
    let expected = [
        (at(10), at(10)),
        (at(10) + HOUR, at(50) + HOUR),
        (at(10) + HOUR, at(10) + HOUR),
    ];
    assert_eq!(moments, expected);
    let steps = store.steps(None, 9).await.unwrap();
    assert_eq!(steps, [step(1, at(5) + HOUR)]);
    assert_eq!(store.next_aside().await.unwrap(), Some(at(50) + HOUR));
    assert_eq!(store.opening().await.unwrap().rebased_micros, 7);
}

async fn a_batch_that_names_an_unknown_resource_is_refused_whole(store: &dyn Store) {
    let mut batch = created([message(1)]);
    batch.callbacks = vec![callback(1, 1, HERE), callback(2, 7, HERE)];
    let refused = store.commit(batch).await;
    assert!(matches!(refused, Err(StoreError::Unreadable { .. })));
    assert_eq!(store.opening().await.unwrap(), Opening::default());
    commit(store, message_owing(vec![callback(1, 1, HERE)])).await;
}

#[tokio::test]
async fn a_faulty_store_fails_as_told() {
    let store = FaultyStore::new(MemoryStore::new());
    store.fail_next(Fault::Full);
    store.fail_next(Fault::UnsureAndNotWritten);
    store.fail_next(Fault::UnsureButWritten);
    let full = store.commit(created([message(1)])).await;
    assert!(matches!(full, Err(StoreError::Full)));
    let unsure = store.commit(created([message(2)])).await;
    assert!(matches!(unsure, Err(StoreError::Unsure { .. })));
    let written = store.commit(created([message(3)])).await;
    assert!(matches!(written, Err(StoreError::Unsure { .. })));
    commit(&store, created([message(4)])).await;
    assert_eq!(
        sids(store.inner(), &all(Kind::Message)).await,
        [sid(4), sid(3)]
    );

    store.fail_all(Fault::Full);
    for _ in 0..3 {
        let full = store.commit(created([message(5)])).await;
        assert!(matches!(full, Err(StoreError::Full)));
    }
    store.recover();
    commit(&store, created([message(5)])).await;
}

#[tokio::test(start_paused = true)]
async fn a_held_commit_waits_until_it_is_released() {
    let store = FaultyStore::new(MemoryStore::new());
    store.hold();
    let release = async {
        store.wait_for_arrivals(1).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(sids(&store, &all(Kind::Message)).await, []);
        store.release();
    };
    let (committed, ()) = tokio::join!(store.commit(created([message(1)])), release);
    committed.unwrap();
    assert_eq!(store.arrived(), 1);
    assert_eq!(sids(&store, &all(Kind::Message)).await, [sid(1)]);
}

async fn what_a_platform_says_reads_back(store: &dyn Store) {
    let (mut resource, mut change) = message(1);
    resource.external_id = Some("order-7".into());
    let told = Told {
        event_id: Some("e-1".into()),
        occurred_at: Some(at(3)),
    };
    change.told = told.clone().kept();
    let mut rejected = *resource.clone().report(ended(), at(4)).unwrap_err();
    rejected.told = told.kept();
    let event = KnownEvent {
        key: EventKey([1; 16]),
        content: EventContent([2; 16]),
        resource: sid(1),
        verdict: Verdict::Accepted(Gap::Skipped),
        seq: Some(0),
    };
    let mut batch = created([(resource.clone(), change.clone())]);
    batch.rejected.push(rejected.clone());
    batch.events.push(event);
    commit(store, batch).await;
    assert_eq!(one(store, sid(1)).await, resource);
    assert_eq!(store.changes(sid(1)).await.unwrap(), [change]);
    assert_eq!(store.rejected(sid(1)).await.unwrap(), [rejected]);
    let called = |n, name: &str| (project(n), name.into());
    let names = [
        called(1, "order-8"),
        called(1, "order-7"),
        called(2, "order-7"),
    ];
    let found = store.externals(&names).await.unwrap();
    assert_eq!(found, [None, Some(sid(1)), None]);
    let keys = [EventKey([9; 16]), event.key];
    assert_eq!(store.events(&keys).await.unwrap(), [None, Some(event)]);
}

async fn a_settled_callback_is_replayed_and_one_that_is_not_stays(store: &dyn Store) {
    let owed = vec![callback(1, 1, HERE), callback(2, 1, HERE)];
    commit(store, message_owing(owed)).await;
    outcomes(store, vec![delivered(1)]).await;
    let order = |n| ReplayOrder {
        callback: callback_id(n),
        at: at(60),
        due: at(70),
    };
    let batch = Batch {
        replays: vec![order(1), order(2), order(3)],
        ..Batch::default()
    };
    commit(store, batch).await;
    let found = store.callback(callback_id(1)).await.unwrap().unwrap();
    assert_eq!(found.state, CallbackState::Aside);
    assert_eq!((found.due, found.settled_at), (at(70), None));
    let replay = found.replay.unwrap();
    assert_eq!(
        (replay.at, replay.attempts_before),
        (at(60), found.attempts)
    );
    let other = store.callback(callback_id(2)).await.unwrap().unwrap();
    assert_eq!(other.state, CallbackState::Pending);
    assert_eq!(store.callback(callback_id(3)).await.unwrap(), None);
    let batch = Batch {
        hurried: vec![(callback_id(1), at(61)), (callback_id(2), at(61))],
        ..Batch::default()
    };
    commit(store, batch).await;
    let due = store.aside_due(at(61), 9).await.unwrap();
    assert_eq!(positions(&due), [1]);
    assert_eq!(callback_2(store).await.due, other.due);
}

async fn callback_2(store: &dyn Store) -> Callback {
    store.callback(callback_id(2)).await.unwrap().unwrap()
}

async fn callbacks_are_found_a_page_at_a_time(store: &dyn Store) {
    let mut batch = message_owing(vec![callback(1, 1, HERE), callback(2, 1, THERE)]);
    let (other, change) = message(2);
    batch.resources.push(other);
    batch.changes.push(change);
    batch
        .callbacks
        .extend([callback(3, 2, HERE), callback(4, 1, HERE)]);
    commit(store, batch).await;
    let failed = Outcome {
        state: CallbackState::Failed,
        attempt: Some(unanswered(1, 1)),
        ..delivered(1)
    };
    outcomes(store, vec![failed]).await;
    let all = CallbackQuery {
        project: project(1),
        resource: None,
        destination: None,
        state: None,
        error: None,
        from: None,
        until: None,
        direction: Direction::Backwards,
        beyond: None,
        limit: 9,
    };
    let of = |change: &dyn Fn(&mut CallbackQuery)| {
        let mut query = all.clone();
        change(&mut query);
        query
    };
    check(store, &all, &[4, 3, 2, 1]).await;
    check(store, &of(&|it| it.project = project(2)), &[]).await;
    check(store, &of(&|it| it.resource = Some(sid(1))), &[4, 2, 1]).await;
    check(
        store,
        &of(&|it| it.destination = Some(THERE.to_owned())),
        &[2],
    )
    .await;
    check(
        store,
        &of(&|it| it.state = Some(CallbackState::Failed)),
        &[1],
    )
    .await;
    check(store, &of(&|it| it.from = Some(at(11))), &[]).await;
    check(store, &of(&|it| it.until = Some(at(11))), &[4, 3, 2, 1]).await;
    check(store, &of(&|it| it.error = Some("none".to_owned())), &[]).await;
    let code = match unanswered(1, 1).result {
        AttemptResult::Failed { code, .. } => code.to_string(),
        AttemptResult::Accepted => unreachable!(),
    };
    check(store, &of(&|it| it.error = Some(code.clone())), &[1]).await;
    for (direction, pages) in [
        (Direction::Backwards, [vec![4, 3], vec![2, 1]]),
        (Direction::Forwards, [vec![1, 2], vec![3, 4]]),
    ] {
        let mut query = of(&|it| (it.direction, it.limit) = (direction, 2));
        for page in pages {
            let found = store.find_callbacks(&query).await.unwrap();
            assert_eq!(positions(&found.callbacks), page);
            query.beyond = found.next;
        }
        let rest = store.find_callbacks(&query).await.unwrap();
        assert_eq!((rest.callbacks.len(), rest.next), (0, None));
        query.resource = Some(sid(2));
        query.beyond = None;
        let found = store.find_callbacks(&query).await.unwrap();
        assert_eq!((positions(&found.callbacks), found.next), (vec![3], None));
    }

    async fn check(store: &dyn Store, query: &CallbackQuery, expected: &[u64]) {
        let found = store.find_callbacks(query).await.unwrap();
        assert_eq!(positions(&found.callbacks), expected, "{query:?}");
    }
}

/// The SIDs of what has expired before `before`, page by page.
async fn expired(store: &dyn Store, before: Timestamp) -> Vec<Sid> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let page = store.expired(before, after).await.unwrap();
        found.extend(page.resources.iter().map(|it| it.sid));
        match page.next {
            Some(next) => after = next,
            None => return found,
        }
    }
}

async fn what_nothing_happens_to_any_more_expires_and_nothing_else(store: &dyn Store) {
    // Created at the second of its number; 6 has a change at 9.
    let (mut busy, first) = call(6, None);
    let last = busy.report(ended(), at(9)).unwrap();
    let mut batch = created((1..=5).map(message));
    batch.resources.push(busy);
    batch.changes.extend([first, last]);
    batch.steps.push((sid(2), Some(step(2, at(90)))));
    batch.callbacks = [(1, 3), (2, 4), (3, 5)]
        .map(|(n, of)| callback(n, of, HERE))
        .to_vec();
    // The callback of 3 is settled at 21, that of 4 is set aside, that of 5 is pending.
    batch.outcomes = vec![delivered(1), set_aside(2, at(80))];
    commit(store, batch).await;

    assert_eq!(expired(store, at(1)).await, []);
    assert_eq!(expired(store, at(2)).await, [sid(1)]);
    assert_eq!(expired(store, at(9)).await, [sid(1)]);
    assert_eq!(expired(store, at(10)).await, [sid(1), sid(6)]);
    assert_eq!(expired(store, at(21)).await, [sid(1), sid(6)]);
    assert_eq!(expired(store, at(1_000)).await, [sid(1), sid(3), sid(6)]);
    commit(
        store,
        Batch {
            steps: vec![(sid(2), None)],
            outcomes: vec![delivered(2), delivered(3)],
            ..Batch::default()
        },
    )
    .await;
    let all: Vec<Sid> = (1..=6).map(sid).collect();
    assert_eq!(expired(store, at(1_000)).await, all);
    let replay = ReplayOrder {
        callback: callback_id(1),
        at: at(30),
        due: at(30),
    };
    let batch = Batch {
        replays: vec![replay],
        ..Batch::default()
    };
    commit(store, batch).await;
    assert!(!expired(store, at(1_000)).await.contains(&sid(3)));
}

async fn what_is_registered_never_expires(store: &dyn Store) {
    let mut batch = Batch::default();
    for (n, kind) in (1..).zip(Kind::ALL) {
        batch.resources.push(resource(kind, n).0);
    }
    let (mut gone, _) = resource(Kind::Assignment, 9);
    let removed = Status::Assignment(AssignmentStatus::Removed);
    gone.report(removed.into(), at(9)).unwrap();
    batch.resources.push(gone);
    commit(store, batch).await;
    let old = Kind::ALL.iter().zip(1..).filter(|(kind, _)| match kind {
        Kind::Call | Kind::Message | Kind::Recording | Kind::Transcription => true,
        Kind::AssignmentOrder => true,
        Kind::Brand | Kind::Campaign | Kind::Assignment => false,
    });
    let old: Vec<Sid> = old.map(|(_, n)| sid(n)).chain([sid(9)]).collect();
    assert_eq!(expired(store, at(1_000)).await, old);
}

async fn expired_resources_come_a_page_at_a_time_by_ordinal(store: &dyn Store) {
    const MANY: u64 = 1_000;
    commit(store, created((1..=MANY).map(message))).await;
    // Every third is held.
    let steps = (1..=MANY).filter(|n| n % 3 == 0);
    let batch = Batch {
        steps: steps.map(|n| (sid(n), Some(step(n, at(0))))).collect(),
        ..Batch::default()
    };
    commit(store, batch).await;
    let before = at(i64::try_from(MANY).unwrap() - 100);
    let first = store.expired(before, 0).await.unwrap();
    assert!(first.resources.len() < 300 && first.next.is_some());
    let expected: Vec<Sid> = (1..MANY - 100).filter(|n| n % 3 != 0).map(sid).collect();
    assert_eq!(expired(store, before).await, expected);
}

async fn a_removal_leaves_nothing_but_the_numbers(store: &dyn Store) {
    let (mut kept, change) = message(1);
    kept.external_id = Some("kept".into());
    commit(store, created([(kept.clone(), change.clone())])).await;
    let before = store.opening().await.unwrap();
    let (mut gone, first) = message(2);
    gone.external_id = Some("gone".into());
    let second = gone.report(told(MessageStatus::Sending), at(5)).unwrap();
    let rejected = *gone.report(told(MessageStatus::Queued), at(6)).unwrap_err();
    let key = EventKey([7; 16]);
    let batch = Batch {
        changes: vec![first, second],
        rejected: vec![rejected],
        warnings: vec![Warning {
            resource: sid(2),
            text: "odd".to_owned(),
            at: at(7),
        }],
        events: vec![KnownEvent {
            key,
            content: EventContent([1; 16]),
            resource: sid(2),
            verdict: Verdict::Late,
            seq: None,
        }],
        callbacks: vec![callback(1, 2, HERE), callback(2, 2, THERE)],
        outcomes: vec![delivered(1), delivered(2)],
        resources: vec![gone],
        ..Batch::default()
    };
    commit(store, batch.clone()).await;
    let highest = store.opening().await.unwrap();
    assert_ne!(highest, before);
    let removal = Batch {
        removals: vec![sid(2), sid(99)],
        ..Batch::default()
    };
    assert!(!removal.is_empty());
    commit(store, removal.clone()).await;

    let found = store.resources(&[sid(1), sid(2)]).await.unwrap();
    assert_eq!(found, [Some(kept), None]);
    let names = ["kept", "gone"].map(|name| (project(1), name.into()));
    let externals = store.externals(&names).await.unwrap();
    assert_eq!(externals, [Some(sid(1)), None]);
    assert_eq!(store.events(&[key]).await.unwrap(), [None]);
    assert_eq!(store.changes(sid(2)).await.unwrap(), []);
    assert_eq!(store.rejected(sid(2)).await.unwrap(), []);
    assert_eq!(store.warnings(sid(2)).await.unwrap(), []);
    assert_eq!(store.callbacks(sid(2)).await.unwrap(), []);
    assert_eq!(store.callback(callback_id(1)).await.unwrap(), None);
    assert_eq!(store.attempts(callback_id(1)).await.unwrap(), []);
    assert_eq!(store.changes(sid(1)).await.unwrap(), [change]);
    assert_eq!(store.opening().await.unwrap(), highest, "numbers go on");

    // Told again after a doubtful commit, and an outcome that comes too late.
    commit(store, removal).await;
    outcomes(store, vec![delivered(1)]).await;
    // What it was called is free, and what it reported can be reported anew.
    commit(store, batch).await;
    assert_eq!(store.externals(&names).await.unwrap()[1], Some(sid(2)));
}

async fn what_is_held_is_not_removed(store: &dyn Store) {
    let mut batch = created([message(1), message(2), message(3)]);
    batch.steps.push((sid(1), Some(step(1, at(90)))));
    batch.callbacks = vec![callback(1, 2, HERE), callback(2, 3, HERE)];
    batch.outcomes = vec![set_aside(1, at(80))];
    commit(store, batch).await;
    let batch = Batch {
        removals: vec![sid(1), sid(2), sid(3)],
        ..Batch::default()
    };
    commit(store, batch).await;
    let found = store.resources(&[sid(1), sid(2), sid(3)]).await.unwrap();
    assert!(found.iter().all(Option::is_some));
    assert_eq!(store.unsettled().await.unwrap(), 2);
}

async fn outcomes_are_kept_in_order_until_a_batch_has_them(store: &dyn Store) {
    let owing = (1..=5).map(|n| callback(n, 1, HERE)).collect();
    commit(store, message_owing(owing)).await;
    let outcomes: Vec<_> = (1..=4).map(|n| kept(delivered(n))).collect();
    let keeping = store.keep(outcomes[..3].to_vec()).await.unwrap();
    assert_eq!((keeping.kept, keeping.room), (3, Room::Enough));
    store.keep(outcomes[3..].to_vec()).await.unwrap();
    let found = store.kept(9).await.unwrap();
    let numbers: Vec<u64> = found.iter().map(|(number, _)| *number).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    let read: Vec<_> = found.into_iter().map(|(_, kept)| kept).collect();
    assert_eq!(read, outcomes);
    assert_eq!(store.kept(2).await.unwrap().len(), 2);
    let states = |all: Vec<Callback>| all.into_iter().map(|it| it.state).collect::<Vec<_>>();
    let pending = states(store.callbacks(sid(1)).await.unwrap());
    assert_eq!(pending, [CallbackState::Pending; 5], "they are apart");

    let batch = Batch {
        outcomes: vec![delivered(1), delivered(2)],
        kept_until: Some(numbers[1]),
        ..Batch::default()
    };
    commit(store, batch).await;
    let rest = store.kept(9).await.unwrap();
    assert_eq!(
        rest.iter().map(|(it, _)| *it).collect::<Vec<_>>(),
        numbers[2..]
    );
    let batch = Batch {
        kept_until: Some(numbers[3]),
        ..Batch::default()
    };
    commit(store, batch).await;
    assert_eq!(store.kept(9).await.unwrap(), []);
    store.keep(vec![kept(delivered(5))]).await.unwrap();
    let (number, _) = store.kept(9).await.unwrap().remove(0);
    assert!(number > numbers[3], "{number}");
}
