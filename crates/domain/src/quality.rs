//! What a call's media was like: the `Audio*` figures of the voice callback.
//!
//! Reported by the network when a call ends.

/// Media statistics of one leg, as SignalWire's voice callback has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Quality {
    /// Mean opinion score, in hundredths: 100 (bad) to 500 (excellent).
    pub mos_hundredths: u16,
    /// Average time between received packets, milliseconds.
    pub average_time_ms: u32,
    /// Received packets that carried DTMF.
    pub in_dtmf_packets: u32,
    /// Received packets thrown away when the jitter buffer was flushed.
    pub in_flush_packets: u32,
    /// Greatest variance of jitter, milliseconds.
    pub jitter_max_ms: u32,
    /// Least variance of jitter, milliseconds.
    pub jitter_min_ms: u32,
    /// Largest size of the jitter buffer, in packets.
    pub largest_buffer_packets: u32,
    /// Received media packets.
    pub in_media_packets: u32,
    /// Packets that were expected and never came, or came too late.
    pub in_skip_packets: u32,
    /// Sent packets that carried DTMF.
    pub out_dtmf_packets: u32,
    /// Sent media packets.
    pub out_media_packets: u32,
}
