//! Lists of lists in two flat arrays.

/// Rows of `T`, one after another: row `i` is `items[start[i]..start[i + 1]]`.
#[derive(Debug, Clone)]
pub(crate) struct Csr<T> {
    start: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Csr<T> {
    /// No rows.
    fn default() -> Self {
        Self::with_capacity(0, 0)
    }
}

impl<T> Csr<T> {
    /// Rows are appended with [`Self::push_row`].
    pub fn with_capacity(rows: usize, items: usize) -> Self {
        let mut start = Vec::with_capacity(rows + 1);
        start.push(0);
        Self {
            start,
            items: Vec::with_capacity(items),
        }
    }

    pub fn push_row(&mut self, row: impl IntoIterator<Item = T>) {
        self.items.extend(row);
        self.start.push(self.items.len() as u32);
    }

    #[inline]
    pub fn row(&self, i: u32) -> &[T] {
        let i = i as usize;
        &self.items[self.start[i] as usize..self.start[i + 1] as usize]
    }

    /// Where row `i` is among [`Self::items`].
    pub fn bounds(&self, i: u32) -> std::ops::Range<u32> {
        let i = i as usize;
        self.start[i]..self.start[i + 1]
    }

    /// All rows, one after another.
    #[inline]
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// The number of items in all rows.
    pub fn item_count(&self) -> usize {
        self.items.len()
    }
}

impl<T: Copy + Default> Csr<T> {
    /// Rows from (row, item) pairs; items keep the order in which they come.
    pub fn from_pairs(rows: usize, pairs: &[(u32, T)]) -> Self {
        let mut start = vec![0_u32; rows + 1];
        for (row, _) in pairs {
            start[*row as usize + 1] += 1;
        }
        for i in 0..rows {
            start[i + 1] += start[i];
        }
        let mut next = start.clone();
        let mut items = vec![T::default(); pairs.len()];
        for (row, item) in pairs {
            let place = &mut next[*row as usize];
            items[*place as usize] = *item;
            *place += 1;
        }
        Self { start, items }
    }
}
