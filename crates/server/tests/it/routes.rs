//! Every route of the server's own table: a good case, bad ones, and another project's.
//!
//! The cases are a match over [`Operation`], so that a new route does not compile without.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use ringback_domain::call::CallStatus;
use ringback_domain::change::Status;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::message::MessageStatus;
use ringback_domain::recording::RecordingStatus;
use ringback_domain::transcription::TranscriptionStatus;
use ringback_server::{Operation, ROUTES, Route};
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT};

use crate::client::Request;
use crate::harness::{
    CALL, MESSAGE, Server, credentials, recording, transcription, transcription_of,
};

/// What every prefix and suffix has to lead to.
const PREFIXES: [&str; 2] = ["/api/laml/2010-04-01", "/2010-04-01"];
const SUFFIXES: [&str; 2] = ["", ".json"];

/// One request for a route, and what it is answered with.
struct Case {
    /// The resource that the path names.
    sid: Named,
    /// Behind the path.
    query: &'static str,
    /// The body of a POST.
    form: &'static str,
    status: u16,
    /// Of an error.
    code: Option<u64>,
}

/// Which resource a path names.
#[derive(Clone, Copy)]
enum Named {
    /// One of the project's own that allows what is asked.
    Fit,
    /// One of the project's own that does not.
    Unfit,
    /// One of the other kind.
    OtherKind,
    /// One of the other project.
    Foreign,
    /// One that never was.
    Unknown,
    /// Something that is no SID.
    Nonsense,
}

const fn good(form: &'static str, status: u16) -> Case {
    Case {
        sid: Named::Fit,
        query: "",
        form,
        status,
        code: None,
    }
}

const fn bad(sid: Named, form: &'static str, status: u16, code: u64) -> Case {
    Case {
        sid,
        query: "",
        form,
        status,
        code: Some(code),
    }
}

const fn bad_query(query: &'static str, status: u16, code: u64) -> Case {
    Case {
        sid: Named::Fit,
        query,
        form: "",
        status,
        code: Some(code),
    }
}

/// A call or a message with an application that there is not.
const WITH_APPLICATION: &str = "To=%2B15550100002&From=%2B15550100001&Body=x\
     &ApplicationSid=0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";

