//! What may follow what for recordings, transcriptions and 10DLC.

use std::time::Duration;

use ringback_domain::brand::BrandStatus;
use ringback_domain::campaign::CampaignStatus;
use ringback_domain::change::{News, Status};
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::number_assignment_order::AssignmentOrderStatus;
use ringback_domain::recording::{RecordingFacts, RecordingSource, RecordingStatus};
use ringback_domain::resource::{Body, Kind};
use ringback_domain::time::Timestamp;
use ringback_domain::transcription::TranscriptionStatus;
use ringback_domain::verdict::{Gap, Verdict};

use crate::{every_status, further, statuses};

/// The transitions that SignalWire's pages list for the further kinds. Every other one of the
/// same kind is skipped, late or a conflict: see below.
#[test]
fn documented_transitions_of_further_kinds_leave_no_gap() {
    use AssignmentOrderStatus as Order;
    use AssignmentStatus as Assigned;
    use RecordingStatus as Recording;
    use TranscriptionStatus as Transcription;
    let recordings = [
        (Recording::Queued, Recording::InProgress),
        (Recording::Queued, Recording::Failed),
        (Recording::InProgress, Recording::Paused),
        (Recording::InProgress, Recording::Stopped),
        (Recording::InProgress, Recording::Failed),
        (Recording::Paused, Recording::InProgress),
        (Recording::Paused, Recording::Stopped),
        (Recording::Paused, Recording::Failed),
        (Recording::Stopped, Recording::Completed),
        (Recording::Stopped, Recording::Absent),
        (Recording::Stopped, Recording::Failed),
    ];
    only(&Recording::ALL, &recordings, Recording::judge);
    let transcriptions = [
        (Transcription::InProgress, Transcription::Completed),
        (Transcription::InProgress, Transcription::Failed),
    ];
    only(&Transcription::ALL, &transcriptions, Transcription::judge);
    let brands = [
        (BrandStatus::Pending, BrandStatus::Completed),
        (BrandStatus::Pending, BrandStatus::Unverified),
        (BrandStatus::Unverified, BrandStatus::Completed),
    ];
    only(&BrandStatus::ALL, &brands, BrandStatus::judge);
    let campaigns = [
        (CampaignStatus::Pending, CampaignStatus::Active),
        (CampaignStatus::Active, CampaignStatus::Inactive),
    ];
    only(&CampaignStatus::ALL, &campaigns, CampaignStatus::judge);
    let orders = [
        (Order::Pending, Order::Processed),
        (Order::Pending, Order::Processing),
        (Order::Processing, Order::Processed),
        (Order::Processing, Order::Failed),
    ];
    only(&Order::ALL, &orders, Order::judge);
    let assignments = [
        (Assigned::Pending, Assigned::Completed),
        (Assigned::Pending, Assigned::Failed),
        (Assigned::Failed, Assigned::Pending),
        (Assigned::Pending, Assigned::Removed),
        (Assigned::Completed, Assigned::Removed),
        (Assigned::Failed, Assigned::Removed),
    ];
    only(&Assigned::ALL, &assignments, Assigned::judge);
}

