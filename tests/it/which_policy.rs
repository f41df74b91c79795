//! Under GitHub Actions the default branch's policy is used, whatever a branch, an event file or an
//! earlier step contains.

use rootgate::model::sha256_hex;

use crate::job::{EARLIER, Job, OWN, TIP, now};
use crate::support::{ACTIVE_KEY, Folder, REPORT, rootgate};

const FILE: &str = ".github/rootgate.yaml";

/// A policy for the account of the reports, with more lines.
fn policy(more: &str) -> String {
    format!(
        "version: 1\nevidence: {{ root-events: off }}\nscope: {{ accounts: [{{ id: \"111122223333\" }}] }}\n{more}"
    )
}

fn key_rule_off() -> String {
    policy("rules: { root-access-key-active: off, root-access-key-present: off }\n")
}

/// Nothing was judged, because the policy could not be read from GitHub.
#[track_caller]
fn unreadable(mut job: Job, parts: &[&str]) {
    let ended = job.check(&[]);
    ended.refused(parts);
    ended.refused(&["nothing was judged"]);
    assert_eq!(job.output("verdict"), "error");
    assert!(!job.folder.exists("out.json"));
}

#[test]
fn the_file_at_the_tip_judges_and_every_report_names_it() {
    let text = policy("");
    let mut job = Job::both(&text).report(&[]);
    let ended = job.ends("pass", 0);
    let json = job.json();
    assert_eq!(json["policy"]["path"], FILE);
    assert_eq!(json["policy"]["ref"], "refs/heads/main");
    assert_eq!(json["policy"]["commit"], TIP);
    assert_eq!(json["policy"]["sha256"], sha256_hex(text.as_bytes()));
    assert_eq!(json["policy"]["judge"], "default-branch");
    assert!(json["policy_change"].is_null());
    assert_eq!(job.output("policy-sha256"), sha256_hex(text.as_bytes()));
    let summary = job.summary();
    for part in [FILE, "refs/heads/main", &TIP[..7], &sha256_hex(text.as_bytes())] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    assert!(ended.stdout.contains(FILE), "{}", ended.stdout);
    assert!(!job.notices().contains(&"checkout-policy".to_owned()));
    let sarif = job.folder.read("out.sarif");
    assert!(sarif.contains(FILE) || !sarif.contains("artifactLocation"), "{sarif}");
}

#[test]
fn windows_line_ends_in_a_checkout_are_not_a_change() {
    let mut job = Job::both(&policy("")).work(FILE, &policy("").replace('\n', "\r\n")).report(&[]);
    job.ends("pass", 0);
    assert!(job.json()["policy_change"].is_null());
}

#[test]
fn a_branch_that_switches_a_rule_off_is_judged_by_what_it_would_switch_off() {
    let mut job = Job::both(&policy("")).work(FILE, &key_rule_off()).report(ACTIVE_KEY);
    let ended = job.ends("fail", 1);
    let json = job.json();
    assert_eq!(json["counts"]["failed"], 1);
    let change = &json["policy_change"];
    assert_eq!((&change["copy"], &change["weaker"]), (&"changed".into(), &true.into()));
    assert_eq!(change["effect"], "fails");
    assert_eq!(change["path"], FILE);
    assert_eq!(change["sha256"], sha256_hex(key_rule_off().as_bytes()));
    assert_eq!(change["changes"][0]["key"], "rules.root-access-key-active");
    assert_eq!(change["after_merge"]["verdict"], "pass");
    let annotation = format!("::error file={FILE},line=4");
    assert!(ended.stdout.contains(&annotation), "{}", ended.stdout);
    assert!(job.summary().contains("rules.root-access-key-active"), "{}", job.summary());
}

#[test]
fn a_weaker_copy_alone_fails_the_gate() {
    let mut job = Job::both(&policy("")).work(FILE, &key_rule_off()).report(&[]);
    job.ends("fail", 1);
    assert_eq!(job.json()["counts"]["failed"], 0);
}

