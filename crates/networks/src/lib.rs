//! Where reports come from: the networks that carry resources out.
//!
//! Made by the command that starts the engine, which asks it what becomes of each resource.
//! A network is a pure function of what it drew for a resource and of the step that is due:
//! it has no clock, no task and no state of its own, so that a crash loses nothing of it.

mod none;
pub mod recogniser;
mod simulated;

pub use none::NoNetwork;
pub use recogniser::{Recogniser, RecogniserConfig};
pub use simulated::{
    CampaignRule, Capacity, Carriers, Chance, Mix, Model, Outcome, Pace, RecordingConfig,
    RecordingLinks, SenderRates, Simulated, SimulatedConfig, SpeechCommand, Timing, Voice, Weights,
    heard, inbound, numbers, scenario,
};
