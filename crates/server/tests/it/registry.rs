//! The registry of 10DLC, route by route: good and bad requests, and another project's.
//!
//! The cases are a match over [`RegistryOperation`], so that a new route does not compile without.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::campaign::CampaignStatus;
use ringback_domain::change::Status;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::number_assignment_order::AssignmentOrderStatus;
use ringback_networks::NoNetwork;
use ringback_server::{REGISTRY_ROUTES, RegistryOperation, RegistryRoute};
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT, Setup};
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::harness::{Server, credentials};

const BASE: &str = "/api/relay/rest/registry/beta";
const UNKNOWN: &str = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";

/// What a project has registered.
struct Registered {
    brand: String,
    campaign: String,
    order: String,
    assignment: String,
}

/// A bad body or query, and the word of its fault.
type Bad = (Value, &'static str, &'static str);

fn a_brand() -> Value {
    json!({
        "name": "Acme", "company_name": "Acme Corp LLC", "contact_email": "ops@acme.example",
        "contact_phone": "+15550100009", "ein_issuing_country": "United States",
        "legal_entity_type": "PRIVATE_PROFIT", "ein": "12-3456789",
        "company_address": "1 Main St, Springfield", "company_website": "acme.example",
    })
}

fn a_campaign(brand: &str) -> Value {
    json!({
        "name": "Reminders", "brand_id": brand, "sms_use_case": "CUSTOMER_CARE",
        "description": "appointment reminders for opted-in clients",
        "sample1": "Your visit is at 2pm. STOP to opt out",
        "sample2": "Order ready. STOP to opt out",
        "message_flow": "clients opt in on a paper form at the front desk",
        "opt_out_message": "You will get no more messages",
        "help_message": "Call us at the front desk",
        "number_pooling_required": false, "direct_lending": false, "embedded_link": false,
        "embedded_phone": false, "age_gated_content": false, "lead_generation": false,
        "terms_and_conditions": true,
    })
}

fn provider(reference: &str) -> Value {
    json!({"csp_self_registered": true, "name": "Shop", "csp_brand_reference": reference})
}

/// The same, told at an address that is never called.
fn inward(mut body: Value) -> Value {
    body["status_callback_url"] = json!("http://169.254.169.254/latest");
    body
}

/// The SID that a route's path names.
fn sid(operation: RegistryOperation, registered: &Registered) -> &str {
    match operation {
        RegistryOperation::ListBrands | RegistryOperation::CreateBrand => "",
        RegistryOperation::FetchBrand
        | RegistryOperation::ListCampaigns
        | RegistryOperation::CreateCampaign => &registered.brand,
        RegistryOperation::FetchCampaign
        | RegistryOperation::RenameCampaign
        | RegistryOperation::ListAssignments
        | RegistryOperation::ListOrders
        | RegistryOperation::CreateOrder => &registered.campaign,
        RegistryOperation::FetchOrder => &registered.order,
        RegistryOperation::RemoveAssignment => &registered.assignment,
    }
}

/// A good body, and the status that it is answered with.
async fn good(server: &Server, operation: RegistryOperation, brand: &str) -> (Value, u16) {
    match operation {
        RegistryOperation::ListBrands
        | RegistryOperation::FetchBrand
        | RegistryOperation::ListCampaigns
        | RegistryOperation::FetchCampaign
        | RegistryOperation::ListAssignments
        | RegistryOperation::ListOrders
        | RegistryOperation::FetchOrder => (Value::Null, 200),
        RegistryOperation::CreateBrand => (a_brand(), 201),
        RegistryOperation::CreateCampaign => (a_campaign(brand), 201),
        RegistryOperation::RenameCampaign => (json!({"name": "Other"}), 200),
        RegistryOperation::CreateOrder => {
            let number = number(server, PROJECT).await;
            (json!({"phone_numbers": [number]}), 200)
        }
        RegistryOperation::RemoveAssignment => (Value::Null, 204),
    }
}

