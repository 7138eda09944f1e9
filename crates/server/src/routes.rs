//! The routes: one table, from which the router is built and over which the tests go.

use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, get, on};
use http::Method;
use ringback_domain::time::Timestamp;
use ringback_engine::Engine;
use ringback_wire::destinations::Destinations;
use ringback_wire::laml::error::PAGES;
use tokio_util::sync::CancellationToken;
use tower::util::MapResponseLayer;

use crate::Config;
use crate::error::{ApiError, Malformed, Missing};
use crate::laml::audio::Recordings;
use crate::laml::calls::ShownCall;
use crate::laml::messages::ShownMessage;
use crate::laml::recordings::ShownRecording;
use crate::laml::shown::{delete, delete_below, fetch, fetch_below};
use crate::laml::transcriptions::ShownTranscription;
use crate::laml::{
    accounts, applications, audio, available, calls, media, messages, numbers, recordings,
    transcriptions,
};
use crate::native::stream::Hub;
use crate::writes::Writes;
use crate::{explained, native, rest};

/// The version of the API, which every path begins with. Both what the documentation puts
/// before it and the suffix `.json` are gone when a request comes here.
pub(crate) const BASE: &str = "/2010-04-01";

/// What handlers share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    /// When the server started, which stands for when its projects were made.
    pub(crate) started_at: Timestamp,
    /// What was recorded, for whoever watches.
    pub(crate) hub: Arc<Hub>,
    /// The files of recordings, and who may have them.
    pub(crate) recordings: Recordings,
    /// Where URLs that are to be called may lead.
    pub(crate) destinations: Destinations,
    /// How many requests changed something.
    pub(crate) writes: Arc<Writes>,
    /// The server stops: answers that have no end of their own come to one.
    pub(crate) stop: CancellationToken,
}

/// One thing that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// How.
    pub method: Method,
    /// Where, without prefix and suffix: `{account}` is the project, `{sid}` a resource, `{media}`
    /// a piece of its media, `{recording}` a recording of it, `{transcription}` one of those.
    pub path: &'static str,
    /// What.
    pub operation: Operation,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Operation {
    ListAccounts,
    CreateAccount,
    FetchAccount,
    RenameAccount,
    CreateNumber,
    ListNumbers,
    FetchNumber,
    UpdateNumber,
    DeleteNumber,
    ListCountries,
    FetchCountry,
    ListLocalNumbers,
    ListTollFreeNumbers,
    CreateApplication,
    ListApplications,
    FetchApplication,
    UpdateApplication,
    DeleteApplication,
    CreateMessage,
    ListMessages,
    FetchMessage,
    RedactMessage,
    DeleteMessage,
    ListMedia,
    FetchMedia,
    DeleteMedia,
    CreateCall,
    ListCalls,
    FetchCall,
    UpdateCall,
    DeleteCall,
    CreateCallRecording,
    ListCallRecordings,
    FetchCallRecording,
    UpdateCallRecording,
    DeleteCallRecording,
    ListRecordings,
    FetchRecording,
    DeleteRecording,
    ListTranscriptions,
    FetchTranscription,
    DeleteTranscription,
    ListRecordingTranscriptions,
    FetchRecordingTranscription,
    DeleteRecordingTranscription,
    CreateTranscription,
}

macro_rules! routes {
    ($($method:ident $path:literal $operation:ident)+) => {
        &[$(Route {
            method: Method::$method,
            path: $path,
            operation: Operation::$operation,
        }),+]
    };
}

