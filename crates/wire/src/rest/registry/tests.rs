//! What is registered, what is refused with which word, and what is shown.

use ringback_domain::id::ProjectId;
use ringback_domain::resource::{NewResource, Origin};
use ringback_domain::subscription::Subscription;
use ringback_domain::time::Timestamp;
use serde_json::json;

use super::*;
use crate::laml::page::{Neighbours, PageToken};
use crate::laml::request::Form;

const BRAND: &str = "6a1fd0e2-93f4-4f3a-8a52-7f0d6b9b2c01";
const CALLBACK: &str = "https://app.example.com/10dlc-status";

fn id(text: &str) -> Sid {
    text.parse().unwrap()
}

fn a_brand() -> Value {
    json!({
        "name": "Acme", "company_name": "Acme Corp LLC", "contact_email": "ops@acme.example",
        "contact_phone": "+15550100009", "ein_issuing_country": "United States",
        "legal_entity_type": "PRIVATE_PROFIT", "ein": "12-3456789",
        "company_address": "1 Main St, Springfield", "company_vertical": "RETAIL",
        "company_website": "acme.example", "status_callback_url": CALLBACK,
    })
}

fn a_campaign() -> Value {
    json!({
        "name": "Reminders", "brand_id": BRAND, "sms_use_case": "CUSTOMER_CARE",
        "description": "appointment reminders for opted-in clients",
        "sample1": "Your visit is at 2pm. STOP to opt out",
        "sample2": "Order ready. STOP to opt out",
        "message_flow": "clients opt in on a paper form at the front desk",
        "opt_out_message": "You will get no more messages",
        "help_message": "Call us at the front desk",
        "number_pooling_required": false, "direct_lending": false, "embedded_link": false,
        "embedded_phone": false, "age_gated_content": false, "lead_generation": false,
        "terms_and_conditions": true, "status_callback_url": CALLBACK,
    })
}

fn an_order() -> Value {
    json!({"phone_numbers": ["+15550100123"], "status_callback_url": CALLBACK})
}

/// `base`, with these attributes; null takes one away.
fn with(mut base: Value, changes: &Value) -> Given {
    let object = base.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        object.insert(name.clone(), value.clone());
    }
    Given::anywhere(&base)
}

/// The words of what is wrong, and the sentences.
fn words<T>(read: Result<T, Vec<RegistryFault>>) -> (Vec<String>, String) {
    let faults = read.err().unwrap_or_default();
    let codes = faults.iter().map(|it| it.code().to_string()).collect();
    let details: Vec<String> = faults.into_iter().map(|it| it.detail).collect();
    (codes, details.join("; "))
}

#[track_caller]
fn refused<T>(read: Result<T, Vec<RegistryFault>>, expected: &[&str], given: &Value) {
    let (codes, details) = words(read);
    assert_eq!(codes, expected, "{given}: {details}");
}

#[test]
fn brands_are_refused_with_the_documented_words() {
    for (changes, expected) in [
        (json!({}), &[][..]),
        (json!({"name": null}), &["missing_required_parameter"]),
        (json!({"name": "  "}), &["missing_required_parameter"]),
        (json!({"name": "Ac"}), &["invalid_parameter"]),
        (json!({"name": "é".repeat(64)}), &[]),
        (json!({"name": "é".repeat(65)}), &["invalid_parameter"]),
        (json!({"name": 7}), &["not_a_string"]),
        (json!({"company_name": "x"}), &["invalid_parameter"]),
        (json!({"contact_email": "x"}), &["invalid_parameter"]),
        (json!({"contact_phone": "x"}), &["invalid_parameter"]),
        (json!({"ein": null}), &["missing_required_parameter"]),
        (
            json!({"ein_issuing_country": null, "company_address": null, "company_website": ""}),
            &["missing_required_parameter"; 3],
        ),
        (
            json!({"legal_entity_type": null}),
            &["missing_required_parameter"],
        ),
        (
            json!({"legal_entity_type": "private_profit"}),
            &["invalid_parameter"],
        ),
        (json!({"company_vertical": null}), &[]),
        (json!({"company_vertical": "SHOES"}), &["invalid_parameter"]),
        (
            json!({"status_callback_url": "ftp://a.example"}),
            &["not_an_http_url"],
        ),
        (
            json!({"status_callback_url": "/status"}),
            &["not_an_http_url"],
        ),
        (json!({"status_callback_url": null, "colour": "red"}), &[]),
        (json!({"csp_self_registered": "yes"}), &["not_a_boolean"]),
        (
            json!({"csp_self_registered": true}),
            &["missing_required_parameter"],
        ),
    ] {
        refused(new_brand(&with(a_brand(), &changes)), expected, &changes);
    }
    let nothing = words(new_brand(&Given::default())).0;
    assert_eq!(nothing, ["missing_required_parameter"; 9]);
    let csp = json!({"csp_self_registered": true, "name": "Shop", "csp_brand_reference": "BX"});
    refused(new_brand(&with(csp, &json!({}))), &[], &json!({}));
}

