//! What arrived, judged afterwards: losses, duplicates, order, signatures.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use ringback_wire::form;
use ringback_wire::sign::{SigningKey, form_signature, webhook_signature};

use super::load::{CALLBACKS, STATUSES, number_of};
use super::sink::{Arrival, Sink};

/// What was wrong with what arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Callbacks that did not arrive.
    pub lost: usize,
    /// Arrivals of callbacks that had arrived already.
    pub duplicates: usize,
    /// Messages whose callbacks first arrived in another order than their statuses.
    pub out_of_order: usize,
    /// Arrivals whose signatures do not fit, or that cannot be read.
    pub bad_signatures: usize,
}

/// Judges what arrived of `messages`, signed with `key` for `url`.
pub fn judge(sink: &Sink, messages: Range<u32>, key: &SigningKey, url: &str) -> Tally {
    let mut tally = Tally::default();
    let mut seen = HashSet::new();
    let mut told: HashMap<u32, Vec<usize>> = HashMap::new();
    sink.each(|arrival| {
        let body = str::from_utf8(arrival.body).unwrap_or_default();
        let pairs = form::decode(body);
        if !is_signed(arrival, &pairs, key, url) {
            tally.bad_signatures += 1;
        }
        if !seen.insert(arrival.id.to_vec()) {
            tally.duplicates += 1;
            return;
        }
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map_or("", |(_, value)| value.as_ref())
        };
        let status = STATUSES
            .iter()
            .position(|status| *status == value("MessageStatus"));
        if let (Some(number), Some(status)) = (number_of(value("Body")), status) {
            told.entry(number).or_default().push(status);
        }
    });
    for number in messages {
        let statuses = told.get(&number).map_or(&[][..], Vec::as_slice);
        tally.lost += CALLBACKS.saturating_sub(statuses.len());
        tally.out_of_order += usize::from(!statuses.is_sorted());
    }
    tally
}

fn is_signed<V: AsRef<str>>(
    arrival: &Arrival<'_>,
    pairs: &[(V, V)],
    key: &SigningKey,
    url: &str,
) -> bool {
    let text = |bytes| str::from_utf8(bytes).unwrap_or_default();
    let Ok(timestamp) = text(arrival.timestamp).parse() else {
        return false;
    };
    let webhook = webhook_signature(key, text(arrival.id), timestamp, arrival.body);
    webhook.as_bytes() == arrival.webhook_signature
        && form_signature(key, url, pairs).as_bytes() == arrival.signature
}
