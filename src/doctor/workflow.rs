//! A workflow of GitHub Actions, as far as it is about the gate.
//!
//! Source: GitHub Docs, "Workflow syntax for GitHub Actions".

use super::yaml::Yaml;

/// The name of the action in `uses: OWNER/rootgate@REF`; forks keep it.
const ACTION: &str = "rootgate";

/// A workflow file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// `.github/workflows/posture.yml`.
    pub path: String,
    /// `name`; the path where it has none.
    pub name: String,
    /// The events that start it.
    pub events: Vec<String>,
    /// The events that paths filter: on other paths they start nothing.
    pub filtered: Vec<String>,
    /// The times of `schedule`.
    pub crons: Vec<String>,
    /// Its jobs.
    pub jobs: Vec<Job>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its key.
    pub id: String,
    /// `name`; the key where it has none. A check of a pull request has this name.
    pub name: String,
    /// Whether it runs once per entry of a matrix, each with a name of its own.
    pub matrix: bool,
    /// Whether it has an `if`.
    pub condition: bool,
    /// `continue-on-error` of the job, or of a step with the gate, is not `false`.
    pub tolerant: bool,
    /// The environment that it names.
    pub environment: Option<JobEnvironment>,
    /// The uses of the action.
    pub actions: Vec<ActionUse>,
    /// Whether it runs the binary itself: `rootgate check`.
    pub runs_check: bool,
    /// The same for `rootgate collect`, which signs in as well.
    pub runs_collect: bool,
    /// The reusable workflow that it calls.
    pub calls: Option<String>,
}

/// The environment of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnvironment {
    /// Always this one.
    Named(String),
    /// One of two: `${{ CONDITION && 'YES' || 'NO' }}`.
    Either {
        /// What decides.
        condition: String,
        /// Where it is true.
        yes: String,
        /// Where it is not.
        no: String,
    },
    /// Known only when the job runs.
    Computed(String),
}

impl JobEnvironment {
    fn read(text: &str) -> Self {
        if !text.contains("${{") {
            return Self::Named(text.to_owned());
        }
        Self::either(text).unwrap_or_else(|| Self::Computed(text.to_owned()))
    }

    fn either(text: &str) -> Option<Self> {
        let (front, no) = expression(text)?.rsplit_once("||")?;
        let (condition, yes) = front.rsplit_once("&&")?;
        let literal = |text: &str| {
            let text = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (!text.is_empty() && !text.contains('\'')).then(|| text.to_owned())
        };
        let condition = condition.trim().to_owned();
        Some(Self::Either { condition, yes: literal(yes)?, no: literal(no)? })
    }

    /// The environments that it can be.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Named(name) => vec![name],
            Self::Either { yes, no, .. } => vec![yes, no],
            Self::Computed(_) => Vec::new(),
        }
    }

    /// The environments that it can be where a condition is true.
    fn names_if(&self, asked: &str) -> Vec<&str> {
        match self {
            Self::Either { condition, yes, .. } if expression(asked) == Some(condition) => {
                vec![yes]
            }
            _ => self.names(),
        }
    }
}

/// What is in `${{ }}`, if that is all.
fn expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
    (!inner.contains("${{")).then_some(inner)
}

/// A step that uses the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionUse {
    /// `rootgate/rootgate`.
    pub repository: String,
    /// What follows the `@`.
    pub git_ref: String,
    /// Whether it judges, and is not `command: doctor`.
    pub judges: bool,
    /// `accept-policy-change`, unless it is `false`: `true` or an expression.
    pub accepts: Option<String>,
}

impl Workflow {
    /// Reads a workflow file.
    ///
    /// # Errors
    /// It is not one.
    pub fn parse(path: &str, text: &str) -> Result<Self, &'static str> {
        let yaml = Yaml::read(text)?;
        let (on, jobs) = (yaml.get("on"), yaml.get("jobs"));
        let (Some(on), Some(jobs)) = (on, jobs) else {
            return Err("it has no `on` or no `jobs`");
        };
        let filters = |event: &Yaml| {
            ["paths", "paths-ignore"].iter().any(|filter| event.get(filter).is_some())
        };
        let entries = on.entries().iter();
        let named = entries.clone().map(|(event, _)| event.clone());
        let crons = on.get("schedule").map(Yaml::items).unwrap_or_default().iter();
        Ok(Self {
            path: path.to_owned(),
            name: yaml.get("name").and_then(Yaml::text).unwrap_or(path).to_owned(),
            events: named.chain(on.texts().into_iter().map(str::to_owned)).collect(),
            filtered: entries
                .filter(|(_, it)| filters(it))
                .map(|(event, _)| event.clone())
                .collect(),
            crons: crons.filter_map(|it| it.get("cron")?.text().map(str::to_owned)).collect(),
            jobs: jobs.entries().iter().map(|(id, job)| Job::read(id, job)).collect(),
        })
    }

    /// Whether an event starts it.
    #[must_use]
    pub fn runs_on(&self, event: &str) -> bool {
        self.events.iter().any(|known| known == event)
    }

    /// The jobs that judge.
    pub fn gates(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| job.judges())
    }
}

