//! Times of a scenario: seconds of the simulated world.
//!
//! Written as a number, whole or not. Invariant: at most a day, exact to the millisecond.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest time that can be named: a day.
const MAX_MS: u64 = 86_400_000;

/// A time of the simulated world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds {
    ms: u64,
}

impl Seconds {
    /// As long as a number of whole seconds; a day, if that is longer.
    pub const fn whole(seconds: u32) -> Self {
        let ms = seconds as u64 * 1_000;
        Self {
            ms: if ms > MAX_MS { MAX_MS } else { ms },
        }
    }

    /// How long it is.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.duration().as_secs_f64())
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.ms.is_multiple_of(1_000) {
            to.serialize_u64(self.ms / 1_000)
        } else {
            to.serialize_f64(self.duration().as_secs_f64())
        }
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Seconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds, at most 86400")
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Seconds, E> {
                match seconds.checked_mul(1_000) {
                    Some(ms) if ms <= MAX_MS => Ok(Seconds { ms }),
                    Some(_) | None => {
                        Err(E::invalid_value(de::Unexpected::Unsigned(seconds), &self))
                    }
                }
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Seconds, E> {
                match u64::try_from(seconds) {
                    Ok(seconds) => self.visit_u64(seconds),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(seconds), &self)),
                }
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Seconds, E> {
                let wrong = || E::invalid_value(de::Unexpected::Float(seconds), &self);
                let time = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
                let rounded = time.as_nanos().saturating_add(500_000) / 1_000_000;
                match u64::try_from(rounded) {
                    Ok(ms) if ms <= MAX_MS => Ok(Seconds { ms }),
                    Ok(_) | Err(_) => Err(wrong()),
                }
            }
        }

        from.deserialize_any(Reader)
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "minimum": 0, "maximum": 86_400})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_and_written_as_a_number_of_seconds() {
        for text in ["0", "9", "86400", "0.5", "1.25"] {
            let read: Seconds = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
        let read: Seconds = serde_json::from_str("2.0").unwrap();
        assert_eq!(read, Seconds::whole(2));
    }

    #[test]
    fn what_is_no_time_or_too_long_is_refused() {
        for text in ["-1", "86401", "86400.001", "1e30", "-0.5", "\"9\"", "null"] {
            let error = serde_json::from_str::<Seconds>(text).unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("a number of seconds, at most 86400"),
                "{error}"
            );
        }
    }
}
