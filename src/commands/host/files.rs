//! Reads inputs, creates new files, and writes to standard output.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rootgate::text;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::stream::Stream;
use crate::commands::Failure;

/// Maximum size of an input. AWS's largest credential report is about 3.5 MB.
const MAX_INPUT_BYTES: u64 = 64 * 1024 * 1024;

/// Opens a file; `-` is standard input.
#[expect(clippy::disallowed_methods, reason = "the one place that reads files")]
fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(File::open(path)?))
}

/// The failure for a file that cannot be read.
pub(crate) fn unreadable(path: &Path, what: &'static str, error: &io::Error) -> Failure {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "check the path; it is taken relative to the working directory",
        io::ErrorKind::PermissionDenied => "give the user of this process read access",
        _ => "use a readable file",
    };
    Failure::new(text!("cannot read {} {}: {}", what, path, error), help)
}

/// A file that is hashed while it is read, so that memory never holds all of it.
pub(crate) struct Hashed {
    file: Box<dyn Read>,
    digest: Sha256,
}

impl Hashed {
    pub(crate) fn open(path: &Path, what: &'static str) -> Result<Self, Failure> {
        let file = open(path).map_err(|error| unreadable(path, what, &error))?;
        Ok(Self { file, digest: Sha256::new() })
    }

    /// SHA-256 of the bytes read so far, in lower-case hex.
    pub(crate) fn sha256(self) -> String {
        self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.digest.update(&buffer[..count]);
        Ok(count)
    }
}

/// Reads a whole file; `-` is standard input.
pub(crate) fn read(path: &Path, what: &'static str) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| unreadable(path, what, &error);
    let mut bytes = Vec::new();
    open(path)
        .map_err(failed)?
        .take(MAX_INPUT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_INPUT_BYTES {
        let what = text!("{} {} is larger than 64 MiB", what, path);
        return Err(Failure::new(what, "rootgate reads no file of this size; check the path"));
    }
    Ok(bytes)
}

/// Creates a file, completely or not at all, and the folders above it. An existing file is an
/// error.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut file = temporary(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(|_| ()).map_err(|error| error.error)
}

/// A temporary file with the permissions of any new file. It is deleted with the value.
pub(crate) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rootgate-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// The folder that contains a path.
pub(crate) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Whether two paths name the same file. Hard links to one file count as the same.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    fn resolved(path: &Path) -> Option<PathBuf> {
        if let Ok(path) = path.canonicalize() {
            return Some(path);
        }
        Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?))
    }
    a == b || same_inode(a, b) || resolved(a).is_some_and(|a| Some(a) == resolved(b))
}

#[cfg(unix)]
fn same_inode(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let inode = |path: &Path| path.metadata().ok().map(|it| (it.dev(), it.ino()));
    inode(a).is_some_and(|a| Some(a) == inode(b))
}

#[cfg(not(unix))]
fn same_inode(_: &Path, _: &Path) -> bool {
    false
}

/// Writes to standard output. A reader that closed it does not affect the verdict.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    Stream::standard_output()?.write(&|out| out.write_all(bytes))
}

/// Turns a write beyond the file size limit (`ulimit -f`) into an I/O error. Otherwise the system
/// ends the process with a signal, and half-written files remain.
pub(crate) fn survive_size_limit() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        /// The number on Linux, macOS and the BSDs. Source: signal(7), "Signal numbering".
        const SIGXFSZ: i32 = 25;
        // A handler stays registered after its runtime ends. Without a runtime, the signal ends the
        // run, which does not pass either.
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() {
            let _entered = runtime.enter();
            let _registered = signal(SignalKind::from_raw(SIGXFSZ));
        }
    }
}
