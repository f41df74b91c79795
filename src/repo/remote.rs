//! Where a clone comes from: the repository on GitHub and its default branch, as far as the clone says.

use super::git::Repository;

impl Repository {
    /// `OWNER/NAME` of the remote `origin`, if that is a repository on github.com.
    #[must_use]
    pub fn on_github(&self) -> Option<String> {
        let url = self.line(&["remote", "get-url", "origin"])?;
        of_url(&url)
    }

    /// The default branch of the remote `origin`, if the clone knows it.
    #[must_use]
    pub fn default_branch(&self) -> Option<String> {
        let full = self.line(&["symbolic-ref", "refs/remotes/origin/HEAD"])?;
        full.strip_prefix("refs/remotes/origin/").map(str::to_owned)
    }

    fn line(&self, question: &[&str]) -> Option<String> {
        let text = String::from_utf8(self.read(question).ok()?).ok()?;
        Some(text.trim_end().to_owned()).filter(|line| !line.is_empty())
    }
}

/// `https://github.com/OWNER/NAME.git`, `git@github.com:OWNER/NAME`, `ssh://git@github.com:22/OWNER/NAME`.
fn of_url(url: &str) -> Option<String> {
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => url.split_once(':')?,
    };
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    // Where port 22 is closed. Source: GitHub Docs, "Using SSH over the HTTPS port".
    if !matches!(host.as_str(), "github.com" | "www.github.com" | "ssh.github.com") {
        return None;
    }
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let (owner, name) = path.split_once('/')?;
    let plain = |part: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !matches!(part, "" | "." | "..") && part.bytes().all(known)
    };
    (plain(owner) && plain(name)).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::of_url;

    #[test]
    fn every_form_of_an_address_on_github_names_the_repository() {
        for url in [
            "https://github.com/octo-org/octo-repo.git",
            "https://github.com/octo-org/octo-repo",
            "https://github.com/octo-org/octo-repo/",
            "https://token@github.com/octo-org/octo-repo.git",
            "https://GitHub.com/octo-org/octo-repo",
            "git@github.com:octo-org/octo-repo.git",
            "ssh://git@github.com/octo-org/octo-repo.git",
            "ssh://git@ssh.github.com:443/octo-org/octo-repo.git",
            "git://github.com/octo-org/octo-repo.git",
        ] {
            assert_eq!(of_url(url).as_deref(), Some("octo-org/octo-repo"), "{url}");
        }
        for url in [
            "",
            "/srv/git/octo-repo.git",
            "../octo-repo",
            "https://gitlab.com/octo-org/octo-repo.git",
            "https://github.com.example.org/octo-org/octo-repo",
            "https://example.org/github.com/octo-org/octo-repo",
            "https://github.com/octo-repo",
            "https://github.com/a/b/c",
            "https://github.com/a/..",
            "git@github.com:a/b c",
            "https://github.com/a/$(id)",
        ] {
            assert_eq!(of_url(url), None, "{url}");
        }
    }
}
