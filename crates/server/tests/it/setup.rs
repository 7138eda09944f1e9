//! What projects set up: phone numbers, applications and subprojects.

use ringback_domain::id::ProjectId;
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT};
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::harness::{CALL, MESSAGE, Server};

const NUMBERS: &str = "/IncomingPhoneNumbers";

/// Takes a number, and says how it is shown.
async fn take(server: &Server, form: &str) -> Value {
    let taken = server.post(NUMBERS, form).await;
    assert_eq!(taken.status, 201, "{}", taken.body);
    taken.json()
}

fn field(answer: &Answer, name: &str) -> Value {
    answer.json()[name].clone()
}

#[tokio::test]
async fn a_number_is_set_up_with_all_its_parameters_and_an_update_leaves_the_others_alone() {
    let server = Server::start().await;
    let application = server.application(PROJECT).await.to_string();
    let form = format!(
        "PhoneNumber=%2B15550100001&FriendlyName=desk&VoiceUrl=http://a/v&VoiceMethod=GET\
         &VoiceFallbackUrl=http://a/vf&VoiceFallbackMethod=GET&VoiceApplicationSid={application}\
         &SmsUrl=http://a/s&SmsMethod=GET&SmsFallbackUrl=http://a/sf&SmsFallbackMethod=GET\
         &SmsApplicationSid={application}&StatusCallback=http://u:p@a/c&StatusCallbackMethod=GET\
         &VoiceReceiveMode=fax&BundleSid=ignored"
    );
    let number = take(&server, &form).await;
    for (name, value) in [
        ("phone_number", "+15550100001"),
        ("friendly_name", "desk"),
        ("country_code", "US"),
        ("voice_url", "http://a/v"),
        ("voice_method", "GET"),
        ("voice_fallback_url", "http://a/vf"),
        ("voice_fallback_method", "GET"),
        ("voice_application_sid", &application),
        ("sms_url", "http://a/s"),
        ("sms_method", "GET"),
        ("sms_fallback_url", "http://a/sf"),
        ("sms_fallback_method", "GET"),
        ("sms_application_sid", &application),
        ("status_callback", "http://u:p@a/c"),
        ("status_callback_method", "GET"),
    ] {
        assert_eq!(number[name], value, "{name}");
    }
    let path = format!("{NUMBERS}/{}", number["sid"].as_str().unwrap());
    let update = "VoiceApplicationSid=&SmsUrl=&StatusCallback=http://b/&FriendlyName=front";
    let updated = server.post(&path, update).await.json();
    let mut expected = number.clone();
    expected["voice_application_sid"] = Value::Null;
    expected["sms_url"] = Value::Null;
    expected["status_callback"] = json!("http://b/");
    expected["friendly_name"] = json!("front");
    expected["date_updated"] = updated["date_updated"].clone();
    assert_eq!(updated, expected);
    assert_eq!(server.get(&path).await.json(), updated);
}

#[tokio::test]
async fn a_number_that_is_taken_is_refused_and_free_again_once_it_is_given_up() {
    let server = Server::start().await;
    let form = "PhoneNumber=%2B15550100001";
    let sid = take(&server, form).await["sid"].clone();
    assert_eq!(server.post(NUMBERS, form).await.error(), (422, 21422));
    let foreign = format!("/2010-04-01/Accounts/{OTHER_PROJECT}{NUMBERS}");
    let foreign = Request::new("POST", &foreign).form(form);
    let foreign = foreign.by(&OTHER_PROJECT.to_string(), "token-two");
    assert_eq!(foreign.clone().send(server.at).await.error(), (422, 21422));
    let path = format!("{NUMBERS}/{}", sid.as_str().unwrap());
    assert_eq!(server.delete(&path).await.status, 204);
    assert_eq!(server.get(&path).await.error(), (404, 20404));
    assert_eq!(foreign.send(server.at).await.status, 201);
}