#[test]
fn campaigns_are_refused_with_the_documented_words() {
    for (changes, expected) in [
        (json!({}), &[][..]),
        (json!({"brand_id": null}), &["missing_required_parameter"]),
        (json!({"brand_id": "x"}), &["invalid_parameter"]),
        (
            json!({"brand_id": "6a1fd0e2-93f4-4f3a-8a52-7f0d6b9b2c02"}),
            &["invalid_parameter"],
        ),
        (json!({"description": "too short"}), &["invalid_parameter"]),
        (json!({"sample1": "short"}), &["invalid_parameter"]),
        (json!({"sample2": null}), &["missing_required_parameter"]),
        (json!({"sample4": "short"}), &["invalid_parameter"]),
        (json!({"message_flow": "short"}), &["invalid_parameter"]),
        (json!({"opt_in_message": "short"}), &["invalid_parameter"]),
        (
            json!({"opt_out_message": ""}),
            &["missing_required_parameter"],
        ),
        (json!({"help_message": ""}), &["missing_required_parameter"]),
        (json!({"opt_in_keywords": "START,YES"}), &[]),
        (
            json!({"opt_in_keywords": "START, YES"}),
            &["incorrect_keyword_format"],
        ),
        (
            json!({"opt_out_keywords": "STOP,,END"}),
            &["incorrect_keyword_format"],
        ),
        (
            json!({"help_keywords": "HELP ME"}),
            &["incorrect_keyword_format"],
        ),
        (
            json!({"sms_use_case": null}),
            &["missing_required_parameter"],
        ),
        (json!({"sms_use_case": "JOKES"}), &["invalid_parameter"]),
        (
            json!({"number_pooling_required": true}),
            &["missing_required_parameter"],
        ),
        (
            json!({"number_pooling_required": true, "number_pooling_per_campaign": "branches"}),
            &[],
        ),
        (
            json!({"embedded_link": null}),
            &["missing_required_parameter"],
        ),
        (json!({"embedded_phone": "no"}), &["not_a_boolean"]),
        (
            json!({"terms_and_conditions": null}),
            &["missing_required_parameter"],
        ),
        (
            json!({"terms_and_conditions": false}),
            &["terms_and_conditions_required"],
        ),
        (json!({"status_callback_url": "x"}), &["not_an_http_url"]),
        (
            json!({"csp_campaign_reference": ""}),
            &["missing_required_parameter"],
        ),
        (
            json!({"csp_campaign_reference": "CX", "sample1": null}),
            &[],
        ),
    ] {
        let given = with(a_campaign(), &changes);
        refused(new_campaign(&given, id(BRAND)), expected, &changes);
    }
    let nothing = words(new_campaign(&Given::default(), id(BRAND))).0;
    assert_eq!(
        nothing, ["missing_required_parameter"; 16],
        "all that is required"
    );
}

