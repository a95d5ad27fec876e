//! Numbers by slot, in chunks that never move: one more ticket costs the same whatever the size of the crowd.

/// Slots of a chunk.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 10;

/// So many values for every slot.
#[derive(Debug)]
pub(crate) struct Table<T> {
    width: usize,
    chunks: Vec<Box<[T]>>,
}

impl<T: Copy + Default> Table<T> {
    pub fn new(width: usize) -> Self {
        Self { width, chunks: Vec::new() }
    }

    /// The values of a slot that was set.
    pub fn row(&self, slot: u32) -> &[T] {
        let from = slot as usize % CHUNK * self.width;
        &self.chunks[(slot >> CHUNK_BITS) as usize][from..from + self.width]
    }

    pub fn set(&mut self, slot: u32, values: &[T]) {
        let chunk = (slot >> CHUNK_BITS) as usize;
        while self.chunks.len() <= chunk {
            self.chunks.push(vec![T::default(); CHUNK * self.width].into());
        }
        let from = slot as usize % CHUNK * self.width;
        self.chunks[chunk][from..from + self.width].copy_from_slice(values);
    }

    pub fn bytes(&self) -> usize {
        self.chunks.len() * (CHUNK * self.width * size_of::<T>() + size_of::<Box<[T]>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_stays() {
        let mut table = Table::new(2);
        for slot in [0, 1, 1_023, 1_024, 5_000] {
            table.set(slot, &[slot, slot * 2]);
        }
        for slot in [0, 1, 1_023, 1_024, 5_000] {
            assert_eq!(table.row(slot), [slot, slot * 2]);
        }
        table.set(1, &[7, 8]);
        assert_eq!((table.row(0), table.row(1)), (&[0, 0][..], &[7, 8][..]));
    }
}
