//! What the tests share: the memory that a program reads, and a compiled program that puts out any values.

#![allow(dead_code, reason = "each test file is a program of its own and uses a part of this module")]

use saddlepoint::kernels::Real;
use saddlepoint::{Bindings, Buffer, DType, Executor, Graph, Output, Plan, Sink, Value};

/// What a program reads, by buffer.
#[derive(Debug, Clone, Default)]
pub struct Feeds {
    pub reals: [Vec<f64>; Buffer::ALL.len()],
    pub indices: [Vec<u32>; Buffer::ALL.len()],
    pub seed: u64,
    pub step: u64,
}

/// A compiled program that puts some values one after the other into one sink.
pub struct Runner<T> {
    executor: Executor<T>,
    out: Vec<T>,
    lens: Vec<usize>,
}

impl<T: Real> Runner<T> {
    pub fn new(graph: &Graph, values: &[Value]) -> Self {
        let mut len = 0;
        let place = |&value: &Value| {
            let output = Output { value, sink: Sink::Prediction, offset: len, add: false };
            len += graph.shape(value).len();
            output
        };
        let outputs: Vec<Output> = values.iter().map(place).collect();
        let executor = Executor::new(Plan::new(graph, &outputs).unwrap()).unwrap();
        let lens = values.iter().map(|&v| graph.shape(v).len()).collect();
        Self { executor, out: vec![T::ZERO; len], lens }
    }

    /// All values in one list.
    pub fn run(&mut self, feeds: &Feeds) -> Vec<T> {
        let reals: Vec<Vec<T>> =
            feeds.reals.iter().map(|b| b.iter().map(|&v| T::from_f64(v)).collect()).collect();
        let mut bindings = Bindings::new().random(feeds.seed, feeds.step);
        for buffer in Buffer::ALL {
            bindings = match buffer.dtype() {
                DType::Real => bindings.reals(buffer, &reals[buffer as usize]),
                DType::Index => bindings.indices(buffer, &feeds.indices[buffer as usize]),
            };
        }
        let mut bindings = bindings.sink(Sink::Prediction, &mut self.out);
        self.executor.run(&mut bindings).unwrap();
        self.out.clone()
    }

    /// Each value in a list of its own.
    pub fn run_each(&mut self, feeds: &Feeds) -> Vec<Vec<T>> {
        let all = self.run(feeds);
        let mut rest = &all[..];
        let split = |&len: &usize| {
            let (head, tail) = rest.split_at(len);
            rest = tail;
            head.to_vec()
        };
        self.lens.iter().map(split).collect()
    }
}
