//! Publishing: a module is staged in a folder of its own, verified there, and activated by a
//! switch. What ran before stays on the disk until its run is cleaned up.

mod stage;

pub(crate) use stage::{StageWork, stage};
