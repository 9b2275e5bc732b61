//! What runs, in what order, in which memory.
//!
//! Dead nodes are left out, elementwise chains are fused, values get slots by liveness, and a fused chain may
//! write over an input that nobody needs any more. All of it depends on the graph alone, never on the machine.

use super::fuse::{Fusion, Stretch, fuse};
use super::slots::Slots;
use crate::error::{Error, Result};
use crate::graph::{Buffer, DType, Graph, Node, Value};
use crate::kernels::Real;
use crate::ops::{MAX_OUTPUTS, Op, Scratch, Shapes};

/// Elements that a fused chain handles at once: its registers stay in the first-level cache.
pub(super) const TILE: usize = 2048;

/// Memory outside the program that receives a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sink {
    /// The loss, one number.
    Loss,
    /// The gradient of the loss, as long as theta.
    Gradient,
    /// A Hessian-vector product, as long as theta.
    Product,
    /// What the network puts out.
    Prediction,
    /// What layers carry to the next step.
    State,
    /// One loss per example.
    ExampleLoss,
    /// Outputs of layers, for inspection.
    Activation,
}

impl Sink {
    /// Number of sinks.
    pub const COUNT: usize = 7;
}

/// A value that leaves the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Which value.
    pub value: Value,
    /// Where to.
    pub sink: Sink,
    /// The first element it fills there.
    pub offset: usize,
    /// Add to what is there instead of replacing it.
    pub add: bool,
}

impl Output {
    /// A value that replaces what is in `sink` from its first element on.
    #[must_use]
    pub fn new(value: Value, sink: Sink) -> Self {
        Self { value, sink, offset: 0, add: false }
    }
}

/// Where the elements of a value are while it is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Bound(Buffer, usize),
    Slot(usize),
    IndexSlot(usize),
}

/// Memory that a step fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Slot(usize),
    /// From this element on: a result that nobody else reads is computed where it is wanted.
    Sink(Sink, usize),
}

/// A value as a step reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operand {
    pub place: Place,
    pub len: usize,
}

/// One input of a fused chain.
#[derive(Debug, Clone, Copy)]
pub(super) enum Load {
    /// Element i of the chain is element i of the operand.
    Whole(Operand),
    /// As `Whole`, of the slot that the result will fill, read before that.
    Under,
    /// The same where the operation that fills it reads it too.
    InPlace,
    /// One number.
    Fill(f64),
    /// Element `(i / inner) % len` of the operand.
    Block { operand: Operand, inner: usize },
}

/// An argument of an instruction in a fused chain.
#[derive(Debug, Clone, Copy)]
pub(super) enum Argument {
    /// Read where it lies.
    Whole(Operand),
    /// Read where the result will be.
    Under,
    Register(usize),
}

/// One operation of a fused chain; the last one writes the result, the others a register.
#[derive(Debug)]
pub(super) struct Instruction {
    pub op: Op,
    pub arguments: Vec<Argument>,
    pub register: usize,
}

/// An elementwise chain that runs tile by tile.
#[derive(Debug)]
pub(super) struct Chain {
    /// Inputs; those that are neither `Whole` nor `Under` are copied into registers `0..` first, in this order.
    pub loads: Vec<Load>,
    pub body: Vec<Instruction>,
    pub target: Target,
    pub len: usize,
}

/// One operation on whole tensors.
#[derive(Debug)]
pub(super) struct Single {
    pub op: Op,
    pub inputs: Vec<Operand>,
    /// Where the real outputs go, and their lengths.
    pub reals: [Option<(Target, usize)>; MAX_OUTPUTS],
    /// Slot and length of the index output.
    pub index: Option<(usize, usize)>,
    pub shapes: Shapes,
    pub scratch: Scratch,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum Work {
    Single(Box<Single>),
    Chain(Chain),
    Store { operand: Operand, sink: Sink, offset: usize, add: bool },
}

/// A step and the scope it is reported under.
#[derive(Debug)]
pub(super) struct Step {
    pub work: Work,
    pub scope: String,
}

/// A program ready to run.
#[derive(Debug)]
pub struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) slots: Vec<usize>,
    pub(super) index_slots: Vec<usize>,
    pub(super) scratch: Scratch,
    pub(super) registers: usize,
    /// Elements that each bound buffer must have at least.
    pub(super) needs: Vec<(Buffer, usize)>,
    /// Elements that each sink must have at least.
    pub(super) fills: Vec<(Sink, usize)>,
}

