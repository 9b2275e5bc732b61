// The binary format of WebAssembly, as far as taking a module apart needs it: sections, and in them functions with their
// types, bodies and names. Instructions are never decoded: bodies are replaced or begun differently, so that every index
// stays what it is. https://webassembly.github.io/spec/core/binary/modules.html

export const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, code: 10, data: 11, dataCount: 12 };
export const KIND = { function: 0, table: 1, memory: 2, global: 3 };
export const FUNCREF = 0x70;
const VOID = 0x40;
/** Kinds of segments of functions: for the first table, and for one that is named. */
const TABLE_FIRST = 0;
const TABLE_NAMED = 2;
/** Subsection of the names of functions. */
const FUNCTION_NAMES = 1;
/** Sections in the order that the format asks for. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

const text = { decoder: new TextDecoder(), encoder: new TextEncoder() };

/** Unsigned LEB128. */
export function leb(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value > 0);
  return bytes;
}

/** Signed LEB128 of a number that is not negative. */
const constant = (value) => {
  const bytes = leb(value);
  if ((bytes.at(-1) & 64) === 0) return bytes;
  bytes[bytes.length - 1] |= 128;
  return [...bytes, 0];
};

export const name = (string) => {
  const bytes = text.encoder.encode(string);
  return [...leb(bytes.length), ...bytes];
};

export const vector = (items) => [...leb(items.length), ...items.flat()];

/** Instructions, each as its bytes. */
export const code = {
  unreachable: [0x00],
  if: (then) => [0x04, VOID, ...then, 0x0b],
  call: (index) => [0x10, ...leb(index)],
  callIndirect: (type, table) => [0x11, ...leb(type), ...leb(table)],
  local: (index) => [0x20, ...leb(index)],
  setGlobal: (index) => [0x24, ...leb(index)],
  tableGet: (table) => [0x25, ...leb(table)],
  constant: (value) => [0x41, ...constant(value)],
  isNull: [0xd1],
  end: [0x0b],
};

/** A segment of functions for a table, from `offset` on. */
export const elements = (table, offset, functions) => [
  ...[TABLE_NAMED, ...leb(table), ...code.constant(offset), ...code.end, 0],
  ...vector(functions.map((i) => leb(i))),
];

/** A body without locals. */
export const body = (...instructions) => Uint8Array.from([0, ...instructions.flat(), ...code.end]);

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  leb() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  name() {
    return text.decoder.decode(this.take(this.leb()));
  }

  list(read) {
    return Array.from({ length: this.leb() }, () => read());
  }

  limits() {
    const from = this.at;
    const flags = this.byte();
    this.leb();
    if (flags & 1) this.leb();
    return this.bytes.subarray(from, this.at);
  }
}

/** A module taken apart, and the means to put it together again. */
export class Binary {
  constructor(bytes) {
    /** [id, bytes] in the order of the file. */
    this.sections = [];
    const reader = new Reader(bytes, 8);
    while (reader.at < bytes.length) this.sections.push([reader.byte(), reader.take(reader.leb())]);

    const type = this.reader(SECTION.type);
    /** How many parameters each type has. */
    this.parameters = type.list(() => {
      type.byte();
      const parameters = type.list(() => type.byte()).length;
      type.list(() => type.byte());
      return parameters;
    });
    /** {kind, module, field, rest}: `rest` is the description after the kind. */
    this.imports = imports(this.reader(SECTION.import));
    const typed = this.reader(SECTION.function);
    /** The type of each function, those imported first. */
    this.functions = [
      ...this.imports.filter(({ kind }) => kind === KIND.function).map(({ rest }) => new Reader(rest).leb()),
      ...typed.list(() => typed.leb()),
    ];
    const table = this.reader(SECTION.table);
    /** Tables and globals that are defined, as their bytes. */
    this.tables = table.list(() => [table.byte(), ...table.limits()]);
    this.globals = globals(this.reader(SECTION.global));
    const memory = this.reader(SECTION.memory);
    this.memories = memory.list(() => [...memory.limits()]);
    const body = this.reader(SECTION.code);
    this.bodies = body.list(() => body.take(body.leb()));
    const out = this.reader(SECTION.export);
    this.exports = out.list(() => ({ field: out.name(), kind: out.byte(), index: out.leb() }));
    /** Names of functions by their index, where they have one. */
    this.names = this.readNames();
  }

