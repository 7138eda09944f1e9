//! The `ringback` command as users meet it: the real binary, on this machine alone.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod capacity;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod dev;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod library;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod manual;
#[cfg(test)]
mod packaging;
#[cfg(test)]
mod projects;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod seeded;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod simulate;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
