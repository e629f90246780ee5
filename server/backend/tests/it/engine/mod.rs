//! Runs with a fake agent: faults, kills at every write, takeovers. The invariants: no run is
//! lost, each ends, no attempt has two effects, and the target is in the end exactly as planned or
//! exactly as before, or the mix is listed.

mod consoles;
mod faults;
mod kills;
mod reports;
mod stops;
