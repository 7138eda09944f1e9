//! The tables `phone_number`, `application`, `opt_out`, `meter` and `scenario`: what projects have
//! set up beforehand, who wants no more messages from them, what is counted of theirs, and what is to
//! happen to resources.
//!
//! Read whole when the engine starts; a row is replaced whole.

use std::sync::Arc;

use ringback_domain::application::Application;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::meter::{Meter, Reading};
use ringback_domain::number::PhoneNumber;
use ringback_domain::opt_out::OptOut;
use ringback_domain::scenario::SetScenario;
use rusqlite::{Connection, Row, named_params};

use super::error::{ReadError, WriteError};
use super::record::entry::{ApplicationRecord, NumberRecord};
use super::value;
use crate::batch::{Entry, EntryChange};

/// Writes one change.
pub fn write(db: &Connection, change: &EntryChange) -> Result<(), WriteError> {
    match change {
        EntryChange::Put(Entry::Number(number)) => put_number(db, number),
        EntryChange::Put(Entry::Application(application)) => put_application(db, application),
        EntryChange::Remove(Entry::Number(number)) => remove(db, REMOVE_NUMBER, number.sid),
        EntryChange::Remove(Entry::Application(application)) => {
            remove(db, REMOVE_APPLICATION, application.sid)
        }
        EntryChange::Put(Entry::OptOut(opt_out)) => put_opt_out(db, opt_out),
        EntryChange::Remove(Entry::OptOut(opt_out)) => remove_opt_out(db, opt_out),
        EntryChange::Put(Entry::Meter(meter)) => put_meter(db, meter),
        EntryChange::Remove(Entry::Meter(meter)) => remove_meter(db, meter),
        EntryChange::Put(Entry::Scenario(scenario)) => put_scenario(db, scenario),
        EntryChange::Remove(Entry::Scenario(scenario)) => remove(db, REMOVE_SCENARIO, scenario.sid),
    }
}

const PUT_NUMBER: &str = "
    INSERT INTO phone_number (sid, project, number, created_us, updated_us, data)
    VALUES (:sid, :project, :number, :created_us, :updated_us, :data)
    ON CONFLICT (sid) DO UPDATE SET project = excluded.project,
        updated_us = excluded.updated_us, data = excluded.data";

fn put_number(db: &Connection, number: &PhoneNumber) -> Result<(), WriteError> {
    let data = serde_json::to_string(&NumberRecord::from(number));
    db.prepare_cached(PUT_NUMBER)?.execute(named_params! {
        ":sid": number.sid.as_bytes(),
        ":project": number.project.as_bytes(),
        ":number": &*number.number,
        ":created_us": number.created_at.as_micros(),
        ":updated_us": number.updated_at.as_micros(),
        ":data": data.map_err(|error| WriteError::Refused(error.into()))?,
    })?;
    Ok(())
}

const PUT_APPLICATION: &str = "
    INSERT INTO application (sid, project, name, created_us, updated_us, data)
    VALUES (:sid, :project, :name, :created_us, :updated_us, :data)
    ON CONFLICT (sid) DO UPDATE SET name = excluded.name,
        updated_us = excluded.updated_us, data = excluded.data";

fn put_application(db: &Connection, application: &Application) -> Result<(), WriteError> {
    let data = serde_json::to_string(&ApplicationRecord::from(application));
    db.prepare_cached(PUT_APPLICATION)?.execute(named_params! {
        ":sid": application.sid.as_bytes(),
        ":project": application.project.as_bytes(),
        ":name": application.friendly_name,
        ":created_us": application.created_at.as_micros(),
        ":updated_us": application.updated_at.as_micros(),
        ":data": data.map_err(|error| WriteError::Refused(error.into()))?,
    })?;
    Ok(())
}

/// One that is there was used: nothing else of it changes.
const PUT_SCENARIO: &str = "
    INSERT INTO scenario (sid, project, name, subject, text, uses, set_us)
    VALUES (:sid, :project, :name, :subject, :text, :uses, :set_us)
    ON CONFLICT (sid) DO UPDATE SET uses = excluded.uses";

fn put_scenario(db: &Connection, scenario: &SetScenario) -> Result<(), WriteError> {
    db.prepare_cached(PUT_SCENARIO)?.execute(named_params! {
        ":sid": scenario.sid.as_bytes(),
        ":project": scenario.project.as_bytes(),
        ":name": &*scenario.name,
        ":subject": &*scenario.subject,
        ":text": &*scenario.text,
        ":uses": scenario.left,
        ":set_us": scenario.set_at.as_micros(),
    })?;
    Ok(())
}

/// Index: the table's own.
const REMOVE_SCENARIO: &str = "DELETE FROM scenario WHERE sid = :sid";

