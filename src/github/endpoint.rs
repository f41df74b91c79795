//! Which addresses may receive tokens and keys.

use std::net::IpAddr;

/// Whether the connection is private: https, or plain http to this machine.
#[must_use]
pub fn is_private(url: &str) -> bool {
    if let Some(rest) = url.strip_prefix("https://") {
        return !rest.is_empty();
    }
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    // The host comes after an `@`: `http://127.0.0.1@example.com` goes to example.com.
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for url in [
            "https://sts.amazonaws.com",
            "http://127.0.0.1:8080/x",
            "http://127.0.0.2",
            "http://localhost:1/",
            "http://[::1]:99/token?a=b",
        ] {
            assert!(is_private(url), "{url}");
        }
        for url in [
            "http://sts.amazonaws.com",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.1:80@example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://",
            "https://",
            "ftp://127.0.0.1",
            "",
        ] {
            assert!(!is_private(url), "{url}");
        }
    }
}
