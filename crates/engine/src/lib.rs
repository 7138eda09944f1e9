//! What happens: the recorder makes reports durable, the dispatcher delivers what is owed,
//! the transport makes the attempts.
//!
//! Started by the command line; asked by the server through [`Engine`]. Does not know which
//! network reported or which API asked.

pub mod clock;
mod directory;
pub mod dispatcher;
mod errand;
pub mod feed;
pub mod handle;
mod hash;
pub mod intake;
pub mod meters;
pub mod metrics;
pub mod network;
mod projects;
mod recorder;
mod registry;
pub mod replay;
pub mod setup;
pub mod start;
pub mod transport;

pub use clock::Clock;
pub use directory::Directory;
pub use dispatcher::{BreakerState, Deliveries, DestinationGauge, Limits, Outlook, Place};
pub use feed::{Event, Parties};
pub use handle::{
    Asked, CallUpdate, CreateError, Engine, Erase, Forbidden, Hold, Order, RecordError, Release,
    Reported, UpdateError,
};
pub use projects::Projects;
pub use registry::{Enrolment, Registry};
pub use setup::{ApplicationOrder, NumberOrder, ScenarioOrder, SetScenarioError, SetupError};
pub use start::{Drained, EngineConfig, Running};
