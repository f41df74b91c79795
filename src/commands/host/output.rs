//! An output file. It is written whole or not at all, and replaces only files that rootgate wrote.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use rootgate::text;
use rootgate::text::{Text, public};

use super::files;
use super::stream::{Render, Stream, cannot_write_to, rendered_to};
use crate::commands::Failure;

/// Maximum number of links that Linux follows.
const MAX_LINKS: usize = 40;

/// A kind of file that rootgate makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// In messages: `a report of rootgate`.
    pub(crate) name: &'static str,
    /// Whether a file is of this kind and unchanged since rootgate wrote it.
    pub(crate) is: fn(&mut dyn Read) -> io::Result<bool>,
    /// Whether an earlier file stays until the new one is complete; else it is removed at the
    /// start.
    pub(crate) outlives: bool,
}

/// The destination of an output. No file changes until it is written or discarded.
#[derive(Debug)]
pub(crate) struct Output {
    /// The given path.
    path: PathBuf,
    kind: Kind,
    destination: Destination,
    /// Whether it is standard output or standard error, or the same file as one of them.
    is_in_log: bool,
}

#[derive(Debug)]
enum Destination {
    StandardOutput,
    StandardError,
    /// A pipe or a device. It is not replaced.
    Stream(PathBuf),
    /// A regular file or nothing yet, after all links.
    File(PathBuf, Option<Permissions>),
}

/// What is at a path, after all links.
enum Found {
    /// Standard output is 1, standard error is 2.
    Descriptor(u32, PathBuf),
    Nothing(PathBuf),
    Something(PathBuf, Metadata),
}

impl Output {
    /// Inspects the path, and refuses a file that rootgate did not write.
    pub(crate) fn find(path: &Path, flag: &str, kind: Kind) -> Result<Self, Failure> {
        let refused = |what: Text, help: &'static str| {
            Failure::new(text!("cannot write {} ({}): {}", path, public(flag), what), help)
        };
        let destination = inspect(path, kind).map_err(|error| match error {
            Refused::Error(error) => refused(Text::from(&error), FOLDER),
            Refused::IsA(what) => refused(text!("it is {}", what), "use another path"),
            Refused::NotOurs => refused(
                text!("the existing file is not {}; it is unchanged", kind.name),
                "use another path, or remove the file",
            ),
            Refused::DanglingLink => refused(
                "it is a link to a file that does not exist".into(),
                "use the path of the file itself, or remove the link",
            ),
        })?;
        let is_in_log = is_in_log(&destination);
        Ok(Self { path: path.to_owned(), kind, destination, is_in_log })
    }

    /// Checks that the path can be written to.
    pub(crate) fn check(&self, flag: &str) -> Result<(), Failure> {
        self.try_folder().map_err(|error| {
            let what = text!("cannot write {} ({}): {}", &self.path, public(flag), &error);
            Failure::new(what, FOLDER)
        })
    }

    /// Whether the path is standard output, under any of its names.
    pub(crate) fn is_standard_output(path: &Path) -> bool {
        matches!(follow(path), Ok(Found::Descriptor(1, _)))
    }

    /// Whether it appears in the log of a runner: it is standard output or standard error.
    pub(crate) const fn is_in_log(&self) -> bool {
        self.is_in_log
    }

    /// How messages name it.
    pub(crate) fn shown(&self) -> Text {
        match self.destination {
            Destination::StandardOutput => "standard output".into(),
            _ => Text::from(&self.path),
        }
    }

    /// The path as it was given.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the report of an earlier run, or of this one.
    pub(crate) fn discard(&self) -> Result<(), Failure> {
        let Destination::File(file, _) = &self.destination else { return Ok(()) };
        remove(file, self.kind).map_err(|error| {
            Failure::new(
                text!("cannot remove the earlier report {}: {}", &self.path, &error),
                "remove it by hand: it is not the report of this run",
            )
        })
    }

    /// Writes the rendered text, whole or not at all.
    pub(crate) fn write(&self, render: Render<'_>) -> Result<(), Failure> {
        match self.open()? {
            Some(mut stream) => stream.write(render),
            None => self.write_file(render).map_err(|error| cannot_write_to(&self.path, &error)),
        }
    }

    /// Opens the stream; `None`: the output is a file.
    pub(crate) fn open(&self) -> Result<Option<Stream>, Failure> {
        match &self.destination {
            Destination::StandardOutput => Stream::standard_output().map(Some),
            Destination::StandardError => Stream::standard_error(&self.path).map(Some),
            Destination::Stream(path) => Stream::open(path).map(Some),
            Destination::File(..) => Ok(None),
        }
    }

    fn write_file(&self, render: Render<'_>) -> io::Result<()> {
        let Destination::File(path, permissions) = &self.destination else { return Ok(()) };
        // Another process may have created a file there in the meantime.
        match inspect(path, self.kind) {
            Ok(Destination::File(real, _)) if real == *path => {}
            Ok(_) | Err(Refused::NotOurs | Refused::DanglingLink | Refused::IsA(_)) => {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            Err(Refused::Error(error)) => return Err(error),
        }
        replace_file(path, permissions.as_ref(), render)
            .or_else(|error| write_in_place(path, render, error))
    }

    /// Checks that the folder accepts new files. The test leaves no file.
    fn try_folder(&self) -> io::Result<()> {
        match &self.destination {
            Destination::File(path, there) => match tempfile::tempfile_in(files::folder_of(path)) {
                // The file will be empty by then, so it is filled in place.
                Err(_) if there.is_some() && (is_empty(path) || !self.kind.outlives) => {
                    open_to_write(path).map(|_| ())
                }
                made => made.map(|_| ()),
            },
            _ => Ok(()),
        }
    }
}

