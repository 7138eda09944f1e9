//! What a recogniser's answer says.

use ringback_engine::transport::Answer;
use serde_json::{Map, Value};

use super::Fault;

/// The text of a whole answer, its words one blank apart.
pub fn text(answer: &Answer) -> Result<String, Fault> {
    let object = serde_json::from_slice::<Map<String, Value>>(&answer.excerpt)
        .map_err(|_| no_object(answer.headers.get("Content-Type")))?;
    match object.get("text") {
        None | Some(Value::Null) => Err(Fault::NoText),
        Some(Value::String(text)) => Some(plain(text))
            .filter(|text| !text.is_empty())
            .ok_or(Fault::Empty),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Fault::WrongType)
        }
    }
}

/// What is no JSON is named by its media type, if it has another one: the error page of a proxy.
fn no_object(content_type: Option<&str>) -> Fault {
    let media_type = content_type.unwrap_or_default().split(';').next();
    let media_type = media_type.unwrap_or_default().trim().to_ascii_lowercase();
    let named = media_type.bytes().all(|byte| byte.is_ascii_graphic()) && media_type.len() <= 80;
    if !named || media_type.is_empty() || media_type.ends_with("json") {
        return Fault::Malformed;
    }
    Fault::NotJson(media_type)
}

/// Recognisers part segments by line breaks, and begin each with a blank.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