/// The good case of a route, and the bad ones of its own.
#[expect(clippy::too_many_lines, reason = "an arm for each route")]
fn cases(operation: Operation) -> (Case, Vec<Case>) {
    use Named::{Fit, Unfit};
    match operation {
        Operation::ListAccounts => (good("", 200), vec![bad_query("?PageSize=0", 400, 54454)]),
        Operation::CreateAccount => (
            good("FriendlyName=shop", 201),
            vec![
                bad(Fit, "", 422, 20002),
                bad(Fit, "FriendlyName=", 422, 20002),
            ],
        ),
        Operation::FetchAccount => (good("", 200), vec![]),
        Operation::RenameAccount => (
            good("FriendlyName=renamed", 200),
            vec![bad(Fit, "", 422, 20002)],
        ),
        Operation::CreateNumber => (
            good("AreaCode=206", 201),
            vec![
                bad(Fit, "", 422, 21421),
                bad(Fit, "PhoneNumber=5550100001", 422, 21401),
                bad(Fit, "PhoneNumber=%2B15005550000", 422, 21422),
                bad(Fit, "PhoneNumber=%2B15005550001", 422, 21421),
                bad(Fit, "AreaCode=2o6", 422, 21451),
                bad(Fit, "AreaCode=206&StatusCallback=x", 422, 21456),
                bad(Fit, "AreaCode=206&VoiceApplicationSid=x", 422, 21420),
                bad(
                    Fit,
                    "AreaCode=206&VoiceApplicationSid=0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01",
                    422,
                    21420,
                ),
            ],
        ),
        Operation::ListNumbers => (
            good("", 200),
            vec![
                bad_query("?PageSize=0", 400, 54454),
                bad_query("?Page=1", 400, 54453),
            ],
        ),
        Operation::UpdateNumber => (
            good("SmsUrl=http%3A%2F%2Fa.example%2F", 200),
            vec![
                bad(Fit, "VoiceUrl=x", 422, 21402),
                bad(Fit, "VoiceMethod=PUT", 422, 21209),
                bad(Fit, "VoiceReceiveMode=video", 422, 21209),
                bad(Fit, "FriendlyName=", 422, 20002),
                bad(Fit, "EmergencyAddressSid=x", 422, 22109),
                bad(Fit, "AccountSid=x", 422, 10000),
                bad(
                    Fit,
                    "AccountSid=9b1d2c3e-0000-4000-8000-00000000ac02",
                    422,
                    10000,
                ),
            ],
        ),
        Operation::FetchNumber | Operation::FetchApplication | Operation::ListCountries => {
            (good("", 200), vec![])
        }
        Operation::DeleteNumber | Operation::DeleteApplication => (good("", 204), vec![]),
        Operation::FetchCountry => (good("", 200), vec![]),
        Operation::ListLocalNumbers | Operation::ListTollFreeNumbers => {
            (good("", 200), vec![bad_query("?PageSize=1001", 400, 54454)])
        }
        Operation::CreateApplication => (
            good("FriendlyName=app", 201),
            vec![
                bad(Fit, "", 422, 20002),
                bad(Fit, "FriendlyName=app&VoiceUrl=x", 422, 21402),
                bad(Fit, "FriendlyName=app&MessageStatusCallback=x", 422, 21456),
                bad(Fit, "FriendlyName=app&SmsMethod=x", 422, 21209),
            ],
        ),
        Operation::ListApplications => (
            good("", 200),
            vec![bad_query("?PageToken=nonsense", 400, 21481)],
        ),
        Operation::UpdateApplication => (
            good("VoiceUrl=http%3A%2F%2Fa.example%2F", 200),
            vec![
                bad(Fit, "FriendlyName=", 422, 20002),
                bad(Fit, "StatusCallback=x", 422, 21456),
            ],
        ),
        Operation::CreateMessage => (
            good(MESSAGE, 201),
            vec![
                bad(Fit, "", 422, 21604),
                bad(Fit, "To=123x&From=%2B15550100001&Body=x", 422, 21603),
                bad(Fit, "To=%2B15550100002&Body=x", 422, 21705),
                bad(Fit, "To=%2B15550100002&From=%2B15550100001", 422, 21602),
                bad(Fit, WITH_APPLICATION, 422, 21218),
            ],
        ),
        Operation::ListMessages => (
            good("", 200),
            vec![
                bad_query("?PageSize=0", 400, 54454),
                bad_query("?Page=1", 400, 54453),
                bad_query("?PageToken=nonsense", 400, 21481),
                bad_query("?Status=nonsense", 422, 10000),
                bad_query("?To=%FF", 400, 10000),
            ],
        ),
        Operation::FetchMessage | Operation::FetchMedia => (good("", 200), vec![]),
        Operation::RedactMessage => (
            good("Body=", 200),
            vec![
                bad(Fit, "Body=other", 422, 50509),
                bad(Unfit, "Body=", 422, 10000),
            ],
        ),
        Operation::DeleteMessage | Operation::DeleteMedia => {
            (good("", 204), vec![bad(Unfit, "", 422, 20009)])
        }
        Operation::ListMedia => (
            good("", 200),
            vec![
                bad_query("?PageSize=0", 400, 54454),
                bad_query("?Page=1", 400, 54453),
                bad_query("?DateCreated=nonsense", 422, 10000),
            ],
        ),
        Operation::CreateCall => (
            good(CALL, 200),
            vec![
                bad(Fit, "", 422, 21201),
                bad(Fit, "To=%2B15550100002&From=%2B15550100001", 400, 21205),
                bad(Fit, WITH_APPLICATION, 422, 21218),
                bad(
                    Fit,
                    "To=nonsense&From=%2B15550100001&Url=http://a",
                    422,
                    21211,
                ),
            ],
        ),
        Operation::ListCalls => (
            good("", 200),
            vec![
                bad_query("?PageSize=1001", 400, 54454),
                bad_query("?Page=2", 400, 54453),
                bad_query("?StartTime=nonsense", 422, 10000),
            ],
        ),
        Operation::FetchCall => (good("", 200), vec![]),
        Operation::UpdateCall => (
            good("Status=completed", 200),
            vec![
                bad(Fit, "Status=busy", 422, 10000),
                bad(Fit, "StatusCallback=nonsense", 422, 21456),
                bad(
                    Fit,
                    "ApplicationSid=0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01",
                    422,
                    21218,
                ),
                bad(Unfit, "Status=completed", 422, 10000),
            ],
        ),
        Operation::DeleteCall => (good("", 204), vec![bad(Unfit, "", 422, 20009)]),
        Operation::CreateCallRecording => (
            good("RecordingChannels=dual", 200),
            vec![
                bad(Fit, "RecordingChannels=stereo", 422, 10000),
                bad(Fit, "RecordingStatusCallbackEvent=paused", 422, 13621),
                bad(Fit, "RecordingStatusCallback=nonsense", 422, 21456),
                bad(Fit, "Trim=yes", 422, 13699),
                bad(Unfit, "", 422, 21220),
            ],
        ),
        Operation::ListCallRecordings | Operation::ListRecordings => (
            good("", 200),
            vec![
                bad_query("?PageSize=0", 400, 54454),
                bad_query("?Page=1", 400, 54453),
                bad_query("?DateCreated=nonsense", 422, 10000),
                bad_query("?CallSid=nonsense", 422, 10000),
            ],
        ),
        Operation::FetchCallRecording | Operation::FetchRecording => (good("", 200), vec![]),
        Operation::UpdateCallRecording => (
            good("Status=paused&PauseBehavior=skip", 200),
            vec![
                bad(Fit, "", 422, 10000),
                bad(Fit, "Status=completed", 422, 10000),
                bad(Unfit, "Status=stopped", 422, 21220),
            ],
        ),
        Operation::DeleteCallRecording | Operation::DeleteRecording => {
            (good("", 204), vec![bad(Unfit, "", 422, 20009)])
        }
        Operation::ListTranscriptions | Operation::ListRecordingTranscriptions => (
            good("", 200),
            vec![
                bad_query("?PageSize=1001", 400, 54454),
                bad_query("?Page=2", 400, 54453),
                bad_query("?DateCreated%3E=nonsense", 422, 10000),
            ],
        ),
        Operation::CreateTranscription => (
            good("TranscribeCallback=http%3A%2F%2Fapp.example%2F", 201),
            vec![bad(Fit, "TranscribeCallback=nonsense", 422, 21502)],
        ),
        Operation::FetchTranscription | Operation::FetchRecordingTranscription => {
            (good("", 200), vec![])
        }
        Operation::DeleteTranscription | Operation::DeleteRecordingTranscription => {
            (good("", 204), vec![bad(Unfit, "", 422, 20009)])
        }
    }
}

