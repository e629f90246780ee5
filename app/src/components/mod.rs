//! What screens are made of. Components take values and callbacks; they call no server function
//! and read no global state except the session, the live topics, the clock and the toasts.

pub mod button;
pub mod controls;
pub mod copy;
pub mod delay;
pub mod dialog;
pub mod empty;
pub mod field;
pub mod findings;
pub mod graph;
pub mod guard;
pub mod icon;
pub mod kept;
pub mod keyboard;
pub mod kind;
pub mod lane;
pub mod layout;
pub mod log;
pub mod marks;
pub mod me;
pub mod menu;
pub mod palette;
pub mod panic;
pub mod password;
pub mod person;
pub mod rail;
pub mod skeleton;
pub mod status;
pub mod table;
pub mod tabs;
pub mod theme;
pub mod time;
pub mod timeline;
pub mod toast;
pub mod watch;
pub mod waves;
