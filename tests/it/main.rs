//! Tests that need more than one module: the real binary, the repository's own files.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read files; the product does so in one place"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod architecture;
