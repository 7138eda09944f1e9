//! How many requests that change something a project sends: too many are refused.
//!
//! Asked as soon as it is known whose a request is. In memory alone: after a restart it is
//! counted anew.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use ringback_domain::id::ProjectId;
use tokio::time::Instant;

use crate::error::ApiError;

/// How long is counted together (SignalWire, "Platform rate limits").
const WINDOW: Duration = Duration::from_secs(10);

/// What was counted.
pub(crate) struct Writes {
    /// So many in a window; any number, if it is not said.
    most: Option<u32>,
    /// When each project's window began, and how many came in it.
    counted: Mutex<Vec<(ProjectId, Instant, u32)>>,
}

impl Writes {
    /// So many of each project in 10 seconds; any number, if it is not said.
    pub(crate) const fn at_most(most: Option<u32>) -> Self {
        Self {
            most,
            counted: Mutex::new(Vec::new()),
        }
    }

    /// Counts a request of `project`, and refuses it if it is one too many. One that only reads
    /// is not counted.
    pub(crate) fn count(&self, method: &Method, project: ProjectId) -> Result<(), ApiError> {
        let Some(most) = self.most.filter(|_| !method.is_safe()) else {
            return Ok(());
        };
        let now = Instant::now();
        // Nothing panics while it is written: it is whole.
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.retain(|(_, began, _)| now.duration_since(*began) < WINDOW);
        let Some((_, began, count)) = counted.iter_mut().find(|(it, ..)| *it == project) else {
            counted.push((project, now, 1));
            return Ok(());
        };
        if *count >= most {
            let left = WINDOW.saturating_sub(now.duration_since(*began));
            // Told in whole seconds: not too early.
            let retry_after = Duration::from_secs(left.as_secs() + 1);
            return Err(ApiError::TooMany { retry_after });
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_of_a_project_are_taken_in_ten_seconds() {
        let writes = Writes::at_most(Some(2));
        let [one, other] = [1, 2].map(|byte| ProjectId::from_bytes([byte; 16]));
        let count = |project| writes.count(&Method::POST, project).is_ok();
        assert_eq!([count(one), count(one), count(one)], [true, true, false]);
        assert!(count(other));
        assert!(writes.count(&Method::GET, one).is_ok());
        sleep(Duration::from_secs(9)).await;
        assert!(!count(one));
        sleep(Duration::from_secs(1)).await;
        assert!(count(one));
    }

    #[test]
    fn where_nothing_is_said_any_number_is_taken() {
        let writes = Writes::at_most(None);
        let project = ProjectId::from_bytes([1; 16]);
        for _ in 0..20_000 {
            assert!(writes.count(&Method::DELETE, project).is_ok());
        }
    }
}
