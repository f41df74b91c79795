//! A fake as a separate process: its arguments, its port, and its end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// The lifetime of a forgotten server without `--for`.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Starts a server from the text of its scenario, prints its port, and serves every connection on
/// a thread of its own until the standard input closes or the time is over.
pub fn run<S: Send + Sync + 'static>(
    name: &str,
    start: impl FnOnce(&str) -> Result<S, String>,
    serve: fn(&S, TcpStream),
) {
    let mut arguments = std::env::args().skip(1);
    let (mut path, mut port, mut lifetime) = (None, 0, None);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse::<u64>().ok());
        match argument.as_str() {
            "--port" => port = u16::try_from(number().expect("--port NUMBER")).unwrap(),
            "--for" => lifetime = Some(Duration::from_secs(number().expect("--for SECONDS"))),
            _ => path = Some(argument),
        }
    }
    let usage = format!("usage: {name} SCENARIO [--port NUMBER] [--for SECONDS]");
    let path = path.expect(&usage);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let server = Arc::new(start(&text).unwrap_or_else(|error| panic!("{path}: {error}")));
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
    println!("{}", listener.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
    if lifetime.is_none() {
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
    }
    std::thread::spawn(move || {
        std::thread::sleep(lifetime.unwrap_or(LONGEST));
        std::process::exit(0);
    });
    for stream in listener.incoming().flatten() {
        let server = Arc::clone(&server);
        std::thread::spawn(move || serve(&server, stream));
    }
}