/// A resource that allows `operation`, or one that does not.
#[expect(clippy::too_many_lines, reason = "an arm for each route")]
async fn resource(server: &Server, operation: Operation, fit: bool) -> Sid {
    match operation {
        Operation::FetchNumber | Operation::UpdateNumber | Operation::DeleteNumber => {
            server.number(PROJECT).await
        }
        Operation::FetchApplication
        | Operation::UpdateApplication
        | Operation::DeleteApplication => server.application(PROJECT).await,
        Operation::ListAccounts
        | Operation::CreateAccount
        | Operation::RenameAccount
        | Operation::CreateNumber
        | Operation::ListNumbers
        | Operation::ListCountries
        | Operation::FetchCountry
        | Operation::ListLocalNumbers
        | Operation::ListTollFreeNumbers
        | Operation::CreateApplication
        | Operation::ListApplications
        | Operation::FetchAccount
        | Operation::CreateMessage
        | Operation::ListMessages
        | Operation::FetchMessage
        | Operation::RedactMessage
        | Operation::DeleteMessage
        | Operation::ListMedia
        | Operation::FetchMedia
        | Operation::DeleteMedia => {
            let sid = server.create("/Messages", &with_media()).await;
            if fit {
                server.message_is(sid, MessageStatus::Sent).await;
            }
            sid
        }
        Operation::CreateCall | Operation::ListCalls | Operation::FetchCall => {
            server.create("/Calls", CALL).await
        }
        Operation::UpdateCall | Operation::DeleteCall => {
            let sid = server.create("/Calls", CALL).await;
            server.call_is(sid, CallStatus::InProgress).await;
            if fit == (operation == Operation::DeleteCall) {
                server.call_is(sid, CallStatus::Completed).await;
            }
            sid
        }
        Operation::CreateCallRecording => {
            let sid = server.create("/Calls", CALL).await;
            if fit {
                server.call_is(sid, CallStatus::InProgress).await;
            }
            sid
        }
        Operation::ListCallRecordings
        | Operation::FetchCallRecording
        | Operation::UpdateCallRecording
        | Operation::DeleteCallRecording => {
            let sid = server.create("/Calls", CALL).await;
            server.call_is(sid, CallStatus::InProgress).await;
            let recording = server.create(&format!("/Calls/{sid}/Recordings"), "").await;
            server
                .recording_is(recording, RecordingStatus::InProgress)
                .await;
            if fit != (operation == Operation::UpdateCallRecording) {
                server
                    .recording_is(recording, RecordingStatus::Failed)
                    .await;
            }
            sid
        }
        Operation::ListRecordings | Operation::FetchRecording | Operation::DeleteRecording => {
            let sid = server.make(PROJECT, recording()).await;
            if fit {
                server.recording_is(sid, RecordingStatus::Completed).await;
                let put = |file: &mut std::fs::File| file.write_all(b"audio");
                server.files.write(sid, put).unwrap();
            }
            sid
        }
        Operation::ListTranscriptions
        | Operation::FetchTranscription
        | Operation::DeleteTranscription => {
            let sid = server.make(PROJECT, transcription()).await;
            if fit {
                let completed = Status::Transcription(TranscriptionStatus::Completed);
                server.stands(sid, completed).await;
            }
            sid
        }
        Operation::ListRecordingTranscriptions | Operation::CreateTranscription => {
            server.make(PROJECT, recording()).await
        }
        Operation::FetchRecordingTranscription | Operation::DeleteRecordingTranscription => {
            let sid = server.make(PROJECT, recording()).await;
            let transcription = server.make(PROJECT, transcription_of(sid)).await;
            if fit {
                let completed = Status::Transcription(TranscriptionStatus::Completed);
                server.stands(transcription, completed).await;
            }
            sid
        }
    }
}

