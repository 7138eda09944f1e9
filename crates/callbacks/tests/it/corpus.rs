//! Requests of every type, kept in `corpus`: each is verified and read, and changed at random, so
//! that whatever comes from outside ends in an answer and never in a panic.
//!
//! `RINGBACK_SEED=7 cargo test -p ringback-callbacks corpus` runs other changes.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringback_callbacks::{Callback, MAX_BODY_BYTES, ParseError, Request, Verifier, VerifyError};

/// How often each request is changed. All of it takes about a second.
const CHANGES: usize = 100;

/// A request of the corpus: a line with method and URL, a line for each header, an empty one, the
/// body.
#[derive(Clone)]
struct Kept {
    method: String,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Kept {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(2)
            .position(|two| two == b"\n\n")
            .expect("an empty line");
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.lines();
        let (method, url) = lines
            .next()
            .and_then(|line| line.split_once(' '))
            .expect("a method");
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header");
            (name.to_owned(), value.as_bytes().to_vec())
        };
        Self {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: lines.map(header).collect(),
            body: bytes[end + 2..].to_vec(),
        }
    }

    fn request(&self) -> Request<'_> {
        let headers = self.headers.iter().map(|(name, value)| (name, value));
        Request::new(&self.method, &self.url, headers, &self.body)
    }
}

fn folder(name: &str) -> Vec<(PathBuf, Kept)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    let read = |path: PathBuf| {
        let kept = Kept::read(&std::fs::read(&path).unwrap());
        (path, kept)
    };
    files.into_iter().map(read).collect()
}

fn verifier() -> Verifier {
    Verifier::new(["PSK_development_only_000000000000000"]).unwrap()
}

/// When the requests of the corpus were signed.
fn signed_at() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_449_126)
}

fn receive(kept: &Kept) -> Result<Callback, String> {
    let request = kept.request();
    let verified = verifier().verify_at(&request, signed_at());
    let verified = verified.map_err(|error| error.to_string())?;
    verified.callback().map_err(|error| error.to_string())
}

#[test]
fn what_ringback_sends_is_verified_and_read_to_the_last_parameter() {
    let all = folder("ringback");
    assert_eq!(all.len(), 34);
    for (path, kept) in all {
        let callback = receive(&kept).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            name.starts_with(callback.type_name()),
            "{name} is {}",
            callback.type_name()
        );
        // What stood in the URL before is a parameter of a GET as well.
        let own = [("tenant".to_owned(), "7".to_owned())];
        let expected = if kept.method == "GET" { &own[..] } else { &[] };
        assert_eq!(callback.other(), expected, "{name}");
        assert!(
            !callback.resource().is_empty() && callback.order().is_some(),
            "{name}"
        );
    }
}

#[test]
fn what_twilio_sends_is_read_and_what_is_its_alone_is_kept() {
    let all = folder("twilio");
    assert_eq!(all.len(), 5);
    for (path, kept) in all {
        let callback = receive(&kept).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(callback.type_name(), name);
        let other: Vec<&str> = callback.other().iter().map(|(name, _)| &**name).collect();
        let expected: &[&str] = match name {
            "voice" => &[
                "CallerCity",
                "CallerState",
                "CallerCountry",
                "CallerZip",
                "ToCity",
                "StirVerstat",
            ],
            "message" => &["RawDlrDoneDate"],
            "transcription" => &["TranscriptionType", "url"],
            _ => &[],
        };
        assert_eq!(other, expected, "{name}");
    }
}

#[test]
fn what_is_hostile_is_neither_verified_nor_read() {
    let all = folder("hostile");
    assert_eq!(all.len(), 18);
    for (path, kept) in all {
        let request = kept.request();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            verifier().verify_at(&request, signed_at()).is_err(),
            "{name}"
        );
        assert!(Callback::parse(&request).is_err(), "{name}");
    }
}

#[test]
fn what_is_too_large_is_not_looked_at() {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = vec![b'a'; MAX_BODY_BYTES + 1];
    let request = Request::new("POST", "https://a/", headers, &body);
    assert!(matches!(
        Callback::parse(&request),
        Err(ParseError::TooLarge)
    ));
    assert!(matches!(
        verifier().verify(&request),
        Err(VerifyError::TooLarge)
    ));
}

