//! The crate as a receiver uses it.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod parse;
#[cfg(test)]
mod verify;
