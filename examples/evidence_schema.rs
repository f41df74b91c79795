//! Prints the JSON Schema of evidence files; `make generate` writes it to `schema/evidence.json`.
#![allow(clippy::disallowed_macros, clippy::print_stdout, reason = "printing is all it does")]

fn main() {
    print!("{}", rootgate::model::evidence_schema());
}
