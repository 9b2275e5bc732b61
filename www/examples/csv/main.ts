// A table of your own: one column is learnt from the others, then new rows are filled in.
//   node main.ts [table.csv [column]]

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { argv } from "node:process";

import { Model, type RunSpec } from "saddlepoint";

const [, , path = "flats.csv", target] = argv;
const files = [{ name: basename(path), bytes: new Uint8Array(await readFile(path)) }];

// what the columns hold, and which of them would be predicted if none is named
const { spec, table } = await Model.describe(files);
if (table === null || spec.type !== "csv") throw new Error(`${path} is no table`);
console.log(`${table.rows} rows:`, table.columns.map(({ name, kind }) => `${name} (${kind})`).join(", "));

const run: RunSpec = {
  data: { ...spec, missing: "fill", ...(target === undefined ? {} : { target }) },
  test: 0.2,
  layers: [{ type: "dense", units: 16, activation: "tanh" }, { type: "dense", units: 1 }],
  loss: "meanSquaredError",
  optimizer: { type: "adam", learningRate: 0.02 },
  batch: { type: "mini", size: 16 },
  epochs: 200,
  seed: 1,
};

const model = await Model.create(run, { files });
await model.fit();
const { regression } = await model.evaluate();
// a little of ridge: one town is what is left when it is none of the others
const linear = await model.leastSquares({ ridge: 0.001 });
console.log(`R² on rows it has not seen: ${String(regression?.r2)}; a straight line has ${String(linear.testR2)}`);

// rows by the names of their columns, as objects in any order
const rows = [
  { area: 38, rooms: 1, town: "York" },
  { area: 95, rooms: 4, town: "Leeds" },
];
const values = await model.predict(await model.encode(rows));
rows.forEach((row, i) => console.log(row, "->", Math.round(values[i] ?? NaN)));
await model.dispose();
