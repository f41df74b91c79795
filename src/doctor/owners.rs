//! `codeowners`: whether people must review changes of the policy and of the workflows.

use super::codeowners::owners_of;
use super::seen::Seen;
use super::{Check, CheckId};
use crate::model::hosting::BranchRule;
use crate::text;
use crate::text::{Text, outside};

const ID: CheckId = CheckId::Codeowners;

/// What is known of code owners.
#[derive(Debug)]
pub struct Owners<'a> {
    /// The CODEOWNERS file that counts, by its path; `None`: there is none.
    pub file: &'a Seen<Option<(String, String)>>,
    /// How many errors GitHub finds in it.
    pub errors: &'a Seen<usize>,
    /// The rules of the default branch.
    pub rules: &'a Seen<Vec<BranchRule>>,
    /// The policy, and the workflows with the gate.
    pub paths: &'a [String],
}

/// Whether each path has an owner whose review is required.
#[must_use]
pub fn check(owners: &Owners<'_>) -> Vec<Check> {
    let (path, text) = match owners.file {
        Err(unseen) => return vec![unseen.check(ID, "CODEOWNERS")],
        Ok(Some(file)) => file,
        Ok(None) => {
            let todo = "add .github/CODEOWNERS with the owners of the policy and of .github/workflows/, and \
                        require their review in a ruleset";
            let seen = "there is no CODEOWNERS file: whoever may write can change the policy and the \
                        workflows with anybody's review";
            return vec![Check::warning(ID, seen, todo)];
        }
    };
    vec![of_file(owners, path, text)]
}

fn of_file(owners: &Owners<'_>, path: &str, text: &str) -> Check {
    let file = || outside(path);
    match owners.errors {
        Ok(0) => {}
        Ok(count) => {
            return Check::problem(
                ID,
                text!("GitHub finds {} errors in {}: it ignores those lines", *count, file()),
                text!("open {} on GitHub, which marks them", file()),
            );
        }
        Err(unseen) => return unseen.check(ID, "the errors of CODEOWNERS"),
    }
    // Whoever may change the owners may take them away.
    let own = path.to_owned();
    let paths = owners.paths.iter().chain([&own]);
    let without: Vec<Text> =
        paths.filter(|path| owners_of(text, path).is_empty()).map(outside).collect();
    if !without.is_empty() {
        let listed = Text::joined(without, ", ");
        return Check::problem(
            ID,
            text!("{} names no owner of {}", file(), &listed),
            text!("add a line for {} with the people who may change the gate", listed),
        );
    }
    let required =
        |rule: &BranchRule| matches!(rule, BranchRule::PullRequest { code_owners: true, .. });
    match owners.rules {
        Ok(rules) if rules.iter().any(required) => Check::ok(
            ID,
            text!("{} covers the gate, and a ruleset requires its owners' review", file()),
        ),
        Ok(_) => Check::warning(
            ID,
            text!("{} covers the gate, but no ruleset requires a review from code owners", file()),
            "Settings, Rules, Rulesets: require a pull request with review from code owners. Not checkable \
             with this token: whether classic branch protection requires it (Settings, Branches)",
        ),
        Err(unseen) => unseen.check(ID, "whether a review from code owners is required"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    fn status(file: Option<&str>, errors: usize, code_owners: bool) -> Status {
        let file = Ok(file.map(|text| (".github/CODEOWNERS".to_owned(), text.to_owned())));
        let rules = Ok(vec![BranchRule::PullRequest { code_owners, approvals: 1 }]);
        let paths = [".github/rootgate.yaml", ".github/workflows/root.yml"].map(str::to_owned);
        let owners = Owners { file: &file, errors: &Ok(errors), rules: &rules, paths: &paths };
        check(&owners)[0].status
    }

    #[test]
    fn every_path_of_the_gate_needs_an_owner_and_the_owner_a_say() {
        let all = Some("/.github/ @octo-org/security\n");
        assert_eq!(status(all, 0, true), Status::Ok);
        assert_eq!(status(all, 0, false), Status::Warning);
        assert_eq!(status(all, 2, true), Status::Problem);
        assert_eq!(status(Some("/.github/rootgate.yaml @x\n"), 0, true), Status::Problem);
        let freed = Some("/.github/ @x\n/.github/workflows/root.yml\n");
        assert_eq!(status(freed, 0, true), Status::Problem);
        assert_eq!(status(None, 0, true), Status::Warning);
    }
}
