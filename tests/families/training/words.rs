//! Layers and losses in words, such as `conv1 6x1x5x5 (OIHW) stride 1 pad 2`.

use super::super::{Stop, not_yet};
use saddlepoint::Window;
use saddlepoint::nn::{Activation, LayerSpec, Loss};
use serde_json::{Map, Value, json};

/// What the words of a model say.
pub struct Network {
    pub layers: Vec<LayerSpec>,
    /// The extents of an example, (C, H, W), if they are said.
    pub input: Option<Vec<usize>>,
    /// Whether images are flattened in the order (H, W, C).
    pub channels_last: bool,
}

/// One line of a model.
struct Line<'a> {
    text: &'a str,
    tokens: Vec<&'a str>,
}

impl Line<'_> {
    /// The number behind a word.
    fn after(&self, word: &str) -> Option<f64> {
        let place = self.tokens.iter().position(|t| t.trim_start_matches('(') == word)?;
        self.tokens.get(place + 1)?.trim_end_matches([',', ')']).parse().ok()
    }

    fn count(&self, word: &str, default: usize) -> usize {
        self.after(word).map_or(default, |n| n as usize)
    }

    /// The numbers of the first token that has them between separators.
    fn numbers(&self, separator: &str) -> Option<Vec<usize>> {
        let parse = |t: &&str| {
            let parts: Option<Vec<usize>> = t.split(separator).map(|n| n.parse().ok()).collect();
            parts.filter(|n| n.len() > 1)
        };
        self.tokens.iter().find_map(parse)
    }

    fn says(&self, word: &str) -> bool {
        self.text.contains(word)
    }
}

/// Reads the lines of a model. A layer with parameters has the next of `names`, which are those of the parameters.
pub fn network(lines: &[&str], names: &[&str]) -> Result<Network, Stop> {
    let (mut layers, mut input, mut names) = (Vec::new(), None, names.iter());
    let mut norms = Map::new();
    let channels_last = lines.iter().any(|l| l.contains("H,W,C") || l.contains("NHWC"));
    for text in lines {
        let line = Line { text, tokens: text.split_whitespace().collect() };
        let first = line.tokens.first().copied().unwrap_or_default();
        let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
        let mut layer = match stem {
            "input" => {
                let extents = first_list(text);
                input = match (extents.as_deref(), channels_last) {
                    (Some(&[h, w, c]), true) => Some(vec![c, h, w]),
                    (Some(&[c, h, w]), false) => Some(vec![c, h, w]),
                    _ => None,
                };
                continue;
            }
            "sequence" => {
                let numbers =
                    line.tokens.iter().filter_map(|t| t.trim_end_matches(',').parse::<usize>().ok());
                json!({ "type": "reshape", "shape": numbers.collect::<Vec<_>>() })
            }
            "last" => continue,
            "flatten" => json!({ "type": "flatten" }),
            "bn" | "batch_norm" => {
                // what is said of one holds for those behind it
                for (word, key) in [("eps", "epsilon"), ("momentum", "momentum")] {
                    if let Some(number) = line.after(word) {
                        norms.insert(key.to_owned(), number.into());
                    }
                }
                let mut norm = norms.clone();
                norm.insert("type".to_owned(), "batchNormalization".into());
                Value::Object(norm)
            }
            "ln" | "layer_norm" => {
                json!({ "type": "layerNormalization", "epsilon": line.after("eps").unwrap_or(1e-5) })
            }
            "gn" | "group_norm" => json!({
                "type": "groupNormalization",
                "groups": line.count("groups", 1),
                "epsilon": line.after("eps").unwrap_or(1e-5)
            }),
            "global_avg_pool" | "gap" => json!({ "type": "globalAveragePool2d" }),
            "max_pool" | "avg_pool" | "maxpool" | "avgpool" => match line.numbers("x").as_deref() {
                Some(&[h, w]) if line.count("pad", 0) == 0 => json!({
                    "type": if stem.starts_with('m') { "maxPool2d" } else { "averagePool2d" },
                    "poolSize": [h, w],
                    "strides": [line.count("stride", h), line.count("stride", w)]
                }),
                _ => return not_yet(format!("layer {text}")),
            },
            "gru" | "lstm" | "rnn" => recurrent(&line, stem),
            "embedding" => match line.numbers("x").or_else(|| line.numbers("->")).as_deref() {
                Some(&[vocabulary, units]) => {
                    json!({ "type": "embedding", "vocabulary": vocabulary, "units": units })
                }
                _ => return not_yet(format!("layer {text}")),
            },
            _ => match (line.numbers("x").as_deref(), line.numbers("->").as_deref()) {
                (Some(&[out, inner, kh, kw]), None) => convolution(&line, stem, [out, inner, kh, kw])?,
                (None, Some(&[_, units])) => {
                    json!({ "type": "dense", "units": units, "useBias": !without_bias(&line) })
                }
                _ => function(&line)?,
            },
        };
        let kind = layer["type"].as_str().unwrap_or_default().to_owned();
        let bare = ["flatten", "reshape", "activation"].contains(&kind.as_str()) || kind.contains("Pool");
        if !bare {
            let Some(name) = names.next() else {
                return not_yet(format!("layer {text}, which has no parameters"));
            };
            layer["name"] = (*name).into();
        }
        layers.push(serde_json::from_value(layer).map_err(|e| Stop::NotYet(format!("layer {text}: {e}")))?);
    }
    Ok(Network { layers, input, channels_last })
}

