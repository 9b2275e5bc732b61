/** A run as a program in text, to be pasted and gone on with. The one place where such text is made. */
import type { RunSpec } from "./types.js";

/** Longest line of a description; what fits stays on one. */
const WIDTH = 100;

/**
 * A whole program that does the run: a JavaScript module for this package, or the `main.rs` of a Rust program for the crate
 * of the same name. Both print the same run hash. `files` are the names of the run's files, if it is over files.
 */
export function codeOf(run: RunSpec, language: "javascript" | "rust", files: readonly string[] = []): string {
  return language === "javascript" ? javascript(run, files) : rust(run, files);
}

function javascript(run: RunSpec, files: readonly string[]): string {
  const read = files.length === 0 ? [] : [
    `const names = ${text(files, "", false)};`,
    "const files = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(name) })));",
  ];
  return [
    ...(files.length === 0 ? [] : ['import { readFile } from "node:fs/promises";']),
    'import { Model } from "saddlepoint";',
    "",
    ...read,
    `const model = await Model.create(${text(run, "", false)}${files.length === 0 ? "" : ", { files }"});`,
    "let progress;",
    "do progress = await model.trainFor(50);",
    'while (progress.state === "running");',
    "const { loss, accuracy, regression } = await model.evaluate();",
    "console.log(progress.state, { loss, accuracy, regression }, progress.runHash);",
    "await model.dispose();",
    "",
  ].join("\n");
}

function rust(run: RunSpec, files: readonly string[]): string {
  const json = text(run, "", true);
  // one more than in the longest row of them behind a quotation mark inside
  const longest = Math.max(0, ...[...json.matchAll(/"(#+)/g)].map((match) => match[1]?.length ?? 0));
  const hashes = "#".repeat(longest + 1);
  const read = files.length === 0 ? [] : [
    `    let names = ${text(files, "    ", true)};`,
    "    let files = names.map(|name| Ok((name.to_owned(), std::fs::read(name)?)));",
    "    let files: Vec<_> = files.into_iter().collect::<std::io::Result<_>>()?;",
  ];
  return [
    "use saddlepoint::data::load;",
    "use saddlepoint::train::{RunSpec, Trainer};",
    "use std::sync::Arc;",
    "",
    `const RUN: &str = r${hashes}"${json}"${hashes};`,
    "",
    "fn main() -> Result<(), Box<dyn std::error::Error>> {",
    "    let spec = RunSpec::from_json(RUN)?;",
    ...read,
    `    let examples = spec.examples(load(&spec.data, spec.seed, &${files.length === 0 ? "[]" : "files"})?)?;`,
    "    let mut trainer = Trainer::<f32>::new(spec, Arc::new(examples))?;",
    "    trainer.run_until(|| false)?;",
    "    let measured = trainer.evaluate()?;",
    '    println!("{:?}, loss {}, accuracy {:?}", trainer.state(), measured.loss, measured.accuracy);',
    '    println!("run {:016x}", trainer.run_hash());',
    "    Ok(())",
    "}",
    "",
  ].join("\n");
}

/** A value as JSON, or as the same in JavaScript without quotation marks around its keys: on one line where that fits. */
function text(value: unknown, indent: string, quoted: boolean): string {
  const line = flat(value, quoted);
  if (typeof value !== "object" || value === null || indent.length + line.length <= WIDTH) return line;
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((part) => text(part, inner, quoted))
    : entries(value).map(([key, part]) => `${name(key, quoted)}: ${text(part, inner, quoted)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

function flat(value: unknown, quoted: boolean): string {
  if (Array.isArray(value)) return `[${value.map((part) => flat(part, quoted)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts = entries(value).map(([key, part]) => `${name(key, quoted)}: ${flat(part, quoted)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

/** As JSON has them: what is undefined is left out. */
function entries(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, part]) => part !== undefined);
}

function name(key: string, quoted: boolean): string {
  return !quoted && /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
}