/// Whether this destination ends up in the log: a descriptor may be a copy of another one
/// (`3>&1`), and a path may lead to the same file.
fn is_in_log(place: &Destination) -> bool {
    match place {
        Destination::StandardOutput | Destination::StandardError => true,
        Destination::Stream(path) | Destination::File(path, Some(_)) => is_a_standard_stream(path),
        Destination::File(_, None) => false,
    }
}

#[cfg(unix)]
fn is_a_standard_stream(path: &Path) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let inode = |of: Metadata| (of.dev(), of.ino());
    let behind = |stream: &dyn AsFd| {
        let file = fs::File::from(stream.as_fd().try_clone_to_owned().ok()?);
        file.metadata().ok().map(inode)
    };
    let at = |path: &Path| path.metadata().ok().map(inode);
    // The null device has no reader.
    let nowhere = at(Path::new("/dev/null"));
    let this = at(path).filter(|this| Some(*this) != nowhere);
    this.is_some() && [behind(&io::stdout()), behind(&io::stderr())].contains(&this)
}

#[cfg(not(unix))]
fn is_a_standard_stream(_: &Path) -> bool {
    false
}

const FOLDER: &str = "use a path in an existing folder that this process may write to";

/// Why the path is refused.
enum Refused {
    Error(io::Error),
    /// Its kind, such as `a folder`.
    IsA(&'static str),
    NotOurs,
    DanglingLink,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Error(error)
    }
}

fn inspect(path: &Path, kind: Kind) -> Result<Destination, Refused> {
    let (path, metadata) = match follow(path)? {
        Found::Descriptor(1, _) => return Ok(Destination::StandardOutput),
        Found::Descriptor(2, _) => return Ok(Destination::StandardError),
        Found::Descriptor(_, path) => {
            let metadata = path.metadata()?;
            // The shell created or emptied the file behind it; a file with content is not ours.
            return match metadata.is_file() && metadata.len() > 0 {
                true => Err(Refused::NotOurs),
                false => Ok(Destination::Stream(path)),
            };
        }
        Found::Nothing(real) if is_folder_by_name(&real) => return Err(Refused::IsA("a folder")),
        Found::Nothing(real) => {
            // Following a dangling link would let a checkout choose where a file is created.
            let is_link = path.symlink_metadata().is_ok();
            return if is_link {
                Err(Refused::DanglingLink)
            } else {
                Ok(Destination::File(real, None))
            };
        }
        Found::Something(path, metadata) => (path, metadata),
    };
    if metadata.is_file() {
        if metadata.len() > 0 && !is_of_kind(&path, kind)? {
            return Err(Refused::NotOurs);
        }
        return Ok(Destination::File(path, Some(metadata.permissions())));
    }
    if metadata.is_dir() {
        return Err(Refused::IsA("a folder"));
    }
    match special(&metadata) {
        None => Ok(Destination::Stream(path)),
        Some(what) => Err(Refused::IsA(what)),
    }
}

