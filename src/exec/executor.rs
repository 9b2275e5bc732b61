//! Runs a plan.

use super::plan::{Argument, Chain, Load, Operand, Place, Plan, Single, Sink, Step, TILE, Target, Work};
use super::profile::Times;
use crate::error::{Error, Result};
use crate::graph::{Buffer, DType};
use crate::kernels::Real;
use crate::ops::{Elements, Eval, MAX_OUTPUTS, Shapes};
use std::mem::take;

/// What a run reads from and writes to. Borrowed for one run; nothing is kept.
#[derive(Debug, Default)]
pub struct Bindings<'a, T> {
    reals: [&'a [T]; Buffer::ALL.len()],
    indices: [&'a [u32]; Buffer::ALL.len()],
    sinks: [&'a mut [T]; Sink::COUNT],
    /// Seed of random operations.
    pub seed: u64,
    /// Step of random operations.
    pub step: u64,
}

impl<'a, T: Real> Bindings<'a, T> {
    /// Nothing bound.
    #[must_use]
    pub fn new() -> Self {
        Self {
            reals: [&[]; Buffer::ALL.len()],
            indices: [&[]; Buffer::ALL.len()],
            sinks: Default::default(),
            seed: 0,
            step: 0,
        }
    }

    /// Binds numbers.
    #[must_use]
    pub fn reals(mut self, buffer: Buffer, values: &'a [T]) -> Self {
        self.reals[buffer as usize] = values;
        self
    }

    /// Binds indices.
    #[must_use]
    pub fn indices(mut self, buffer: Buffer, values: &'a [u32]) -> Self {
        self.indices[buffer as usize] = values;
        self
    }

    /// Binds memory for a result.
    #[must_use]
    pub fn sink(mut self, sink: Sink, values: &'a mut [T]) -> Self {
        self.sinks[sink as usize] = values;
        self
    }

    /// Sets seed and step of random operations.
    #[must_use]
    pub fn random(self, seed: u64, step: u64) -> Self {
        Self { seed, step, ..self }
    }
}

/// A plan and the memory it runs in.
#[derive(Debug)]
pub struct Executor<T> {
    plan: Plan,
    memory: Memory<T>,
    /// Only while somebody asks where the time goes.
    pub(super) times: Option<Box<Times>>,
}

#[derive(Debug)]
struct Memory<T> {
    slots: Vec<Vec<T>>,
    index_slots: Vec<Vec<u32>>,
    registers: Vec<Vec<T>>,
    scratch: Vec<T>,
    offsets: Vec<u32>,
    none: Shapes,
}

impl<T: Real> Executor<T> {
    /// Allocates the memory that `plan` needs.
    ///
    /// # Errors
    /// [`Error::Memory`] if there is not enough.
    pub fn new(plan: Plan) -> Result<Self> {
        let bytes = plan.bytes::<T>();
        let refuse = || {
            Error::memory("out-of-memory", "program")
                .expected(format!("{bytes} bytes of free memory"))
                .got("less")
                .hint("use a smaller batch or a smaller network")
                .arg("bytes", bytes)
        };
        let memory = Memory {
            slots: plan.slots.iter().map(|&n| zeros(n)).collect::<Option<_>>().ok_or_else(refuse)?,
            index_slots: plan
                .index_slots
                .iter()
                .map(|&n| zeros(n))
                .collect::<Option<_>>()
                .ok_or_else(refuse)?,
            registers: (0..plan.registers).map(|_| zeros(TILE)).collect::<Option<_>>().ok_or_else(refuse)?,
            scratch: zeros(plan.scratch.reals).ok_or_else(refuse)?,
            offsets: zeros(plan.scratch.indices).ok_or_else(refuse)?,
            none: Shapes::default(),
        };
        Ok(Self { plan, memory, times: None })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs the plan once.
    ///
    /// # Errors
    /// [`Error::State`] if a buffer or a sink is missing or too short. Nothing has run then.
    pub fn run(&mut self, bindings: &mut Bindings<'_, T>) -> Result<()> {
        self.check(bindings)?;
        let Some(times) = &mut self.times else {
            for step in &self.plan.steps {
                self.memory.step(step, bindings);
            }
            return Ok(());
        };
        times.begin();
        for (i, step) in self.plan.steps.iter().enumerate() {
            self.memory.step(step, bindings);
            times.end(i);
        }
        Ok(())
    }

    /// Runs the plan again and names the scope of the first value that is not finite, with the operation.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub fn first_not_finite(
        &mut self,
        bindings: &mut Bindings<'_, T>,
    ) -> Result<Option<(String, &'static str)>> {
        self.check(bindings)?;
        for step in &self.plan.steps {
            self.memory.step(step, bindings);
            let finite = |target: Target, len: usize| {
                let values = match target {
                    Target::Slot(slot) => &self.memory.slots[slot][..len],
                    Target::Sink(sink, offset) => &bindings.sinks[sink as usize][offset..][..len],
                };
                values.iter().all(|v| v.is_finite())
            };
            let (ok, name) = match &step.work {
                Work::Single(s) => {
                    (s.reals.iter().flatten().all(|&(target, len)| finite(target, len)), s.op.name())
                }
                Work::Chain(c) => (finite(c.target, c.len), c.body.last().map_or("", |i| i.op.name())),
                Work::Store { .. } => (true, ""),
            };
            if !ok {
                return Ok(Some((step.scope.clone(), name)));
            }
        }
        Ok(None)
    }

    fn check(&self, bindings: &Bindings<'_, T>) -> Result<()> {
        let short = |place: String, want: usize, got: usize| {
            Error::state("binding-too-short", place)
                .expected(format!("at least {want} elements"))
                .got(got.to_string())
                .hint("bind a buffer of the size that the program was planned for")
        };
        for &(buffer, want) in &self.plan.needs {
            let got = match buffer.dtype() {
                DType::Real => bindings.reals[buffer as usize].len(),
                DType::Index => bindings.indices[buffer as usize].len(),
            };
            if got < want {
                return Err(short(format!("{buffer:?}"), want, got));
            }
        }
        for &(sink, want) in &self.plan.fills {
            let got = bindings.sinks[sink as usize].len();
            if got < want {
                return Err(short(format!("{sink:?}"), want, got));
            }
        }
        Ok(())
    }
}

fn zeros<E: Clone + Default>(len: usize) -> Option<Vec<E>> {
    let mut v = Vec::new();
    v.try_reserve_exact(len).ok()?;
    v.resize(len, E::default());
    Some(v)
}

impl<T: Real> Memory<T> {
    fn step(&mut self, step: &Step, bindings: &mut Bindings<'_, T>) {
        match &step.work {
            Work::Single(single) => {
                let Single { op, inputs, reals, index, shapes, scratch } = &**single;
                let mut taken: [Taken<'_, T>; MAX_OUTPUTS] = Default::default();
                for (out, real) in taken.iter_mut().zip(reals) {
                    if let Some((target, _)) = real {
                        *out = self.take(*target, bindings);
                    }
                }
                let mut taken_index =
                    index.map(|(slot, _)| take(&mut self.index_slots[slot])).unwrap_or_default();
                {
                    let (slots, index_slots) = (&self.slots, &self.index_slots);
                    let read = |i: usize| elements(slots, index_slots, bindings, inputs[i]);
                    let mut y: [&mut [T]; MAX_OUTPUTS] = Default::default();
                    for ((y, out), real) in y.iter_mut().zip(&mut taken).zip(reals) {
                        if let Some((target, len)) = real {
                            *y = out.elements(*target, *len);
                        }
                    }
                    let mut run = Eval {
                        inputs: &read,
                        count: inputs.len(),
                        shapes,
                        y,
                        index: &mut taken_index[..index.map_or(0, |(_, len)| len)],
                        scratch: &mut self.scratch[..scratch.reals],
                        offsets: &mut self.offsets[..scratch.indices],
                        seed: bindings.seed,
                        step: bindings.step,
                    };
                    op.eval(&mut run);
                }
                for (out, real) in taken.into_iter().zip(reals) {
                    if let Some((target, _)) = real {
                        self.give(*target, out, bindings);
                    }
                }
                if let Some((slot, _)) = index {
                    self.index_slots[*slot] = taken_index;
                }
            }
            Work::Chain(chain) => self.chain(chain, bindings),
            Work::Store { operand, sink, offset, add } => {
                let whole = take(&mut bindings.sinks[*sink as usize]);
                let target = &mut whole[*offset..][..operand.len];
                if let Elements::Real(source) = elements(&self.slots, &self.index_slots, bindings, *operand) {
                    if *add {
                        target.iter_mut().zip(source).for_each(|(t, s)| *t += *s);
                    } else {
                        target.copy_from_slice(source);
                    }
                }
                bindings.sinks[*sink as usize] = whole;
            }
        }
    }

    fn take<'a>(&mut self, target: Target, bindings: &mut Bindings<'a, T>) -> Taken<'a, T> {
        match target {
            Target::Slot(slot) => Taken { slot: take(&mut self.slots[slot]), sink: &mut [] },
            Target::Sink(sink, _) => {
                Taken { slot: Vec::new(), sink: take(&mut bindings.sinks[sink as usize]) }
            }
        }
    }

    fn give<'a>(&mut self, target: Target, taken: Taken<'a, T>, bindings: &mut Bindings<'a, T>) {
        match target {
            Target::Slot(slot) => self.slots[slot] = taken.slot,
            Target::Sink(sink, _) => bindings.sinks[sink as usize] = taken.sink,
        }
    }

    fn chain(&mut self, chain: &Chain, bindings: &mut Bindings<'_, T>) {
        let mut taken = self.take(chain.target, bindings);
        let out = taken.elements(chain.target, chain.len);
        for start in (0..chain.len).step_by(TILE) {
            let tile = start..chain.len.min(start + TILE);
            let n = tile.len();

            // inputs that are not read where they lie come into the first registers
            let mut register = 0;
            for load in &chain.loads {
                let copy = &mut self.registers[register][..n];
                match load {
                    Load::Whole(_) | Load::Under => continue,
                    Load::InPlace => copy.copy_from_slice(&out[tile.clone()]),
                    Load::Fill(_) if start > 0 => {}
                    Load::Fill(value) => copy.fill(T::from_f64(*value)),
                    // rows that a tile holds a whole number of are the same in every tile
                    Load::Block { operand, inner: 1 } if start > 0 && TILE.is_multiple_of(operand.len) => {}
                    Load::Block { operand, inner } => {
                        if let Elements::Real(source) =
                            elements(&self.slots, &self.index_slots, bindings, *operand)
                        {
                            stretch(source, *inner, start, copy);
                        }
                    }
                }
                register += 1;
            }

            let last = chain.body.len() - 1;
            for (i, instruction) in chain.body.iter().enumerate() {
                let mut target =
                    if i < last { take(&mut self.registers[instruction.register]) } else { Vec::new() };
                {
                    let (slots, index_slots, registers) = (&self.slots, &self.index_slots, &self.registers);
                    // the last one alone fills the result
                    let (y, under): (&mut [T], &[T]) = if i < last {
                        (&mut target[..n], &out[tile.clone()])
                    } else {
                        (&mut out[tile.clone()], &[])
                    };
                    let read = |k: usize| match instruction.arguments[k] {
                        Argument::Under => Elements::Real(under),
                        Argument::Register(r) => Elements::Real(&registers[r][..n]),
                        Argument::Whole(operand) => match elements(slots, index_slots, bindings, operand) {
                            Elements::Real(x) => Elements::Real(&x[tile.clone()]),
                            Elements::Index(x) => Elements::Index(&x[tile.clone()]),
                        },
                    };
                    let mut run = Eval {
                        inputs: &read,
                        count: instruction.arguments.len(),
                        shapes: &self.none,
                        y: [y, &mut [], &mut []],
                        index: &mut [],
                        scratch: &mut [],
                        offsets: &mut [],
                        seed: bindings.seed,
                        step: bindings.step,
                    };
                    instruction.op.eval(&mut run);
                }
                if i < last {
                    self.registers[instruction.register] = target;
                }
            }
        }
        self.give(chain.target, taken, bindings);
    }
}

