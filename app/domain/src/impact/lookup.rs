//! Positions of ids: a flat table of slots, because a plan of hundreds of rows is looked up at
//! every keystroke.

use uuid::Uuid;

/// "No such row"; landscapes have fewer rows than this.
pub(crate) const NONE: u32 = u32::MAX;

/// Finds the row of an id. Collisions are resolved by going on to the next slot.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    slots: Vec<(Uuid, u32)>,
    mask: usize,
}

impl Lookup {
    pub fn new(ids: impl ExactSizeIterator<Item = Uuid>) -> Self {
        let size = (ids.len() * 2).next_power_of_two().max(2);
        let mut lookup = Self {
            slots: vec![(Uuid::nil(), NONE); size],
            mask: size - 1,
        };
        for (row, id) in ids.enumerate() {
            let mut slot = lookup.first_slot(id);
            while lookup.slots[slot].1 != NONE {
                slot = (slot + 1) & lookup.mask;
            }
            lookup.slots[slot] = (id, row as u32);
        }
        lookup
    }

    #[inline]
    pub fn find(&self, id: Uuid) -> Option<u32> {
        let mut slot = self.first_slot(id);
        loop {
            let (key, row) = self.slots[slot];
            if row == NONE {
                return None;
            }
            if key == id {
                return Some(row);
            }
            slot = (slot + 1) & self.mask;
        }
    }

    #[inline]
    fn first_slot(&self, id: Uuid) -> usize {
        let (high, low) = id.as_u64_pair();
        let mixed = (high ^ low.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize & self.mask
    }
}