/// A message with a piece of media.
fn with_media() -> String {
    format!("{MESSAGE}&MediaUrl=http%3A%2F%2Fapp.example%2Fa.png")
}

/// The piece of media that the message `sid` has; one that never was, if it is no such message.
async fn media(server: &Server, sid: &str) -> String {
    let list = server.get(&format!("/Messages/{sid}/Media")).await;
    let media = (list.status == 200).then(|| list.json()["media_list"][0]["sid"].clone());
    let media = media.as_ref().and_then(|sid| sid.as_str());
    media
        .unwrap_or("0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a02")
        .to_owned()
}

/// The recording that the call `sid` has; one that never was, if it is no such call.
async fn recorded(server: &Server, sid: &str) -> String {
    let list = server.get(&format!("/Calls/{sid}/Recordings")).await;
    let sid = (list.status == 200).then(|| list.json()["recordings"][0]["sid"].clone());
    let sid = sid.as_ref().and_then(|sid| sid.as_str());
    sid.unwrap_or("0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a02")
        .to_owned()
}

/// The transcription that the recording `sid` has; one that never was, if it is no such recording.
async fn transcribed(server: &Server, sid: &str) -> String {
    let list = server
        .get(&format!("/Recordings/{sid}/Transcriptions"))
        .await;
    let sid = (list.status == 200).then(|| list.json()["transcriptions"][0]["sid"].clone());
    let sid = sid.as_ref().and_then(|sid| sid.as_str());
    sid.unwrap_or("0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a02")
        .to_owned()
}

