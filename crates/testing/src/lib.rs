//! What tests share: a paused engine, a scripted transport and network, stores that stay in
//! memory, and that fail or answer late on demand, a disk that can lose power.
//!
//! Never published. Nothing here sends a packet.

pub mod faulty_store;
pub mod memory_store;
pub mod scripted_network;
pub mod scripted_transport;
pub mod slow_store;
pub mod test_engine;
pub mod vfs;
