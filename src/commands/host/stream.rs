//! Streams: standard output and standard error, pipes, devices, and what is behind a descriptor.
//!
//! A stream cannot be replaced as a whole, as a file can. So it is written after everything else that
//! can fail, and where a regular file is behind it, what was written can be taken back.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rootgate::text;

use crate::commands::Failure;

/// So much is written at once.
const CHUNK: usize = 64 * 1024;
/// How long the reader of a named pipe may take to come.
const READER: Duration = Duration::from_secs(30);

/// What writes a text to a sink. It may be asked more than once, and writes the same each time.
pub(crate) type Render<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<()>;

/// Renders to a sink, many bytes at a time.
pub(super) fn rendered_to(out: impl Write, render: Render<'_>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(CHUNK, out);
    render(&mut out)?;
    out.flush()
}

/// A stream that is open for writing.
pub(crate) struct Stream {
    /// `None`: standard output.
    path: Option<PathBuf>,
    out: Box<dyn Write>,
    tail: Option<Tail>,
    order: Order,
}

/// Which of several streams is written first: the less of it can be taken back, the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// What was written can be taken back.
    RegularFile,
    /// It may fail, for want of room.
    Device,
    /// A reader has it at once; and one that went away is no failure.
    Pipe,
}

impl Stream {
    /// Standard output.
    pub(crate) fn standard_output() -> Result<Self, Failure> {
        let mut standard = io::stdout();
        // The mask commands that were written already come first.
        standard.flush().or_else(unless_closed)?;
        Self::standard(None, standard).map_err(|error| cannot_write(None, &error))
    }

    /// Standard error, which is named by this path.
    pub(crate) fn standard_error(path: &Path) -> Result<Self, Failure> {
        let opened = Self::standard(Some(path), io::stderr());
        opened.map_err(|error| cannot_write(Some(path), &error))
    }

    /// A pipe, a device, or what is behind a descriptor.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let opened = open(path).and_then(|file| Self::from_file(Some(path), file));
        opened.map_err(|error| cannot_write(Some(path), &error))
    }

    /// Standard output or standard error without what Rust puts around it: that takes a descriptor
    /// which cannot be written to for one that swallows everything.
    #[cfg(unix)]
    fn standard(path: Option<&Path>, standard: impl std::os::fd::AsFd) -> io::Result<Self> {
        Self::from_file(path, standard.as_fd().try_clone_to_owned()?.into())
    }

    #[cfg(not(unix))]
    fn standard(path: Option<&Path>, standard: impl Write + 'static) -> io::Result<Self> {
        let (path, out) = (path.map(Path::to_owned), Box::new(standard));
        Ok(Self { path, out, tail: None, order: Order::Device })
    }

    fn from_file(path: Option<&Path>, file: File) -> io::Result<Self> {
        let tail = Tail::from_file(&file)?;
        let order = match &tail {
            Some(_) => Order::RegularFile,
            None if is_pipe(&file)? => Order::Pipe,
            None => Order::Device,
        };
        Ok(Self { path: path.map(Path::to_owned), out: Box::new(file), tail, order })
    }

    /// When it is its turn.
    pub(crate) const fn order(&self) -> Order {
        self.order
    }

    /// Writes what is rendered; of what cannot be written whole, nothing stays in a regular file. A reader
    /// that went away is no failure.
    pub(crate) fn write(&mut self, render: Render<'_>) -> Result<(), Failure> {
        match rendered_to(&mut self.out, render) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.roll_back();
                Err(cannot_write(self.path.as_deref(), &error))
            }
            _ => Ok(()),
        }
    }

    /// Removes what was written, where a regular file is behind the stream.
    pub(crate) fn roll_back(&self) {
        self.tail.iter().for_each(Tail::roll_back);
    }
}

/// What a failed write to standard output means.
pub(crate) fn unless_closed(error: io::Error) -> Result<(), Failure> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(cannot_write(None, &error)),
    }
}

fn cannot_write(path: Option<&Path>, error: &io::Error) -> Failure {
    match path {
        None => Failure::new(
            text!("cannot write to standard output: {}", error),
            "give standard output a place with room for it",
        ),
        Some(path) => cannot_write_to(path, error),
    }
}

/// What was to be written to this place could not be.
pub(super) fn cannot_write_to(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        text!("cannot write {}: {}", path, error),
        "make room or give another path; a run that cannot write what it was asked for counts as failed",
    )
}

/// The end of a regular file that is added to.
#[derive(Debug)]
pub(crate) struct Tail {
    file: File,
    length: u64,
    position: u64,
}

impl Tail {
    /// Where the file ends now; `None` if it is no regular file, which keeps nothing.
    pub(crate) fn from_file(file: &File) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let mut file = file.try_clone()?;
        let position = file.stream_position()?;
        Ok(Some(Self { file, length: metadata.len(), position }))
    }

    /// Removes what was added, unless somebody else has added something after it.
    pub(crate) fn roll_back(&self) {
        // Where this fails, too, nothing is left to try: the run says that it failed in any case.
        let _taken_back = self.try_roll_back();
    }

    fn try_roll_back(&self) -> io::Result<()> {
        let mut file = &self.file;
        let end = file.stream_position()?;
        if end > self.length && file.metadata()?.len() == end {
            file.set_len(self.length)?;
            file.seek(SeekFrom::Start(self.position))?;
        }
        Ok(())
    }
}

#[cfg(unix)]
fn is_pipe(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::FileTypeExt;
    let kind = file.metadata()?.file_type();
    Ok(kind.is_fifo() || kind.is_socket())
}

#[cfg(not(unix))]
fn is_pipe(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// Appends: what is behind a descriptor may be a file that others write to as well.
///
/// A named pipe opens once somebody reads it. Signals no longer end a run that has collected, so the wait
/// has an end of its own.
fn open(path: &Path) -> io::Result<File> {
    let (sender, opened) = std::sync::mpsc::channel();
    let path = path.to_owned();
    #[expect(clippy::disallowed_methods, reason = "pipes and devices are written as they are")]
    let open = move || sender.send(fs::OpenOptions::new().append(true).open(path));
    std::thread::Builder::new().spawn(open)?;
    let nobody = || io::Error::new(io::ErrorKind::TimedOut, "nobody reads it");
    opened.recv_timeout(READER).map_err(|_| nobody())?
}