/// Whether the path ends with a separator: a file cannot have such a name.
fn is_folder_by_name(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.last().is_some_and(|last| std::path::is_separator(char::from(*last)))
}

/// The kind of a special file that cannot hold a report.
#[cfg(unix)]
fn special(metadata: &Metadata) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_socket() {
        return Some("a socket");
    }
    kind.is_block_device().then_some("a block device")
}

#[cfg(not(unix))]
fn special(_: &Metadata) -> Option<&'static str> {
    None
}

/// Follows links itself, because a link to a descriptor has no path.
fn follow(given: &Path) -> io::Result<Found> {
    if given == Path::new("-") {
        return Ok(Found::Descriptor(1, given.to_owned()));
    }
    let mut path = given.to_owned();
    for _ in 0..MAX_LINKS {
        if let Some(number) = descriptor(&path) {
            return Ok(Found::Descriptor(number, path));
        }
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Found::Nothing(path));
            }
            Err(error) => return Err(error),
        };
        if !metadata.is_symlink() {
            return Ok(Found::Something(path, metadata));
        }
        path = files::folder_of(&path).join(path.read_link()?);
    }
    Err(io::Error::other("too many links"))
}

/// The descriptor that a path names: `/dev/stdout`, `/dev/fd/63`, `/proc/self/fd/1`.
fn descriptor(path: &Path) -> Option<u32> {
    if !cfg!(unix) {
        return None;
    }
    let parts: Option<Vec<&str>> = path
        .components()
        .filter(|part| !matches!(part, Component::RootDir))
        .map(|part| part.as_os_str().to_str())
        .collect();
    match parts?.as_slice() {
        _ if !path.is_absolute() => None,
        ["dev", "stdout"] => Some(1),
        ["dev", "stderr"] => Some(2),
        ["dev", "fd", number] => number.parse().ok(),
        ["proc", process, "fd", number]
            if *process == "self" || process.parse() == Ok(std::process::id()) =>
        {
            number.parse().ok()
        }
        _ => None,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads files before replacing them"
)]
fn is_of_kind(path: &Path, kind: Kind) -> io::Result<bool> {
    (kind.is)(&mut fs::File::open(path)?)
}

fn is_empty(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}

/// Removes a file of this kind. If it cannot be removed, such as a mounted file, it is emptied.
#[expect(clippy::disallowed_methods, reason = "the one place that removes files")]
fn remove(path: &Path, kind: Kind) -> io::Result<()> {
    match inspect(path, kind) {
        Ok(Destination::File(real, there))
            if real == path && there.is_some() && !is_empty(path) =>
        {
            fs::remove_file(path).or_else(|error| {
                let emptied = open_to_write(path).and_then(|file| file.set_len(0));
                emptied.map_err(|_| error)
            })
        }
        _ => Ok(()),
    }
}

/// Replaces a file with a new one in one step.
fn replace_file(
    path: &Path,
    permissions: Option<&Permissions>,
    render: Render<'_>,
) -> io::Result<()> {
    let mut file = files::temporary(files::folder_of(path))?;
    rendered_to(&mut file, render)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions.clone())?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|error| error.error)
}

/// Fills an empty file that cannot be replaced, such as a mounted file. If writing fails, the file
/// stays empty.
fn write_in_place(path: &Path, render: Render<'_>, why: io::Error) -> io::Result<()> {
    if !is_empty(path) {
        return Err(why);
    }
    let mut file = open_to_write(path).map_err(|_| why)?;
    let written = rendered_to(&mut file, render).and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        let _emptied = file.set_len(0);
    })
}

#[expect(clippy::disallowed_methods, reason = "only after the file was inspected")]
fn open_to_write(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).open(path)
}
