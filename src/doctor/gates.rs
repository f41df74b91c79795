//! The jobs with the gate, in all workflows of the default branch.

use super::workflow::{Job, Workflow};
use crate::text;
use crate::text::{Text, outside};

/// The workflow files of the default branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workflows {
    /// Those that could be read.
    pub read: Vec<Workflow>,
    /// Those that could not, each with the reason.
    pub broken: Vec<(String, String)>,
}

impl Workflows {
    /// Takes a workflow file.
    pub fn add(&mut self, path: &str, text: &str) {
        match Workflow::parse(path, text) {
            Ok(workflow) => self.read.push(workflow),
            Err(why) => self.broken.push((path.to_owned(), why.to_owned())),
        }
    }

    /// The workflows that hold a job with the gate.
    pub fn with_gate(&self) -> impl Iterator<Item = &Workflow> {
        self.read.iter().filter(|workflow| workflow.gates().next().is_some())
    }

    /// The jobs with the gate of workflows that an event starts.
    pub fn gates_on(&self, events: &[&str]) -> Vec<(&Workflow, &Job)> {
        let started = |workflow: &&Workflow| events.iter().any(|event| workflow.runs_on(event));
        let workflows = self.read.iter().filter(started);
        workflows.flat_map(|it| it.gates().map(move |job| (it, job))).collect()
    }

    /// The jobs that use rootgate for anything.
    pub fn jobs(&self) -> impl Iterator<Item = (&Workflow, &Job)> {
        let jobs = |it| Workflow::jobs_with_rootgate(it).map(move |job| (it, job));
        self.read.iter().flat_map(jobs)
    }

    /// Whether the gate may be in a workflow of another repository, which is not read.
    #[must_use]
    pub fn call_others(&self) -> bool {
        let mut jobs = self.read.iter().flat_map(|workflow| &workflow.jobs);
        jobs.any(|job| job.calls.is_some())
    }

    /// What makes it uncertain that a gate is nowhere: files that could not be read, and calls.
    #[must_use]
    pub fn doubt(&self) -> Option<Text> {
        if let Some((path, why)) = self.broken.first() {
            return Some(text!("{} could not be read ({})", outside(path), outside(why)));
        }
        self.call_others().then(|| {
            "a job calls a reusable workflow, which may hold the gate and is not read here".into()
        })
    }
}

impl Workflow {
    fn jobs_with_rootgate(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| job.uses_rootgate())
    }
}

/// `job "root gate" of .github/workflows/deploy.yml`.
pub(super) fn named(workflow: &Workflow, job: &Job) -> Text {
    text!("job `{}` of {}", outside(&job.id), outside(&workflow.path))
}