/// Makes what a route's path names for a project.
async fn make(server: &Server, route: &Route, project: ProjectId) -> Sid {
    if route.path.contains("/IncomingPhoneNumbers") {
        return server.number(project).await;
    }
    if route.path.contains("/Applications") {
        return server.application(project).await;
    }
    let new = if route.path.starts_with("/Accounts/{account}/Recordings") {
        recording()
    } else if route.path.contains("/Transcriptions") {
        transcription()
    } else {
        let (list, form) = if route.path.contains("/Calls") {
            ("/Calls", CALL)
        } else {
            ("/Messages", MESSAGE)
        };
        return match project {
            PROJECT => server.create(list, form).await,
            _ => server.create_foreign(list, form).await,
        };
    };
    server.make(project, new).await
}

/// Makes something of another kind than what a route's path names.
async fn make_other(server: &Server, route: &Route) -> Sid {
    if route.path.contains("/Calls") {
        server.create("/Messages", MESSAGE).await
    } else {
        server.create("/Calls", CALL).await
    }
}

async fn named(server: &Server, route: &Route, sid: Named) -> String {
    match sid {
        Named::Fit => resource(server, route.operation, true).await.to_string(),
        Named::Unfit => resource(server, route.operation, false).await.to_string(),
        Named::OtherKind => make_other(server, route).await.to_string(),
        Named::Foreign => make(server, route, OTHER_PROJECT).await.to_string(),
        Named::Unknown => "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01".to_owned(),
        Named::Nonsense => "nonsense".to_owned(),
    }
}

async fn path(server: &Server, route: &Route, account: &str, sid: &str) -> String {
    let path = route
        .path
        .replace("{account}", account)
        .replace("{country}", "US")
        .replace("{sid}", sid);
    if path.contains("{recording}") {
        path.replace("{recording}", &recorded(server, sid).await)
    } else if path.contains("{transcription}") {
        path.replace("{transcription}", &transcribed(server, sid).await)
    } else if path.contains("{media}") {
        path.replace("{media}", &media(server, sid).await)
    } else {
        path
    }
}

fn request(route: &Route, target: &str, form: &str) -> Request {
    let request = Request::new(route.method.as_str(), target);
    if route.method == "POST" {
        request.form(form)
    } else {
        request
    }
}

fn by(request: Request, project: ProjectId) -> Request {
    let (user, token) = credentials(project);
    request.by(&user, token)
}

async fn check(server: &Server, route: &Route, prefix: &str, suffix: &str, case: &Case) {
    let sid = named(server, route, case.sid).await;
    let path = path(server, route, &PROJECT.to_string(), &sid).await;
    let target = format!("{prefix}{path}{suffix}{}", case.query);
    let answer = by(request(route, &target, case.form), PROJECT)
        .send(server.at)
        .await;
    let what = format!("{:?} {target} {}", route.operation, case.form);
    assert_eq!(answer.status, case.status, "{what}: {}", answer.body);
    assert!(answer.header("x-request-id").is_some(), "{what}");
    match case.code {
        Some(code) => assert_eq!(answer.error(), (case.status, code), "{what}"),
        None if route.operation == Operation::FetchRecording && suffix.is_empty() => {
            assert_eq!(answer.header("content-type"), Some("audio/wav"), "{what}");
        }
        None if case.status == 204 => assert_eq!(answer.body, "", "{what}"),
        None => assert!(answer.json().is_object(), "{what}"),
    }
}

#[tokio::test]
async fn a_good_request_is_answered_under_each_prefix_and_suffix() {
    let server = Server::start().await;
    for route in ROUTES {
        for prefix in PREFIXES {
            for suffix in SUFFIXES {
                let (good, _) = cases(route.operation);
                check(&server, route, prefix, suffix, &good).await;
            }
        }
    }
}

#[tokio::test]
async fn a_bad_request_is_refused_with_its_code() {
    let server = Server::start().await;
    for route in ROUTES {
        let (_, bad) = cases(route.operation);
        for case in bad {
            check(&server, route, PREFIXES[0], SUFFIXES[0], &case).await;
        }
    }
}

#[tokio::test]
async fn only_a_resource_of_the_kind_and_the_project_is_found() {
    let server = Server::start().await;
    for route in ROUTES.iter().filter(|route| route.path.contains("{sid}")) {
        for sid in [
            Named::OtherKind,
            Named::Foreign,
            Named::Unknown,
            Named::Nonsense,
        ] {
            let (good, _) = cases(route.operation);
            let missing = bad(sid, good.form, 404, 20404);
            check(&server, route, PREFIXES[1], SUFFIXES[1], &missing).await;
        }
    }
}