/// Index: the table's own.
const REMOVE_NUMBER: &str = "DELETE FROM phone_number WHERE sid = :sid";

/// Index: the table's own.
const REMOVE_APPLICATION: &str = "DELETE FROM application WHERE sid = :sid";

fn remove(db: &Connection, sql: &'static str, sid: Sid) -> Result<(), WriteError> {
    db.prepare_cached(sql)?
        .execute(named_params! {":sid": sid.as_bytes()})?;
    Ok(())
}

/// One that is there stays as it is: it counts from the first time.
const PUT_OPT_OUT: &str = "
    INSERT INTO opt_out (project, number, party, since_us)
    VALUES (:project, :number, :party, :since_us)
    ON CONFLICT (project, number, party) DO NOTHING";

fn put_opt_out(db: &Connection, opt_out: &OptOut) -> Result<(), WriteError> {
    db.prepare_cached(PUT_OPT_OUT)?.execute(named_params! {
        ":project": opt_out.project.as_bytes(),
        ":number": &*opt_out.number,
        ":party": &*opt_out.party,
        ":since_us": opt_out.since.as_micros(),
    })?;
    Ok(())
}

/// Index: the table's own.
const REMOVE_OPT_OUT: &str = "
    DELETE FROM opt_out WHERE project = :project AND number = :number AND party = :party";

fn remove_opt_out(db: &Connection, opt_out: &OptOut) -> Result<(), WriteError> {
    db.prepare_cached(REMOVE_OPT_OUT)?.execute(named_params! {
        ":project": opt_out.project.as_bytes(),
        ":number": &*opt_out.number,
        ":party": &*opt_out.party,
    })?;
    Ok(())
}

const PUT_METER: &str = "
    INSERT INTO meter (project, name, at_us, count) VALUES (:project, :name, :at_us, :count)
    ON CONFLICT (project, name) DO UPDATE SET at_us = excluded.at_us, count = excluded.count";

fn put_meter(db: &Connection, meter: &Meter) -> Result<(), WriteError> {
    db.prepare_cached(PUT_METER)?.execute(named_params! {
        ":project": meter.project.as_bytes(),
        ":name": &*meter.name,
        ":at_us": meter.reading.at.as_micros(),
        ":count": meter.reading.count.cast_signed(),
    })?;
    Ok(())
}

/// Index: the table's own.
const REMOVE_METER: &str = "DELETE FROM meter WHERE project = :project AND name = :name";

fn remove_meter(db: &Connection, meter: &Meter) -> Result<(), WriteError> {
    db.prepare_cached(REMOVE_METER)?.execute(named_params! {
        ":project": meter.project.as_bytes(),
        ":name": &*meter.name,
    })?;
    Ok(())
}

/// All of them: the table is changed whole.
const REBASE_METERS: &str = "UPDATE meter SET at_us = at_us + :by";

/// The clock stepped by so many microseconds: what was counted goes with it.
pub fn rebase(db: &Connection, by: i64) -> Result<(), WriteError> {
    db.prepare_cached(REBASE_METERS)?
        .execute(named_params! {":by": by})?;
    Ok(())
}

/// Every number: the table is read whole, in the order of its own index.
const NUMBERS: &str = "
    SELECT sid, project, number, created_us, updated_us, data FROM phone_number ORDER BY sid";

/// Every application: the table is read whole, in the order of its own index.
const APPLICATIONS: &str = "
    SELECT sid, project, name, created_us, updated_us, data FROM application ORDER BY sid";

/// Every opt-out: the table is read whole, in the order of its own index.
const OPT_OUTS: &str = "
    SELECT project, number, party, since_us FROM opt_out ORDER BY project, number, party";

/// Every meter: the table is read whole, in the order of its own index.
const METERS: &str = "SELECT project, name, at_us, count FROM meter ORDER BY project, name";

/// Every scenario: the table is read whole, in the order of its own index.
const SCENARIOS: &str = "
    SELECT sid, project, name, subject, text, uses, set_us FROM scenario ORDER BY sid";

/// Every phone number, application and scenario, the oldest first of each, every opt-out and meter.
pub fn all(db: &Connection) -> Result<Vec<Entry>, ReadError> {
    let mut numbers = db.prepare_cached(NUMBERS)?;
    let numbers = numbers.query_and_then([], number)?;
    let mut applications = db.prepare_cached(APPLICATIONS)?;
    let applications = applications.query_and_then([], application)?;
    let numbers = numbers.map(|it| it.map(|it| Entry::Number(Arc::new(it))));
    let applications = applications.map(|it| it.map(|it| Entry::Application(Arc::new(it))));
    let mut opt_outs = db.prepare_cached(OPT_OUTS)?;
    let opt_outs = opt_outs.query_and_then([], opt_out)?;
    let opt_outs = opt_outs.map(|it| it.map(|it| Entry::OptOut(Arc::new(it))));
    let mut meters = db.prepare_cached(METERS)?;
    let meters = meters.query_and_then([], meter)?;
    let meters = meters.map(|it| it.map(|it| Entry::Meter(Arc::new(it))));
    let mut scenarios = db.prepare_cached(SCENARIOS)?;
    let scenarios = scenarios.query_and_then([], scenario)?;
    let scenarios = scenarios.map(|it| it.map(|it| Entry::Scenario(Arc::new(it))));
    let entries = numbers.chain(applications).chain(opt_outs);
    entries.chain(meters).chain(scenarios).collect()
}

