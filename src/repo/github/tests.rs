use serde_json::json;

use super::*;

fn single(kind: &str) -> Option<Item> {
    let answer = json!({ "type": kind, "path": "a/b", "size": 2, "encoding": "base64", "content": "aGk=\n" });
    Some(item(answer, "a/b").unwrap())
}

fn entry(name: &str, kind: &str) -> Entry {
    Entry { name: name.to_owned(), kind: kind.to_owned(), size: Some(2) }
}

fn folder(entries: Vec<Entry>) -> Option<Item> {
    Some(Item::Folder(entries))
}

fn listed(kind: &str) -> Option<Item> {
    folder(vec![entry("B", "file"), entry("b", kind), entry("b.yaml", "file")])
}

fn kind_of(settled: Result<Settled, Kind>) -> Kind {
    match settled {
        Err(kind) => kind,
        other => panic!("{other:?}"),
    }
}

fn path() -> RepoPath {
    RepoPath::new("a/b").unwrap()
}

#[test]
fn both_answers_must_call_it_a_file() {
    let settled = settle("a/b", single("file"), listed("file")).unwrap();
    assert!(matches!(settled, Settled::File(file) if file.path == "a/b"));
    for (answer, listing) in [
        (single("symlink"), listed("file")),
        (single("file"), listed("dir")),
        (single("file"), listed("gitlink")),
        (single("file"), folder(vec![entry("B", "file")])),
        (single("file"), None),
        (single("file"), single("file")),
        (folder(Vec::new()), listed("file")),
        (None, listed("file")),
        (None, listed("dir")),
    ] {
        let shown = format!("{answer:?} {listing:?}");
        assert_eq!(settle("a/b", answer, listing), Ok(Settled::Open), "{shown}");
    }
}

#[test]
fn the_listing_must_have_the_same_size() {
    let of_size = |size| folder(vec![Entry { size, ..entry("b", "file") }]);
    assert!(matches!(settle("a/b", single("file"), of_size(None)), Ok(Settled::File(_))));
    // The length of `target.yaml`, which is the whole content of a link to it.
    assert_eq!(settle("a/b", single("file"), of_size(Some(11))), Ok(Settled::Open));
}

#[test]
fn a_link_is_recognised_even_if_github_follows_it() {
    for answer in [single("file"), single("symlink"), None] {
        assert_eq!(kind_of(settle("a/b", answer, listed("symlink"))), Kind::SymbolicLink);
    }
    assert_eq!(kind_of(settle("a/b", single("submodule"), listed("file"))), Kind::Submodule);
    assert_eq!(kind_of(settle("a/b", single("submodule"), listed("submodule"))), Kind::Submodule);
    assert_eq!(kind_of(settle("a/b", folder(Vec::new()), listed("dir"))), Kind::Folder);
}

#[test]
fn only_a_complete_listing_proves_absence() {
    let others =
        |count: usize| folder((0..count).map(|it| entry(&it.to_string(), "file")).collect());
    assert_eq!(settle("a/b", None, others(0)), Ok(Settled::Absent));
    assert_eq!(settle("a/b", None, others(999)), Ok(Settled::Absent));
    assert_eq!(settle("a/b", None, others(1_000)), Ok(Settled::Open));
    assert_eq!(settle("b", None, others(3)), Ok(Settled::Absent));
}

#[test]
fn a_folder_that_is_not_found_is_looked_for_above_up_to_the_root() {
    assert_eq!(settle("a/b", None, None), Ok(Settled::Above(None)));
    assert_eq!(settle("a/b", None, single("symlink")), Ok(Settled::Above(single("symlink"))));
    assert_eq!(settle("b", None, None), Ok(Settled::Open));
    assert_eq!(settle("b", None, single("file")), Ok(Settled::Open));
}

fn file(
    size: u64,
    encoding: Option<&str>,
    content: Option<&str>,
) -> Result<Vec<u8>, ContentsError> {
    content_of(json!({ "type": "file", "path": "a/b", "size": size, "encoding": encoding,
        "content": content }))
}

fn content_of(answer: Value) -> Result<Vec<u8>, ContentsError> {
    match item(answer, "a/b").unwrap() {
        Item::Single(file) => content(file, &path()),
        Item::Folder(_) => panic!("a folder"),
    }
}