  /** How many functions are imported, which is the index of the first that is not. */
  get imported() {
    return this.functions.length - this.bodies.length;
  }

  /** Functions that fill the first table, as {offset, functions}. */
  get elements() {
    return segments(this.reader(SECTION.element));
  }

  reader(id) {
    const section = this.sections.find(([section]) => section === id);
    return new Reader(section ? section[1] : Uint8Array.of(0));
  }

  readNames() {
    const names = new Map();
    for (const [id, bytes] of this.sections) {
      const reader = new Reader(bytes);
      if (id !== SECTION.custom || reader.name() !== "name") continue;
      while (reader.at < bytes.length) {
        const kind = reader.byte();
        const end = reader.leb() + reader.at;
        if (kind === FUNCTION_NAMES) reader.list(() => names.set(reader.leb(), reader.name()));
        reader.at = end;
      }
    }
    return names;
  }

  /**
   * The bytes of this module with other contents for some sections, by their id: a list of entries, bytes that stand for the
   * whole, or null for none. Functions keep their names if there are any.
   */
  bytes(changes, names = this.names) {
    const ids = new Set([...this.sections.map(([id]) => id), ...Object.keys(changes).map(Number)]);
    ids.delete(SECTION.custom);
    const parts = [Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)];
    const add = (id, contents) => parts.push(Uint8Array.from([id, ...leb(contents.length)]), contents);
    for (const id of [...ids].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))) {
      const change = changes[id];
      if (change === null) continue;
      if (change === undefined) add(id, this.sections.find(([section]) => section === id)[1]);
      else add(id, change instanceof Uint8Array ? change : Uint8Array.from(vector(change)));
    }
    // what is known of the target's features stays; all else that is custom is of no use
    for (const [id, contents] of this.sections) {
      if (id === SECTION.custom && new Reader(contents).name() === "target_features") add(id, contents);
    }
    if (names.size > 0) {
      const map = vector([...names].sort(([a], [b]) => a - b).map(([index, text]) => [...leb(index), ...name(text)]));
      add(SECTION.custom, Uint8Array.from([...name("name"), FUNCTION_NAMES, ...leb(map.length), ...map]));
    }
    return Buffer.concat(parts);
  }
}

function imports(reader) {
  return reader.list(() => {
    const entry = { module: reader.name(), field: reader.name(), kind: reader.byte() };
    const from = reader.at;
    if (entry.kind === KIND.function) reader.leb();
    else if (entry.kind === KIND.global) reader.take(2);
    else {
      if (entry.kind === KIND.table) reader.byte();
      reader.limits();
    }
    return { ...entry, rest: reader.bytes.subarray(from, reader.at) };
  });
}

/** Value type, mutability and the constant that each begins with. */
function globals(reader) {
  return reader.list(() => {
    const type = [...reader.take(2)];
    const from = reader.at;
    const opcode = reader.byte();
    if (opcode === 0x41 || opcode === 0x42) reader.leb();
    else if (opcode === 0x43) reader.take(4);
    else if (opcode === 0x44) reader.take(8);
    else throw new Error(`a global begins with instruction ${opcode}, which is no number`);
    reader.byte();
    return { type, start: [...reader.bytes.subarray(from, reader.at)] };
  });
}

function segments(reader) {
  return reader.list(() => {
    if (reader.byte() !== TABLE_FIRST || reader.byte() !== code.constant(0)[0]) throw new Error("a segment of functions of another kind than Rust makes");
    const offset = reader.leb();
    reader.byte();
    return { offset, functions: reader.list(() => reader.leb()) };
  });
}