fn number(row: &Row<'_>) -> Result<PhoneNumber, ReadError> {
    let sid = Sid::from_bytes(row.get("sid")?);
    let project = ProjectId::from_bytes(row.get("project")?);
    let number: String = row.get("number")?;
    let created_at = value::moment(row, "created_us")?;
    let mut number = PhoneNumber::taken(sid, project, number.into(), created_at);
    number.updated_at = value::moment(row, "updated_us")?;
    let data: NumberRecord<'_> = serde_json::from_str(text(row)?)?;
    data.fill(&mut number)?;
    Ok(number)
}

fn application(row: &Row<'_>) -> Result<Application, ReadError> {
    let sid = Sid::from_bytes(row.get("sid")?);
    let project = ProjectId::from_bytes(row.get("project")?);
    let mut application = Application::blank(sid, project, value::moment(row, "created_us")?);
    application.friendly_name = row.get("name")?;
    application.updated_at = value::moment(row, "updated_us")?;
    let data: ApplicationRecord<'_> = serde_json::from_str(text(row)?)?;
    data.fill(&mut application)?;
    Ok(application)
}

fn opt_out(row: &Row<'_>) -> Result<OptOut, ReadError> {
    let (number, party): (String, String) = (row.get("number")?, row.get("party")?);
    Ok(OptOut {
        project: ProjectId::from_bytes(row.get("project")?),
        number: number.into(),
        party: party.into(),
        since: value::moment(row, "since_us")?,
    })
}

fn meter(row: &Row<'_>) -> Result<Meter, ReadError> {
    let name: String = row.get("name")?;
    let count: i64 = row.get("count")?;
    Ok(Meter {
        project: ProjectId::from_bytes(row.get("project")?),
        name: name.into(),
        reading: Reading {
            at: value::moment(row, "at_us")?,
            count: count.cast_unsigned(),
        },
    })
}

fn scenario(row: &Row<'_>) -> Result<SetScenario, ReadError> {
    let (name, subject): (String, String) = (row.get("name")?, row.get("subject")?);
    let text: String = row.get("text")?;
    Ok(SetScenario {
        sid: Sid::from_bytes(row.get("sid")?),
        project: ProjectId::from_bytes(row.get("project")?),
        name: name.into(),
        subject: subject.into(),
        text: text.into(),
        left: row.get("uses")?,
        set_at: value::moment(row, "set_us")?,
    })
}

fn text<'a>(row: &'a Row<'_>) -> Result<&'a str, ReadError> {
    let data = row.get_ref("data")?;
    Ok(data.as_str().map_err(rusqlite::Error::from)?)
}

/// The highest SIDs. Indexes: the tables' own.
const HIGHEST: &str = "
    SELECT (SELECT max(sid) FROM phone_number) AS number,
        (SELECT max(sid) FROM application) AS application,
        (SELECT max(sid) FROM scenario) AS scenario";

/// The highest SID of them, if there is any.
pub fn highest(db: &Connection) -> rusqlite::Result<Option<[u8; 16]>> {
    db.prepare_cached(HIGHEST)?.query_row([], |row| {
        let number: Option<[u8; 16]> = row.get("number")?;
        let application: Option<[u8; 16]> = row.get("application")?;
        let scenario: Option<[u8; 16]> = row.get("scenario")?;
        Ok(number.max(application).max(scenario))
    })
}

/// Every statement of this module that looks for rows, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (REMOVE_NUMBER, &["PRIMARY KEY (sid=?)"]),
    (REMOVE_APPLICATION, &["PRIMARY KEY (sid=?)"]),
    (REMOVE_SCENARIO, &["PRIMARY KEY (sid=?)"]),
    (
        REMOVE_OPT_OUT,
        &["PRIMARY KEY (project=? AND number=? AND party=?)"],
    ),
    (REMOVE_METER, &["PRIMARY KEY (project=? AND name=?)"]),
    (
        HIGHEST,
        &[
            "SEARCH phone_number",
            "SEARCH application",
            "SEARCH scenario",
        ],
    ),
];
