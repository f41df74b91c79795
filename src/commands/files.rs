//! Reading inputs with an error that helps, and writing outputs whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Failure;

/// No input of rootgate is larger; AWS's largest credential report has about 3.5 MB.
const LARGEST_INPUT: u64 = 64 * 1024 * 1024;

/// Reads a file whole; `-` is standard input.
#[expect(clippy::disallowed_methods, reason = "the one place that reads files")]
pub(crate) fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| {
        let help = match error.kind() {
            io::ErrorKind::NotFound => {
                "check the path; it is taken relative to the working directory"
            }
            io::ErrorKind::PermissionDenied => "let the user of this process read it",
            _ => "give a readable file",
        };
        Failure::new(format!("cannot read {what} {}: {error}", path.display()), help)
    };
    let mut bytes = Vec::new();
    let limit = LARGEST_INPUT + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > LARGEST_INPUT {
        let what = format!("{what} {} is larger than 64 MiB", path.display());
        return Err(Failure::new(what, "this is not what rootgate reads; check the path"));
    }
    Ok(bytes)
}

/// Reads a text file whole.
pub(crate) fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    String::from_utf8(read(path, what)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(
            format!("{what} {} is not UTF-8 text (byte {at})", path.display()),
            "save the file as UTF-8",
        )
    })
}

/// Writes a file that does not exist yet, whole or not at all, with the folders above it.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = temporary(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(|_| ()).map_err(|error| error.error)
}

/// An output file: its place is reserved before anything is judged, so that a path that cannot be
/// written is known at once, and no report of an earlier run stays in place of this one's.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    /// `None` for what is no regular file (a pipe, a terminal): that is written as it is.
    reserved: Option<NamedTempFile>,
}

impl Output {
    /// Removes what an earlier run left and reserves the place.
    pub(crate) fn reserve(path: &Path, flag: &str) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::new(
                format!("cannot write {} ({flag}): {error}", path.display()),
                "give a path in a folder that exists and that this process may write to",
            )
        };
        if path.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        discard(path).map_err(failed)?;
        if path.exists() {
            return Ok(Self { path: path.to_owned(), reserved: None });
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let reserved = temporary(folder.unwrap_or(Path::new("."))).map_err(failed)?;
        Ok(Self { path: path.to_owned(), reserved: Some(reserved) })
    }

    /// Writes the bytes: all of them under the name, or nothing.
    pub(crate) fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.path.clone();
        self.try_write(bytes).map_err(|error| {
            Failure::new(
                format!("cannot write {}: {error}", path.display()),
                "make room or give another path; without its reports the run counts as not judged",
            )
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that writes files")]
    fn try_write(self, bytes: &[u8]) -> io::Result<()> {
        match self.reserved {
            Some(mut reserved) => {
                reserved.write_all(bytes)?;
                reserved.as_file().sync_all()?;
                reserved.persist(&self.path).map(|_| ()).map_err(|error| error.error)
            }
            None => fs::OpenOptions::new().write(true).open(&self.path)?.write_all(bytes),
        }
    }
}

/// A file with the permissions that any new file would get.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rootgate-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Removes a regular file or a link; a path where nothing is, and a device, are left as they are.
#[expect(clippy::disallowed_methods, reason = "the one place that removes files")]
pub(crate) fn discard(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() || metadata.is_symlink() => fs::remove_file(path),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether two paths are the same file, however they are spelt.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    fn resolved(path: &Path) -> Option<PathBuf> {
        if let Ok(path) = path.canonicalize() {
            return Some(path);
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Some(folder.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
    }
    a == b || resolved(a).is_some_and(|a| Some(a) == resolved(b))
}

/// Writes to standard output. A reader that went away changes no verdict.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(
            format!("cannot write to standard output: {error}"),
            "give standard output a place to go",
        )),
        _ => Ok(()),
    }
}