/// Bad bodies and queries, each with the word of its one fault.
fn bad(operation: RegistryOperation, brand: &str) -> Vec<Bad> {
    let page = (Value::Null, "?page_number=1", "page_token_required");
    match operation {
        RegistryOperation::ListBrands
        | RegistryOperation::ListCampaigns
        | RegistryOperation::ListAssignments
        | RegistryOperation::ListOrders => vec![
            page,
            (Value::Null, "?page_size=0", "invalid_parameter"),
            (Value::Null, "?page_token=x", "page_token_is_invalid"),
        ],
        RegistryOperation::FetchBrand
        | RegistryOperation::FetchCampaign
        | RegistryOperation::FetchOrder
        | RegistryOperation::RemoveAssignment => vec![],
        RegistryOperation::CreateBrand => {
            let mut nameless = a_brand();
            nameless["name"] = Value::Null;
            vec![
                (nameless, "", "missing_required_parameter"),
                (inward(a_brand()), "", "not_an_http_url"),
                (provider("BTAKEN"), "", "brand_not_unique"),
            ]
        }
        RegistryOperation::CreateCampaign => {
            let mut refusing = a_campaign(brand);
            refusing["terms_and_conditions"] = json!(false);
            vec![
                (refusing, "", "terms_and_conditions_required"),
                (inward(a_campaign(brand)), "", "not_an_http_url"),
                (a_campaign(UNKNOWN), "", "invalid_parameter"),
            ]
        }
        RegistryOperation::RenameCampaign => vec![(json!({"name": "x"}), "", "invalid_parameter")],
        RegistryOperation::CreateOrder => vec![
            (json!({}), "", "missing_required_parameter"),
            (json!({"phone_numbers": ["12"]}), "", "not_e164"),
            (
                json!({"phone_numbers": ["+15550100123"]}),
                "",
                "not_available_for_assignment",
            ),
            (
                json!({"phone_numbers": ["+15550100123"], "status_callback_url": "x"}),
                "",
                "not_an_http_url",
            ),
            (
                inward(json!({"phone_numbers": ["+15550100123"]})),
                "",
                "not_an_http_url",
            ),
        ],
    }
}

fn ask(project: ProjectId, method: &str, path: &str, body: &Value) -> Request {
    let (user, token) = credentials(project);
    let request = Request::new(method, &format!("{BASE}{path}")).by(&user, token);
    if body.is_null() {
        return request;
    }
    let request = request.header("Content-Type", "application/json");
    request.body(body.to_string().as_bytes())
}

async fn send(server: &Server, method: &str, path: &str, body: Value) -> Answer {
    ask(PROJECT, method, path, &body).send(server.at).await
}

async fn made(server: &Server, project: ProjectId, path: &str, body: Value) -> Value {
    let answer = ask(project, "POST", path, &body).send(server.at).await;
    assert!([200, 201].contains(&answer.status), "{}", answer.body);
    answer.json()
}

fn id(json: &Value) -> String {
    json["id"].as_str().expect("an id").to_owned()
}

/// A number of the project's.
async fn number(server: &Server, project: ProjectId) -> String {
    let sid = server.number(project).await;
    let number = server.engine.engine.directory().number(project, sid);
    number.expect("it was taken").number.to_string()
}

/// A brand, a campaign, an order and its assignment.
async fn registered(server: &Server, project: ProjectId) -> Registered {
    let brand = id(&made(server, project, "/brands", a_brand()).await);
    let path = format!("/brands/{brand}/campaigns");
    let campaign = id(&made(server, project, &path, a_campaign(&brand)).await);
    let path = format!("/campaigns/{campaign}/orders");
    let numbers = json!({"phone_numbers": [number(server, project).await]});
    let order = id(&made(server, project, &path, numbers).await);
    let path = format!("/campaigns/{campaign}/numbers");
    let listed = ask(project, "GET", &path, &Value::Null)
        .send(server.at)
        .await;
    let assignment = id(&listed.json()["data"][0]);
    Registered {
        brand,
        campaign,
        order,
        assignment,
    }
}

/// The word of its one fault.
#[track_caller]
fn word(answer: &Answer) -> String {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let body = answer.json();
    let [fault] = body["errors"].as_array().expect("faults").as_slice() else {
        panic!("{body}")
    };
    assert_eq!(fault["status"], "422");
    assert!(
        fault["detail"].is_string() && fault["title"].is_string(),
        "{fault}"
    );
    fault["code"].as_str().unwrap().to_owned()
}

fn ids(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    body["data"]
        .as_array()
        .expect("rows")
        .iter()
        .map(id)
        .collect()
}