/// Every route.
pub static ROUTES: &[Route] = routes! {
    GET    "/Accounts"                                        ListAccounts
    POST   "/Accounts"                                        CreateAccount
    GET    "/Accounts/{account}"                              FetchAccount
    POST   "/Accounts/{account}"                              RenameAccount
    POST   "/Accounts/{account}/IncomingPhoneNumbers"         CreateNumber
    GET    "/Accounts/{account}/IncomingPhoneNumbers"         ListNumbers
    GET    "/Accounts/{account}/IncomingPhoneNumbers/{sid}"   FetchNumber
    POST   "/Accounts/{account}/IncomingPhoneNumbers/{sid}"   UpdateNumber
    DELETE "/Accounts/{account}/IncomingPhoneNumbers/{sid}"   DeleteNumber
    GET    "/Accounts/{account}/AvailablePhoneNumbers"        ListCountries
    GET    "/Accounts/{account}/AvailablePhoneNumbers/{country}" FetchCountry
    GET    "/Accounts/{account}/AvailablePhoneNumbers/{country}/Local" ListLocalNumbers
    GET    "/Accounts/{account}/AvailablePhoneNumbers/{country}/TollFree" ListTollFreeNumbers
    POST   "/Accounts/{account}/Applications"                 CreateApplication
    GET    "/Accounts/{account}/Applications"                 ListApplications
    GET    "/Accounts/{account}/Applications/{sid}"           FetchApplication
    POST   "/Accounts/{account}/Applications/{sid}"           UpdateApplication
    DELETE "/Accounts/{account}/Applications/{sid}"           DeleteApplication
    POST   "/Accounts/{account}/Messages"                     CreateMessage
    GET    "/Accounts/{account}/Messages"                     ListMessages
    GET    "/Accounts/{account}/Messages/{sid}"               FetchMessage
    POST   "/Accounts/{account}/Messages/{sid}"               RedactMessage
    DELETE "/Accounts/{account}/Messages/{sid}"               DeleteMessage
    GET    "/Accounts/{account}/Messages/{sid}/Media"         ListMedia
    GET    "/Accounts/{account}/Messages/{sid}/Media/{media}" FetchMedia
    DELETE "/Accounts/{account}/Messages/{sid}/Media/{media}" DeleteMedia
    POST   "/Accounts/{account}/Calls"                        CreateCall
    GET    "/Accounts/{account}/Calls"                        ListCalls
    GET    "/Accounts/{account}/Calls/{sid}"                  FetchCall
    POST   "/Accounts/{account}/Calls/{sid}"                  UpdateCall
    DELETE "/Accounts/{account}/Calls/{sid}"                  DeleteCall
    POST   "/Accounts/{account}/Calls/{sid}/Recordings"       CreateCallRecording
    GET    "/Accounts/{account}/Calls/{sid}/Recordings"       ListCallRecordings
    GET    "/Accounts/{account}/Calls/{sid}/Recordings/{recording}" FetchCallRecording
    POST   "/Accounts/{account}/Calls/{sid}/Recordings/{recording}" UpdateCallRecording
    DELETE "/Accounts/{account}/Calls/{sid}/Recordings/{recording}" DeleteCallRecording
    GET    "/Accounts/{account}/Recordings"                   ListRecordings
    GET    "/Accounts/{account}/Recordings/{sid}"             FetchRecording
    DELETE "/Accounts/{account}/Recordings/{sid}"             DeleteRecording
    GET    "/Accounts/{account}/Transcriptions"               ListTranscriptions
    GET    "/Accounts/{account}/Transcriptions/{sid}"         FetchTranscription
    DELETE "/Accounts/{account}/Transcriptions/{sid}"         DeleteTranscription
    GET    "/Accounts/{account}/Recordings/{sid}/Transcriptions" ListRecordingTranscriptions
    POST   "/Accounts/{account}/Recordings/{sid}/Transcriptions" CreateTranscription
    GET    "/Accounts/{account}/Recordings/{sid}/Transcriptions/{transcription}" FetchRecordingTranscription
    DELETE "/Accounts/{account}/Recordings/{sid}/Transcriptions/{transcription}" DeleteRecordingTranscription
};