#[tokio::test]
async fn numbers_are_listed_newest_first_by_page_pattern_and_name() {
    let server = Server::start().await;
    for form in [
        "PhoneNumber=%2B15550100001&FriendlyName=desk",
        "PhoneNumber=%2B15550100002",
        "PhoneNumber=%2B4930123456",
        "PhoneNumber=%2B15550100004",
        "PhoneNumber=%2B15550100005",
    ] {
        take(&server, form).await;
    }
    server.number(OTHER_PROJECT).await;
    check(&server, "", &["5", "4", "6", "2", "1"]).await;
    check(&server, "?PhoneNumber=%2B1555", &["5", "4", "2", "1"]).await;
    check(&server, "?PhoneNumber=010000*", &["5", "4", "2", "1"]).await;
    check(&server, "?PhoneNumber=%2B49", &["6"]).await;
    check(&server, "?FriendlyName=desk", &["1"]).await;
    check(&server, "?FriendlyName=des", &[]).await;

    // From page to page and back, with the filter.
    let query = "?PhoneNumber=%2B1555&PageSize=2";
    let first = check(&server, query, &["5", "4"]).await;
    assert_eq!(first["previous_page_uri"], Value::Null);
    let next = after(&first["next_page_uri"]);
    let second = check(&server, &next, &["2", "1"]).await;
    assert_eq!(second["next_page_uri"], Value::Null);
    let back = after(&second["previous_page_uri"]);
    let again = check(&server, &back, &["5", "4"]).await;
    assert_eq!(
        again["incoming_phone_numbers"],
        first["incoming_phone_numbers"]
    );

    /// The list is of the numbers that end so.
    async fn check(server: &Server, query: &str, expected: &[&str]) -> Value {
        let list = server.get(&format!("{NUMBERS}{query}")).await.json();
        let numbers = list["incoming_phone_numbers"].as_array().unwrap();
        let ends = numbers.iter().map(|number| {
            let number = number["phone_number"].as_str().unwrap();
            &number[number.len() - 1..]
        });
        assert_eq!(ends.collect::<Vec<_>>(), expected, "{query}");
        list
    }

    fn after(uri: &Value) -> String {
        let (_, query) = uri.as_str().unwrap().split_once('?').unwrap();
        format!("?{query}")
    }
}

#[tokio::test]
async fn what_is_offered_can_be_taken_and_is_offered_no_more() {
    let server = Server::start().await;
    let first = |list: Value| list["available_phone_numbers"][0]["phone_number"].clone();
    let local = "/AvailablePhoneNumbers/US/Local?AreaCode=206&PageSize=3";
    let list = server.get(local).await.json();
    assert_eq!(list["available_phone_numbers"].as_array().unwrap().len(), 3);
    let offered = first(list);
    assert_eq!(offered, "+12065550100");
    take(&server, "PhoneNumber=%2B12065550100").await;
    assert_eq!(first(server.get(local).await.json()), "+12065550101");
    let taken = take(&server, "AreaCode=206").await;
    assert_eq!(taken["phone_number"], "+12065550101");
    let contains = "/AvailablePhoneNumbers/US/Local?Contains=%2B1312*****77";
    assert_eq!(first(server.get(contains).await.json()), "+13125550177");
    let free = server.get("/AvailablePhoneNumbers/US/TollFree").await;
    assert_eq!(first(free.json()), "+18005550100");
    let countries = server.get("/AvailablePhoneNumbers").await.json();
    let country = server.get("/AvailablePhoneNumbers/US").await.json();
    assert_eq!(countries["countries"], json!([country]));
    let unknown = server.get("/AvailablePhoneNumbers/XX/Local").await;
    assert_eq!(unknown.error(), (404, 20404));
}

