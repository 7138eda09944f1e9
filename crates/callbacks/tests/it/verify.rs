//! Which requests are trusted. Signatures were reckoned with Python's hmac, hashlib and base64, and
//! are those with which the sender's side is tested too.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringback_callbacks::{KeyError, Request, Scheme, Verified, Verifier, VerifyError};

const KEY: &str = "PSK_test-k\u{e9}y";
const URL: &str = "https://crm.example:8443/in?b=2";
/// Sorted bytewise `body` comes last; values are plain when they are signed.
const FORM: &[u8] = b"To=%2B15550100002&CallSid=3c1f0a22&body=h%C3%A9+100%25&Empty=&To=%2B15550100001&CallStatus=in-progress";
const FORM_TYPE: (&str, &str) = (
    "content-type",
    "application/x-www-form-urlencoded; charset=UTF-8",
);
const OF_FORM: &str = "E9zjz7KWpTa+5NVnM+bDaRIV2Ks=";
const JSON: &[u8] = br#"{"a": "1"}"#;
const JSON_TYPE: (&str, &str) = ("Content-Type", "application/json");
const OF_JSON: &str = "34084967530c2e0a2b4f5fe11ba2001570c8c878";
const OF_JSON_SHA256: &str = "4614340fcf6226cbee81640a30da4269ec47e6cba11c50f45f85963a23551ce2";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_712_255_535)
}