#[test]
fn the_content_is_as_long_as_its_size() {
    assert_eq!(file(5, Some("base64"), Some("aGVs\nbG8=\n")), Ok(b"hello".to_vec()));
    assert_eq!(file(0, Some("base64"), Some("")), Ok(Vec::new()));
    for (size, encoding, content, message) in [
        (6, Some("base64"), Some("aGVsbG8="), "the file has 6 bytes, but 5 were received"),
        (5, Some("base64"), None, "the file has 5 bytes, but 0 were received"),
        (5, Some("base64"), Some("aGVsbG8"), "the file's content is not Base64"),
        (5, Some("utf-8"), Some("hello"), "the file's content is not Base64"),
        (5, None, Some("aGVsbG8="), "the file's content is not Base64"),
    ] {
        let error = ApiError::Unreadable(message.to_owned());
        let path = "a/b".to_owned();
        let error = NotRead::Unknown(Unknown::Api { path, error });
        assert_eq!(file(size, encoding, content), Err(error));
    }
}

#[test]
fn a_file_without_its_content_is_not_an_empty_one() {
    let too_large = |size| Err(NotRead::TooLarge { path: path(), size });
    assert_eq!(file(1_000_001, Some("none"), Some("")), too_large(1_000_001));
    assert_eq!(file(1_000_001, Some("base64"), Some("")), too_large(1_000_001));
    assert_eq!(file(7, Some("none"), Some("")), too_large(7));
}

#[test]
fn a_git_lfs_pointer_is_not_the_file() {
    let text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let packed = BASE64_STANDARD.encode(text);
    let read = file(text.len() as u64, Some("base64"), Some(&packed));
    assert_eq!(read, Err(NotRead::LfsPointer { path: path() }));
}

#[test]
fn an_answer_about_another_path_is_an_error() {
    let answer =
        json!({ "type": "file", "path": "a/B", "size": 0, "encoding": "base64", "content": "" });
    let error = item(answer, "a/b").unwrap_err();
    assert_eq!(error, ApiError::Unreadable("it is about another path".to_owned()));
    for answer in [json!({}), json!("x"), json!([{ "name": "b" }]), json!({ "type": "file" })] {
        assert!(matches!(item(answer, "a/b"), Err(ApiError::Unreadable(_))));
    }
}

#[test]
fn a_refusal_of_a_file_that_the_listing_calls_too_large_is_about_its_size() {
    let refusal = |status| Err(ApiError::Status { status, message: String::new() });
    let of_size =
        |size, kind: &str| Ok(Item::Folder(vec![Entry { size: Some(size), ..entry("b", kind) }]));
    let large = of_size(1_000_001, "file");
    assert_eq!(refused_for_its_size(&refusal(403), &large, "a/b"), Some(1_000_001));
    assert_eq!(refused_for_its_size(&refusal(404), &large, "a/b"), None);
    assert_eq!(refused_for_its_size(&refusal(403), &large, "a/c"), None);
    assert_eq!(refused_for_its_size(&refusal(403), &refusal(403), "a/b"), None);
    assert_eq!(refused_for_its_size(&refusal(403), &of_size(1_000_000, "file"), "a/b"), None);
    assert_eq!(refused_for_its_size(&refusal(403), &of_size(1_000_001, "symlink"), "a/b"), None);
}

#[test]
fn each_error_is_one_sentence_that_names_the_path() {
    let path = || RepoPath::new(".github/rootgate.yaml").unwrap();
    let error =
        ApiError::Status { status: 403, message: "Resource not accessible by integration".into() };
    for (error, sentence) in [
        (
            NotRead::Unknown(Unknown::Api { path: path().to_string(), error: error.clone() }),
            "`.github/rootgate.yaml` could not be read from GitHub: GitHub answered HTTP 403: \
             Resource not accessible by integration",
        ),
        (
            NotRead::Unknown(Unknown::Api { path: String::new(), error }),
            "the root folder could not be read from GitHub: GitHub answered HTTP 403: Resource \
             not accessible by integration",
        ),
        (
            NotRead::NotAFile { path: path(), kind: Kind::SymbolicLink },
            "`.github/rootgate.yaml` is a symbolic link, not a file",
        ),
        (
            NotRead::TooLarge { path: path(), size: 1_234_567 },
            "`.github/rootgate.yaml` has 1234567 bytes, and GitHub's contents API returns files up \
             to 1 MB",
        ),
        (
            NotRead::LfsPointer { path: path() },
            "`.github/rootgate.yaml` is a Git LFS pointer, not the file itself",
        ),
        (
            NotRead::Unknown(Unknown::Unproven { path: path() }),
            "GitHub's answers do not prove whether `.github/rootgate.yaml` exists",
        ),
    ] {
        assert_eq!(error.to_string(), sentence);
    }
}
