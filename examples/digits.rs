use saddlepoint::data::load;
use saddlepoint::train::{RunSpec, Trainer};
use std::sync::Arc;

const RUN: &str = r#"{
  "data": { "type": "digits" },
  "test": 797,
  "layers": [
    {
      "type": "conv2d",
      "filters": 8,
      "kernelSize": [3, 3],
      "padding": "same",
      "activation": "relu"
    },
    { "type": "maxPool2d", "poolSize": [2, 2] },
    { "type": "conv2d", "filters": 16, "kernelSize": [3, 3], "activation": "relu" },
    { "type": "averagePool2d", "poolSize": [2, 2] },
    { "type": "flatten" },
    { "type": "dense", "units": 10, "activation": "softmax" }
  ],
  "loss": "softmaxCrossEntropy",
  "optimizer": { "type": "adam", "learningRate": 0.003 },
  "batch": { "type": "mini", "size": 48 },
  "epochs": 2,
  "seed": 11
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let spec = RunSpec::from_json(RUN)?;
    let examples = spec.examples(load(&spec.data, spec.seed, &[])?)?;
    let mut trainer = Trainer::<f32>::new(spec, Arc::new(examples))?;
    trainer.run_until(|| false)?;
    let measured = trainer.evaluate()?;
    println!("{:?}, loss {}, accuracy {:?}", trainer.state(), measured.loss, measured.accuracy);
    println!("run {:016x}", trainer.run_hash());
    Ok(())
}
