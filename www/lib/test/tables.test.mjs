// Tables: embedded ones, CSV and NumPy arrays.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Model } from "../dist/index.js";
import { refusal, train } from "./specs.mjs";

const dense = (units, activation) => ({ type: "dense", units, ...(activation ? { activation } : {}) });
const run = (data, layers, loss, more = {}) => ({
  data, test: 0.2, layers, loss, optimizer: { type: "adam", learningRate: 0.01 }, batch: { type: "mini", size: 16 }, epochs: 60, seed: 3, ...more,
});
const file = (name, text) => ({ name, bytes: new TextEncoder().encode(text) });

const houses = [
  "id,town,rooms,area,price",
  ...Array.from({ length: 60 }, (_, i) => `h${i},"${i % 2 ? "Leeds, West" : "York"}",${1 + (i % 5)},${i % 10 === 3 ? "" : 40 + i},${100 + 20 * (1 + (i % 5)) + 2 * i + (i % 2 ? 50 : 0)}`),
].join("\n");

test("the embedded tables are learnt", async () => {
  for (const [type, classes, units] of [["iris", 3, 8], ["wine", 3, 8], ["breastCancer", 2, 8]]) {
    const model = await Model.create(run({ type }, [dense(units, "relu"), dense(classes, "softmax")], "softmaxCrossEntropy", { split: { type: "stratified" } }));
    await train(model);
    const { accuracy } = await model.evaluate();
    assert.ok(accuracy > 0.9, `${type}: accuracy ${accuracy}`);
    await model.dispose();
  }
  const chosen = await Model.summary(run({ type: "longley", features: ["year", "gnp"] }, [dense(1)], "meanSquaredError"));
  assert.deepEqual([chosen.data.features, chosen.data.train + chosen.data.test], [["year", "gnp"], 16]);
});

test("a CSV is described, trained on, saved and asked about new rows", async () => {
  const files = [file("houses.csv", houses)];
  const { spec, table, data } = await Model.describe(files);
  assert.equal(data, null);
  assert.deepEqual([spec.type, table.target, table.rows, table.separator], ["csv", "price", 60, "comma"]);
  assert.deepEqual(table.columns.map(({ kind, missing }) => [kind, missing]), [["text", 0], ["category", 0], ["number", 0], ["number", 6], ["number", 0]]);
  const of = (more) => run({ ...spec, ...more }, [dense(1)], "meanSquaredError", { epochs: 400 });
  const refused = await refusal(Model.create(of({}), { files }));
  assert.deepEqual([refused.code, refused.args.line, refused.args.column], ["table-missing", "5", "area"]);

  const model = await Model.create(of({ missing: "fill" }), { files });
  const { features, scaling, train: count } = model.info.data;
  assert.deepEqual(features, ["town=Leeds, West", "town=York", "rooms", "area"]);
  assert.equal(count, 48);
  assert.equal(scaling.features.type, "standard");
  await train(model);
  const { regression } = await model.evaluate();
  assert.ok(regression.r2 > 0.8, `R2 ${regression.r2}`);

  const rows = [{ area: 60, town: "York", rooms: 3 }, { town: "Leeds, West", rooms: "4", area: null }];
  const encoded = await model.encode(rows);
  assert.deepEqual([...encoded.subarray(0, 4)], [0, 1, 3, 60]);
  assert.ok(Math.abs(encoded[7] - scaling.features.mean[3]) < 5, "the mean of the training part fills the gap");
  const before = await model.predict(encoded);
  const again = await Model.load(await model.save(), { files });
  assert.deepEqual(await again.predict(await again.encode(rows)), before);
  const bare = await Model.load(await model.save());
  assert.deepEqual(await bare.predict(await bare.encode(rows)), before, "without the table");
  await bare.dispose();
  assert.equal((await refusal(model.encode([{ town: "Hull", rooms: 1, area: 1 }]))).code, "row-value");
  await model.dispose();
  await again.dispose();
});

test("what is wrong with a table is told by line and column", async () => {
  const code = async (text, data = {}) => {
    const spec = run({ type: "csv", ...data }, [dense(1)], "meanSquaredError");
    return (await refusal(Model.summary(spec, { files: [file("t.csv", text)] }))).code;
  };
  assert.equal(await code("a,b\n1,2\n3\n"), "table-ragged");
  assert.equal(await code("a,b\n1,2\nx,3\n3,4\n"), "table-not-number");
  assert.equal(await code("a,b\n"), "table-no-rows");
  assert.equal(await code("a,a\n1,2\n3,4\n"), "table-header-twice");
  assert.equal(await code(""), "file-empty");
  assert.equal(await code("a,b\n1,2\n2,3\n", { hash: "0".repeat(16) }), "files-differ");
  assert.equal((await refusal(Model.create(run({ type: "csv" }, [dense(1)], "meanSquaredError")))).code, "file-missing");
});

/** An NPY file of float32 or uint8. */
function npy(values, shape) {
  const body = new Uint8Array(values.buffer);
  const text = `{'descr': '${values instanceof Float32Array ? "<f4" : "|u1"}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`.padEnd(117) + "\n";
  return Uint8Array.from([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length, 0, ...new TextEncoder().encode(text), ...body]);
}

test("arrays of NumPy are a set", async () => {
  const x = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i));
  const y = Uint8Array.from({ length: 100 }, (_, i) => (x[2 * i] > x[2 * i + 1] ? 1 : 0));
  const files = [{ name: "X.npy", bytes: npy(x, [100, 2]) }, { name: "y.npy", bytes: npy(y, [100]) }];
  const { spec, data } = await Model.describe(files);
  assert.deepEqual([spec.type, data.shape, data.classes], ["files", [2], ["0", "1"]]);
  const model = await Model.create(run(spec, [dense(8, "relu"), dense(2, "softmax")], "softmaxCrossEntropy"), { files });
  await train(model);
  assert.ok((await model.evaluate()).accuracy > 0.85);
  await model.dispose();
  const cut = await refusal(Model.describe([{ ...files[0], bytes: files[0].bytes.slice(0, 300) }, files[1]]));
  assert.equal(cut.code, "npy-truncated");
});