impl Plan {
    /// Plans the computation of `outputs`.
    ///
    /// # Errors
    /// [`Error::Shape`] if an output holds indices or an operation has more outputs than are supported.
    pub fn new(graph: &Graph, outputs: &[Output]) -> Result<Self> {
        for output in outputs {
            if graph.type_of(output.value).dtype != DType::Real {
                return Err(Error::shape("output-index", "plan")
                    .expected("outputs of reals")
                    .got(graph.type_of(output.value).to_string())
                    .hint("turn the indices into numbers with OneHot"));
            }
        }
        Planner::new(graph, outputs).run(outputs)
    }

    /// Bytes of memory that a run in type `T` owns.
    #[must_use]
    pub fn bytes<T: Real>(&self) -> usize {
        let reals = self.slots.iter().sum::<usize>() + self.scratch.reals + self.registers * TILE;
        let indices = self.index_slots.iter().sum::<usize>() + self.scratch.indices;
        reals * size_of::<T>() + indices * size_of::<u32>()
    }

    /// Number of steps: fused chains count once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

struct Planner<'g> {
    graph: &'g Graph,
    fusion: Fusion,
    /// Members of each chain, by the number of its last node.
    members: Vec<Vec<u32>>,
    /// For each value: readers still to come, counted once a step.
    pending: Vec<Vec<usize>>,
    /// For each node: the sink that it can fill itself.
    straight: Vec<Option<(Sink, usize)>>,
    places: Vec<Vec<Option<Place>>>,
    reals: Slots,
    indices: Slots,
    plan: Plan,
}

impl<'g> Planner<'g> {
    fn new(graph: &'g Graph, outputs: &[Output]) -> Self {
        let nodes = graph.nodes();
        let mut kept = vec![false; nodes.len()];
        for output in outputs {
            kept[output.value.node as usize] = true;
        }
        let fusion = fuse(graph, &kept);
        let mut members = vec![Vec::new(); nodes.len()];
        for (number, root) in fusion.root.iter().enumerate() {
            if let Some(root) = root {
                members[*root as usize].push(number as u32);
            }
        }
        let empty = |n: &Node| vec![0; n.outputs.len()];
        Self {
            graph,
            fusion,
            members,
            pending: nodes.iter().map(empty).collect(),
            straight: vec![None; nodes.len()],
            places: nodes.iter().map(|n| vec![None; n.outputs.len()]).collect(),
            reals: Slots::default(),
            indices: Slots::default(),
            plan: Plan {
                steps: Vec::new(),
                slots: Vec::new(),
                index_slots: Vec::new(),
                scratch: Scratch::default(),
                registers: 0,
                needs: Vec::new(),
                fills: Vec::new(),
            },
        }
    }

