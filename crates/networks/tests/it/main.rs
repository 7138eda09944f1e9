//! The simulated network with a whole engine around it, on a paused clock.

mod campaigns;
mod capacity;
mod scenario;
mod script;
