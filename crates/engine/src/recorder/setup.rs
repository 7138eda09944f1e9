//! Phone numbers, applications, opt-outs and scenarios as a group puts them.
//!
//! Part of the group. What was put earlier in the same group counts: of two who take one number
//! the second is refused.

use std::sync::Arc;

use ringback_domain::application::Application;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number::{NumberChange, PhoneNumber};
use ringback_domain::opt_out::OptOut;
use ringback_domain::scenario::SetScenario;
use ringback_store::{Entry, EntryChange};

use super::Recorder;
use super::group::Group;
use crate::directory::standing;
use crate::network::Wants;
use crate::setup::{
    ApplicationOrder, MOST_SCENARIOS, NumberOrder, ScenarioOrder, SetScenarioError, SetupError,
};

/// What a group did to a number.
enum InGroup<'a> {
    /// It stands like this now.
    Stands(&'a Arc<PhoneNumber>),
    /// It was given up.
    Gone,
    /// Nothing.
    Untouched,
}

impl Group {
    /// Takes a phone number, changes it or gives it up.
    pub(super) fn put_number(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        order: NumberOrder,
    ) -> Result<Arc<PhoneNumber>, SetupError> {
        match order {
            NumberOrder::Take { number, change } => {
                self.check(recorder, project, &change)?;
                if self.is_taken(recorder, &number) {
                    return Err(SetupError::Taken);
                }
                let sid = Sid::new(recorder.numbers.id(self.now));
                let mut number = PhoneNumber::taken(sid, project, number, self.now);
                number.apply(*change, self.now);
                Ok(self.put_entry(number, Entry::Number))
            }
            NumberOrder::Change { sid, change } => {
                self.check(recorder, project, &change)?;
                let mut number = PhoneNumber::clone(&*self.number(recorder, project, sid)?);
                number.apply(*change, self.now);
                Ok(self.put_entry(number, Entry::Number))
            }
            NumberOrder::GiveUp { sid } => {
                let number = self.number(recorder, project, sid)?;
                self.remove_entry(Entry::Number(Arc::clone(&number)));
                Ok(number)
            }
        }
    }

    /// Makes an application, changes or removes it.
    pub(super) fn put_application(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        order: ApplicationOrder,
    ) -> Result<Arc<Application>, SetupError> {
        match order {
            ApplicationOrder::Make { change } => {
                let sid = Sid::new(recorder.numbers.id(self.now));
                let mut application = Application::blank(sid, project, self.now);
                application.apply(*change, self.now);
                Ok(self.put_entry(application, Entry::Application))
            }
            ApplicationOrder::Change { sid, change } => {
                let known = self.application(recorder, project, sid);
                let mut application = Application::clone(&*known.ok_or(SetupError::NotFound)?);
                application.apply(*change, self.now);
                Ok(self.put_entry(application, Entry::Application))
            }
            ApplicationOrder::Remove { sid } => {
                let known = self.application(recorder, project, sid);
                let application = known.ok_or(SetupError::NotFound)?;
                self.remove_entry(Entry::Application(Arc::clone(&application)));
                Ok(application)
            }
        }
    }

    /// A project's application as it will stand.
    pub(super) fn application(
        &self,
        recorder: &Recorder,
        project: ProjectId,
        sid: Sid,
    ) -> Option<Arc<Application>> {
        for change in self.batch.entries.iter().rev() {
            match change {
                EntryChange::Put(Entry::Application(it)) if it.sid == sid => {
                    return Some(Arc::clone(it)).filter(|it| it.project == project);
                }
                EntryChange::Remove(Entry::Application(it)) if it.sid == sid => return None,
                EntryChange::Put(_) | EntryChange::Remove(_) => {}
            }
        }
        recorder.parts.directory.application(project, sid)
    }

    /// A project's phone number as it will stand.
    pub(super) fn number(
        &self,
        recorder: &Recorder,
        project: ProjectId,
        sid: Sid,
    ) -> Result<Arc<PhoneNumber>, SetupError> {
        let found = match self.in_group(|it| it.sid == sid) {
            InGroup::Stands(number) => Some(Arc::clone(number)),
            InGroup::Gone => None,
            InGroup::Untouched => recorder.parts.directory.number(project, sid),
        };
        let own = found.filter(|it| it.project == project);
        own.ok_or(SetupError::NotFound)
    }

