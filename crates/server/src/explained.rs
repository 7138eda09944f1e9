//! Pages that explain error codes, and the links to them in errors of the compatible surface and of
//! the JSON APIs.
//!
//! Who gets an error follows `more_info`, or a fault's `url`: the page needs no credentials and is the same for
//! everybody. It says what `/v1/errors/{code}` says, for people.

use axum::extract::Path;
use axum::response::{Html, Response};
use http::{StatusCode, header};
use ringback_domain::errors::{Entry, entry};

use crate::error::{ApiError, Missing, Told};
use crate::laml::answer::json;

/// `GET /docs/errors/{code}`
pub(crate) async fn page(Path(code): Path<String>) -> Result<Html<String>, ApiError> {
    let entry = entry(&code).ok_or(ApiError::NotFound(Missing::Path))?;
    Ok(Html(explained(entry)))
}

/// An answer of the server at `base`: if it tells of an error, with the page that explains it.
pub(crate) fn linked(base: &str, mut answer: Response) -> Response {
    let Some(told) = answer.extensions_mut().remove::<Told>() else {
        return answer;
    };
    let body = match told {
        Told::Error(error) => json(StatusCode::OK, &error.explained_at(base)),
        Told::Faults(faults) => json(StatusCode::OK, &faults.explained_at(base)),
    };
    *answer.body_mut() = body.into_body();
    // Its length is that of another body.
    answer.headers_mut().remove(header::CONTENT_LENGTH);
    answer
}

fn explained(it: &Entry) -> String {
    let code = text(&it.code);
    let rows = [
        ("Meaning", it.meanings()),
        ("Whose fault", it.fault.told().to_owned()),
        ("A retry", it.retry.told().to_owned()),
        ("What to do", it.remedy.clone()),
    ];
    let rows = rows.map(|(name, told)| format!("<dt>{name}</dt><dd>{}</dd>\n", text(&told)));
    let rows = rows.concat();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Error {code}</title>\n\
         <h1>Error {code}</h1>\n<dl>\n{rows}</dl>\n</html>\n"
    )
}

/// A text within HTML.
fn text(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use ringback_domain::errors::entries;

    use super::*;

    #[test]
    fn every_code_has_a_page_that_is_html() {
        for it in entries() {
            let page = explained(it);
            assert!(
                page.contains(&format!("<h1>Error {}</h1>", it.code)),
                "{page}"
            );
            assert!(page.contains(&text(&it.remedy)), "{page}");
        }
        assert_eq!(text("<Media> & more"), "&lt;Media&gt; &amp; more");
    }
}