#[test]
fn no_change_at_random_makes_it_panic_or_passes_for_what_was_signed() {
    let seed = std::env::var("RINGBACK_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let mut draw = Draw(seed.unwrap_or(1));
    println!("RINGBACK_SEED={}", draw.0);
    let all: Vec<Kept> = ["ringback", "twilio", "hostile"]
        .into_iter()
        .flat_map(folder)
        .map(|(_, it)| it)
        .collect();
    let mut verified = 0;
    for original in &all {
        for _ in 0..CHANGES {
            let mut changed = original.clone();
            for _ in 0..=draw.below(3) {
                draw.change(&mut changed, &all);
            }
            let request = changed.request();
            if let Ok(callback) = Callback::parse(&request) {
                assert!(!callback.key().is_empty() && !format!("{callback:?}").is_empty());
                let _ = (callback.order(), callback.status(), callback.resource());
            }
            if verifier().verify_at(&request, signed_at()).is_ok() {
                verified += 1;
                let genuine = all.iter().any(|it| is_signed_alike(it, &changed));
                assert!(
                    genuine,
                    "{} {:?}",
                    changed.url,
                    String::from_utf8_lossy(&changed.body)
                );
            }
        }
    }
    // Changes of what is not signed, and none: else the promise above is about nothing.
    assert!(verified > 0);
}

/// Whether the signatures of one request hold for another one: the schemes cannot tell such apart.
/// Standard Webhooks say nothing of the URL, and are of no use for a GET.
fn is_signed_alike(one: &Kept, other: &Kept) -> bool {
    let of_url = |(name, _): &(String, Vec<u8>)| name.to_ascii_lowercase().starts_with("x-");
    let body_alone = other.method == "POST" && !other.headers.iter().any(of_url);
    signed_texts(one)
        .iter()
        .any(|text| signed_texts(other).contains(text))
        || body_alone && one.body == other.body
}

/// The texts that a signature may stand for: the URL, then the body, or each key and value of it,
/// sorted by key.
fn signed_texts(kept: &Kept) -> [Vec<u8>; 2] {
    let url = kept.url.split('#').next().unwrap_or_default();
    let mut pairs: Vec<(String, String)> =
        form_urlencoded::parse(&kept.body).into_owned().collect();
    pairs.sort_by(|one, other| one.0.cmp(&other.0));
    let pairs: String = pairs
        .into_iter()
        .flat_map(|(key, value)| [key, value])
        .collect();
    [
        [url.as_bytes(), &kept.body].concat(),
        [url, &pairs].concat().into_bytes(),
    ]
}

/// Chance, from a seed (`SplitMix64`).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }

    fn change(&mut self, kept: &mut Kept, all: &[Kept]) {
        let other = &all[self.below(all.len())];
        match self.below(8) {
            0 => kept.method = other.method.clone(),
            1 => kept.url = other.url.clone(),
            2 => kept.body = other.body.clone(),
            3 => kept.headers = other.headers.clone(),
            4 if !kept.headers.is_empty() => {
                let at = self.below(kept.headers.len());
                if self.below(2) == 0 {
                    kept.headers.remove(at);
                } else {
                    self.mutate(&mut kept.headers[at].1);
                }
            }
            5 => {
                let mut url = std::mem::take(&mut kept.url).into_bytes();
                self.mutate(&mut url);
                kept.url = String::from_utf8_lossy(&url).into_owned();
            }
            _ => self.mutate(&mut kept.body),
        }
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        const TOKENS: [&[u8]; 14] = [
            b"&",
            b"=",
            b"%",
            b"%00",
            b"\xff",
            b"\"",
            b"{",
            b"}",
            b"null",
            b"-1",
            b"\xc3\xa9",
            b",",
            b"v1,",
            b"18446744073709551616",
        ];
        let at = self.below(bytes.len() + 1);
        match self.below(6) {
            0 => bytes.truncate(at),
            1 => bytes
                .splice(at..at, TOKENS[self.below(TOKENS.len())].iter().copied())
                .for_each(drop),
            2 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            3 if at < bytes.len() => drop(bytes.remove(at)),
            4 => {
                let piece = bytes[at..].to_vec();
                bytes.extend(piece);
            }
            _ => {
                let end = at + self.below(bytes.len() - at + 1);
                bytes.drain(at..end);
            }
        }
    }
}