/// Which route answered, for the log: its path, without anybody's ids.
#[derive(Clone, Copy)]
pub(crate) struct Template(pub(crate) &'static str);

impl Route {
    fn handler(&self) -> MethodRouter<App> {
        let method = MethodFilter::try_from(self.method.clone())
            .expect("the table has methods that the router knows");
        let handler = match self.operation {
            Operation::ListAccounts => on(method, accounts::list),
            Operation::CreateAccount => on(method, accounts::create),
            Operation::FetchAccount => on(method, accounts::fetch),
            Operation::RenameAccount => on(method, accounts::rename),
            Operation::CreateNumber => on(method, numbers::create),
            Operation::ListNumbers => on(method, numbers::list),
            Operation::FetchNumber => on(method, numbers::fetch),
            Operation::UpdateNumber => on(method, numbers::update),
            Operation::DeleteNumber => on(method, numbers::delete),
            Operation::ListCountries => on(method, available::countries),
            Operation::FetchCountry => on(method, available::country),
            Operation::ListLocalNumbers => on(method, available::local),
            Operation::ListTollFreeNumbers => on(method, available::toll_free),
            Operation::CreateApplication => on(method, applications::create),
            Operation::ListApplications => on(method, applications::list),
            Operation::FetchApplication => on(method, applications::fetch),
            Operation::UpdateApplication => on(method, applications::update),
            Operation::DeleteApplication => on(method, applications::delete),
            Operation::CreateMessage => on(method, messages::create),
            Operation::ListMessages => on(method, messages::list),
            Operation::FetchMessage => on(method, fetch::<ShownMessage>),
            Operation::RedactMessage => on(method, messages::redact),
            Operation::DeleteMessage => on(method, delete::<ShownMessage>),
            Operation::ListMedia => on(method, media::list),
            Operation::FetchMedia => on(method, media::fetch),
            Operation::DeleteMedia => on(method, media::delete),
            Operation::CreateCall => on(method, calls::create),
            Operation::ListCalls => on(method, calls::list),
            Operation::FetchCall => on(method, fetch::<ShownCall>),
            Operation::UpdateCall => on(method, calls::update),
            Operation::DeleteCall => on(method, delete::<ShownCall>),
            Operation::CreateCallRecording => on(method, recordings::create),
            Operation::ListCallRecordings => on(method, recordings::list_of_call),
            Operation::FetchCallRecording => on(method, fetch_below::<ShownRecording>),
            Operation::UpdateCallRecording => on(method, recordings::update),
            Operation::DeleteCallRecording => on(method, delete_below::<ShownRecording>),
            Operation::ListRecordings => on(method, recordings::list),
            Operation::FetchRecording => on(method, audio::fetch),
            Operation::DeleteRecording => on(method, delete::<ShownRecording>),
            Operation::ListTranscriptions => on(method, transcriptions::list),
            Operation::FetchTranscription => on(method, fetch::<ShownTranscription>),
            Operation::DeleteTranscription => on(method, delete::<ShownTranscription>),
            Operation::ListRecordingTranscriptions => on(method, transcriptions::list_of_recording),
            Operation::FetchRecordingTranscription => on(method, fetch_below::<ShownTranscription>),
            Operation::DeleteRecordingTranscription => {
                on(method, delete_below::<ShownTranscription>)
            }
            Operation::CreateTranscription => on(method, transcriptions::create),
        };
        let template = Template(self.path);
        handler.route_layer(MapResponseLayer::new(move |answer| with(answer, template)))
    }
}

fn with(answer: impl IntoResponse, template: Template) -> axum::response::Response {
    let mut response = answer.into_response();
    response.extensions_mut().insert(template);
    response
}

/// The router of all [`ROUTES`].
pub(crate) fn router(engine: Engine, config: &Config, stop: &CancellationToken) -> Router {
    let started_at = engine.clock().now();
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(&format!("{BASE}{}", route.path), route.handler());
    }
    let hub = Hub::new(engine.clone());
    let base_url = Arc::clone(&config.base_url);
    rest::add_to(router)
        .nest(native::BASE, native::router())
        .route(&format!("{PAGES}{{code}}"), get(explained::page))
        .fallback(async || ApiError::NotFound(Missing::Path))
        .method_not_allowed_fallback(async || ApiError::Malformed(Malformed::Method))
        .with_state(App {
            engine,
            started_at,
            hub: Arc::new(hub),
            recordings: config.recordings.clone(),
            destinations: config.destinations.clone(),
            writes: Arc::new(Writes::at_most(config.limits.writes)),
            stop: stop.clone(),
        })
        .layer(MapResponseLayer::new(move |answer| {
            explained::linked(&base_url, answer)
        }))
}
