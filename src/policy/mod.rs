//! What a team allows: the validated policy. Reading it is in [`read`](self); judging is not here.

mod types;

pub use types::{
    Allow, Gate, Limits, OnUndetermined, Policy, RulePolicy, ScopeAccount, Waiver, WaiverSubject,
    Window,
};