#[test]
fn use_cases_need_what_belongs_to_them() {
    let five = [
        "2FA",
        "MARKETING",
        "CUSTOMER_CARE",
        "FRAUD_ALERT",
        "SECURITY_ALERT",
    ];
    let six: Vec<&str> = five.into_iter().chain(["POLLING_VOTING"]).collect();
    for (changes, expected) in [
        (
            json!({"sms_use_case": "MIXED"}),
            &["missing_sub_use_cases"][..],
        ),
        (
            json!({"sms_use_case": "LOW_VOLUME_MIXED", "sub_use_cases": []}),
            &["missing_sub_use_cases"],
        ),
        (
            json!({"sms_use_case": "MIXED", "sub_use_cases": ["2FA", "2FA"]}),
            &["incorrect_number_of_sub_use_cases_mixed"],
        ),
        (json!({"sms_use_case": "MIXED", "sub_use_cases": five}), &[]),
        (
            json!({"sms_use_case": "MIXED", "sub_use_cases": six}),
            &["incorrect_number_of_sub_use_cases_mixed"],
        ),
        (
            json!({"sms_use_case": "LOW_VOLUME_MIXED", "sub_use_cases": ["2FA"]}),
            &[],
        ),
        (
            json!({"sms_use_case": "LOW_VOLUME_MIXED", "sub_use_cases": six}),
            &["incorrect_number_of_sub_use_cases_low_volume"],
        ),
        (
            json!({"sms_use_case": "MIXED", "sub_use_cases": ["2FA", "JOKES"]}),
            &["invalid_sub_use_cases"],
        ),
        (
            json!({"sms_use_case": "MIXED", "sub_use_cases": "2FA,MARKETING"}),
            &["not_an_array_of_strings"],
        ),
        (
            json!({"sub_use_cases": ["2FA"]}),
            &["sub_use_cases_present"],
        ),
        (
            json!({"sms_use_case": "POLITICAL_SECTION_527"}),
            &["missing_required_parameter"],
        ),
        (
            json!({"sms_use_case": "POLITICAL_SECTION_527", "campaign_verify_token": "cv|1"}),
            &[],
        ),
    ] {
        let given = with(a_campaign(), &changes);
        refused(new_campaign(&given, id(BRAND)), expected, &changes);
    }
}

#[test]
fn names_and_orders_are_refused_with_the_documented_words() {
    for (given, name, expected) in [
        (json!({}), None, &[][..]),
        (json!({"name": null}), None, &[]),
        (
            json!({"name": "Other", "description": "x"}),
            Some("Other"),
            &[],
        ),
        (json!({"name": ""}), None, &["missing_required_parameter"]),
        (json!({"name": "x"}), None, &["invalid_parameter"]),
    ] {
        let read = new_name(&with(json!({}), &given));
        let read_name = read.as_ref().ok().cloned().flatten();
        assert_eq!(read_name.as_deref(), name);
        refused(read, expected, &given);
    }
    for (changes, expected) in [
        (json!({}), &[][..]),
        (
            json!({"phone_numbers": null}),
            &["missing_required_parameter"],
        ),
        (
            json!({"phone_numbers": []}),
            &["missing_required_parameter"],
        ),
        (
            json!({"phone_numbers": "+15550100123"}),
            &["not_an_array_of_strings"],
        ),
        (json!({"phone_numbers": [7]}), &["not_an_array_of_strings"]),
        (
            json!({"phone_numbers": ["+15550100123", "5550100123", "12345"]}),
            &["not_e164", "not_e164"],
        ),
        (json!({"status_callback_url": "x"}), &["not_an_http_url"]),
    ] {
        refused(new_order(&with(an_order(), &changes)), expected, &changes);
    }
}

#[test]
fn a_fault_is_said_as_signalwire_says_it() {
    let errors = new_brand(&with(a_brand(), &json!({"name": ""}))).unwrap_err();
    let expected = json!({"errors": [{
        "detail": "Name can't be blank", "status": "422", "title": "Invalid Attribute",
        "code": "missing_required_parameter",
    }]});
    let told = serde_json::to_value(RegistryFaultsJson { errors }).unwrap();
    assert_eq!(told, expected);
}

