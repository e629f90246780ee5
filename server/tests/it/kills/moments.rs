//! The moments at which a process can be struck: each change that it makes in its folders (its
//! journal or write-ahead log grows, a file is made, renamed, removed), as the kernel tells them.

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::path::PathBuf;
use tokio::sync::watch;

#[derive(Clone)]
pub struct Moments(watch::Receiver<u64>);

impl Moments {
    /// Of whoever works in these folders, which must be there.
    pub fn of(folders: &[PathBuf]) -> Self {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC).unwrap();
        for folder in folders {
            let changes = AddWatchFlags::IN_MODIFY
                | AddWatchFlags::IN_CREATE
                | AddWatchFlags::IN_MOVED_TO
                | AddWatchFlags::IN_DELETE;
            inotify
                .add_watch(folder, changes)
                .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        }
        let (count, moments) = watch::channel(0);
        std::thread::spawn(move || {
            // Ends when nobody counts any more and the folders go.
            while let Ok(events) = inotify.read_events() {
                let seen = events.len() as u64;
                count.send_modify(|count| *count += seen);
                if count.is_closed() {
                    return;
                }
            }
        });
        Self(moments)
    }

    /// Waits for so many more.
    pub async fn pass(&self, more: u64) {
        let mut moments = self.0.clone();
        let until = *moments.borrow() + more;
        moments
            .wait_for(|count| *count >= until)
            .await
            .expect("the folders are watched");
    }
}