#[test]
fn a_first_policy_that_is_weaker_than_the_defaults_fails_and_says_what_to_do() {
    let first = "version: 1\ngate: { fail-on: high }\n";
    let mut job = Job::pull_request().work(FILE, first).report(&[]);
    let ended = job.check(&[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(job.json()["policy_change"]["effect"], "fails");
    let summary = job.summary();
    let paragraph = summary.split("\n\n").find(|it| it.contains("the first policy")).unwrap();
    for part in [FILE, "the strict built-in defaults judge", "It fails the gate", "accept it once"]
    {
        assert!(paragraph.contains(part), "{part}: {paragraph}");
    }
    let mut job = Job::pull_request().work(FILE, "version: 1\n").report(&[]);
    job.check(&[]);
    assert_eq!(
        job.json()["policy_change"]["effect"],
        "none",
        "what says no more than the defaults"
    );
}

#[test]
fn the_policy_that_judges_says_what_a_weaker_copy_does() {
    let warn = policy("gate: { on-weaker: warn }\n");
    let weaker = policy("gate: { on-weaker: warn, fail-on: high }\n");
    let mut job = Job::both(&warn).work(FILE, &weaker).report(&[]);
    let ended = job.ends("pass", 0);
    assert_eq!(job.json()["policy_change"]["effect"], "tolerated");
    assert!(ended.stdout.contains("::warning file="), "{}", ended.stdout);
    // The copy cannot set this for itself.
    let mut job = Job::both(&policy("")).work(FILE, &weaker).report(&[]);
    job.ends("fail", 1);
}

#[test]
fn before_enforce_from_a_weaker_copy_still_blocks() {
    let day = (now() + chrono::TimeDelta::days(30)).date_naive();
    let gate = policy(&format!("gate: {{ enforce-from: {day} }}\n"));
    let mut job = Job::both(&gate).report(ACTIVE_KEY);
    job.ends("fail", 0);
    let weaker = format!("{gate}rules: {{ root-access-key-active: off }}\n");
    let mut job = Job::both(&gate).work(FILE, &weaker).report(&[]);
    job.ends("fail", 1);
}

#[test]
fn a_window_for_yesterdays_use_excuses_nothing_before_it_is_merged() {
    let hour = |hours| {
        let at = now() - chrono::TimeDelta::hours(hours);
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    let window = format!(
        "windows:\n  - {{ id: late, reason: forgot, ticket: CHG-1, from: {}, to: {} }}\n",
        hour(26),
        hour(22)
    );
    let used = hour(24);
    let mut job = Job::both(&policy(""))
        .work(FILE, &policy(&window))
        .report(&[("password_last_used", used.as_str())]);
    job.ends("fail", 1);
    let json = job.json();
    assert_eq!(json["counts"]["failed"], 1);
    assert_eq!(json["policy_change"]["changes"][0]["kind"], "weaker");
    assert_eq!(json["policy_change"]["after_merge"]["verdict"], "pass");
}

#[test]
fn a_waiver_of_the_branch_waives_nothing() {
    let today = now().date_naive();
    let ends = today + chrono::TimeDelta::days(30);
    let waiver = format!(
        "waivers:\n  - {{ rule: root-access-key-active, accounts: [\"111122223333\"], subject: {{ \
         access-key-created: 2019-05-02 }}, reason: moves, ticket: SEC-1, from: {today}, expires: {ends} }}\n"
    );
    let mut job = Job::both(&policy("")).work(FILE, &policy(&waiver)).report(ACTIVE_KEY);
    job.ends("fail", 1);
    assert_eq!(job.json()["counts"]["waived"], 0);
    assert_eq!(job.json()["policy_change"]["weaker"], true);
}

#[test]
fn a_planned_window_passes_and_is_shown() {
    let at = |hours| {
        let at = now() + chrono::TimeDelta::hours(hours);
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    let window = format!(
        "windows:\n  - {{ id: next-week, reason: tax, ticket: CHG-2, from: {}, to: {} }}\n",
        at(160),
        at(162)
    );
    let mut job = Job::both(&policy("")).work(FILE, &policy(&window)).report(&[]);
    let ended = job.ends("pass", 0);
    let change = &job.json()["policy_change"];
    assert_eq!(change["changes"][0]["kind"], "planned");
    assert_eq!((&change["weaker"], &change["effect"]), (&false.into(), &"none".into()));
    assert!(ended.stdout.contains("next-week"), "{}", ended.stdout);
    assert!(job.summary().contains("next-week"), "{}", job.summary());
}

#[test]
fn a_stronger_copy_passes_and_its_own_verdict_is_only_shown() {
    let stronger = policy("gate: { fail-on: low }\n");
    let virtual_device = [("mfa_active", "false")];
    let main = policy("rules: { root-mfa-missing: { severity: low } }\n");
    let mut job = Job::both(&main)
        .work(FILE, &(main.clone() + "gate: { fail-on: low }\n"))
        .report(&virtual_device);
    job.ends("pass", 0);
    let after = &job.json()["policy_change"]["after_merge"];
    assert_eq!((&after["verdict"], &after["exit_code"]), (&"fail".into(), &1.into()));
    let mut job = Job::both(&policy("")).work(FILE, &stronger).report(&[]);
    job.ends("pass", 0);
}

#[test]
fn a_deleted_policy_is_weaker() {
    let mut job = Job::both(&policy("")).work("README.md", "x").without(FILE).report(&[]);
    job.ends("fail", 1);
    let change = &job.json()["policy_change"];
    assert_eq!((&change["copy"], &change["effect"]), (&"missing".into(), &"fails".into()));
    assert!(change["path"].is_null());
    // The same if a pull request has no checkout.
    let mut job = Job::pull_request().main(FILE, &policy("")).report(&[]);
    job.ends("fail", 1);
}

#[test]
fn a_moved_policy_is_compared_with_its_old_version() {
    let mut job =
        Job::both(&policy("")).without(FILE).work("rootgate.yaml", &policy("")).report(&[]);
    let ended = job.ends("pass", 0);
    let change = &job.json()["policy_change"];
    assert_eq!((&change["path"], &change["weaker"]), (&"rootgate.yaml".into(), &false.into()));
    assert!(ended.stdout.contains("rootgate.yaml"), "{}", ended.stdout);
    let mut job =
        Job::both(&policy("")).without(FILE).work("rootgate.yaml", &key_rule_off()).report(&[]);
    job.ends("fail", 1);
    // This default path comes before the one on the default branch.
    let mut job = Job::pull_request()
        .main("rootgate.yaml", &policy(""))
        .work("rootgate.yaml", &policy(""))
        .work(FILE, &key_rule_off())
        .report(ACTIVE_KEY);
    job.ends("fail", 1);
    assert_eq!(job.json()["policy"]["path"], "rootgate.yaml");
    assert_eq!(job.json()["policy_change"]["path"], FILE);
}

#[test]
fn a_second_default_policy_in_the_checkout_is_a_broken_copy() {
    for second in ["rootgate.yaml", "rootgate.yml", ".github/rootgate.yml"] {
        let mut job = Job::both(&policy("")).work(second, &policy("")).report(&[]);
        let ended = job.ends("fail", 1);
        let expected = format!("{FILE} and {second} both exist");
        let both = job.json()["policy_change"].to_string();
        assert!(both.contains(&expected), "{both}");
        assert!(ended.stdout.contains("broken"), "{}", ended.stdout);
    }
    // A file that is moved to another default path is not a second one.
    for other in ["rootgate.yaml", "rootgate.yml", ".github/rootgate.yml"] {
        let job = Job::pull_request().main(FILE, &policy("")).work(other, &policy(""));
        job.report(&[]).ends("pass", 0);
    }
}

#[test]
fn every_default_name_judges_and_two_at_once_judge_nothing() {
    let names = [".github/rootgate.yaml", ".github/rootgate.yml", "rootgate.yaml", "rootgate.yml"];
    for (index, name) in names.into_iter().enumerate() {
        let text = key_rule_off();
        let mut job = Job::pull_request().main(name, &text).work(name, &text).report(ACTIVE_KEY);
        job.ends("pass", 0);
        assert_eq!(job.json()["policy"]["path"], name);
        for second in &names[index + 1..] {
            let job = Job::pull_request().main(name, &text).main(second, &text).work(name, &text);
            let expected =
                format!("two default policy files at the tip of the default branch `main` ({TIP})");
            unreadable(job.report(ACTIVE_KEY), &[&expected, name, second, "keep one of them"]);
        }
    }
    // The named policy is used, even if other files exist.
    let mut job = Job::both(&policy("")).main("rootgate.yml", &key_rule_off()).report(&[]);
    let ended = job.check(&["--policy", FILE]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
}

#[cfg(unix)]
#[test]
fn a_link_is_never_followed_and_its_target_never_shown() {
    let secret = Folder::new();
    let place = secret.write("credentials", "aws_secret_access_key: wJalrXUtnFEMI\n");
    for link in [FILE, ".github"] {
        let mut job = Job::both(&policy("")).without(FILE).report(&[]);
        let from = job.in_work(link);
        if link == ".github" {
            std::fs::remove_dir(&from).unwrap();
            secret.write("rootgate.yaml", "aws_secret_access_key: wJalrXUtnFEMI\n");
        }
        let to = if link == FILE { place.clone() } else { secret.path().to_owned() };
        std::os::unix::fs::symlink(to, from).unwrap();
        let ended = job.ends("fail", 1);
        let change = &job.json()["policy_change"];
        assert_eq!((&change["copy"], &change["effect"]), (&"broken".into(), &"fails".into()));
        let everything = [ended.stdout, ended.stderr, job.summary(), job.folder.read("out.json")];
        assert!(everything[0].contains("symbolic link"), "{}", everything[0]);
        assert!(!everything.concat().contains("wJalrXUtnFEMI"));
        let ended = job.check(&["--policy-from", "checkout"]);
        ended.refused(&["symbolic link"]);
        assert!(!ended.stderr.contains("wJalrXUtnFEMI"));
    }
}

#[test]
fn the_stored_file_counts_if_the_working_tree_differs() {
    // Git attributes may change a file on checkout, and a step may change it later.
    let stored = |text: Option<&str>| {
        let job = Job::both(&policy("")).report(ACTIVE_KEY);
        let folder = job.folder.write("stored/README.md", "x").parent().unwrap().to_owned();
        if let Some(text) = text {
            job.folder.write(&format!("stored/{FILE}"), text);
        }
        job.line(&format!("commit {STALE} = {} parent {TIP}", folder.display()))
            .set("GITHUB_SHA", STALE)
    };
    for (text, copy) in [
        (Some(key_rule_off()), "changed"),
        (Some("version: 2\n".to_owned()), "broken"),
        (None, "missing"),
    ] {
        let mut job = stored(text.as_deref());
        job.ends("fail", 1);
        assert_eq!(job.json()["policy_change"]["copy"], copy);
        assert_eq!(job.json()["policy_change"]["effect"], "fails");
    }
    // A notice names a commit that GitHub cannot find.
    let mut unknown = Job::both(&policy("")).set("GITHUB_SHA", STALE).report(&[]);
    unknown.ends("pass", 0);
    assert!(unknown.notices().contains(&"commit-unread".to_owned()));
}

#[test]
fn files_of_other_steps_are_not_a_checkout() {
    let evidence = |event: &str, sha: &str| {
        let job = Job::pull_request().main(FILE, &policy("")).work("evidence.json", "{}");
        job.on_main(event, sha).report(&[])
    };
    let mut job = evidence("schedule", TIP);
    job.ends("pass", 0);
    assert!(job.notices().contains(&"no-checkout".to_owned()));
    let mut job = evidence("schedule", TIP).work(".git/HEAD", "ref: refs/heads/main\n");
    job.ends("fail", 1);
    assert_eq!(job.json()["policy_change"]["copy"], "missing");
    // If the run's commit does not decide it either, the files may be a checkout.
    let mut job = evidence("push", STALE).set("GITHUB_REF", "refs/heads/feature");
    job.ends("fail", 1);
    assert_eq!(job.json()["policy_change"]["copy"], "missing");
}

#[test]
fn without_a_checkout_the_runs_commit_at_github_decides() {
    let elsewhere = Folder::new();
    let path = elsewhere.path().display().to_string();
    for (event, git_ref) in [
        ("pull_request", "refs/pull/42/merge"),
        ("merge_group", "refs/heads/gh-readonly-queue/main/pr-42"),
    ] {
        let job = |folder: &str| {
            let job = Job::both(&policy("")).set("GITHUB_EVENT_NAME", event).report(&[]);
            job.set("GITHUB_REF", git_ref).set("GITHUB_WORKSPACE", folder)
        };
        // First without a checkout, then with one in a folder of the workspace.
        let mut here = job(&path);
        here.ends("pass", 0);
        assert!(here.notices().contains(&"no-checkout".to_owned()), "{event}");
        assert!(here.json()["policy_change"].is_null(), "{event}");
        elsewhere.write("repo/.git/HEAD", "ref: refs/heads/main\n");
        job(&path).ends("pass", 0);
        // A commit that deletes the policy is weaker, and so is one that weakens it.
        let mut gone = job(&path).work("README.md", "x").without(FILE);
        gone.ends("fail", 1);
        assert_eq!(gone.json()["policy_change"]["copy"], "missing", "{event}");
        let mut weak = job(&path).work(FILE, &key_rule_off());
        weak.ends("fail", 1);
        assert_eq!(weak.json()["policy_change"]["weaker"], true, "{event}");
        // A checkout without the file, and a commit that GitHub cannot find.
        elsewhere.write(".git/HEAD", "ref: refs/heads/main\n");
        let mut lacks = job(&path);
        lacks.ends("fail", 1);
        assert_eq!(lacks.json()["policy_change"]["copy"], "missing", "{event}");
        std::fs::remove_dir_all(elsewhere.path().join(".git")).unwrap();
        for sha in ["", "0123456789012345678901234567890123456789"] {
            let mut unknown = job(&path).set("GITHUB_SHA", sha);
            unknown.ends("fail", 1);
            assert_eq!(unknown.json()["policy_change"]["copy"], "missing", "{event} {sha}");
        }
        std::fs::remove_dir_all(elsewhere.path().join("repo")).unwrap();
    }
}

#[test]
fn a_pull_request_for_another_branch_is_reported() {
    let mut job = Job::both(&policy("")).set("GITHUB_BASE_REF", "release").report(&[]);
    job.ends("pass", 0);
    assert!(job.notices().contains(&"other-base".to_owned()));
    let mut job = Job::both(&policy("")).set("GITHUB_BASE_REF", "main").report(&[]);
    job.ends("pass", 0);
    assert!(!job.notices().contains(&"other-base".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_link_below_the_working_directory_is_not_followed_either() {
    let mut job = Job::both(&policy("")).work("sub/x", "").report(&[]);
    let secret = job.folder.write("secret.txt", "aws_secret: wJalrXUtnFEMI\n");
    std::os::unix::fs::symlink(secret, job.in_work("sub/rootgate.yaml")).unwrap();
    let ended = job.check_in("sub", &["--policy-from", "checkout"]);
    ended.refused(&["symbolic link"]);
    assert!(!ended.stderr.contains("wJalrXUtnFEMI"), "{}", ended.stderr);
}

#[test]
fn redacted_errors_show_no_line_of_the_policy() {
    let broken =
        policy("windows: [{ id: x, reason: secret project, ticket: SEC-1, from: 1, to: 2 }]\n");
    let mut job = Job::both(&broken).report(&[]);
    let ended = job.check(&["--details", "redacted"]);
    ended.refused(&["error[", "line 4", "--details full"]);
    for text in [&ended.stderr, &job.summary()] {
        assert!(!text.contains("secret project") && !text.contains("SEC-1"), "{text}");
    }
    let mut job = Job::both(&broken).report(&[]);
    job.check(&["--details", "full", "--color", "always"]).refused(&["secret project"]);
    assert!(!job.summary().contains("\\u{1b}"), "{}", job.summary());
}

#[test]
fn a_broken_copy_fails_with_its_problems_at_their_lines() {
    let broken = policy("gate: { fail-onn: low }\n"); // a mistake on purpose
    let mut job = Job::both(&policy("gate: { on-weaker: warn }\n")).work(FILE, &broken).report(&[]);
    let ended = job.ends("fail", 1);
    let change = &job.json()["policy_change"];
    assert_eq!(change["copy"], "broken");
    assert_eq!(change["problems"][0]["line"], 4);
    assert!(ended.stdout.contains("::error file=.github/rootgate.yaml,line=4"), "{}", ended.stdout);
    for text in ["", "\u{feff}", "- 1\n", "version: 1\nextends: other.yaml\n"] {
        let mut job = Job::both(&policy("")).work(FILE, text).report(&[]);
        job.ends("fail", 1);
        assert_eq!(job.json()["policy_change"]["copy"], "broken", "{text:?}");
    }
    let mut job = Job::both(&policy("")).report(&[]);
    std::fs::write(job.in_work(FILE), b"version: 1\n\xff").unwrap();
    job.ends("fail", 1);
    let mut job = Job::both(&policy("")).without(FILE).report(&[]);
    std::fs::create_dir(job.in_work(FILE)).unwrap();
    job.ends("fail", 1);
}

#[test]
fn a_merge_group_of_harmless_changes_that_are_weaker_together_fails() {
    // One lowers the severity of a rule that blocks anyway, the other raises the severity that blocks.
    let together =
        policy("gate: { fail-on: high }\nrules: { root-mfa-missing: { severity: medium } }\n");
    let mut job = Job::both(&policy("")).work(FILE, &together).report(&[("mfa_active", "false")]);
    job = job
        .set("GITHUB_EVENT_NAME", "merge_group")
        .set("GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-42-6dcb09b5");
    job.ends("fail", 1);
    assert_eq!(job.json()["policy_change"]["after_merge"]["verdict"], "pass");
}

#[test]
fn neither_event_file_nor_variables_name_the_default_branch() {
    let evil = "ref heads/evil = ".to_owned() + OWN;
    let mut job = Job::both(&policy("")).work(FILE, &key_rule_off()).line(&evil).report(ACTIVE_KEY);
    job = job.set("GITHUB_BASE_REF", "evil").set("GITHUB_HEAD_REF", "evil");
    let event = r#"{"repository":{"default_branch":"evil","visibility":"private"},
        "pull_request":{"base":{"ref":"evil","sha":"c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc"}}}"#;
    job.folder.write("event.json", event);
    job.ends("fail", 1);
    assert_eq!(job.json()["policy"]["ref"], "refs/heads/main");
    assert_eq!(job.json()["counts"]["failed"], 1);
}

#[test]
fn a_rerun_is_judged_by_the_current_tip() {
    let (old, new) = (policy("gate: { fail-on: high }\n"), policy("gate: { fail-on: medium }\n"));
    for event in ["schedule", "push", "workflow_dispatch"] {
        let mut job = Job::pull_request()
            .earlier(FILE, &old)
            .main(FILE, &new)
            .work(FILE, &old)
            .on_main(event, EARLIER)
            .report(&[]);
        let ended = job.ends("pass", 0);
        let change = &job.json()["policy_change"];
        assert_eq!((&change["copy"], &change["effect"]), (&"behind".into(), &"none".into()));
        assert!(ended.stdout.contains(&EARLIER[..7]), "{}", ended.stdout);
        assert_eq!(job.json()["policy"]["commit"], TIP);
    }
    // A pull request that does not change the policy, while its base did.
    let stale = |work: &str| {
        let job = Job::pull_request().earlier(FILE, &old).main(FILE, &new).work(FILE, work);
        let checkout = job.in_work("").display().to_string();
        job.line(&format!("commit {STALE} = {checkout} parent {EARLIER}"))
            .set("GITHUB_SHA", STALE)
            .report(&[])
    };
    let mut job = stale(&old);
    job.ends("pass", 0);
    assert_eq!(job.json()["policy_change"]["copy"], "behind");
    // One that changes it.
    let mut job = stale(&policy("gate: { fail-on: critical }\n"));
    job.ends("fail", 1);
}

#[test]
fn a_large_or_old_pull_request_that_does_not_touch_the_policy_does_not_weaken_it() {
    let (old, new) = (policy("gate: { fail-on: high }\n"), policy("gate: { fail-on: medium }\n"));
    let pull = |work: &str, line: &str| {
        let job = Job::pull_request().earlier(FILE, &old).main(FILE, &new).work(FILE, work);
        let checkout = job.in_work("").display().to_string();
        job.line(&format!("commit {HEAD} = {checkout} parent {EARLIER}"))
            .line(&format!("commit {STALE} = {checkout} parent {EARLIER} {HEAD}"))
            .line(line)
            .set("GITHUB_SHA", STALE)
            .report(&[])
    };
    let weaker = policy("gate: { fail-on: critical }\n");
    // An answer above the maximum size, and commits that GitHub cannot compare.
    for line in
        ["compared bytes = 5000000", "fault compare = status 500", "fault compare = not-found"]
    {
        let mut job = pull(&old, line);
        let ended = job.check(&["--timeout", "20s"]);
        assert_eq!(ended.code, 0, "{line}: {}{}", ended.stdout, ended.stderr);
        assert_eq!(job.json()["policy_change"]["copy"], "behind", "{line}");
        assert_eq!(pull(&weaker, line).check(&["--timeout", "20s"]).code, 1, "{line}");
    }
    // The requested page lists no files.
    let mut job = pull(&old, "");
    job.ends("pass", 0);
    let calls = job.github.as_ref().unwrap().calls();
    let compared = calls.iter().find(|call| call["call"] == "compare").unwrap();
    assert_eq!(compared["query"]["page"], "2");
    // Only GitHub's own merge into the default branch shows what that branch contained.
    let unknown = || pull(&old, "fault compare = not-found");
    for mut job in [
        unknown().set("GITHUB_BASE_REF", "release"),
        unknown().set("GITHUB_REF", "refs/heads/feature").set("GITHUB_EVENT_NAME", "push"),
        unknown().set("GITHUB_SHA", HEAD),
        unknown().line("fault commit-object = status 404"),
    ] {
        job.ends("fail", 1);
    }
}

/// The head of a pull request that left the default branch at the earlier commit.
const HEAD: &str = "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c";

/// The merge commit of a pull request whose base is the earlier commit.
const STALE: &str = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d";

#[test]
fn an_old_branch_does_not_undo_later_changes_of_the_policy() {
    let (old, new) = (policy("gate: { fail-on: high }\n"), policy("gate: { fail-on: medium }\n"));
    let pushed = |git_ref: &str, sha: &str, work: &str| {
        let job = Job::pull_request().earlier(FILE, &old).main(FILE, &new).work(FILE, work);
        let checkout = job.in_work("").display().to_string();
        job.line(&format!("commit {STALE} = {checkout} parent {EARLIER}"))
            .set("GITHUB_EVENT_NAME", "push")
            .set("GITHUB_REF", git_ref)
            .set("GITHUB_SHA", sha)
            .report(&[])
    };
    // A release that is on the default branch, and a branch that is behind.
    for (git_ref, sha) in [("refs/tags/v1", EARLIER), ("refs/heads/feature", STALE)] {
        let mut job = pushed(git_ref, sha, &old);
        job.ends("pass", 0);
        let change = &job.json()["policy_change"];
        assert_eq!((&change["copy"], &change["behind"]), (&"behind".into(), &EARLIER.into()));
    }
    let weaker = policy("gate: { fail-on: critical }\n");
    pushed("refs/heads/feature", STALE, &weaker).ends("fail", 1);
    // A branch that is up to date and reverts the change.
    pushed("refs/heads/feature", OWN, &old).ends("fail", 1);
    // The checkout of a run on the default branch must not contain a policy that was never on it.
    let mut job = Job::pull_request()
        .earlier(FILE, &new)
        .main(FILE, &new)
        .work(FILE, &old)
        .on_main("push", EARLIER)
        .report(&[]);
    job.ends("fail", 1);
    // If GitHub does not answer, the copy counts as a change.
    let mut untold = pushed("refs/heads/feature", STALE, &old).line("fault compare = status 500");
    assert_eq!(untold.check(&["--timeout", "5s"]).code, 1);
}

#[test]
fn events_whose_checkout_may_be_the_attackers_are_judged_by_the_tip() {
    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        let mut job = Job::both(&policy(""))
            .work(FILE, &key_rule_off())
            .on_main(event, TIP)
            .report(ACTIVE_KEY);
        job.ends("fail", 1);
        assert_eq!(job.json()["counts"]["failed"], 1, "{event}");
        assert_eq!(job.json()["policy_change"]["weaker"], true, "{event}");
        // Without a checkout there are no files of an attacker.
        let mut job = Job::pull_request().main(FILE, &policy("")).on_main(event, TIP).report(&[]);
        std::fs::remove_dir(job.in_work(".github")).unwrap();
        job.ends("pass", 0);
        assert!(job.notices().contains(&"no-checkout".to_owned()), "{event}");
    }
}

#[test]
fn a_named_policy_lies_in_the_repository_and_at_its_tip() {
    let outside = Folder::new();
    let place = outside.write("rootgate.yaml", policy("")).display().to_string();
    for name in ["../main/.github/rootgate.yaml", &place, "-", "/dev/stdin"] {
        let mut job = Job::both(&policy("")).report(&[]);
        let ended = job.check(&["--policy", name]);
        ended.refused(&["outside the checkout", "--policy-from checkout"]);
    }
    let mut job = Job::both(&policy("")).work("weak.yaml", &key_rule_off()).report(ACTIVE_KEY);
    job.check(&["--policy", "weak.yaml"]).refused(&[
        "weak.yaml",
        "default branch `main`",
        "which has .github/rootgate.yaml",
    ]);
    // The same file by an absolute path, by a relative path, and from a folder below.
    for (folder, name) in
        [("", FILE), ("", "./x/../.github/rootgate.yaml"), ("x", "../.github/rootgate.yaml")]
    {
        let mut job = Job::both(&policy("")).work("x/y", "").report(&[]);
        assert_eq!(job.check_in(folder, &["--policy", name]).code, 0, "{name}");
        assert_eq!(job.json()["policy"]["path"], FILE);
    }
    let mut job = Job::both(&policy("")).report(&[]);
    let absolute = job.in_work(FILE).display().to_string();
    assert_eq!(job.check(&["--policy", &absolute]).code, 0);
    let mut job = Job::pull_request().report(&[]);
    job.check(&["--policy", "none.yaml"]).refused(&["none.yaml", "neither"]);
}

#[test]
fn a_repository_may_be_checked_out_into_a_folder() {
    let mut job = Job::pull_request()
        .main(FILE, &policy(""))
        .work("sub/.git/HEAD", "ref: refs/heads/main\n")
        .work("sub/.github/rootgate.yaml", &key_rule_off())
        .report(ACTIVE_KEY);
    let ended = job.check_in("sub", &[]);
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    assert_eq!(job.json()["policy_change"]["path"], FILE);
    let ended = job.check(&["--policy", "sub/.github/rootgate.yaml"]);
    assert_eq!((ended.code, job.json()["policy"]["path"].as_str()), (1, Some(FILE)));
    // A submodule inside a checkout does not become its root.
    let mut job = Job::both(&policy(""))
        .work(".git/HEAD", "ref: refs/heads/main\n")
        .work("sub/.git", "gitdir: ../.git/modules/sub\n")
        .work("sub/rootgate.yaml", &key_rule_off())
        .report(ACTIVE_KEY);
    assert_eq!(job.check_in("sub", &[]).code, 1);
    assert_eq!(job.json()["policy"]["path"], FILE);
}

#[test]
fn without_any_policy_the_built_in_defaults_judge_and_a_first_one_is_compared_with_them() {
    let mut job = Job::pull_request().main("README.md", "x").work("README.md", "x").report(&[]);
    let ended = job.check(&[]);
    assert_eq!(ended.code, 3, "events were not collected: {}", ended.stdout);
    assert!(job.notices().contains(&"built-in-policy".to_owned()));
    assert!(job.json()["policy"]["path"].is_null());
    assert_eq!(job.json()["policy"]["commit"], TIP);
    let mut job = Job::pull_request().work(FILE, &key_rule_off()).report(ACTIVE_KEY);
    job.ends("fail", 1);
    assert!(job.notices().contains(&"built-in-policy".to_owned()));
    assert_eq!(job.json()["policy_change"]["weaker"], true);
    let mut job = Job::pull_request().work("first.yaml", &key_rule_off()).report(ACTIVE_KEY);
    assert_eq!(job.check(&["--policy", "first.yaml"]).code, 1);
    assert_eq!(job.json()["policy_change"]["path"], "first.yaml");
}

#[test]
fn a_failed_request_never_means_that_the_policy_is_absent() {
    let job = |line: &str| Job::both(&policy("")).line(line).report(&[]);
    let contents = ["contents: read"];
    for fault in [
        "fault repository = not-found",
        "fault repository = bad-credentials",
        "fault repository = not-accessible",
        "fault repository = status 500",
        "fault commit = not-found",
        "fault contents = not-accessible",
        "fault contents = status 502",
        "fault contents = primary",
        "fault contents = html",
        "fault contents = braces",
        "fault contents = hostile",
        "fault listing = not-found",
        "fault listing = not-accessible",
        "fault listing = status 503",
        "fault listing = html",
        "fault * = secondary 3600",
        "fault * = reset",
        "submodule .github/rootgate.yaml",
    ] {
        let mut job = job(fault);
        let ended = job.check(&["--timeout", "3s"]);
        ended.refused(&contents);
        assert_eq!(job.output("verdict"), "error", "{fault}");
    }
    // The listing is cut before the name.
    let incomplete =
        Job::pull_request().main(".github/x", "").line("cut-listing .github").report(&[]);
    unreadable(incomplete, &contents);
    let incomplete = Job::pull_request().line("fault listing = not-accessible").report(&[]);
    unreadable(incomplete, &contents);
    unreadable(
        Job::both(&policy("")).set("GITHUB_TOKEN", "").report(&[]),
        &["no token", "contents: read"],
    );
    unreadable(
        Job::both(&policy("")).set("GITHUB_REPOSITORY", "x").report(&[]),
        &["GITHUB_REPOSITORY"],
    );
    unreadable(
        Job::both(&policy("")).set("GITHUB_TOKEN", "wrong").report(&[]),
        &["401", "contents: read"],
    );
}

#[cfg(unix)]
#[test]
fn only_a_regular_file_at_the_tip_is_a_policy() {
    let link = |name: &str| {
        let job = Job::both(&policy("")).main("other.yaml", &key_rule_off()).report(ACTIVE_KEY);
        let main = job.folder.path().join("main");
        std::fs::remove_file(main.join(FILE)).unwrap();
        if name == ".github" {
            std::fs::remove_dir(main.join(name)).unwrap();
            std::fs::create_dir(main.join("real")).unwrap();
            std::fs::write(main.join("real/rootgate.yaml"), key_rule_off()).unwrap();
            std::os::unix::fs::symlink("real", main.join(name)).unwrap();
        } else {
            std::os::unix::fs::symlink("../other.yaml", main.join(name)).unwrap();
        }
        job
    };
    unreadable(link(FILE), &["symbolic link", "contents: read"]);
    unreadable(link(".github"), &["symbolic link", "contents: read"]);
    let folder = Job::pull_request().main(".github/rootgate.yaml/x", "").report(&[]);
    unreadable(folder, &["directory", "contents: read"]);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    unreadable(Job::both(pointer).report(&[]), &["Git LFS", "contents: read"]);
    let large = policy(&format!("# {}\n", "x".repeat(1_100_000)));
    unreadable(Job::both(&large).report(&[]), &["1 MB", "contents: read"]);
    let broken = policy("gate: { fail-onn: low }\n"); // a mistake on purpose
    unreadable(
        Job::both(&broken).report(&[]),
        &["`gate` has no key", "tip of the default branch `main`"],
    );
}

#[test]
fn an_earlier_step_cannot_change_whom_tls_trusts() {
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE"] {
        let job = Job::both(&policy("")).set(name, "/tmp/evil.pem").report(&[]);
        unreadable(job, &[name, "--ca-bundle"]);
    }
}

#[test]
fn policy_from_checkout_is_shown_in_every_report() {
    let mut job = Job::both(&policy("")).work(FILE, &key_rule_off()).report(ACTIVE_KEY);
    let ended = job.check(&["--policy-from", "checkout"]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(job.notices().contains(&"checkout-policy".to_owned()));
    assert_eq!(job.json()["policy"]["judge"], "checkout");
    assert!(job.github.as_ref().unwrap().calls().is_empty());
    for text in [&ended.stdout, &job.summary()] {
        let words: Vec<&str> = text.split_whitespace().collect();
        let expected = words.join(" ").contains("anybody who can change the branch can change it");
        assert!(expected, "{text}");
    }
}

#[test]
fn flags_that_contradict_each_other_judge_nothing() {
    let remote = "github:octo-org/security/root.yaml@v3";
    for flags in [
        &["--policy", remote, "--policy-from", "checkout"][..],
        &["--policy", remote, "--policy-from", "default-branch"],
        &["--policy", remote, "--accept-policy-change"],
        &["--policy-from", "checkout", "--accept-policy-change"],
        &["--policy-from", "default-branch", "--accept-policy-change"],
    ] {
        let mut job = Job::both(&policy("")).report(&[]);
        job.check(flags).refused(&["contradict each other"]);
    }
    let folder = Folder::new();
    folder.write("report.csv", crate::support::credential_report(&[]));
    folder.write("rootgate.yaml", policy(""));
    for flags in [&["--policy-from", "default-branch"][..], &["--accept-policy-change"]] {
        folder
            .run(&[&REPORT[..], flags].concat())
            .refused(&["GitHub Actions", "policy diff --base"]);
    }
    // Outside GitHub Actions the file on disk is used anyway.
    assert_eq!(folder.run(&[&REPORT[..], &["--policy-from", "checkout"]].concat()).code, 0);
    for wrong in [
        "github:octo-org/security",
        "github:octo-org/security/../x@v1",
        "github:@",
        "github:a/b/c@",
    ] {
        let output =
            rootgate(folder.path()).args(REPORT).args(["--policy", wrong]).output().unwrap();
        crate::support::Finished::from_output(output).refused(&["github:OWNER/REPO/PATH@REF"]);
    }
}

#[test]
fn a_remote_policy_is_read_at_the_commit_of_its_ref() {
    const THEIRS: &str = "1acc419d4d6a9ce985db7be48c6349a0475975b5";
    let text = policy("gate: { fail-on: low }\n");
    let job = || {
        let job = Job::both(&key_rule_off()).report(ACTIVE_KEY);
        let folder = job.folder.write("theirs/policies/root.yaml", &text);
        let folder = folder.parent().unwrap().parent().unwrap().display().to_string();
        job.line(&format!("in octo-org/security commit {THEIRS} = {folder}"))
            .line(&format!("in octo-org/security ref tags/v3 = {THEIRS}"))
    };
    for (git_ref, pinned) in [("v3", false), (THEIRS, true)] {
        let mut job = job();
        let name = format!("github:octo-org/security/policies/root.yaml@{git_ref}");
        let ended = job.check(&["--policy", &name]);
        assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
        let policy = &job.json()["policy"];
        assert_eq!((&policy["judge"], &policy["pinned"]), (&"remote".into(), &pinned.into()));
        assert_eq!((&policy["ref"], &policy["commit"]), (&git_ref.into(), &THEIRS.into()));
        assert_eq!(policy["sha256"], sha256_hex(text.as_bytes()));
        assert!(job.notices().contains(&"remote-policy".to_owned()));
        let sarif: serde_json::Value = job.folder.json("out.sarif");
        let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], FILE);
        assert_eq!(place["region"]["startLine"], 1);
    }
    for (name, part) in [
        ("octo-org/security/policies/root.yaml@v4", "v4"),
        ("octo-org/security/other.yaml@v3", "there is no other.yaml"),
        ("octo-org/unknown/root.yaml@v3", "404"),
    ] {
        let ended = job().check(&["--policy", &format!("github:{name}")]);
        ended.refused(&[part]);
    }
}