/// `new` as it is shown.
fn entry(new: NewResource, callback: Option<SubscriptionOrder>, told: Option<Sid>) -> Value {
    let origin = Origin {
        sid: told.unwrap_or(id("b2a4b7c1-0d1b-4c57-8a0f-0c6e2a7f9e02")),
        ordinal: 1,
        project: ProjectId::from_bytes([1; 16]),
        depth: 0,
        // 2026-08-20T10:15:00Z
        at: Timestamp::from_micros(1_787_220_900_000_000),
    };
    let subscriptions = callback.map(|it| Subscription {
        url: it.url.as_given().to_owned(),
        method: it.method,
        interest: it.interest,
        next_sequence: 0,
    });
    let (mut resource, _) =
        Resource::create(origin, new, subscriptions.into_iter().collect(), || {
            id(BRAND)
        });
    if let Body::AssignmentOrder(order) = &mut resource.body {
        order.processed_at = Some(Timestamp::from_micros(1_787_220_901_000_000));
    }
    let entry = EntryJson::of(&resource, |_| Some("front desk".to_owned()));
    serde_json::to_value(entry.expect("it is of 10DLC")).unwrap()
}

#[test]
fn what_is_registered_is_shown_as_it_was_given() {
    let given = with(a_brand(), &json!({}));
    let brand = new_brand(&given).unwrap();
    let shown = entry(
        NewResource::Brand(brand.new),
        brand.callback,
        Some(id(BRAND)),
    );
    let mut expected = Value::Object(given.attributes);
    expected["id"] = json!(BRAND);
    expected["state"] = json!("pending");
    expected["csp_self_registered"] = json!(false);
    expected["created_at"] = json!("2026-08-20T10:15:00Z");
    expected["updated_at"] = json!("2026-08-20T10:15:00Z");
    assert_eq!(shown, expected);

    let more = json!({
        "sample5": "Your car is ready. STOP to opt out", "dynamic_messages": "Dear {name}",
        "help_keywords": "HELP,INFO", "number_pooling_required": true,
        "number_pooling_per_campaign": "a number for each branch",
    });
    let given = with(a_campaign(), &more);
    let campaign = new_campaign(&given, id(BRAND)).unwrap();
    let shown = entry(NewResource::Campaign(campaign.new), campaign.callback, None);
    let mut expected = Value::Object(given.attributes);
    let object = expected.as_object_mut().unwrap();
    for gone in ["brand_id", "terms_and_conditions"] {
        object.remove(gone);
    }
    let dynamic = object.remove("dynamic_messages").unwrap();
    object.insert("dynamic_templates".to_owned(), dynamic);
    for (name, value) in [
        ("id", "b2a4b7c1-0d1b-4c57-8a0f-0c6e2a7f9e02"),
        ("state", "pending"),
        ("opt_in_keywords", "START"),
        ("opt_out_keywords", "STOP"),
        ("created_at", "2026-08-20T10:15:00Z"),
        ("updated_at", "2026-08-20T10:15:00Z"),
    ] {
        object.insert(name.to_owned(), json!(value));
    }
    assert_eq!(shown, expected);
}

