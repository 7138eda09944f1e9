//! Maps and sets of what is looked up many times an attempt.
//!
//! Seeded anew by each process, as the standard library's are, and several times as fast with
//! short keys. Whoever finds keys that collide slows down his own server's lookups: keys are ids,
//! positions, origins and URLs that a project's owner gives, and what platforms call their
//! resources. Nothing goes by their order.

use std::collections;

use foldhash::fast::RandomState;

/// A map with a fast hash.
pub(crate) type HashMap<K, V> = collections::HashMap<K, V, RandomState>;

/// A set with a fast hash.
pub(crate) type HashSet<T> = collections::HashSet<T, RandomState>;