impl Job {
    fn read(id: &str, job: &Yaml) -> Self {
        let text = |key: &str| job.get(key).and_then(Yaml::text).map(str::to_owned);
        let environment = job.get("environment");
        let named = environment.and_then(|it| it.text().or_else(|| it.get("name")?.text()));
        let steps = job.get("steps").map(Yaml::items).unwrap_or_default();
        let ran = || steps.iter().filter_map(|step| step.get("run")?.text());
        let actions: Vec<ActionUse> = steps.iter().filter_map(ActionUse::read).collect();
        let tolerates =
            |it: &Yaml| it.get("continue-on-error").and_then(Yaml::text) != Some("false");
        let tolerates = |it: &Yaml| it.get("continue-on-error").is_some() && tolerates(it);
        let of_gate = |step: &&Yaml| ActionUse::read(step).is_some_and(|action| action.judges);
        Self {
            id: id.to_owned(),
            name: text("name").unwrap_or_else(|| id.to_owned()),
            matrix: job.get("strategy").is_some_and(|it| it.get("matrix").is_some()),
            condition: text("if").is_some(),
            tolerant: tolerates(job) || steps.iter().filter(of_gate).any(tolerates),
            environment: named.map(JobEnvironment::read),
            runs_check: ran().any(|run| runs(run, "check")),
            runs_collect: ran().any(|run| runs(run, "collect")),
            actions,
            calls: text("uses"),
        }
    }

    /// Whether it judges.
    #[must_use]
    pub fn judges(&self) -> bool {
        self.runs_check || self.actions.iter().any(|action| action.judges)
    }

    /// Whether it uses rootgate for anything.
    #[must_use]
    pub const fn uses_rootgate(&self) -> bool {
        self.runs_check || self.runs_collect || !self.actions.is_empty()
    }

    /// Whether it lets reviewers accept a change of the policy.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.actions.iter().any(|action| action.accepts.is_some())
    }

    /// The environments whose reviewers it lets accept a change.
    pub fn accepting(&self) -> impl Iterator<Item = &str> {
        let conditions = self.actions.iter().filter_map(|action| action.accepts.as_deref());
        let names = |condition| self.environment.as_ref().map(|it| it.names_if(condition));
        conditions.filter_map(names).flatten()
    }

    /// Whether a check of a pull request belongs to this job.
    #[must_use]
    pub fn is_check(&self, check: &str) -> bool {
        let of_matrix = || check.strip_prefix(&self.name).is_some_and(|it| it.starts_with(" ("));
        check == self.name || (self.matrix && of_matrix())
    }

    /// Whether the name of its check is only known when it runs.
    #[must_use]
    pub fn has_computed_name(&self) -> bool {
        self.name.contains("${{")
    }
}

/// Whether a script runs a command of the binary, whose path may be in quotes.
fn runs(script: &str, command: &str) -> bool {
    ["", "\"", "'"].iter().any(|end| script.contains(&format!("{ACTION}{end} {command}")))
}