fn without_bias(line: &Line<'_>) -> bool {
    line.says("without bias") || line.says("no bias")
}

/// `[N,1,28,28]` without its first entry.
fn first_list(text: &str) -> Option<Vec<usize>> {
    let (_, rest) = text.split_once('[')?;
    let (list, _) = rest.split_once(']')?;
    list.split(',').skip(1).map(|n| n.trim().parse().ok()).collect()
}

fn recurrent(line: &Line<'_>, stem: &str) -> Value {
    let mut layer = json!({
        "type": if stem == "rnn" { "simpleRnn" } else { stem },
        "units": line.count("hidden", 0),
        "bidirectional": line.says("bidirectional"),
        "returnSequences": line.says("every step") || line.says("all steps") || line.says("sequences"),
        "recurrentBias": !line.says("one bias")
    });
    if stem == "gru" {
        layer["resetAfter"] = (!line.says("reset before")).into();
    }
    if stem == "rnn" {
        layer["activation"] = if line.says("relu") { "relu" } else { "tanh" }.into();
    }
    layer
}

fn convolution(line: &Line<'_>, stem: &str, [out, inner, kh, kw]: [usize; 4]) -> Result<Value, Stop> {
    let (stride, pad, dilation) = (line.count("stride", 1), line.count("pad", 0), line.count("dilation", 1));
    // with a stride of 1, "same" is half the kernel on each side whatever the size of the image
    let window = Window::new([kh, kw]).dilation([dilation; 2]).same([64, 64]);
    let padding = match pad {
        0 => "valid",
        _ if stride == 1 && window.padding == [[pad; 2]; 2] => "same",
        _ => return not_yet(format!("layer {}", line.text)),
    };
    let mut layer = json!({
        "kernelSize": [kh, kw],
        "strides": [stride, stride],
        "padding": padding,
        "useBias": !without_bias(line)
    });
    match stem {
        "depthwise" | "dw" => {
            layer["type"] = "depthwiseConv2d".into();
            layer["dilation"] = json!([dilation, dilation]);
        }
        "conv_transpose" | "deconv" => {
            layer["type"] = "conv2dTranspose".into();
            layer["filters"] = inner.into();
        }
        _ => {
            layer["type"] = "conv2d".into();
            layer["filters"] = out.into();
            layer["dilation"] = json!([dilation, dilation]);
            layer["groups"] = line.count("groups", 1).into();
        }
    }
    Ok(layer)
}

/// A layer of an activation by its name, perhaps with a number behind it.
fn function(line: &Line<'_>) -> Result<Value, Stop> {
    Ok(json!({ "type": "activation", "activation": activation(line.text)? }))
}

/// An activation by its name, perhaps with a number behind it, as a description has it.
pub fn activation(text: &str) -> Result<Value, Stop> {
    let words: Vec<&str> = text.split_whitespace().map(|t| t.trim_matches([',', '(', ')'])).collect();
    let name = words.first().copied().unwrap_or_default().replace('_', "").to_lowercase();
    let number = words.iter().skip(1).find_map(|w| w.parse::<f64>().ok());
    let found = Activation::all().into_iter().find_map(|activation| {
        let written = serde_json::to_value(activation).ok()?;
        (written.as_str()?.to_lowercase() == name).then_some(written)
    });
    let Some(kind) = found else { return not_yet(format!("layer {text}")) };
    let kind = if kind == "gelu" && text.contains("tanh") { json!("geluTanh") } else { kind };
    let parameter = match kind.as_str().unwrap_or_default() {
        "leakyRelu" => "slope",
        "softplus" => "beta",
        _ => "alpha",
    };
    Ok(match number {
        Some(number) => json!({ "type": kind, parameter: number }),
        None => kind,
    })
}

/// A loss in words, of which a batch takes the mean.
pub fn loss(words: &str) -> Result<Loss, Stop> {
    let lower = words.to_lowercase();
    let says = |list: &[&str]| list.iter().any(|word| lower.contains(word));
    let number = |word: &str| {
        let rest = lower.split_once(word)?.1.trim_start_matches([' ', '=', ':']);
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        rest[..end].trim_end_matches('.').parse::<f64>().ok()
    };
    let loss = if says(&["sum over", ", sum"]) {
        return not_yet(format!("loss {words}"));
    } else if says(&["binary", "bce"]) {
        json!("binaryCrossEntropy")
    } else if says(&["cross-entropy", "cross entropy", "xent"]) {
        json!({ "type": "softmaxCrossEntropy", "labelSmoothing": number("smoothing").unwrap_or(0.0) })
    } else if says(&["huber"]) {
        json!({ "type": "huber", "delta": number("delta").unwrap_or(1.0) })
    } else if says(&["smooth l1", "smooth_l1"]) {
        json!({ "type": "smoothL1", "beta": number("beta").unwrap_or(1.0) })
    } else if says(&["log-cosh", "log_cosh", "log cosh"]) {
        json!("logCosh")
    } else if says(&["half mse", "half mean squared", "mse / 2", "1/2"]) {
        json!("halfMeanSquaredError")
    } else if says(&["mse", "squared error"]) {
        json!("meanSquaredError")
    } else if says(&["mae", "absolute error"]) {
        json!("meanAbsoluteError")
    } else {
        return not_yet(format!("loss {words}"));
    };
    serde_json::from_value(loss).map_err(|e| Stop::Failed(e.to_string()))
}
