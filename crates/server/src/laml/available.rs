//! Numbers that can be taken: ours, for SignalWire publishes no such operation.
//!
//! Any number can be taken on the simulated network. These are of the range 555-01xx, which no
//! telephone network gives to anybody, in a few areas; 0180 to 0199 have a meaning there.

use axum::extract::State;
use axum::response::Response;
use ringback_domain::phone::{TOLL_FREE, contains};
use ringback_engine::{Directory, Engine};
use ringback_wire::laml::account_path;
use ringback_wire::laml::number::{AvailableJson, CountryJson};
use ringback_wire::laml::page::{Neighbours, Page};
use ringback_wire::laml::request::{AvailableList, list_available};

use super::answer::found;
use super::extract::Country;
use super::form::Query;
use crate::auth::Caller;
use crate::error::ApiError;

/// Areas of the United States, for who names none.
const AREAS: [&str; 16] = [
    "206", "212", "213", "214", "303", "305", "312", "404", "415", "503", "512", "602", "617",
    "702", "713", "808",
];

/// `GET /Accounts/{account}/AvailablePhoneNumbers`
pub(crate) async fn countries(
    Caller(project): Caller,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let AvailableList { page, .. } = list_available(&query)?;
    let path = path(&account_path(project.id));
    let items = vec![CountryJson::united_states(&path)];
    let none = Neighbours::default();
    let page = Page::new(&path, "countries", &[], page, items, none);
    Ok(found(&page))
}

/// `GET /Accounts/{account}/AvailablePhoneNumbers/{country}`
pub(crate) async fn country(Caller(project): Caller, _: Country) -> Result<Response, ApiError> {
    let path = path(&account_path(project.id));
    Ok(found(&CountryJson::united_states(&path)))
}

/// `GET /Accounts/{account}/AvailablePhoneNumbers/{country}/Local`
pub(crate) async fn local(
    State(engine): State<Engine>,
    Caller(project): Caller,
    _: Country,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let mut asked = list_available(&query)?;
    let area = asked.area_code.take();
    let free = free(engine.directory(), area.as_deref());
    let path = format!("{}/US/Local", path(&account_path(project.id)));
    Ok(answer(&path, asked, free))
}

/// `GET /Accounts/{account}/AvailablePhoneNumbers/{country}/TollFree`
pub(crate) async fn toll_free(
    State(engine): State<Engine>,
    Caller(project): Caller,
    _: Country,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let asked = list_available(&query)?;
    let mut areas = TOLL_FREE.to_vec();
    areas.retain(|area| asked.area_code.as_ref().is_none_or(|code| code == area));
    let free = free_in(engine.directory(), areas);
    let path = format!("{}/US/TollFree", path(&account_path(project.id)));
    Ok(answer(&path, asked, free))
}

/// Numbers that belong to no project: in this area, or in some.
pub(super) fn free<'a>(
    directory: &'a Directory,
    area: Option<&'a str>,
) -> impl Iterator<Item = String> + 'a {
    let areas = area.map_or_else(|| AREAS.to_vec(), |area| vec![area]);
    free_in(directory, areas)
}

fn free_in<'a>(directory: &'a Directory, areas: Vec<&'a str>) -> impl Iterator<Item = String> + 'a {
    let is_area = |area: &&str| area.len() == 3 && area.bytes().all(|it| it.is_ascii_digit());
    let lines = |area: &'a str| (100..180).map(move |line| format!("+1{area}5550{line}"));
    let all = areas.into_iter().filter(is_area).flat_map(lines);
    all.filter(|number| directory.by_number(number).is_none())
}

/// One page: as many as were asked for.
fn answer(path: &str, asked: AvailableList, free: impl Iterator<Item = String>) -> Response {
    let AvailableList {
        contains: pattern,
        page,
        filters,
        ..
    } = asked;
    let pattern = pattern.unwrap_or_default();
    let fitting = free.filter(|number| contains(number, &pattern));
    let items = fitting
        .take(usize::from(page.page_size))
        .map(AvailableJson::of)
        .collect();
    let (key, none) = ("available_phone_numbers", Neighbours::default());
    found(&Page::new(path, key, &filters, page, items, none))
}

fn path(account: &str) -> String {
    format!("{account}/AvailablePhoneNumbers")
}