/// Of all transitions just `documented` leave no gap, and no end is left.
fn only<S: Copy + PartialEq + std::fmt::Debug>(
    all: &[S],
    documented: &[(S, S)],
    judge: impl Fn(S, S) -> Verdict,
) {
    for from in all {
        for to in all {
            let expected = documented.contains(&(*from, *to));
            let found = judge(*from, *to) == Verdict::Accepted(Gap::None);
            assert_eq!(found, expected, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn what_no_page_lists_is_late_or_a_conflict_unless_it_comes_later() {
    use AssignmentStatus as Assigned;
    use RecordingStatus as Recording;
    for (from, to, verdict) in [
        (
            Recording::InProgress,
            Recording::Completed,
            Verdict::Accepted(Gap::Skipped),
        ),
        (Recording::Stopped, Recording::InProgress, Verdict::Late),
        (Recording::Completed, Recording::Paused, Verdict::Late),
        (Recording::Completed, Recording::Absent, Verdict::Conflict),
    ] {
        assert_eq!(from.judge(to), verdict, "{from:?} to {to:?}");
    }
    for (from, to, verdict) in [
        (
            Assigned::Failed,
            Assigned::Completed,
            Verdict::Accepted(Gap::Skipped),
        ),
        (Assigned::Completed, Assigned::Pending, Verdict::Late),
        (Assigned::Completed, Assigned::Failed, Verdict::Conflict),
        (Assigned::Removed, Assigned::Completed, Verdict::Late),
    ] {
        assert_eq!(from.judge(to), verdict, "{from:?} to {to:?}");
    }
    let resubmitted = BrandStatus::Unverified.judge(BrandStatus::Pending);
    assert_eq!(resubmitted, Verdict::Late);
    let revived = CampaignStatus::Inactive.judge(CampaignStatus::Active);
    assert_eq!(revived, Verdict::Late);
    let lost = CampaignStatus::Pending.judge(CampaignStatus::Inactive);
    assert_eq!(lost, Verdict::Accepted(Gap::Skipped));
}

#[test]
fn a_failed_assignment_is_tried_again_as_often_as_it_takes() {
    let (mut assignment, _) = further(Kind::Assignment);
    let mut seqs = Vec::new();
    for status in [
        AssignmentStatus::Failed,
        AssignmentStatus::Pending,
        AssignmentStatus::Failed,
        AssignmentStatus::Pending,
        AssignmentStatus::Completed,
        AssignmentStatus::Removed,
    ] {
        let news = News::Assignment(status);
        seqs.push(
            assignment
                .report(news, Timestamp::from_micros(1))
                .unwrap()
                .seq,
        );
    }
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_resource_begins_with_the_first_status_of_its_kind() {
    for kind in Kind::ALL {
        let (resource, change) = further(kind);
        let first = statuses(kind)[0];
        assert_eq!((resource.kind(), resource.status()), (kind, first));
        assert_eq!((change.news.status(), change.from), (first, None));
        assert_eq!((change.seq, change.gap), (0, Gap::None));
    }
}

#[test]
fn every_kind_and_status_is_found_by_its_word() {
    for status in every_status() {
        let kind = Kind::parse(status.kind().as_str()).unwrap();
        assert_eq!(kind.status(status.as_str()), Some(status));
    }
    assert_eq!(Kind::parse("fax"), None);
    assert_eq!(Kind::Brand.status("active"), None);
    let resumed = Some(Status::Recording(RecordingStatus::InProgress));
    assert_eq!(Kind::Recording.status("resumed"), resumed);
    for (name, source) in [
        ("OutBoundApi", RecordingSource::OutboundApi),
        ("OutboundAPI", RecordingSource::OutboundApi),
        (
            "StartConferenceRecordingAPI",
            RecordingSource::StartConferenceRecording,
        ),
    ] {
        assert_eq!(RecordingSource::parse(name), Some(source));
    }
}

#[test]
fn a_recording_keeps_what_was_told_of_it_and_when_it_ran() {
    let (mut recording, _) = further(Kind::Recording);
    let second = |count: i64| Timestamp::from_micros(count * 1_000_000);
    let facts = RecordingFacts {
        url: Some("https://media.example/r".to_owned()),
        duration: Some(Duration::from_secs(17)),
        error: None,
    };
    for (at, news) in [
        (1, Status::Recording(RecordingStatus::InProgress).into()),
        (5, Status::Recording(RecordingStatus::Paused).into()),
        (9, Status::Recording(RecordingStatus::InProgress).into()),
        (22, News::Recording(RecordingStatus::Stopped, facts)),
        (30, Status::Recording(RecordingStatus::Completed).into()),
    ] {
        recording.report(news, second(at)).unwrap();
    }
    let ran = (recording.body.started_at(), recording.body.ended_at());
    assert_eq!(ran, (Some(second(1)), Some(second(22))));
    let Body::Recording(recording) = recording.body else {
        unreachable!()
    };
    assert_eq!(recording.duration, Some(Duration::from_secs(17)));
    assert_eq!(recording.url.as_deref(), Some("https://media.example/r"));
}
