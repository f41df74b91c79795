//! Streams: standard output, standard error, pipes, devices and open descriptors.
//!
//! A stream cannot be replaced as a whole like a file. So streams are written after everything else
//! that can fail. If a stream is a regular file, its new content can be removed again.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rootgate::text;

use crate::commands::Failure;

/// Size of the write buffer.
const CHUNK: usize = 64 * 1024;
/// Maximum wait for the reader of a named pipe.
const READER: Duration = Duration::from_secs(30);

/// Writes a text to a sink. It may be called more than once and writes the same text each time.
pub(crate) type Render<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<()>;

/// Renders to a sink through a buffer.
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

/// The order of writing: the streams that can be rolled back come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// It can be rolled back.
    RegularFile,
    /// It may fail because there is no space.
    Device,
    /// The reader gets the text immediately. A reader that closed it is not an error.
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

    /// Standard error; `path` is its name in messages.
    pub(crate) fn standard_error(path: &Path) -> Result<Self, Failure> {
        let opened = Self::standard(Some(path), io::stderr());
        opened.map_err(|error| cannot_write(Some(path), &error))
    }

    /// A pipe, a device or an open descriptor.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let opened = open(path).and_then(|file| Self::from_file(Some(path), file));
        opened.map_err(|error| cannot_write(Some(path), &error))
    }

    /// Standard output or standard error without Rust's wrapper: the wrapper ignores the error of a
    /// descriptor that is closed or read-only.
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

    /// Its place in the order of writing.
    pub(crate) const fn order(&self) -> Order {
        self.order
    }

    /// Renders to the stream. If that fails, nothing stays in a regular file. A reader that closed
    /// the stream is not an error.
    pub(crate) fn write(&mut self, render: Render<'_>) -> Result<(), Failure> {
        match rendered_to(&mut self.out, render) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.roll_back();
                Err(cannot_write(self.path.as_deref(), &error))
            }
            _ => Ok(()),
        }
    }

    /// Removes what was written if the stream is a regular file.
    pub(crate) fn roll_back(&self) {
        self.tail.iter().for_each(Tail::roll_back);
    }
}

/// Success if the reader closed standard output, else the failure.
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
            "free disk space, or redirect standard output to another place",
        ),
        Some(path) => cannot_write_to(path, error),
    }
}

/// The failure for a path that cannot be written.
pub(super) fn cannot_write_to(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        text!("cannot write {}: {}", path, error),
        "free disk space or use another path; a run that cannot write a requested output fails",
    )
}

/// The end of a regular file before something was appended.
#[derive(Debug)]
pub(crate) struct Tail {
    file: File,
    length: u64,
    position: u64,
}

impl Tail {
    /// The current end of the file; `None`: it is not a regular file.
    pub(crate) fn from_file(file: &File) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(None);
        }
        let mut file = file.try_clone()?;
        let position = file.stream_position()?;
        Ok(Some(Self { file, length: metadata.len(), position }))
    }

    /// Removes what was appended, unless another process has appended something after it.
    pub(crate) fn roll_back(&self) {
        // If this fails too, there is nothing else to try: the run reports a failure anyway.
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

/// Opens for appending, because other processes may write to the same file.
///
/// Opening a named pipe blocks until it has a reader. Signals no longer end a run after the
/// collection, so the wait has its own limit.
fn open(path: &Path) -> io::Result<File> {
    let (sender, opened) = std::sync::mpsc::channel();
    let path = path.to_owned();
    #[expect(clippy::disallowed_methods, reason = "pipes and devices are written as they are")]
    let open = move || sender.send(fs::OpenOptions::new().append(true).open(path));
    std::thread::Builder::new().spawn(open)?;
    let no_reader = || io::Error::new(io::ErrorKind::TimedOut, "it has no reader");
    opened.recv_timeout(READER).map_err(|_| no_reader())?
}
