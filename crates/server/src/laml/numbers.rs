//! Phone numbers of a project: taken, listed, fetched, changed, given up.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number::{NumberChange, PhoneNumber};
use ringback_domain::phone::contains;
use ringback_engine::{Engine, NumberOrder};
use ringback_wire::laml::account_path;
use ringback_wire::laml::number::NumberJson;
use ringback_wire::laml::page::Page;
use ringback_wire::laml::request::{
    NamedList, ParamError, Wanted, list_numbers, new_number, update_number,
};

use super::answer::{created, deleted, found};
use super::available::free;
use super::extract::Named;
use super::form::{FormBody, Query};
use super::rows::cut_sorted;
use crate::auth::Caller;
use crate::error::{ApiError, Missing};

/// `POST /Accounts/{account}/IncomingPhoneNumbers`
pub(crate) async fn create(
    State(engine): State<Engine>,
    Caller(project): Caller,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let asked = new_number(&form)?;
    let digits = match asked.wanted {
        Wanted::Number(digits) => digits,
        Wanted::AreaCode(code) => {
            let mut free = free(engine.directory(), Some(&code));
            free.next().ok_or_else(ParamError::no_number_left)?
        }
    };
    let order = NumberOrder::Take {
        number: digits.into(),
        change: Box::new(asked.change),
    };
    let taken = engine.put_number(project.id, order).await;
    let taken = taken.map_err(ApiError::setting_up(Missing::Number))?;
    Ok(created(&NumberJson::of(&taken)))
}

/// `GET /Accounts/{account}/IncomingPhoneNumbers`
pub(crate) async fn list(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let NamedList {
        friendly_name,
        phone_number,
        page,
        filters,
    } = list_numbers(&query)?;
    let mut numbers = engine.directory().numbers(project.id);
    numbers.retain(|it| {
        let named = friendly_name.as_ref();
        named.is_none_or(|name| *name == it.friendly_name)
            && phone_number
                .as_ref()
                .is_none_or(|pattern| contains(&it.number, pattern))
    });
    let (numbers, neighbours) = cut_sorted(numbers, |it| it.sid, &page);
    let items = numbers.iter().map(|it| NumberJson::of(it)).collect();
    let path = format!("{}/IncomingPhoneNumbers", account_path(project.id));
    let key = "incoming_phone_numbers";
    Ok(found(&Page::new(
        &path, key, &filters, page, items, neighbours,
    )))
}

/// `GET /Accounts/{account}/IncomingPhoneNumbers/{sid}`
pub(crate) async fn fetch(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let number = number(&engine, project.id, named)?;
    Ok(found(&NumberJson::of(&number)))
}

/// `POST /Accounts/{account}/IncomingPhoneNumbers/{sid}`
pub(crate) async fn update(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let sid = number(&engine, project.id, named)?.sid;
    let changed = change(&engine, project.id, sid, update_number(&form)?).await?;
    Ok(found(&NumberJson::of(&changed)))
}

/// `DELETE /Accounts/{account}/IncomingPhoneNumbers/{sid}`. Ours has no time in which a number
/// that was just taken cannot be given up.
pub(crate) async fn delete(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let sid = number(&engine, project.id, named)?.sid;
    let order = NumberOrder::GiveUp { sid };
    let given_up = engine.put_number(project.id, order).await;
    given_up.map_err(ApiError::setting_up(Missing::Number))?;
    Ok(deleted())
}

/// Sets a project's number up in another way.
pub(crate) async fn change(
    engine: &Engine,
    project: ProjectId,
    sid: Sid,
    change: NumberChange,
) -> Result<Arc<PhoneNumber>, ApiError> {
    let order = NumberOrder::Change {
        sid,
        change: Box::new(change),
    };
    let changed = engine.put_number(project, order).await;
    changed.map_err(ApiError::setting_up(Missing::Number))
}

fn number(engine: &Engine, project: ProjectId, named: Named) -> Result<Arc<PhoneNumber>, ApiError> {
    let found = engine
        .directory()
        .number(project, named.of(Missing::Number)?);
    found.ok_or(ApiError::NotFound(Missing::Number))
}
