//! How an account is entered.

mod guard;
mod profile;
mod session;
mod session_policy;
mod sign_in_error;
mod sign_in_explained;
mod trust_policy;

pub(crate) use session::{Access, Session, account_of_role};
pub use session_policy::session_policy;
pub use sign_in_error::SignInError;
