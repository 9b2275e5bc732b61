// Takes the core apart into a file that a page loads first and one with the rest, which is fetched when something in it is
// first called. Both keep every index of the whole: a function that is in the other file is there as a few instructions
// that call it through a table which both share, so that nothing else has to be rewritten; wasm-opt then clears away what
// neither calls. The table has a slot for each function that is called from the other side:
//
//   first file   exports its memory, tables, globals and what it imports; its slots are filled when it starts. A call of a slot
//                that is still empty asks JavaScript (saddlepoint_rest.js) for the rest.
//   rest         imports all that; its slots are filled when it starts, and from then on both are one program.

import { Binary, FUNCREF, KIND, SECTION, body, code, elements, leb, name } from "./binary.mjs";

/** Module name under which the rest imports from the first file. */
const FIRST = "first";
/** Import of the function that fetches the rest. */
const LOAD = /fetchRest/;

const I32 = 0x7f;
const MUTABLE = 1;
/** Exports of an instrumented module begin so. */
const CALLED = "called ";

/** Exports of the first file for the rest, by what they are. */
const shared = { function: (i) => `f${i}`, table: (i) => `t${i}`, memory: (i) => `m${i}`, global: (i) => `g${i}` };

/**
 * Functions that end the program in Rust: their messages reach nobody, since WebAssembly has no stream of errors. They
 * become the instruction that all of them end in.
 */
const PANICS = new RegExp(
  [
    /^core(\[\w+\])?::panicking::/,
    /^core(\[\w+\])?::(option|result|cell|str|slice::index|slice::copy_from_slice_impl)::\w*(fail|failed|fail_rt|panic\w*|mismatch\w*)\b/,
    /^alloc(\[\w+\])?::(raw_vec::(handle_error|capacity_overflow)|alloc::handle_alloc_error)/,
    /^<?(alloc|std)(\[\w+\])?.*::assert_failed$/,
    /^(std|__rustc)(\[\w+\])?::(panicking::|rust_panic|rust_begin_unwind|alloc::rust_oom|__rg_oom|__rdl_oom)/,
    /^core(\[\w+\])?::slice::sort::shared::smallsort::panic_on_ord_violation/,
    /^ndarray::.*(array_out_of_bounds|panic)/,
  ].map((part) => part.source).join("|"),
);

/** The module without the texts of panics. */
export function withoutPanics(bytes) {
  const binary = new Binary(bytes);
  const trap = body(code.unreachable);
  const bodies = binary.bodies.map((own, i) => (PANICS.test(binary.names.get(binary.imported + i) ?? "") ? trap : own));
  return binary.bytes({ [SECTION.code]: bodies.map((own) => [...leb(own.length), ...own]) });
}

/** The module with a global for each function that is set when it is called, exported under its index. */
export function instrumented(bytes) {
  const binary = new Binary(bytes);
  const first = binary.globals.length;
  const globals = binary.globals.map(({ type, start }) => [...type, ...start]);
  const exported = binary.exports.map(({ field, kind, index }) => [...name(field), kind, ...leb(index)]);
  const bodies = binary.bodies.map((own, i) => {
    globals.push([I32, MUTABLE, ...code.constant(0), ...code.end]);
    exported.push([...name(CALLED + String(binary.imported + i)), KIND.global, ...leb(first + i)]);
    const at = afterLocals(own);
    return [...leb(own.length + 2 + leb(first + i).length + 1), ...own.subarray(0, at), ...code.constant(1), ...code.setGlobal(first + i), ...own.subarray(at)];
  });
  return binary.bytes({ [SECTION.global]: globals, [SECTION.export]: exported, [SECTION.code]: bodies });
}

/** Which functions of an instrumented instance were called, by their index. */
export function called(exports) {
  const indices = Object.keys(exports).filter((field) => field.startsWith(CALLED) && exports[field].value === 1);
  return new Set(indices.map((field) => Number(field.slice(CALLED.length))));
}

/**
 * The two files, not yet cleared. `inFirst` and `inRest` say of each function where it is: in one of them, or in both, if it is
 * short or often called from either. `survivors` gives the names of the functions that something in a module still calls.
 */
