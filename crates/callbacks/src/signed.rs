//! What of a request is signed, by each rule that its method and its content allow.
//!
//! Called by the verifier. Invariant: what is not signed decides nothing. A signature counts for one
//! way of reading a request alone, so that none can be given for another one.

use sha2::{Digest as _, Sha256};

use crate::request::{Content, MAX_BODY_BYTES, MAX_PARAMETERS, Request};
use crate::url;
use crate::verify::VerifyError;

/// What of a request is signed.
pub(crate) struct Signed<'r> {
    /// The texts of its URL.
    pub(crate) urls: Vec<String>,
    /// Its body as it is, of JSON alone. A form's signature stands for its words without what is
    /// between them: who could give it for a raw body would make another form of one's text.
    pub(crate) json: Option<&'r [u8]>,
    pub(crate) parameters: Parameters,
    /// Whether the callback is in the body. That of a GET is in the URL, of which Standard Webhooks
    /// say nothing.
    pub(crate) is_in_body: bool,
}

/// What stands behind the URL where parameters are signed.
pub(crate) enum Parameters {
    /// These, by key. None for GET, whose parameters are in the URL.
    Pairs(Vec<(String, String)>),
    /// Nothing: the URL has the body's hash.
    HashedBody,
    /// The body is no form, and the URL does not vouch for it.
    None,
}

impl<'r> Signed<'r> {
    pub(crate) fn read(request: &'r Request<'r>) -> Result<Self, VerifyError> {
        if request.body.len().max(request.url.len()) > MAX_BODY_BYTES {
            return Err(VerifyError::TooLarge);
        }
        let json = match request.content() {
            Content::Json(body) => Some(body),
            Content::Form(_) | Content::Other => None,
        };
        Ok(Self {
            urls: url::as_signed(request.url),
            json,
            parameters: Parameters::of(request)?,
            is_in_body: request.method == "POST",
        })
    }
}

impl Parameters {
    fn of(request: &Request<'_>) -> Result<Self, VerifyError> {
        match (request.method, request.content()) {
            ("POST", Content::Json(body)) if vouches(request.url, body) => Ok(Self::HashedBody),
            ("GET", _) if request.body.is_empty() => Ok(Self::Pairs(Vec::new())),
            ("POST", Content::Form(form)) => {
                let pairs = form_urlencoded::parse(form)
                    .into_owned()
                    .take(MAX_PARAMETERS + 1);
                let mut pairs: Vec<(String, String)> = pairs.collect();
                if pairs.len() > MAX_PARAMETERS {
                    return Err(VerifyError::TooLarge);
                }
                // Those of a repeated key keep their order.
                pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
                Ok(Self::Pairs(pairs))
            }
            _ => Ok(Self::None),
        }
    }
}

/// Whether a form has a brace, which they never have: JSON, whose signature says nothing of the
/// content type, would be another callback if it was read as a form.
pub(crate) fn is_json_as_form(request: &Request<'_>) -> bool {
    matches!(request.content(), Content::Form(_)) && request.body.contains(&b'{')
}

/// Whether the URL has the body's hash. It stands at its end: what is before it may be anybody's.
fn vouches(url: &str, body: &[u8]) -> bool {
    let last = url::query(url).and_then(|query| query.rsplit('&').next());
    let given = last.and_then(|pair| pair.strip_prefix("bodySHA256="));
    let given = given.and_then(|hash| from_hex::<32>(hash.as_bytes()));
    given.is_some_and(|given| given == *Sha256::digest(body))
}

/// N bytes of twice as many hexadecimal digits, of either case.
pub(crate) fn from_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|it| u8::try_from(it).ok())
        };
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
