//! An allocator that begins every large block at a cache line.

use std::alloc::{GlobalAlloc, Layout, System};

/// Bytes of a cache line. A vector that lies across two of them costs two accesses.
const LINE: usize = 64;

/// Blocks from this size on begin at a line: smaller ones are not worth the room between.
const LARGE: usize = 1024;

/// The system's allocator, with large blocks at the beginning of a cache line.
///
/// That of WebAssembly promises 8 bytes only, so that as a rule every fourth vector of every operand lies across two lines,
/// and rows of a strip as long as a line lie in two. A program declares it as its global allocator.
#[derive(Debug)]
pub struct Aligned;

fn lines(layout: Layout) -> Layout {
    if layout.size() < LARGE { layout } else { layout.align_to(LINE).unwrap_or(layout) }
}

// SAFETY: every block comes from the system allocator and goes back to it with the same layout, which follows from the
// caller's alone and asks for no less.
unsafe impl GlobalAlloc for Aligned {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise; a stricter alignment leaves the size as it is.
        unsafe { System.alloc(lines(layout)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(lines(layout)) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise; the block was asked for with the same layout.
        unsafe { System.dealloc(memory, lines(layout)) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size is a layout's with the old alignment.
        let to = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        let (old, new) = (lines(layout), lines(to));
        if old.align() == new.align() {
            // SAFETY: the block was asked for with that layout, and the alignment stays.
            return unsafe { System.realloc(memory, old, size) };
        }
        // SAFETY: both blocks hold what is copied, and the new one is apart from the old.
        unsafe {
            let moved = System.alloc(new);
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(memory, moved, layout.size().min(size));
                System.dealloc(memory, old);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn large_blocks_begin_at_a_line_and_keep_what_they_hold() {
        let layout = |size| Layout::from_size_align(size, 4).unwrap();
        let sizes = [8, 1000, 1024, 5000, 1023, 100_000, 16];
        // SAFETY: each block is used within its size and given back with its layout.
        unsafe {
            let mut block = Aligned.alloc_zeroed(layout(sizes[0]));
            assert!((0..8).all(|i| *block.add(i) == 0));
            (0..8).for_each(|i| *block.add(i) = i as u8 + 1);
            for sizes in sizes.windows(2) {
                block = Aligned.realloc(block, layout(sizes[0]), sizes[1]);
                assert!(sizes[1] < LARGE || block.addr() % LINE == 0, "{} bytes", sizes[1]);
                assert!((0..8).all(|i| *block.add(i) == i as u8 + 1), "{} bytes", sizes[1]);
            }
            Aligned.dealloc(block, layout(sizes[6]));
            for size in [1024, 4096, 12_345] {
                let block = Aligned.alloc(layout(size));
                assert_eq!(block.addr() % LINE, 0);
                Aligned.dealloc(block, layout(size));
            }
        }
    }
}