impl ActionUse {
    fn read(step: &Yaml) -> Option<Self> {
        let (path, git_ref) = step.get("uses")?.text()?.split_once('@')?;
        let mut parts = path.split('/');
        let (owner, name) = (parts.next()?, parts.next()?);
        if !name.eq_ignore_ascii_case(ACTION) || parts.next().is_some() {
            return None;
        }
        let with = |key: &str| step.get("with").and_then(|with| with.get(key)?.text());
        Some(Self {
            repository: format!("{owner}/{name}"),
            git_ref: git_ref.trim().to_owned(),
            judges: with("command").is_none_or(|command| command == "check"),
            accepts: with("accept-policy-change").filter(|it| *it != "false").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str) -> Workflow {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/workflows/");
        #[expect(clippy::disallowed_methods, reason = "the examples are what users copy")]
        let text = std::fs::read_to_string(format!("{folder}{name}.yml")).unwrap();
        Workflow::parse(&format!(".github/workflows/{name}.yml"), &text).unwrap()
    }

    #[test]
    fn the_examples_are_understood() {
        let posture = example("posture");
        assert!(posture.runs_on("schedule") && !posture.runs_on("pull_request"));
        assert_eq!(posture.crons.len(), 1);
        let gates: Vec<&Job> = posture.gates().collect();
        let [gate] = gates[..] else { panic!("{gates:?}") };
        assert_eq!(gate.environment, Some(JobEnvironment::Named("rootgate".to_owned())));
        assert_eq!(gate.actions[0].repository, "rootgate/rootgate");
        assert!(!gate.condition && !gate.matrix && !gate.tolerant && !gate.accepts());
        let pull = example("pull-request");
        assert!(pull.runs_on("pull_request") && pull.filtered.is_empty());
        let gate = pull.gates().next().unwrap();
        let names = gate.environment.as_ref().unwrap().names();
        assert_eq!(names, ["rootgate-policy", "rootgate"]);
        assert_eq!(gate.accepting().collect::<Vec<_>>(), ["rootgate-policy"]);
        let apart = example("collect-then-judge");
        let collect = apart.jobs.iter().find(|job| job.id == "collect").unwrap();
        assert!(!collect.judges() && collect.uses_rootgate());
    }

    #[test]
    fn each_form_of_a_workflow_is_read() {
        let text = "on: [push, pull_request]\njobs:\n  a:\n    name: A ${{ matrix.x }}\n    if: always()\n    \
                    strategy: { matrix: { x: [1] } }\n    environment: { name: prod }\n    steps:\n      - \
                    uses: octo-org/RootGate@v1\n        continue-on-error: true\n        with: { \
                    accept-policy-change: true }\n      - uses: octo-org/rootgate@v1\n        with: { \
                    command: doctor }\n  b:\n    uses: ./.github/workflows/x.yml\n  c:\n    steps:\n      - \
                    run: '\"$X/rootgate\" check'\n      - uses: ./\n      - uses: octo-org/rootgate/sub@v1\n";
        let workflow = Workflow::parse("w.yml", text).unwrap();
        assert_eq!(workflow.events, ["push", "pull_request"]);
        let [a, b, c] = &workflow.jobs[..] else { panic!("{workflow:?}") };
        assert!(a.condition && a.matrix && a.tolerant && a.accepts() && a.has_computed_name());
        assert_eq!(a.environment, Some(JobEnvironment::Named("prod".to_owned())));
        assert_eq!(a.actions.iter().map(|it| it.judges).collect::<Vec<_>>(), [true, false]);
        assert_eq!(b.calls.as_deref(), Some("./.github/workflows/x.yml"));
        assert!(!b.uses_rootgate() && c.judges() && c.actions.is_empty());
        let filtered = "on:\n  pull_request:\n    paths: [x]\n  push:\njobs: { a: {} }\n";
        let filtered = Workflow::parse("w.yml", filtered).unwrap();
        assert_eq!(filtered.filtered, ["pull_request"]);
        assert!(filtered.runs_on("push"));
        for wrong in ["", "a: b", "on: push", "on: push\njobs: ["] {
            assert!(Workflow::parse("w.yml", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_environment_is_named_chosen_or_computed() {
        let read = JobEnvironment::read;
        assert_eq!(read("a").names_if("true"), ["a"]);
        let either = read("${{ x && y && 'a' || 'b' }}");
        assert_eq!(either.names(), ["a", "b"]);
        assert_eq!(either.names_if("${{ x && y }}"), ["a"]);
        assert_eq!(either.names_if("true"), ["a", "b"]);
        for computed in ["${{ inputs.x }}", "p-${{ x && 'a' || 'b' }}", "${{ x && y || 'b' }}"] {
            assert_eq!(read(computed), JobEnvironment::Computed(computed.to_owned()));
        }
    }

    #[test]
    fn a_check_of_a_matrix_has_its_values_behind_the_name() {
        let text = |more: &str| format!("on: push\njobs:\n  gate:\n    name: root gate\n{more}");
        let job = |more: &str| Workflow::parse("w.yml", &text(more)).unwrap().jobs.remove(0);
        let (plain, matrix) = (job(""), job("    strategy: { matrix: { x: [1] } }\n"));
        assert!(plain.is_check("root gate") && !plain.is_check("root gate (1)"));
        assert!(matrix.is_check("root gate (1)") && !matrix.is_check("root gates"));
        assert!(!plain.is_check("gate"));
    }
}