    fn run(mut self, outputs: &[Output]) -> Result<Plan> {
        let order: Vec<u32> = (0..self.graph.nodes().len() as u32).filter(|&n| self.runs(n)).collect();
        for &number in &order {
            for value in self.reads(number) {
                self.pending[value.node as usize][value.output as usize] += 1;
            }
        }
        for output in outputs {
            let v = self.source(output.value);
            self.pending[v.node as usize][v.output as usize] += 1;
        }
        for output in outputs.iter().filter(|output| !output.add) {
            let v = self.source(output.value);
            if self.runs(v.node) && self.pending[v.node as usize] == [1] {
                self.straight[v.node as usize] = Some((output.sink, output.offset));
            }
        }
        for &number in &order {
            if self.graph.nodes()[number as usize].op.is_elementwise() {
                self.chain(number);
            } else {
                self.single(number)?;
            }
            let scope = self.graph.nodes()[number as usize].scope;
            for output in outputs {
                if self.source(output.value).node == number {
                    self.store(output, scope);
                }
            }
        }
        // outputs that are inputs: nothing computes them
        for output in outputs {
            let source = self.source(output.value);
            if !order.contains(&source.node) {
                self.store(output, 0);
            }
        }
        self.plan.slots = self.reals.into_sizes();
        self.plan.index_slots = self.indices.into_sizes();
        Ok(self.plan)
    }

    /// Whether a node becomes a step: it is live, at the end of its chain, and more than a view.
    fn runs(&self, number: u32) -> bool {
        let n = number as usize;
        let view = matches!(self.graph.nodes()[n].op, Op::Input(_) | Op::Reshape(_));
        let inside = self.fusion.root[n].is_some_and(|root| root != number);
        self.fusion.live[n] && !view && !inside && self.fusion.stretched[n].is_none()
    }

    /// The value whose elements `value` shows: reshapes are views.
    fn source(&self, mut value: Value) -> Value {
        while let Op::Reshape(_) = self.graph.node_of(value).op {
            value = self.graph.node_of(value).inputs[0];
        }
        value
    }

    /// The computed values that a step reads, each once.
    fn reads(&self, number: u32) -> Vec<Value> {
        let mut reads: Vec<Value> = Vec::new();
        let members = &self.members[number as usize];
        let nodes = if members.is_empty() { std::slice::from_ref(&number) } else { members.as_slice() };
        for &member in nodes {
            for &input in &self.graph.nodes()[member as usize].inputs {
                let source = match self.fusion.stretched[input.node as usize] {
                    Some((_, Stretch::Fill(_))) => continue,
                    Some((source, Stretch::Block { .. })) => self.source(source),
                    None => self.source(input),
                };
                let within = self.fusion.root[source.node as usize] == Some(number) && source.node != number;
                if !within && !reads.contains(&source) {
                    reads.push(source);
                }
            }
        }
        reads
    }

    fn operand(&mut self, value: Value) -> Operand {
        let len = self.graph.shape(value).len();
        let source = self.source(value);
        if let Op::Input(input) = &self.graph.node_of(source).op {
            let need = input.offset + len;
            match self.plan.needs.iter_mut().find(|(b, _)| *b == input.buffer) {
                Some((_, most)) => *most = need.max(*most),
                None => self.plan.needs.push((input.buffer, need)),
            }
            return Operand { place: Place::Bound(input.buffer, input.offset), len };
        }
        let place = self.places[source.node as usize][source.output as usize];
        debug_assert!(place.is_some(), "value of node {} read before it is computed", source.node);
        Operand { place: place.unwrap_or(Place::Slot(0)), len }
    }

    /// Counts one reader of each value off and frees what nobody needs any more, but for `keep`.
    fn release(&mut self, reads: &[Value], keep: Option<Value>) {
        for &v in reads {
            let left = &mut self.pending[v.node as usize][v.output as usize];
            *left -= 1;
            if *left == 0 && keep != Some(v) {
                self.free(v);
            }
        }
    }

    fn free(&mut self, v: Value) {
        match self.places[v.node as usize][v.output as usize] {
            Some(Place::Slot(slot)) => self.reals.give(slot),
            Some(Place::IndexSlot(slot)) => self.indices.give(slot),
            _ => {}
        }
    }