#[tokio::test]
async fn an_application_has_two_names_for_what_is_told_of_messages() {
    let server = Server::start().await;
    for (form, url) in [
        (
            "FriendlyName=a&MessageStatusCallback=http://m/",
            "http://m/",
        ),
        ("FriendlyName=a&SmsStatusCallback=http://s/", "http://s/"),
        (
            "FriendlyName=a&SmsStatusCallback=http://s/&MessageStatusCallback=http://m/",
            "http://s/",
        ),
    ] {
        let made = server.post("/Applications", form).await;
        assert_eq!(field(&made, "sms_status_callback"), url, "{form}");
        assert_eq!(field(&made, "message_status_callback"), url, "{form}");
        let path = format!("/Applications/{}", field(&made, "sid").as_str().unwrap());
        let gone = server.post(&path, "MessageStatusCallback=").await;
        assert_eq!(field(&gone, "sms_status_callback"), Value::Null, "{form}");
        assert_eq!(field(&gone, "friendly_name"), "a");
    }
    let list = server.get("/Applications?FriendlyName=a&PageSize=2").await;
    assert_eq!(field(&list, "applications").as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_call_of_an_application_is_asked_in_its_way() {
    let server = Server::start().await;
    let form = "FriendlyName=a&StatusCallback=http://a/&StatusCallbackMethod=GET";
    let sid = field(&server.post("/Applications", form).await, "sid");
    let form = format!(
        "{CALL}&ApplicationSid={}&StatusCallback=http://b/&StatusCallbackMethod=POST\
         &FallbackUrl=http://c/&StatusCallbackEvent=ringing",
        sid.as_str().unwrap()
    );
    let call = server.create("/Calls", &form).await;
    let stored = server.engine.engine.store().resources(&[call]).await;
    let stored = stored.unwrap().remove(0).unwrap();
    assert_eq!(stored.subscriptions[0].method.as_str(), "GET");
    assert_eq!(
        stored.application.map(|it| it.to_string()),
        sid.as_str().map(str::to_owned)
    );
    let ringback_domain::resource::Body::Call(call) = &stored.body else {
        panic!("it is a call");
    };
    assert_eq!(call.requested, [], "the fallback is the application's");
}

#[tokio::test]
async fn the_number_that_calls_is_shown_with_the_call() {
    let server = Server::start().await;
    let call = server.post("/Calls", CALL).await;
    assert_eq!(field(&call, "phone_number_sid"), Value::Null);
    let sid = take(&server, "PhoneNumber=%2B15550100001").await["sid"].clone();
    let call = server.post("/Calls", CALL).await;
    assert_eq!(field(&call, "phone_number_sid"), sid);
}

#[tokio::test]
async fn a_subproject_has_credentials_of_its_own_that_are_shown_once() {
    let server = Server::start().await;
    let accounts = |method: &str| {
        let request = Request::new(method, "/2010-04-01/Accounts.json");
        request.by(&PROJECT.to_string(), "token-one")
    };
    let made = accounts("POST")
        .form("FriendlyName=shop")
        .send(server.at)
        .await;
    assert_eq!(made.status, 201);
    let (account, token) = (made.json(), made.header("ringback-api-token").unwrap());
    let id = account["sid"].as_str().unwrap();
    assert_eq!(account["subproject"], true);
    assert_eq!(account["owner_account_sid"], PROJECT.to_string());
    assert_eq!(account["auth_token"], "redacted");
    let key = account["signing_key"].as_str().unwrap();
    assert!(key.starts_with("PSK_"), "{key}");

    // By itself, and by its parent, who sees neither token nor key again.
    let own = format!("/2010-04-01/Accounts/{id}");
    for (user, token) in [(id, token), (&PROJECT.to_string(), "token-one")] {
        let by = |request: Request| request.by(user, token);
        let fetched = by(Request::new("GET", &own)).send(server.at).await;
        assert_eq!(fetched.header("ringback-api-token"), None);
        let mut expected = account.clone();
        expected["signing_key"] = Value::Null;
        assert_eq!(fetched.json(), expected);
        let message = Request::new("POST", &format!("{own}/Messages")).form(MESSAGE);
        let message = by(message).send(server.at).await;
        assert_eq!(field(&message, "account_sid"), id);
    }
    for path in ["", "/Messages"] {
        let foreign = Request::new("GET", &format!("{own}{path}"));
        let foreign = foreign.by(&OTHER_PROJECT.to_string(), "token-two");
        assert_eq!(foreign.send(server.at).await.error(), (404, 20404));
        let parent = format!("/2010-04-01/Accounts/{PROJECT}{path}");
        let parent = Request::new("GET", &parent).by(id, token);
        assert_eq!(parent.send(server.at).await.error(), (404, 20404));
    }

    let renamed = Request::new("POST", &own)
        .form("FriendlyName=kiosk")
        .by(id, token);
    assert_eq!(
        field(&renamed.send(server.at).await, "friendly_name"),
        "kiosk"
    );
    let named = |list: &Value| -> Vec<String> {
        let accounts = list["accounts"].as_array().unwrap();
        let names = accounts
            .iter()
            .map(|it| it["friendly_name"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };
    let mut all = named(&accounts("GET").send(server.at).await.json());
    all.sort();
    assert_eq!(all, ["kiosk", "one"]);
    let child = Request::new("GET", "/2010-04-01/Accounts").by(id, token);
    assert_eq!(named(&child.send(server.at).await.json()), ["kiosk"]);
}

#[tokio::test]
async fn a_project_answers_to_its_alias_with_its_id() {
    let server = Server::start().await;
    let made = Request::new("POST", "/2010-04-01/Accounts").form("FriendlyName=shop");
    let made = made.by(&PROJECT.alias(), "token-one").send(server.at).await;
    let child = field(&made, "sid").as_str().unwrap().to_owned();
    let child_alias = child.parse::<ProjectId>().unwrap().alias();
    for (named, id) in [
        (PROJECT.alias(), PROJECT.to_string()),
        (PROJECT.alias().to_lowercase(), PROJECT.to_string()),
        (child_alias, child),
    ] {
        let by = |request: Request| request.by(&PROJECT.alias(), "token-one");
        let account = Request::new("GET", &format!("/2010-04-01/Accounts/{named}.json"));
        assert_eq!(field(&by(account).send(server.at).await, "sid"), id);
        let path = format!("/api/laml/2010-04-01/Accounts/{named}/Messages");
        let message = by(Request::new("POST", &path).form(MESSAGE));
        let message = message.send(server.at).await;
        assert_eq!(field(&message, "account_sid"), id);
        let list = by(Request::new("GET", &path)).send(server.at).await;
        let first = field(&list, "first_page_uri");
        assert!(first.as_str().unwrap().contains(&id), "{first}");
    }
    let foreign = format!("/2010-04-01/Accounts/{}/Messages", OTHER_PROJECT.alias());
    let foreign = Request::new("GET", &foreign).by(&PROJECT.alias(), "token-one");
    assert_eq!(foreign.send(server.at).await.error(), (404, 20404));
}

#[tokio::test]
async fn a_number_goes_to_a_subproject_and_back() {
    let server = Server::start().await;
    let made = Request::new("POST", "/2010-04-01/Accounts").form("FriendlyName=shop");
    let made = made
        .by(&PROJECT.to_string(), "token-one")
        .send(server.at)
        .await;
    let id = field(&made, "sid").as_str().unwrap().to_owned();
    let number = take(&server, "PhoneNumber=%2B15550100001").await;
    let sid = number["sid"].as_str().unwrap();
    let moved = server
        .post(&format!("{NUMBERS}/{sid}"), &format!("AccountSid={id}"))
        .await;
    assert_eq!(field(&moved, "account_sid"), id);
    assert_eq!(server.get(&format!("{NUMBERS}/{sid}")).await.status, 404);
    let there = Request::new("POST", &format!("/2010-04-01/Accounts/{id}{NUMBERS}/{sid}"));
    let back = there.form(&format!("AccountSid={}", PROJECT.alias()));
    let back = back
        .by(&PROJECT.to_string(), "token-one")
        .send(server.at)
        .await;
    assert_eq!(field(&back, "account_sid"), PROJECT.to_string());
}

#[tokio::test]
async fn a_name_is_as_long_as_is_documented() {
    let server = Server::start().await;
    let long = |chars: usize| format!("FriendlyName={}", "n".repeat(chars));
    let number = |digit: u8, chars| format!("PhoneNumber=%2B1555010000{digit}&{}", long(chars));
    assert_eq!(server.post(NUMBERS, &number(1, 255)).await.status, 201);
    let refused = server.post(NUMBERS, &number(2, 256)).await;
    assert_eq!(refused.error(), (422, 20002));

    let account = |form: String| {
        let request = Request::new("POST", "/2010-04-01/Accounts").form(&form);
        request.by(&PROJECT.to_string(), "token-one")
    };
    assert_eq!(account(long(250)).send(server.at).await.status, 201);
    let refused = account(long(251)).send(server.at).await;
    assert_eq!(refused.error(), (422, 20002));
}