#[test]
fn what_is_shared_or_ordered_is_shown_with_what_is_known_of_it() {
    let csp = json!({"csp_self_registered": true, "name": "Shop", "csp_brand_reference": "BX"});
    let brand = new_brand(&with(csp, &json!({}))).unwrap();
    let shown = entry(NewResource::Brand(brand.new), brand.callback, None);
    assert_eq!(shown["csp_brand_reference"], "BX");
    assert_eq!(shown["csp_self_registered"], true);
    assert_eq!(shown.get("ein"), None);
    let partner = json!({"name": "Shared", "brand_id": BRAND, "csp_campaign_reference": "CX"});
    let campaign = new_campaign(&with(partner, &json!({})), id(BRAND)).unwrap();
    let shown = entry(NewResource::Campaign(campaign.new), campaign.callback, None);
    let expected = json!({
        "id": "b2a4b7c1-0d1b-4c57-8a0f-0c6e2a7f9e02", "name": "Shared", "state": "pending",
        "csp_campaign_reference": "CX",
        "created_at": "2026-08-20T10:15:00Z", "updated_at": "2026-08-20T10:15:00Z",
    });
    assert_eq!(shown, expected);

    let order = NewResource::AssignmentOrder(
        ringback_domain::number_assignment_order::NewAssignmentOrder::reported(
            id(BRAND),
            id(BRAND),
        ),
    );
    let asked = new_order(&with(an_order(), &json!({}))).unwrap();
    let shown = entry(order, asked.callback, None);
    let expected = json!({
        "id": "b2a4b7c1-0d1b-4c57-8a0f-0c6e2a7f9e02", "state": "pending",
        "processed_at": "2026-08-20T10:15:01Z", "created_at": "2026-08-20T10:15:00Z",
        "updated_at": "2026-08-20T10:15:00Z", "status_callback_url": CALLBACK,
    });
    assert_eq!(shown, expected);
    let assignment = NewResource::Assignment(ringback_domain::number_assignment::NewAssignment {
        brand: id(BRAND),
        campaign: id(BRAND),
        order: id(BRAND),
        number: id("e5f6a7b8-4d70-4c33-98c9-304f5e6d7c05"),
        phone_number: "+15550100123".to_owned(),
    });
    let shown = entry(assignment, None, None);
    let expected = json!({
        "id": "b2a4b7c1-0d1b-4c57-8a0f-0c6e2a7f9e02", "state": "pending", "campaign_id": BRAND,
        "phone_number": {
            "id": "e5f6a7b8-4d70-4c33-98c9-304f5e6d7c05", "name": "front desk",
            "number": "+15550100123",
        },
        "created_at": "2026-08-20T10:15:00Z", "updated_at": "2026-08-20T10:15:00Z",
    });
    assert_eq!(shown, expected);
}

#[test]
fn pages_are_linked_as_the_published_example_is() {
    let path = "/api/relay/rest/registry/beta/brands";
    let neighbours = Neighbours {
        older_than: Some(id(BRAND)),
        newer_than: Some(id(BRAND)),
    };
    let asked = list(&Form::parse("")).unwrap();
    let page = PageJson::new(path, &asked, vec![1], neighbours);
    let expected = json!({
        "links": {
            "self": format!("{path}?page_number=0&page_size=50"),
            "first": format!("{path}?page_size=50"),
            "next": format!("{path}?page_number=1&page_size=50&page_token=PA{BRAND}"),
        },
        "data": [1],
    });
    assert_eq!(serde_json::to_value(page).unwrap(), expected);

    let query = format!(
        "filter_name=a+b&filter_state=active&page_number=2&page_size=7&page_token=PA{BRAND}"
    );
    let asked = list(&Form::parse(&query)).unwrap();
    assert_eq!(asked.page.token, Some(PageToken::After(id(BRAND))));
    let page = PageJson::new(path, &asked, Vec::<u8>::new(), neighbours);
    let kept = format!("{path}?filter_name=a+b&filter_state=active");
    let expected = json!({
        "links": {
            "self": format!("{path}?{query}"),
            "first": format!("{kept}&page_size=7"),
            "next": format!("{kept}&page_number=3&page_size=7&page_token=PA{BRAND}"),
            "prev": format!("{kept}&page_number=1&page_size=7&page_token=PB{BRAND}"),
        },
        "data": [],
    });
    assert_eq!(serde_json::to_value(page).unwrap(), expected);
}

#[test]
fn what_cannot_be_a_page_is_refused() {
    for (query, expected) in [
        ("page_size=1000", &[][..]),
        ("page_size=0", &["invalid_parameter"]),
        ("page_size=1001", &["invalid_parameter"]),
        ("page_size=x", &["invalid_parameter"]),
        ("page_number=-1", &["invalid_parameter"]),
        ("page_number=1", &["page_token_required"]),
        ("page_token=x", &["page_token_is_invalid"]),
    ] {
        refused(list(&Form::parse(query)), expected, &json!(query));
    }
}