    fn single(&mut self, number: u32) -> Result<()> {
        let node = &self.graph.nodes()[number as usize];
        let inputs: Vec<Operand> = node.inputs.iter().map(|&v| self.operand(v)).collect();
        let shapes = Shapes {
            inputs: node.inputs.iter().map(|&v| self.graph.shape(v).clone()).collect(),
            outputs: node.outputs.iter().map(|t| t.shape.clone()).collect(),
        };
        let scratch = node.op.scratch(&shapes);
        self.plan.scratch.reals = self.plan.scratch.reals.max(scratch.reals);
        self.plan.scratch.indices = self.plan.scratch.indices.max(scratch.indices);
        let (mut reals, mut count, mut index) = ([None; MAX_OUTPUTS], 0, None);
        for (output, kind) in node.outputs.iter().enumerate() {
            let len = kind.shape.len();
            let place = match kind.dtype {
                DType::Real => {
                    let Some(free) = reals.get_mut(count) else { return Err(too_many_outputs(&node.op)) };
                    count += 1;
                    if let Some((sink, offset)) = self.straight[number as usize] {
                        *free = Some((Target::Sink(sink, offset), len));
                        continue;
                    }
                    let slot = self.reals.take(len);
                    *free = Some((Target::Slot(slot), len));
                    Place::Slot(slot)
                }
                DType::Index => {
                    let slot = self.indices.take(len);
                    if index.replace((slot, len)).is_some() {
                        return Err(too_many_outputs(&node.op));
                    }
                    Place::IndexSlot(slot)
                }
            };
            self.places[number as usize][output] = Some(place);
        }
        let op = node.op.clone();
        self.push(Work::Single(Box::new(Single { op, inputs, reals, index, shapes, scratch })), node.scope);
        let reads = self.reads(number);
        self.release(&reads, None);
        // outputs that nobody reads
        for output in 0..node.outputs.len() {
            if self.pending[number as usize][output] == 0 {
                self.free(Value { node: number, output: output as u32 });
            }
        }
        Ok(())
    }

    fn chain(&mut self, number: u32) {
        let members = self.members[number as usize].clone();
        let len = self.graph.nodes()[number as usize].outputs[0].shape.len();
        let (loads, values) = self.loads(number, &members);

        // a whole input that dies here gives its slot to the result
        let reads = self.reads(number);
        let dies = |v: &Value| {
            let slot = matches!(self.places[v.node as usize][v.output as usize], Some(Place::Slot(_)));
            slot && self.pending[v.node as usize][v.output as usize] == 1
        };
        let stretched = |place: Place| {
            loads.iter().any(|l| matches!(l, Load::Block { operand, .. } if operand.place == place))
        };
        let straight = self.straight[number as usize];
        let heir = loads.iter().zip(&values).find_map(|(load, v)| match load {
            Load::Whole(o) if straight.is_none() && !stretched(o.place) => Some(self.source(*v)).filter(dies),
            _ => None,
        });
        let heir_slot = heir.and_then(|v| match self.places[v.node as usize][v.output as usize] {
            Some(Place::Slot(slot)) => Some(slot),
            _ => None,
        });
        let target = if let Some((sink, offset)) = straight {
            Target::Sink(sink, offset)
        } else {
            let slot = heir_slot.unwrap_or_else(|| self.reals.take(len));
            self.places[number as usize][0] = Some(Place::Slot(slot));
            Target::Slot(slot)
        };
        let loads: Vec<Load> = loads
            .into_iter()
            .zip(&values)
            .map(|(load, value)| match load {
                Load::Whole(o) if heir_slot.is_some_and(|slot| o.place == Place::Slot(slot)) => {
                    let last = self.graph.nodes()[number as usize].inputs.contains(value);
                    if last { Load::InPlace } else { Load::Under }
                }
                other => other,
            })
            .collect();

        let body = self.body(number, &members, &loads, &values);
        let registers = body.iter().map(|i| i.register + 1).max().unwrap_or(0);
        self.plan.registers = self.plan.registers.max(registers);
        let scope = self.graph.nodes()[number as usize].scope;
        self.push(Work::Chain(Chain { loads, body, target, len }), scope);
        self.release(&reads, heir.filter(|_| heir_slot.is_some()));
    }

