// Learns a text character by character, then goes on writing it.
//   node main.ts [text.txt]

import { readFile } from "node:fs/promises";
import { argv } from "node:process";

import { Model } from "saddlepoint";

const [, , path = "rhyme.txt"] = argv;
const vocabulary = new Set(await readFile(path, "utf8")).size;

const model = await Model.create(
  {
    data: { type: "text", steps: 32 },
    test: 0.1,
    layers: [
      { type: "embedding", vocabulary, units: 16 },
      { type: "lstm", units: 48, returnSequences: true },
      { type: "dense", units: vocabulary },
    ],
    loss: "softmaxCrossEntropy",
    optimizer: { type: "adam", learningRate: 0.01 },
    batch: { type: "mini", size: 16 },
    epochs: 60,
    seed: 1,
  },
  { files: [{ name: path, bytes: new Uint8Array(await readFile(path)) }] },
);
await model.fit({
  callbacks: {
    onEpochEnd(epoch, { loss }) {
      if (epoch % 10 === 9) console.log(`epoch ${epoch + 1}: ${loss.toFixed(3)} nats a character`);
    },
  },
});

// 0 takes the likeliest character, 1 each as often as it was learnt
for (const temperature of [0, 0.5]) {
  console.log(`--- at temperature ${temperature}`);
  console.log(await model.generate({ prompt: "This is the ", length: 160, temperature, seed: 1 }));
}
await model.dispose();
