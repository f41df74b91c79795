//! Builders of the formats that are generated. Each one escapes every text.

pub(super) mod hcl;
pub(super) mod sh;
pub(super) mod yaml;
