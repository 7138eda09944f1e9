//! The scenarios of brands, campaigns and number assignments: what each comes to, and when.
//!
//! Part of a [`Scenario`](super::Scenario); kept in the resource's memo. Times are of the
//! simulated world. Invariant: what was checked is a way that the domain allows.

use ringback_domain::change::Status;
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::resource::Kind;
use ringback_domain::verdict::{Gap, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::seconds::Seconds;

/// Most steps of one.
const MAX_STEPS: usize = 20;

/// What becomes of a brand, a campaign or a number assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistryScenario {
    /// What it comes to, in order, from `pending` on; 1 to 20 steps. A campaign begins when its
    /// brand is completed, an assignment when its campaign is active.
    #[schemars(length(min = 1, max = MAX_STEPS))]
    pub steps: Vec<RegistryStep>,
}

/// A status that it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistryStep {
    /// How long after the step before.
    pub after_s: Seconds,
    /// Which one: as REST and the callbacks call it.
    pub status: String,
}

impl RegistryScenario {
    /// The status of each step of a resource of `kind`; none of a word that it does not know.
    pub(in crate::simulated) fn statuses(
        &self,
        kind: Kind,
    ) -> impl Iterator<Item = (Seconds, Option<Status>)> + '_ {
        let steps = self.steps.iter();
        steps.map(move |step| (step.after_s, kind.status(&step.status)))
    }

    /// Whether all of it can happen to a resource of `kind`.
    pub fn check(&self, kind: Kind) -> Result<(), Problem> {
        if self.steps.is_empty() || self.steps.len() > MAX_STEPS {
            let why = format!("has 1 to {MAX_STEPS} steps");
            return Err(Problem::new("steps", &why));
        }
        let mut stood = kind.status("pending");
        for (place, (_, status)) in self.statuses(kind).enumerate() {
            let path = format!("steps.{place}.status");
            let word = &self.steps[place].status;
            let Some(status) = status else {
                let why = format!("is {word}, which no {} knows", kind.as_str());
                return Err(Problem::new(&path, &why));
            };
            let verdict = stood.map(|stood| stood.judge(status));
            // An assignment is removed by who asks REST for it, never by the registry.
            let is_removed = status == Status::Assignment(AssignmentStatus::Removed);
            if is_removed || verdict != Some(Verdict::Accepted(Gap::None)) {
                let before = stood.map_or("", Status::as_str);
                let why = format!("is {word}, which cannot follow {before}");
                return Err(Problem::new(&path, &why));
            }
            stood = Some(status);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_domain_does_not_allow_is_refused() {
        check(Kind::Brand, &["unverified", "completed"], None);
        check(Kind::Campaign, &["active", "inactive"], None);
        check(Kind::Assignment, &["failed", "pending", "completed"], None);
        check(Kind::Brand, &["verified"], Some("no brand knows"));
        check(
            Kind::Brand,
            &["completed", "unverified"],
            Some("cannot follow completed"),
        );
        check(Kind::Campaign, &["inactive", "active"], Some("`steps."));
        check(
            Kind::Assignment,
            &["completed", "removed"],
            Some("cannot follow completed"),
        );
        check(Kind::Assignment, &[], Some("1 to 20"));

        #[track_caller]
        fn check(kind: Kind, words: &[&str], expected: Option<&str>) {
            let steps = words.iter().map(|word| RegistryStep {
                after_s: Seconds::whole(1),
                status: (*word).to_owned(),
            });
            let scenario = RegistryScenario {
                steps: steps.collect(),
            };
            let problem = scenario.check(kind).err().map(|it| it.to_string());
            assert_eq!(
                problem.is_some(),
                expected.is_some(),
                "{words:?} {problem:?}"
            );
            assert!(
                problem
                    .unwrap_or_default()
                    .contains(expected.unwrap_or_default())
            );
        }
    }
}
