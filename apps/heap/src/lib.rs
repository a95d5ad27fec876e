//! The heap of the binary: mimalloc, asked for plain blocks where those are aligned by themselves.
//!
//! The crate that wraps mimalloc asks for an alignment always. Then version 3 gives a size that is no power of two a
//! block of the next larger kind: 64 bytes for 48, 96 for 80. Nearly everything that a ticket is made of is of such a
//! size, and thousands of tickets wait.

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mi;

/// What mimalloc calls `MI_MAX_ALIGN_SIZE`: a plain block of at least this size is aligned to it.
const NATURAL: usize = 16;

/// The global allocator of the binary.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heap;

/// A plain block of this size lies as asked: kinds of blocks are 8 bytes, then multiples of 16, and their pages begin
/// at a multiple of 16.
fn is_natural(size: usize, align: usize) -> bool {
    align <= NATURAL && align <= size
}

// SAFETY: mimalloc's blocks are as large as asked for, are nobody else's until they are freed, may be freed by any
// thread, and a null pointer says that there was no memory. Those that are asked for without an alignment are aligned
// by `is_natural`; freeing needs neither size nor alignment.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: both take any size, and the second any power of two, which every layout's alignment is.
        let block = unsafe {
            match is_natural(size, align) {
                true => mi::mi_malloc(size),
                false => mi::mi_malloc_aligned(size, align),
            }
        };
        block.cast()
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: as in `alloc`.
        let block = unsafe {
            match is_natural(size, align) {
                true => mi::mi_zalloc(size),
                false => mi::mi_zalloc_aligned(size, align),
            }
        };
        block.cast()
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller says that the block is one of ours.
        unsafe { mi::mi_free(block.cast()) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let align = layout.align();
        // SAFETY: the caller says that the block is one of ours; the size and the alignment are as in `alloc`.
        let block = unsafe {
            match is_natural(size, align) {
                true => mi::mi_realloc(block.cast(), size),
                false => mi::mi_realloc_aligned(block.cast(), size, align),
            }
        };
        block.cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALIGNS: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 4096];

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).expect("a small layout")
    }

    /// Many of a kind, for the first block of a page says little of the next.
    fn blocks(layout: Layout, make: unsafe fn(&Heap, Layout) -> *mut u8) -> Vec<*mut u8> {
        // SAFETY: no layout here is empty.
        (0..40).map(|_| unsafe { make(&Heap, layout) }).collect()
    }

    #[test]
    fn blocks_lie_as_asked_and_hold_what_was_written() {
        for align in ALIGNS {
            for size in (1..600).chain([1000, 4096, 70_000]) {
                let layout = layout(size, align);
                let blocks = blocks(layout, Heap::alloc);
                for block in &blocks {
                    assert_eq!(block.addr() % align, 0, "{layout:?}");
                    // SAFETY: the block is ours and that large.
                    unsafe { block.write_bytes(size as u8, size) };
                }
                for block in blocks {
                    // SAFETY: it was written above, in its whole length; it is freed once.
                    unsafe {
                        let kept = std::slice::from_raw_parts(block, size);
                        assert!(kept.iter().all(|byte| *byte == size as u8), "{layout:?}");
                        Heap.dealloc(block, layout);
                    }
                }
            }
        }
    }

    #[test]
    fn zeroed_blocks_are_aligned_and_empty() {
        for align in ALIGNS {
            for size in [1, 8, 24, 48, 80, 500, 70_000] {
                let layout = layout(size, align);
                for block in blocks(layout, Heap::alloc_zeroed) {
                    assert_eq!(block.addr() % align, 0, "{layout:?}");
                    // SAFETY: the block is ours and that large; it is soiled for the next, and freed once.
                    unsafe {
                        let kept = std::slice::from_raw_parts(block, size);
                        assert!(kept.iter().all(|byte| *byte == 0), "{layout:?}");
                        block.write_bytes(1, size);
                        Heap.dealloc(block, layout);
                    }
                }
            }
        }
    }

    #[test]
    fn growing_and_shrinking_keeps_alignment_and_content() {
        for align in ALIGNS {
            let first = layout(3, align);
            // SAFETY: each call names the layout that the block has by then; what is read was written.
            unsafe {
                let mut block = Heap.alloc(first);
                block.copy_from(b"abc".as_ptr(), 3);
                let mut size = 3;
                for next in [8, 20, 48, 100, 5000, 70_000, 90, 17, 5, 3] {
                    block = Heap.realloc(block, layout(size, align), next);
                    size = next;
                    assert_eq!(block.addr() % align, 0, "{size} by {align}");
                    assert_eq!(std::slice::from_raw_parts(block, 3), b"abc");
                }
                Heap.dealloc(block, layout(size, align));
            }
        }
    }

    #[test]
    fn a_block_is_no_larger_than_its_size_needs() {
        for (size, kind) in [(8, 8), (24, 32), (48, 48), (80, 80), (112, 112), (160, 160), (224, 224)] {
            let layout = layout(size, 8);
            let mut blocks = blocks(layout, Heap::alloc);
            blocks.sort_unstable();
            let nearest = blocks.windows(2).map(|two| two[1].addr() - two[0].addr()).min();
            assert_eq!(nearest, Some(kind), "from one to the next of {size} bytes");
            // SAFETY: the blocks are ours, and each is freed once.
            blocks.into_iter().for_each(|block| unsafe { Heap.dealloc(block, layout) });
        }
    }
}
