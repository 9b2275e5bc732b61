//! An allocator that counts: what holds a step to its promise that it allocates nothing.

use super::aligned::Aligned;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

/// The allocator [`Aligned`], with a count by thread. A program that wants to count declares it as its global allocator.
#[derive(Debug)]
pub struct Counting;

impl Counting {
    /// Calls for memory on this thread, and bytes it holds more than it had given back.
    #[must_use]
    pub fn so_far() -> (usize, isize) {
        (CALLS.get(), HELD.get())
    }

    /// The most bytes that were held at once on this thread while `f` ran, beyond those held before.
    pub fn most_held<R>(f: impl FnOnce() -> R) -> (R, isize) {
        let before = HELD.get();
        MOST.set(before);
        let result = f();
        (result, MOST.get() - before)
    }

    fn note(calls: usize, bytes: isize) {
        // a thread that ends frees memory after its counters are gone
        let _ = CALLS.try_with(|c| c.set(c.get() + calls));
        let held = HELD.try_with(|h| h.replace(h.get() + bytes) + bytes).unwrap_or(0);
        let _ = MOST.try_with(|m| m.set(m.get().max(held)));
    }
}

// SAFETY: every call goes to that allocator with the arguments that came; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::note(1, layout.size() as isize);
        // SAFETY: the caller's promise about the layout is passed on
        unsafe { Aligned.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::note(0, -(layout.size() as isize));
        // SAFETY: the caller's promise about memory and layout is passed on
        unsafe { Aligned.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::note(1, size as isize - layout.size() as isize);
        // SAFETY: the caller's promise about memory, layout and size is passed on
        unsafe { Aligned.realloc(memory, layout, size) }
    }
}