#[tokio::test]
async fn another_projects_path_is_not_found() {
    let server = Server::start().await;
    for route in ROUTES.iter().filter(|it| it.path.contains("{account}")) {
        for account in [OTHER_PROJECT.to_string(), "nonsense".to_owned()] {
            let (good, _) = cases(route.operation);
            let sid = named(&server, route, Named::Fit).await;
            let target = format!(
                "{}{}",
                PREFIXES[0],
                path(&server, route, &account, &sid).await
            );
            let answer = by(request(route, &target, good.form), PROJECT)
                .send(server.at)
                .await;
            assert_eq!(answer.error(), (404, 20404), "{target}");
        }
    }
}

#[tokio::test]
async fn wrong_credentials_are_challenged() {
    let server = Server::start().await;
    let own = PROJECT.to_string();
    for route in ROUTES {
        let (good, _) = cases(route.operation);
        let sid = named(&server, route, Named::Fit).await;
        let target = format!("{}{}", PREFIXES[0], path(&server, route, &own, &sid).await);
        let request = request(route, &target, good.form);
        for wrong in [
            request.clone(),
            request.clone().by(&own, "token-two"),
            request.clone().by("nobody", "token-one"),
            request.clone().header("Authorization", "Bearer token-one"),
        ] {
            let answer = wrong.send(server.at).await;
            assert_eq!(answer.error(), (401, 20003), "{target}");
            assert_eq!(
                answer.header("www-authenticate"),
                Some(r#"Basic realm="Ringback""#)
            );
        }
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_refused_with_those_it_knows() {
    let server = Server::start().await;
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in ROUTES {
        methods
            .entry(route.path)
            .or_default()
            .insert(route.method.as_str());
    }
    for (template, mut known) in methods {
        if known.contains("GET") {
            known.insert("HEAD");
        }
        let sid = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";
        let path = template
            .replace("{account}", &PROJECT.to_string())
            .replace("{sid}", sid)
            .replace("{media}", sid)
            .replace("{recording}", sid)
            .replace("{transcription}", sid);
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if known.contains(method) {
                continue;
            }
            let request = Request::new(method, &format!("/2010-04-01{path}.json"));
            let answer = by(request, PROJECT).send(server.at).await;
            assert_eq!(answer.error(), (405, 10000), "{method} {path}");
            let allow = answer.header("allow").unwrap_or_default().split(',');
            let allowed: BTreeSet<&str> = allow.map(str::trim).collect();
            assert_eq!(allowed, known, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_body_must_be_a_form_of_a_sane_size() {
    let server = Server::start().await;
    let post = |route: &&Route| route.method == "POST";
    for route in ROUTES.iter().filter(post) {
        let (good, _) = cases(route.operation);
        let sid = named(&server, route, Named::Fit).await;
        let target = format!(
            "{}{}",
            PREFIXES[1],
            path(&server, route, &PROJECT.to_string(), &sid).await
        );
        let plain = by(Request::new("POST", &target), PROJECT);
        for request in [
            plain
                .clone()
                .header("Content-Type", "application/json")
                .body(b"{}"),
            plain
                .clone()
                .header("Content-Type", "multipart/form-data")
                .body(b"x"),
            plain.clone().body(good.form.as_bytes()),
        ] {
            assert_eq!(
                request.send(server.at).await.error(),
                (415, 10000),
                "{target}"
            );
        }
        let large = format!("{}&X={}", good.form, "x".repeat(1 << 20));
        let answer = plain.clone().form(&large).send(server.at).await;
        assert_eq!(answer.error(), (413, 10000), "{target}");
        let answer = plain.clone().form("Body=%FF").send(server.at).await;
        assert_eq!(answer.error(), (400, 10000), "{target}");
        let latin_1 = plain
            .clone()
            .header("Content-Type", "application/x-www-form-urlencoded");
        let answer = latin_1.body(b"Body=\xe9").send(server.at).await;
        assert_eq!(answer.error(), (400, 10000), "{target}");
    }
}
