//! What the demonstration makes, as an application would: over the API.
//!
//! Used once, at its beginning.

use std::collections::BTreeSet;
use std::ops::Range;

use ringback_domain::id::Sid;
use ringback_domain::resource::Kind;
use ringback_engine::Engine;
use ringback_store::ListQuery;
use serde_json::{Value, json};

use super::DemoError;
use super::client::{Client, ClientError};
use super::receiver::Receiver;
use crate::credentials::Credentials;

/// Numbers of the range that is kept for fiction (555-0100 to 555-0199).
const FROM: &str = "+15550100001";
const TO: &str = "+15550100002";
/// The last four digits of those that are assigned, one by each demonstration on the same data:
/// a number is in one campaign at most.
const ASSIGNED: Range<u32> = 1_000..2_000;
/// Where things are registered.
const REGISTRY: &str = "/api/relay/rest/registry/beta";

/// Makes things for one project, whose callbacks go to the demonstration's receiver.
pub(super) struct Maker<'a> {
    pub(super) engine: &'a Engine,
    pub(super) client: &'a Client,
    pub(super) receiver: &'a Receiver,
    pub(super) credentials: &'a Credentials,
}

impl Maker<'_> {
    /// A call, a message, a call that comes in and leaves a voicemail, and a number's way through
    /// the registry. What comes of these makes itself known by its callbacks.
    pub(super) async fn make(&self) -> Result<BTreeSet<Sid>, DemoError> {
        let call = self.create("Calls", "Calls", self.call()).await?;
        let message = self.create("Messages", "Messages", self.message()).await?;
        self.take(FROM, self.voicemail()).await?;
        let inbound = self.client.call_in(TO, FROM).await;
        let inbound = inbound.map_err(|source| failed("an inbound call", source))?;
        let mut made = BTreeSet::from([call, message, inbound]);
        made.extend(self.register().await?);
        Ok(made)
    }

    /// A brand, a campaign of it, and a number that is assigned to that; all at once, for each
    /// waits for the one before.
    async fn register(&self) -> Result<Vec<Sid>, DemoError> {
        let number = self.unassigned()?;
        self.take(&number, Vec::new()).await?;
        let brand = self.post("a brand", "brands", self.brand()).await?;
        let campaigns = format!("brands/{brand}/campaigns");
        let campaign = self.campaign(brand);
        let campaign = self.post("a campaign", &campaigns, campaign).await?;
        let order = json!({
            "phone_numbers": [number],
            "status_callback_url": self.receiver.url("status"),
        });
        let orders = format!("campaigns/{campaign}/orders");
        let order = self.post("an order", &orders, order).await?;
        let mut made = vec![brand, campaign, order];
        made.extend(self.assignments(order).await?);
        Ok(made)
    }

    /// A number that no demonstration has assigned.
    fn unassigned(&self) -> Result<String, DemoError> {
        let mut numbers = ASSIGNED.map(|digits| format!("+1555010{digits}"));
        let is_free = |number: &String| self.engine.directory().by_number(number).is_none();
        numbers.find(is_free).ok_or(DemoError::Numbers)
    }

    /// The assignments of an order, which are made with it.
    async fn assignments(&self, order: Sid) -> Result<Vec<Sid>, DemoError> {
        let query = ListQuery {
            parent: Some(order),
            ..ListQuery::all(self.credentials.project, Kind::Assignment, 1)
        };
        let found = self.engine.store().list(&query).await?;
        Ok(found.iter().map(|assignment| assignment.sid).collect())
    }

    /// Takes a number, or sets it up anew: an earlier demonstration may have taken it.
    async fn take(
        &self,
        number: &str,
        mut parameters: Vec<(&str, String)>,
    ) -> Result<(), DemoError> {
        parameters.push(("PhoneNumber", number.to_owned()));
        let taken = self.engine.directory().by_number(number);
        let taken = taken.filter(|taken| taken.project == self.credentials.project);
        let path = match &taken {
            Some(taken) => format!("IncomingPhoneNumbers/{}", taken.sid),
            None => "IncomingPhoneNumbers".to_owned(),
        };
        let taken = self.create("a number", &path, parameters).await;
        taken.map(|_| ())
    }

    async fn create(
        &self,
        what: &'static str,
        path: &str,
        parameters: Vec<(&str, String)>,
    ) -> Result<Sid, DemoError> {
        let created = self.client.create(path, &parameters).await;
        created.map_err(|source| failed(what, source))
    }

    async fn post(&self, what: &'static str, path: &str, body: Value) -> Result<Sid, DemoError> {
        let path = format!("{REGISTRY}/{path}");
        let created = self.client.post(&path, &body).await;
        created.map_err(|source| failed(what, source))
    }

    /// A number whose calls go to voicemail, and that wants to hear how they ended.
    fn voicemail(&self) -> Vec<(&'static str, String)> {
        vec![
            ("VoiceUrl", self.receiver.url("voicemail")),
            ("StatusCallback", self.receiver.url("status")),
        ]
    }

    /// A call that wants to hear of everything.
    fn call(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("From", FROM.to_owned()),
            ("To", TO.to_owned()),
            ("Url", self.receiver.url("voice")),
            ("StatusCallback", self.receiver.url("status")),
        ];
        let events = ["initiated", "ringing", "answered", "completed"];
        parameters.extend(events.map(|event| ("StatusCallbackEvent", event.to_owned())));
        parameters
    }

    fn message(&self) -> Vec<(&'static str, String)> {
        vec![
            ("From", FROM.to_owned()),
            ("To", TO.to_owned()),
            ("Body", "Hello from Ringback.".to_owned()),
            ("StatusCallback", self.receiver.url("status")),
        ]
    }

    fn brand(&self) -> Value {
        json!({
            "name": "Ringback demonstration",
            "company_name": "Example Ltd",
            "contact_email": "ops@company.example",
            "contact_phone": TO,
            "ein_issuing_country": "United States",
            "legal_entity_type": "PRIVATE_PROFIT",
            "ein": "12-3456789",
            "company_address": "1 Main Street, Springfield",
            "company_website": "company.example",
            "status_callback_url": self.receiver.url("status"),
        })
    }

    fn campaign(&self, brand: Sid) -> Value {
        json!({
            "name": "Reminders",
            "brand_id": brand.to_string(),
            "sms_use_case": "CUSTOMER_CARE",
            "description": "Reminders of appointments for clients who asked for them",
            "sample1": "Your visit is at 2 pm. Answer STOP to opt out",
            "sample2": "Your order is ready. Answer STOP to opt out",
            "message_flow": "Clients opt in on a paper form at the front desk",
            "opt_out_message": "You will get no more messages from us",
            "help_message": "Call us at the front desk for help",
            "number_pooling_required": false,
            "direct_lending": false,
            "embedded_link": false,
            "embedded_phone": false,
            "age_gated_content": false,
            "lead_generation": false,
            "terms_and_conditions": true,
            "status_callback_url": self.receiver.url("status"),
        })
    }
}

fn failed(what: &'static str, source: ClientError) -> DemoError {
    DemoError::Request { what, source }
}