fn check(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Vec<Scheme>, VerifyError> {
    let verifier = Verifier::new([KEY]).unwrap();
    let headers = headers.iter().map(|(name, value)| (*name, *value));
    let request = Request::new(method, url, headers, body);
    let schemes = verifier.verify_at(&request, now())?.schemes().to_vec();
    Ok(schemes)
}

const WRONG: Result<Vec<Scheme>, VerifyError> = Err(VerifyError::Wrong {
    header: "X-SignalWire-Signature",
});

#[test]
fn a_form_is_verified_by_its_url_and_its_parameters() {
    let signed = [FORM_TYPE, ("X-SignalWire-Signature", OF_FORM)];
    assert_eq!(
        check("POST", URL, &signed, FORM),
        Ok(vec![Scheme::Parameters])
    );
    let twilio = [FORM_TYPE, ("x-twilio-signature", OF_FORM)];
    assert_eq!(
        check("POST", URL, &twilio, FORM),
        Ok(vec![Scheme::Parameters])
    );

    assert_eq!(
        check("POST", &URL.replace("b=2", "b=3"), &signed, FORM),
        WRONG
    );
    let tampered = [FORM, b"&Empty=1"].concat();
    assert_eq!(check("POST", URL, &signed, &tampered), WRONG);
    assert_eq!(check("GET", URL, &signed, FORM), WRONG);
    assert_eq!(check("POST", URL, &[JSON_TYPE, signed[1]], FORM), WRONG);
}

#[test]
fn a_get_is_verified_by_its_url_alone() {
    let url = "http://a.example/?x=1&T=18:32:15+%2B0000";
    let signed = [("X-SignalWire-Signature", "NxPbLYnACgKCb/mkPYJZElp3q9I=")];
    assert_eq!(
        check("GET", url, &signed, b""),
        Ok(vec![Scheme::Parameters])
    );
    assert_eq!(
        check("GET", &url.replace("%2B", "%2b"), &signed, b""),
        WRONG
    );
    // What stands in a body was not signed.
    assert_eq!(check("GET", url, &signed, b"x=2"), WRONG);
    assert_eq!(check("POST", url, &signed, b"{}"), WRONG);
}

#[test]
fn json_is_verified_by_its_raw_body_in_both_lengths() {
    let signed = [
        JSON_TYPE,
        ("X-SignalWire-Signature", OF_JSON),
        ("X-SignalWire-Sha256-Signature", OF_JSON_SHA256),
    ];
    let both = vec![Scheme::RawBody, Scheme::RawBodySha256];
    assert_eq!(check("POST", URL, &signed, JSON), Ok(both));
    assert_eq!(check("POST", URL, &signed, br#"{"a":"1"}"#), WRONG);
    // Each of them has to be right.
    let wrong = OF_JSON_SHA256.replace('4', "5");
    let one = [
        JSON_TYPE,
        signed[1],
        ("X-SignalWire-Sha256-Signature", &wrong),
    ];
    let header = "X-SignalWire-Sha256-Signature";
    assert_eq!(
        check("POST", URL, &one, JSON),
        Err(VerifyError::Wrong { header })
    );
}

#[test]
fn a_url_vouches_for_the_body_whose_hash_it_has() {
    // Both reckoned for the key `k`.
    let body = br#"{"project_id":"9b1d2c3e-0000-4000-8000-00000000ac01","state":"active"}"#;
    let hash = "c3510c4b37f447c51a105ffd846ea03a0fdf0c9a6b540ae7de275372253c03c9";
    let url = format!("https://a.example/x?y=1&bodySHA256={hash}");
    let headers = [
        JSON_TYPE,
        ("X-Twilio-Signature", "qv97j5027QaMHsUtvUEALa1IyGQ="),
    ];
    let verifier = Verifier::new(["k"]).unwrap();
    let request = Request::new("POST", &url, headers, body);
    let trusted = verifier.verify(&request).unwrap();
    assert_eq!(trusted.schemes(), [Scheme::BodyHash]);
    let tampered = Request::new("POST", &url, headers, b"{}");
    assert!(verifier.verify(&tampered).is_err());
}

#[test]
fn standard_webhooks_are_verified_with_their_time() {
    let signature = "v1,fBL5VK8b/QJWdeLUuqN4aBjh3qvUYmOkdyqYK4+t+/c=";
    let rotating = format!("v2,AAAA v1,AAAA {signature}");
    let headers = |time, signature| {
        [
            JSON_TYPE,
            ("webhook-id", "0190a-id"),
            ("webhook-timestamp", time),
            ("webhook-signature", signature),
        ]
    };
    let standard = Ok(vec![Scheme::StandardWebhooks]);
    let at = "1712255535";
    assert_eq!(check("POST", "", &headers(at, signature), JSON), standard);
    assert_eq!(check("POST", URL, &headers(at, &rotating), JSON), standard);
    let header = "webhook-signature";
    let wrong = Err(VerifyError::Wrong { header });
    assert_eq!(
        check("POST", URL, &headers("1712255536", signature), JSON),
        wrong
    );
    assert_eq!(check("POST", URL, &headers(at, "v1,AAAA"), JSON), wrong);
    assert_eq!(
        check("POST", URL, &[JSON_TYPE, (header, signature)], JSON),
        wrong
    );

    let verifier = Verifier::new([KEY]).unwrap();
    let request = Request::new("POST", URL, headers(at, signature), JSON);
    let verify = |now| verifier.verify_at(&request, now).err();
    let minutes = |count: u64| Duration::from_secs(60 * count);
    assert_eq!(verify(now() + minutes(5)), None);
    assert_eq!(verify(now() - minutes(5)), None);
    assert_eq!(verify(now() + minutes(6)), Some(VerifyError::Stale));
    assert_eq!(verify(now() - minutes(6)), Some(VerifyError::Stale));
    let strict = verifier.clone().only_within(minutes(1));
    assert!(strict.verify_at(&request, now() + minutes(1)).is_ok());
    assert_eq!(
        strict.verify_at(&request, now() + minutes(2)).err(),
        Some(VerifyError::Stale)
    );
}

#[test]
fn who_wants_a_time_takes_nothing_without_one() {
    let verifier = Verifier::new([KEY])
        .unwrap()
        .only_within(Duration::from_secs(60));
    let signed = [FORM_TYPE, ("X-SignalWire-Signature", OF_FORM)];
    let request = Request::new("POST", URL, signed, FORM);
    assert_eq!(
        verifier.verify_at(&request, now()).err(),
        Some(VerifyError::NoTimestamp)
    );
    let request = Request::new("POST", URL, [FORM_TYPE], FORM);
    assert_eq!(
        verifier.verify_at(&request, now()).err(),
        Some(VerifyError::Unsigned)
    );
}

/// Who sees one request, and could choose a text in it, must not make another request of it that is
/// signed by another rule: the SHA-1 of a form and of JSON is one number, written in two ways.
#[test]
fn what_was_signed_by_one_rule_is_not_verified_by_another() {
    // Of a form with the text `x&MessageSid=forged&...`: its URL, keys and values without what
    // is between them, which as a raw body are a form again.
    let signed = "dF/ckCD/wfiMdayGeXgC4V0maiI=";
    let chosen = "x%26MessageSid%3Dforged%26AccountSid%3Dp%26MessageStatus%3Ddelivered%26z%3D";
    let genuine = format!("MessageSid=m&AccountSid=p&MessageStatus=failed&Body={chosen}");
    let headers = [FORM_TYPE, ("X-SignalWire-Signature", signed)];
    assert_eq!(
        check("POST", URL, &headers, genuine.as_bytes()),
        Ok(vec![Scheme::Parameters])
    );
    let forged = b"AccountSidpBodyx&MessageSid=forged&AccountSid=p&MessageStatus=delivered&z=\
        MessageSidmMessageStatusfailed";
    let in_hex = "745fdc9020ffc1f88c75ac86797802e15d266a22";
    let headers = [FORM_TYPE, ("X-SignalWire-Signature", in_hex)];
    assert_eq!(check("POST", URL, &headers, forged), WRONG);

    // Of JSON with the text `x.1712255535.MessageSid=forged&...`: an id, a time and a form.
    let json = br#"{"id":"m","body":"x.1712255535.MessageSid=forged&AccountSid=p&MessageStatus=delivered&z="}"#;
    let header = "X-SignalWire-Sha256-Signature";
    let in_hex = "08e031c6689d1045747fa044ab72e6667749272a7d812e81ffea58d5d7a8b237";
    assert_eq!(
        check("POST", URL, &[JSON_TYPE, (header, in_hex)], json),
        Ok(vec![Scheme::RawBodySha256])
    );
    let id = format!("{URL}{{\"id\":\"m\",\"body\":\"x");
    let headers = [
        FORM_TYPE,
        ("webhook-id", &id),
        ("webhook-timestamp", "1712255535"),
        (
            "webhook-signature",
            "v1,COAxxmidEEV0f6BEq3LmZndJJyp9gS6B/+pY1deosjc=",
        ),
    ];
    let header = "webhook-signature";
    let forged = b"MessageSid=forged&AccountSid=p&MessageStatus=delivered&z=\"}";
    assert_eq!(
        check("POST", URL, &headers, forged),
        Err(VerifyError::Wrong { header })
    );
}

/// The callback of a GET is in its URL, of which Standard Webhooks say nothing.
#[test]
fn a_get_is_not_trusted_for_its_body_and_its_time() {
    let of_nothing = [
        ("webhook-id", "0190a-id"),
        ("webhook-timestamp", "1712255535"),
        (
            "webhook-signature",
            "v1,A2NGjZ6Tuh+sY83b32iGkGNUFzO+OfZ+j4Ui2mBOvtI=",
        ),
    ];
    let forged = "https://crm.example:8443/in?MessageSid=m&AccountSid=p&MessageStatus=delivered";
    assert_eq!(
        check("GET", forged, &of_nothing, b""),
        Err(VerifyError::Unsigned)
    );

    // With the signature of its URL it is trusted, and that has no time.
    let of_url = ("X-SignalWire-Signature", "tNzTiY6rN9ZdCO530aGHHBx2PN4=");
    let [id, time, signature] = of_nothing;
    let both = [of_url, id, time, signature];
    assert_eq!(check("GET", URL, &both, b""), Ok(vec![Scheme::Parameters]));
    let timed = Verifier::new([KEY])
        .unwrap()
        .only_within(Duration::from_secs(60));
    let request = Request::new("GET", URL, both, b"");
    assert_eq!(
        timed.verify_at(&request, now()).err(),
        Some(VerifyError::NoTimestamp)
    );
}

/// What a body is, is said in a header that nobody signs.
#[test]
fn json_is_not_trusted_as_a_form() {
    let json =
        br#"{"id":"m","body":"x&MessageSid=forged&AccountSid=p&MessageStatus=delivered&z="}"#;
    let by_body = [
        ("webhook-id", "0190a-id"),
        ("webhook-timestamp", "1712255535"),
        (
            "webhook-signature",
            "v1,DYCY8xbx/J5kMB0QpEHIghefIJz2Kk628/XeBmnrAis=",
        ),
    ];
    let hash = "3faf98ce97b665b06b0c1f54d42b21bbf4b48753c2f6e461441b49c62f9dde1f";
    let with_hash = format!("{URL}&bodySHA256={hash}");
    let by_url = [("X-Twilio-Signature", "lHvzKaLOvZgMZuJingieh8NyLOU=")];
    for (url, signed, scheme) in [
        (URL, &by_body[..], Scheme::StandardWebhooks),
        (&with_hash, &by_url[..], Scheme::BodyHash),
    ] {
        let genuine = [&[JSON_TYPE], signed].concat();
        assert_eq!(check("POST", url, &genuine, json), Ok(vec![scheme]));
        let forged = [&[FORM_TYPE], signed].concat();
        let refused = check("POST", url, &forged, json);
        assert!(
            matches!(refused, Err(VerifyError::Wrong { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn what_is_not_signed_is_not_trusted() {
    assert_eq!(
        check("POST", URL, &[FORM_TYPE], FORM),
        Err(VerifyError::Unsigned)
    );
    for nothing in [
        "",
        "=",
        "AAAA",
        "E9zjz7KWpTa+5NVnM+bDaRIV2K",
        &"0".repeat(40),
    ] {
        let signed = [FORM_TYPE, ("X-SignalWire-Signature", nothing)];
        assert_eq!(check("POST", URL, &signed, FORM), WRONG, "{nothing:?}");
    }
    // One right one does not make up for one that is wrong.
    let two = [
        FORM_TYPE,
        ("X-SignalWire-Signature", OF_FORM),
        ("X-SignalWire-Signature", "AAAA"),
    ];
    assert_eq!(check("POST", URL, &two, FORM), WRONG);
}

#[test]
fn ports_that_proxies_add_or_take_away_do_not_matter() {
    // Reckoned for `https://crm.example/in`, without parameters.
    let signed = [
        FORM_TYPE,
        ("X-SignalWire-Signature", "OfUKsI5aaRjgQF6x+A9Bh2DF458="),
    ];
    for url in [
        "https://crm.example/in",
        "https://crm.example:443/in",
        "https://crm.example:8443/in",
        "https://user:password@crm.example/in#rt=5000",
    ] {
        assert_eq!(
            check("POST", url, &signed, b""),
            Ok(vec![Scheme::Parameters]),
            "{url}"
        );
    }
    for url in [
        "http://crm.example/in",
        "https://crm.example/in/",
        "https://crm.example.org/in",
    ] {
        assert_eq!(check("POST", url, &signed, b""), WRONG, "{url}");
    }
}

#[test]
fn while_a_key_rotates_either_will_do_and_which_one_is_told() {
    let signed = [FORM_TYPE, ("X-SignalWire-Signature", OF_FORM)];
    let request = Request::new("POST", URL, signed, FORM);
    let key = |keys: [&str; 2]| {
        let verifier = Verifier::new(keys).unwrap();
        verifier.verify(&request).as_ref().map(Verified::key).ok()
    };
    assert_eq!(key([KEY, "new"]), Some(0));
    assert_eq!(key(["new", KEY]), Some(1));
    assert_eq!(key(["new", "newer"]), None);
}

#[test]
fn an_empty_key_is_refused_since_anybody_could_sign_with_it() {
    assert_eq!(Verifier::new([""]).err(), Some(KeyError::Empty));
    assert_eq!(Verifier::new([KEY, ""]).err(), Some(KeyError::Empty));
    assert_eq!(
        Verifier::new(Vec::<String>::new()).err(),
        Some(KeyError::None)
    );
}

#[test]
fn debug_shows_no_key_no_header_and_no_body() {
    let verifier = Verifier::new([KEY]).unwrap();
    assert_eq!(format!("{verifier:?}"), "Verifier { keys: 1, .. }");
    let signed = [FORM_TYPE, ("X-SignalWire-Signature", OF_FORM)];
    let request = Request::new("POST", URL, signed, FORM);
    let shown = format!("{:?}", verifier.verify(&request).unwrap());
    assert!(
        !shown.contains("5550100002") && !shown.contains(OF_FORM),
        "{shown}"
    );
}