export function split(bytes, inFirst, inRest, survivors) {
  const binary = new Binary(bytes);
  const { functions, imported } = binary;
  const all = functions.map((_, i) => i);
  const defined = all.slice(imported);
  const named = new Map(all.map((i) => [i, String(i)]));
  const alive = (module) => new Set([...survivors(module).values()].map(Number));
  const load = binary.imports.filter(({ kind }) => kind === KIND.function).findIndex(({ field }) => LOAD.test(field));
  if (load < 0) throw new Error("split: the module imports nothing that loads its rest");
  const table = binary.tables.length;

  const bodies = (here, slots, check) =>
    defined.map((i) => {
      const type = functions[i];
      const bytes = here(i) ? binary.bodies[i - imported] : across(binary.parameters[type], type, slots.get(i) ?? 0, table, check);
      return [...leb(bytes.length), ...bytes];
    });
  const description = (slots) => [FUNCREF, 0, ...leb(slots)];
  const fill = (slots) => (slots.size === 0 ? [] : [elements(table, Math.min(...slots.values()), [...slots.keys()])]);

  /** `out`: slots of what is called in the rest; `back`: of what the rest calls; `lent`: imports that it needs. */
  const first = (out, back, lent) =>
    binary.bytes(
      {
        [SECTION.table]: [...binary.tables, description(out.size + back.size)],
        [SECTION.export]: [...binary.exports, ...sharedExports(binary, lent)].map(({ field, kind, index }) => [...name(field), kind, ...leb(index)]),
        [SECTION.element]: [...binary.elements.map(({ offset, functions }) => elements(0, offset, functions)), ...fill(back)],
        [SECTION.code]: bodies(inFirst, out, load),
      },
      named,
    );
  const rest = (out, back) =>
    binary.bytes(
      {
        [SECTION.import]: restImports(binary, description(out.size + back.size)),
        [SECTION.element]: [...fill(out), ...directly(binary, (i) => inRest(i) && !inFirst(i))],
        [SECTION.code]: bodies(inRest, back),
        ...Object.fromEntries(["table", "memory", "global", "export", "start", "data", "dataCount"].map((section) => [SECTION[section], null])),
      },
      named,
    );

  const none = new Map();
  const called = alive(first(none, none, []));
  const out = numberedFrom(0, defined.filter((i) => !inFirst(i) && called.has(i)));
  const asked = alive(rest(out, none));
  const back = numberedFrom(out.size, defined.filter((i) => !inRest(i) && asked.has(i)));
  const lent = all.filter((i) => i < imported && asked.has(i));
  return { first: first(out, back, lent), rest: rest(out, back), crossings: [out.size, back.size] };
}

const numberedFrom = (first, list) => new Map(list.map((i, at) => [i, first + at]));

/** Where the instructions of a body begin. */
function afterLocals(bytes) {
  let at = 0;
  const read = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  for (let groups = read(); groups > 0; groups--) {
    read();
    at++;
  }
  return at;
}

/** A function that is in the other file: calls it through its slot. With `load`, the rest is asked for if the slot is empty. */
function across(parameters, type, slot, table, load) {
  const locals = Array.from({ length: parameters }, (_, i) => code.local(i));
  const check = load === undefined ? [] : [...code.constant(slot), ...code.tableGet(table), ...code.isNull, ...code.if(code.call(load))];
  return body(check, ...locals, code.constant(slot), code.callIndirect(type, table));
}

/** What the first file exports for the rest, beside what it exports anyway; `lent` are functions that it imports itself. */
function sharedExports(binary, lent) {
  const of = (kind, count) => Array.from({ length: count }, (_, index) => ({ field: shared[kind](index), kind: KIND[kind], index }));
  return [
    ...lent.map((index) => ({ field: shared.function(index), kind: KIND.function, index })),
    ...of("table", binary.tables.length + 1),
    ...of("memory", binary.memories.length),
    ...of("global", binary.globals.length),
  ];
}

/** All that the first file has, at the same indices. */
function restImports(binary, slots) {
  const entry = (kind, index, description) => [...name(FIRST), ...name(shared[kind](index)), KIND[kind], ...description];
  return [
    ...binary.functions.slice(0, binary.imported).map((type, i) => entry("function", i, leb(type))),
    ...[...binary.tables, slots].map((table, i) => entry("table", i, table)),
    ...binary.memories.map((memory, i) => entry("memory", i, memory)),
    ...binary.globals.map(({ type }, i) => entry("global", i, type)),
  ];
}

/** Pointers to functions of the rest, which until then led there by the first file. */
function directly(binary, there) {
  return binary.elements.flatMap(({ offset, functions }) =>
    functions.flatMap((i, at) => (there(i) ? [elements(0, offset + at, [i])] : [])),
  );
}