    /// What a chain reads, with the value each load stands for as the members name it.
    fn loads(&mut self, number: u32, members: &[u32]) -> (Vec<Load>, Vec<Value>) {
        let (mut loads, mut values) = (Vec::new(), Vec::new());
        for &member in members {
            for input in self.graph.nodes()[member as usize].inputs.clone() {
                let within = self.fusion.root[input.node as usize] == Some(number);
                if within || values.contains(&input) {
                    continue;
                }
                values.push(input);
                loads.push(match self.fusion.stretched[input.node as usize] {
                    Some((_, Stretch::Fill(value))) => Load::Fill(value),
                    Some((source, Stretch::Block { inner, .. })) => {
                        Load::Block { operand: self.operand(source), inner }
                    }
                    None => Load::Whole(self.operand(input)),
                });
            }
        }
        (loads, values)
    }

    /// The instructions of a chain, with registers reused as soon as their last reader has run.
    fn body(&self, number: u32, members: &[u32], loads: &[Load], values: &[Value]) -> Vec<Instruction> {
        let copies =
            |loads: &[Load]| loads.iter().filter(|l| !matches!(l, Load::Whole(_) | Load::Under)).count();
        let argument = |load: usize| match loads[load] {
            Load::Whole(operand) => Argument::Whole(operand),
            Load::Under => Argument::Under,
            _ => Argument::Register(copies(&loads[..load])),
        };
        let copied = copies(loads);
        let (mut next, mut free) = (copied, Vec::new());
        let mut register = vec![usize::MAX; members.len()];
        let at = |node: u32| members.binary_search(&node).ok();
        let last_reader = |member: usize| {
            let reads =
                |m: &u32| self.graph.nodes()[*m as usize].inputs.iter().any(|v| v.node == members[member]);
            members.iter().rposition(reads)
        };
        let last: Vec<Option<usize>> = (0..members.len()).map(last_reader).collect();
        members
            .iter()
            .enumerate()
            .map(|(i, &member)| {
                let node = &self.graph.nodes()[member as usize];
                let arguments = node.inputs.iter().map(|v| match at(v.node) {
                    Some(m) => Argument::Register(register[m]),
                    None => argument(values.iter().position(|x| x == v).unwrap_or(0)),
                });
                let arguments = arguments.collect();
                // the result's register is chosen before the arguments' are freed: an op never writes over them
                register[i] = if member == number {
                    copied
                } else {
                    free.pop().unwrap_or_else(|| {
                        next += 1;
                        next - 1
                    })
                };
                free.extend((0..i).filter(|&m| last[m] == Some(i)).map(|m| register[m]));
                Instruction { op: node.op.clone(), arguments, register: register[i] }
            })
            .collect()
    }

    fn store(&mut self, output: &Output, scope: u32) {
        let Output { value, sink, offset, add } = *output;
        let fill = offset + self.graph.shape(value).len();
        match self.plan.fills.iter_mut().find(|(s, _)| *s == sink) {
            Some((_, most)) => *most = fill.max(*most),
            None => self.plan.fills.push((sink, fill)),
        }
        let source = self.source(value);
        if self.straight[source.node as usize].is_none() {
            let operand = self.operand(value);
            self.push(Work::Store { operand, sink, offset, add }, scope);
            self.release(&[source], None);
        }
    }

    fn push(&mut self, work: Work, scope: u32) {
        self.plan.steps.push(Step { work, scope: self.graph.scope_name(scope).to_owned() });
    }
}

fn too_many_outputs(op: &Op) -> Error {
    Error::shape("too-many-outputs", op.name())
        .expected(format!("at most {MAX_OUTPUTS} real outputs and one of indices"))
        .got("more")
        .hint("raise ops::MAX_OUTPUTS")
}
