// The native figures: what criterion has measured, in the form of those of an engine.

import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { run, target } from "../browser.mjs";

/** Groups of benches/kernels.rs and benches/steps.rs, and the kind of line each is. */
const KINDS = { products: "product", convolutions: "convolution", steps: "workload" };
/** What is added to the name of a group whose FLOP are not all done. */
const EFFECTIVE = ", effective";

/** Every benchmark of a group that criterion has left: its title, nanoseconds a run, and units a run. */
function group(name) {
  const folder = join(target, "criterion", name);
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder, { recursive: true }).filter((file) => /(^|[\\/])new[\\/]benchmark\.json$/.test(file));
  return found.map((file) => {
    const { value_str: value, function_id: title, throughput } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    const { median } = JSON.parse(readFileSync(join(folder, file, "..", "estimates.json"), "utf8"));
    return { title: title ?? value, seconds: median.point_estimate / 1e9, units: throughput?.Elements ?? 0 };
  });
}

/** Measures natively; `only` names workloads. */
export function measureNative(only) {
  rmSync(join(target, "criterion"), { recursive: true, force: true });
  const filter = only ? [`/(${only.join("|")}) x `] : [];
  const bench = (name, ...args) => run("cargo", ["bench", "--quiet", "--bench", name, "--", "--noplot", "--quiet", ...args]);
  bench("kernels");
  bench("steps", ...filter);
  bench("curvature", "^curvature/(gradient|Hessian-vector product)$");
  const peak = Object.fromEntries(group("peak").map(({ title, units, seconds }) => [title, units / seconds]));
  const lines = Object.entries(KINDS).flatMap(([name, kind]) => [
    ...group(name).map((one) => lineOf(kind, one, false)),
    ...group(name + EFFECTIVE).map((one) => lineOf(kind, one, true)),
  ]);
  const curvature = Object.fromEntries(group("curvature").map(({ title, seconds }) => [title === "gradient" ? "gradient" : "product", seconds]));
  return { engine: `native, ${version()}`, peak, lines, curvature };
}

function lineOf(kind, { title, seconds, units }, effective) {
  const line = { name: title, kind, type: title.endsWith("f64") ? "f64" : "f32", flops: units / seconds, effective };
  if (kind !== "workload") return line;
  const [name, batch] = title.split(" x ");
  // a step that allocates has ended the run
  return { ...line, name, training: { examples: batch / seconds, steps: 1 / seconds, allocations: 0 } };
}

function version() {
  return spawnSync("rustc", ["--version"], { encoding: "utf8" }).stdout.split(" ").slice(0, 2).join(" ");
}