#[tokio::test]
async fn each_route_answers_good_and_bad_requests() {
    let server = Server::start().await;
    made(&server, PROJECT, "/brands", provider("BTAKEN")).await;
    for route in REGISTRY_ROUTES {
        let registered = registered(&server, PROJECT).await;
        let path = route
            .path
            .replace("{sid}", sid(route.operation, &registered));
        for (body, query, expected) in bad(route.operation, &registered.brand) {
            let path = format!("{path}{query}");
            let answer = send(&server, route.method.as_str(), &path, body.clone()).await;
            assert_eq!(word(&answer), expected, "{route:?} {body}");
        }
        let (body, status) = good(&server, route.operation, &registered.brand).await;
        let answer = send(&server, route.method.as_str(), &path, body).await;
        assert_eq!(answer.status, status, "{route:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_is_refused_as_a_whole_says_so_in_words() {
    let server = Server::start().await;
    let registered = registered(&server, PROJECT).await;
    let refused = |answer: &Answer| (answer.status, answer.json()["error"].clone());
    for route in REGISTRY_ROUTES {
        let path = route
            .path
            .replace("{sid}", sid(route.operation, &registered));
        let (body, _) = good(&server, route.operation, &registered.brand).await;
        let method = route.method.as_str();
        let plain = Request::new(method, &format!("{BASE}{path}"));
        assert_eq!(
            refused(&plain.send(server.at).await),
            (401, json!("Unauthorized"))
        );
        let answer = send(&server, "PATCH", &path, Value::Null).await;
        assert_eq!(
            refused(&answer),
            (405, json!("Method Not Allowed")),
            "{path}"
        );
        let allowed = answer.header("allow").unwrap_or_default();
        assert!(
            allowed.split(',').any(|it| it == method),
            "{path}: {allowed}"
        );
        if body.is_null() {
            continue;
        }
        let form = ask(PROJECT, method, &path, &Value::Null).form("name=x");
        let answer = form.send(server.at).await;
        assert_eq!(refused(&answer), (415, json!("Unsupported Media Type")));
        for text in ["", "[]", "{"] {
            let request = ask(PROJECT, method, &path, &Value::Null);
            let request = request.header("Content-Type", "application/json");
            let answer = request.body(text.as_bytes()).send(server.at).await;
            assert_eq!(refused(&answer), (400, json!("Bad Request")), "{text}");
        }
    }
}

#[tokio::test]
async fn only_what_is_of_the_project_and_the_kind_is_found() {
    let server = Server::start().await;
    let own = registered(&server, PROJECT).await;
    let foreign = registered(&server, OTHER_PROJECT).await;
    let with_sid = |route: &&RegistryRoute| route.path.contains("{sid}");
    for route in REGISTRY_ROUTES.iter().filter(with_sid) {
        let others = [&own.brand, &own.campaign, &own.order, &own.assignment];
        let other = others
            .into_iter()
            .find(|it| *it != sid(route.operation, &own));
        let (body, _) = good(&server, route.operation, &own.brand).await;
        let unknown = [sid(route.operation, &foreign), UNKNOWN, "x", other.unwrap()];
        for sid in unknown {
            let path = route.path.replace("{sid}", sid);
            let answer = send(&server, route.method.as_str(), &path, body.clone()).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json(), json!({"error": "Not Found"}));
        }
    }
    let answer = send(&server, "GET", "/brands", Value::Null).await;
    assert_eq!(ids(&answer), [own.brand]);
}

#[tokio::test]
async fn lists_are_filtered_by_name_and_state_and_paged() {
    let server = Server::start().await;
    let mut brands = Vec::new();
    for name in ["Acme one", "Other", "ACME two", "acme three"] {
        let mut new = a_brand();
        new["name"] = json!(name);
        brands.insert(0, id(&made(&server, PROJECT, "/brands", new).await));
    }
    let listed = async |query: &str| {
        let path = format!("/brands{query}");
        send(&server, "GET", &path, Value::Null).await
    };
    assert_eq!(ids(&listed("").await), brands);
    let acme = [0, 1, 3].map(|n: usize| brands[n].clone());
    assert_eq!(ids(&listed("?filter_name=acme").await), acme);
    assert_eq!(ids(&listed("?filter_state=pending").await), brands);
    let none: [&str; 0] = [];
    assert_eq!(ids(&listed("?filter_state=completed").await), none);
    assert_eq!(ids(&listed("?filter_state=nonsense").await), none);

    // Forwards and back over the links, while another brand is registered.
    let mut page = listed("?filter_name=acme&page_size=2").await;
    assert_eq!(ids(&page), acme[..2]);
    made(&server, PROJECT, "/brands", a_brand()).await;
    let follow = async |page: &Answer, link: &str| {
        let path = page.json()["links"][link]
            .as_str()
            .expect("a link")
            .to_owned();
        let path = path.strip_prefix(BASE).expect("it is below").to_owned();
        send(&server, "GET", &path, Value::Null).await
    };
    page = follow(&page, "next").await;
    assert_eq!(ids(&page), acme[2..]);
    assert_eq!(page.json()["links"].get("next"), None);
    page = follow(&page, "prev").await;
    assert_eq!(ids(&page), acme[..2]);
    assert_eq!(ids(&follow(&page, "first").await).len(), 2);
}

#[tokio::test]
async fn numbers_are_ordered_listed_and_removed() {
    let server = Server::start().await;
    let brand = id(&made(&server, PROJECT, "/brands", a_brand()).await);
    let path = format!("/brands/{brand}/campaigns");
    let campaign = id(&made(&server, PROJECT, &path, a_campaign(&brand)).await);
    let (one, other) = (
        number(&server, PROJECT).await,
        number(&server, PROJECT).await,
    );
    let url = "http://app.example/10dlc";
    let orders = format!("/campaigns/{campaign}/orders");
    let new = json!({"phone_numbers": [one, other], "status_callback_url": url});
    let order = made(&server, PROJECT, &orders, new).await;
    assert_eq!(order["state"], "pending");
    assert_eq!(order["status_callback_url"], url);
    assert_eq!(order.get("processed_at"), None);
    let processed = Status::AssignmentOrder(AssignmentOrderStatus::Processed);
    server.stands(sid_of(&order), processed).await;
    let path = format!("/orders/{}", id(&order));
    let order = send(&server, "GET", &path, Value::Null).await.json();
    assert_eq!(order["state"], "processed");
    assert_eq!(order["processed_at"], order["updated_at"]);
    let listed = send(&server, "GET", &orders, Value::Null).await;
    assert_eq!(listed.json()["data"], json!([order]));

    let numbers = format!("/campaigns/{campaign}/numbers");
    let assigned = send(&server, "GET", &numbers, Value::Null).await.json();
    let rows = assigned["data"].as_array().unwrap();
    let digits: Vec<&str> = rows
        .iter()
        .map(|it| it["phone_number"]["number"].as_str().unwrap())
        .collect();
    assert_eq!(digits, [&other, &one].map(String::as_str));
    assert_eq!(rows[1]["campaign_id"], json!(campaign));
    assert_eq!(rows[1]["phone_number"]["name"], json!("(444) 000-0000"));
    let again = send(&server, "POST", &orders, json!({"phone_numbers": [one]})).await;
    assert_eq!(word(&again), "already_assigned");

    let active = Status::Campaign(CampaignStatus::Active);
    server.stands(campaign.parse().unwrap(), active).await;
    let path = format!("/numbers/{}", id(&rows[1]));
    let busy = send(&server, "DELETE", &path, Value::Null).await;
    assert_eq!(word(&busy), "number_assignment_cannot_be_removed");
    let completed = Status::Assignment(AssignmentStatus::Completed);
    server.stands(sid_of(&rows[1]), completed).await;
    let filtered = format!("{numbers}?filter_state=completed");
    let filtered = send(&server, "GET", &filtered, Value::Null).await;
    assert_eq!(ids(&filtered), [id(&rows[1])]);
    let gone = send(&server, "DELETE", &path, Value::Null).await;
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    let again = send(&server, "DELETE", &path, Value::Null).await;
    assert_eq!(again.status, 404);
    for query in ["", "?filter_state=pending"] {
        let left = send(&server, "GET", &format!("{numbers}{query}"), Value::Null).await;
        assert_eq!(ids(&left), [id(&rows[0])]);
    }
    let removed = format!("{numbers}?filter_state=removed");
    assert!(ids(&send(&server, "GET", &removed, Value::Null).await).is_empty());
    made(&server, PROJECT, &orders, json!({"phone_numbers": [one]})).await;
}

fn sid_of(json: &Value) -> Sid {
    id(json).parse().expect("a SID")
}

#[tokio::test]
async fn a_campaign_says_how_many_numbers_it_has_and_whether_they_stay() {
    let server = Server::start().await;
    let brand = id(&made(&server, PROJECT, "/brands", a_brand()).await);
    let campaigns = format!("/brands/{brand}/campaigns");
    let mut pooling = a_campaign(&brand);
    pooling["number_pooling_required"] = json!(true);
    pooling["number_pooling_per_campaign"] = json!("a number for each branch");
    let mut numbers = Vec::new();
    for _ in 0..50 {
        numbers.push(number(&server, PROJECT).await);
    }
    let numbers = json!({"phone_numbers": numbers});
    let plain = id(&made(&server, PROJECT, &campaigns, a_campaign(&brand)).await);
    let path = format!("/campaigns/{plain}/orders");
    let refused = send(&server, "POST", &path, numbers.clone()).await;
    assert_eq!(word(&refused), "number_of_assignments_exceed_limit");
    let pooling = id(&made(&server, PROJECT, &campaigns, pooling).await);
    let path = format!("/campaigns/{pooling}/orders");
    made(&server, PROJECT, &path, numbers).await;

    let mut trial = a_campaign(&brand);
    trial["sms_use_case"] = json!("TRIAL");
    let trial = id(&made(&server, PROJECT, &campaigns, trial).await);
    let number = number(&server, PROJECT).await;
    let path = format!("/campaigns/{trial}/orders");
    made(&server, PROJECT, &path, json!({"phone_numbers": [number]})).await;
    let path = format!("/campaigns/{trial}/numbers");
    let assigned = ids(&send(&server, "GET", &path, Value::Null).await);
    let path = format!("/numbers/{}", assigned[0]);
    let fixed = send(&server, "DELETE", &path, Value::Null).await;
    let expected = "cannot_remove_assignment_from_integration_test";
    assert_eq!(word(&fixed), expected);

    for status in [CampaignStatus::Active, CampaignStatus::Inactive] {
        let status = Status::Campaign(status);
        server.stands(plain.parse().unwrap(), status).await;
    }
    let path = format!("/campaigns/{plain}/orders");
    let late = send(&server, "POST", &path, json!({"phone_numbers": [number]})).await;
    assert_eq!(word(&late), "campaign_inactive");
    for _ in 3..50 {
        made(&server, PROJECT, &campaigns, a_campaign(&brand)).await;
    }
    let refused = send(&server, "POST", &campaigns, a_campaign(&brand)).await;
    assert_eq!(word(&refused), "campaign_limit_exceeded");
}

#[tokio::test]
async fn changes_are_told_at_the_url_that_was_given() {
    let server = Server::start().await;
    let url = "http://app.example/10dlc";
    let mut brand = a_brand();
    brand["status_callback_url"] = json!(url);
    let brand = id(&made(&server, PROJECT, "/brands", brand).await);
    let mut campaign = a_campaign(&brand);
    campaign["status_callback_url"] = json!(url);
    let campaigns = format!("/brands/{brand}/campaigns");
    let campaign = id(&made(&server, PROJECT, &campaigns, campaign).await);
    let active = Status::Campaign(CampaignStatus::Active);
    server.stands(campaign.parse().unwrap(), active).await;
    server.engine.settled(Duration::from_secs(5)).await;
    let told = server.engine.seen();
    assert_eq!(told.len(), 1);
    assert_eq!(&*told[0].url, url);
    let body: Value = serde_json::from_str(&told[0].body).unwrap();
    assert_eq!(body["event_type"], "campaign_activated");
    assert_eq!(body["campaign_id"], json!(campaign));
}

#[tokio::test]
async fn without_a_network_nothing_is_registered_and_it_is_said_why() {
    let setup = Setup {
        network: Arc::new(NoNetwork),
        ..Setup::default()
    };
    let server = Server::with(setup).await;
    let refused = send(&server, "POST", "/brands", a_brand()).await;
    assert_eq!(word(&refused), "cannot_process");
    let detail = refused.json()["errors"][0]["detail"].clone();
    assert!(
        detail.as_str().unwrap().contains("network.kind"),
        "{detail}"
    );
    assert!(ids(&send(&server, "GET", "/brands", Value::Null).await).is_empty());
}