    /// Whosever number these digits will be.
    pub(super) fn by_number(&self, recorder: &Recorder, digits: &str) -> Option<Arc<PhoneNumber>> {
        match self.in_group(|it| &*it.number == digits) {
            InGroup::Stands(number) => Some(Arc::clone(number)),
            InGroup::Gone => None,
            InGroup::Untouched => recorder.parts.directory.by_number(digits),
        }
    }

    fn is_taken(&self, recorder: &Recorder, digits: &str) -> bool {
        self.by_number(recorder, digits).is_some()
    }

    /// What this group did to a number.
    fn in_group(&self, wanted: impl Fn(&PhoneNumber) -> bool) -> InGroup<'_> {
        for change in self.batch.entries.iter().rev() {
            match change {
                EntryChange::Put(Entry::Number(it)) if wanted(it) => return InGroup::Stands(it),
                EntryChange::Remove(Entry::Number(it)) if wanted(it) => return InGroup::Gone,
                EntryChange::Put(_) | EntryChange::Remove(_) => {}
            }
        }
        InGroup::Untouched
    }

    /// Whether a number may be set up like this: by applications of the project that it is to
    /// belong to, which is this one, its parent or a subproject of it.
    fn check(
        &self,
        recorder: &Recorder,
        project: ProjectId,
        change: &NumberChange,
    ) -> Result<(), SetupError> {
        let owner = change.project.unwrap_or(project);
        if !recorder.parts.projects.are_related(project, owner) {
            return Err(SetupError::Unrelated { project: owner });
        }
        let named = [change.voice_application, change.sms_application];
        for sid in named.into_iter().flatten().flatten() {
            if self.application(recorder, owner, sid).is_none() {
                return Err(SetupError::UnknownApplication { sid });
            }
        }
        Ok(())
    }

    /// Notes that somebody wants no more messages, or wants them again.
    pub(super) fn heed(&mut self, opt_out: OptOut, wants: Wants) {
        match wants {
            Wants::None => drop(self.put_entry(opt_out, Entry::OptOut)),
            Wants::Messages => self.remove_entry(Entry::OptOut(Arc::new(opt_out))),
        }
    }

    /// Sets a scenario or takes it away.
    pub(super) fn put_scenario(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        order: ScenarioOrder,
    ) -> Result<Arc<SetScenario>, SetScenarioError> {
        let mut standing = self.scenarios(recorder, project);
        let mut named = |name: &str| {
            let at = standing.iter().position(|it| *it.name == *name)?;
            Some(standing.swap_remove(at))
        };
        match order {
            ScenarioOrder::Set {
                name,
                subject,
                text,
                left,
            } => {
                recorder.parts.network.follows_scenarios()?;
                if let Some(old) = named(&name) {
                    self.remove_entry(Entry::Scenario(old));
                }
                if standing.len() >= MOST_SCENARIOS {
                    return Err(SetScenarioError::TooMany);
                }
                let scenario = SetScenario {
                    sid: Sid::new(recorder.numbers.id(self.now)),
                    project,
                    name,
                    subject,
                    text,
                    left,
                    set_at: self.now,
                };
                Ok(self.put_entry(scenario, Entry::Scenario))
            }
            ScenarioOrder::Remove { name } => {
                let scenario = named(&name).ok_or(SetScenarioError::NotFound)?;
                self.remove_entry(Entry::Scenario(Arc::clone(&scenario)));
                Ok(scenario)
            }
        }
    }

    /// A project's scenarios as they will stand.
    fn scenarios(&self, recorder: &Recorder, project: ProjectId) -> Vec<Arc<SetScenario>> {
        let known = recorder.parts.directory.scenarios(project);
        standing(known, &self.batch.entries, project)
    }

    /// Counts that a resource took a scenario. The last one takes it away.
    pub(super) fn use_scenario(&mut self, taken: &SetScenario) {
        match taken.left {
            None => {}
            Some(0 | 1) => self.remove_entry(Entry::Scenario(Arc::new(taken.clone()))),
            Some(left) => {
                let scenario = SetScenario {
                    left: Some(left - 1),
                    ..taken.clone()
                };
                self.put_entry(scenario, Entry::Scenario);
            }
        }
    }

    fn put_entry<T>(&mut self, entry: T, kind: impl Fn(Arc<T>) -> Entry) -> Arc<T> {
        let entry = Arc::new(entry);
        let put = EntryChange::Put(kind(Arc::clone(&entry)));
        self.batch.entries.push(put);
        entry
    }

    fn remove_entry(&mut self, entry: Entry) {
        self.batch.entries.push(EntryChange::Remove(entry));
    }
}