/// A slot or a sink, taken out while it is written, so that the others can be read.
#[derive(Default)]
struct Taken<'a, T> {
    slot: Vec<T>,
    sink: &'a mut [T],
}

impl<T> Taken<'_, T> {
    /// The `len` elements that `target` names.
    fn elements(&mut self, target: Target, len: usize) -> &mut [T] {
        match target {
            Target::Slot(_) => &mut self.slot[..len],
            Target::Sink(_, offset) => &mut self.sink[offset..][..len],
        }
    }
}

fn elements<'a, T>(
    slots: &'a [Vec<T>],
    index_slots: &'a [Vec<u32>],
    bindings: &'a Bindings<'_, T>,
    operand: Operand,
) -> Elements<'a, T> {
    match operand.place {
        Place::Slot(slot) => Elements::Real(&slots[slot][..operand.len]),
        Place::IndexSlot(slot) => Elements::Index(&index_slots[slot][..operand.len]),
        Place::Bound(buffer, offset) => match buffer.dtype() {
            DType::Real => Elements::Real(&bindings.reals[buffer as usize][offset..][..operand.len]),
            DType::Index => Elements::Index(&bindings.indices[buffer as usize][offset..][..operand.len]),
        },
    }
}

/// Fills `tile` with elements `(i / inner) % source.len()`, i from `start` on.
fn stretch<T: Copy>(source: &[T], inner: usize, start: usize, tile: &mut [T]) {
    let (mut at, mut left) = ((start / inner) % source.len(), inner - start % inner);
    if inner == 1 {
        let row = tile.len().min(source.len());
        let (head, tail) = tile[..row].split_at_mut(row.min(source.len() - at));
        head.copy_from_slice(&source[at..at + head.len()]);
        tail.copy_from_slice(&source[..tail.len()]);
        // short rows: what is there is doubled
        let mut done = row;
        while done < tile.len() {
            let more = done.min(tile.len() - done);
            tile.copy_within(..more, done);
            done += more;
        }
        return;
    }
    let mut rest = tile;
    while !rest.is_empty() {
        let n = rest.len().min(left);
        let (head, tail) = rest.split_at_mut(n);
        head.fill(source[at]);
        (rest, left) = (tail, inner);
        at = (at + 1) % source.len();
    }
}
