//! Every activation: stable for large inputs, with its derivatives, as written and as drawn.

#![cfg(not(target_family = "wasm"))]

mod program;

use program::{Feeds, Runner};
use saddlepoint::kernels::Real;
use saddlepoint::nn::Activation;
use saddlepoint::{Buffer, Graph};

fn all() -> Vec<Activation> {
    let others = [
        Activation::LeakyRelu { slope: 0.3 },
        Activation::Elu { alpha: 1.7 },
        Activation::Celu { alpha: 0.4 },
        Activation::Softplus { beta: 3.0 },
        Activation::HardTanh { min: -2.0, max: 0.5 },
    ];
    [Activation::all(), others.to_vec()].concat()
}

/// Value, first and second derivative for each x, in the first of two columns whose other one holds 0.
fn derivatives<T: Real>(activation: Activation, at: &[f64]) -> [Vec<f64>; 3] {
    let mut g = Graph::new();
    let n = at.len();
    let x = g.input(Buffer::Theta, 0, [n, 1]).unwrap();
    let pairs = g.pad(x, vec![0, 0], vec![0, 1]).unwrap();
    let y = activation.apply(&mut g, pairs).unwrap();
    let y = g.slice(y, vec![0, 0], vec![n, 1]).unwrap();
    let slope = |g: &mut Graph, y| {
        let sum = g.sum_all(y).unwrap();
        g.gradient(sum, &[x]).unwrap()[0]
    };
    let first = slope(&mut g, y);
    let second = slope(&mut g, first);
    let mut feeds = Feeds::default();
    feeds.reals[Buffer::Theta as usize] = at.to_vec();
    let all = Runner::<T>::new(&g, &[y, first, second]).run_each(&feeds);
    let mut all = all.into_iter().map(|v| v.iter().map(|v| v.to_f64()).collect());
    [(); 3].map(|()| all.next().unwrap())
}

#[test]
fn large_inputs_neither_overflow_nor_lose_the_derivative() {
    let at = [-1e4, -88.0, -40.0, -20.0, 20.0, 40.0, 88.0, 1e4];
    for activation in all() {
        for values in derivatives::<f32>(activation, &at).iter().chain(&derivatives::<f64>(activation, &at)) {
            assert!(values.iter().all(|v| v.is_finite()), "{activation:?}: {values:?}");
        }
    }
    // where the function runs out, its derivative is the one of the definition, to the last digits that are there
    let close = |activation, x: f64, want: [f64; 2]| {
        for (got, want) in [derivatives::<f32>(activation, &[x]), derivatives::<f64>(activation, &[x])]
            .iter()
            .flat_map(|got| [(got[0][0], want[0]), (got[1][0], want[1])])
        {
            assert!((got - want).abs() <= 2e-6 * want.abs(), "{activation:?} at {x}: {got:e} for {want:e}");
        }
    };
    let tail = 4.248_354_255_291_589e-18; // exp(-40)
    close(Activation::Sigmoid, -40.0, [tail, tail]);
    close(Activation::Softplus { beta: 1.0 }, -40.0, [tail, tail]);
    close(Activation::Softplus { beta: 1.0 }, 40.0, [40.0, 1.0]);
    close(Activation::LogSigmoid, 40.0, [-tail, tail]);
    close(Activation::Silu, -40.0, [-40.0 * tail, -39.0 * tail]);
    close(Activation::LogSoftmax, -40.0, [-40.0, 1.0]);
    close(Activation::Softmax, -40.0, [tail, tail]);
    close(Activation::Elu { alpha: 2.0 }, -40.0, [-2.0, 2.0 * tail]);
    close(Activation::Mish, -40.0, [-40.0 * tail, -39.0 * tail]);
}

#[test]
fn curves_are_function_and_derivative() {
    // 0.37 apart from -5.03 on: no point within a step of a kink at 0, ±1/2, ±1, ±2, ±3, 6
    for activation in all() {
        let n = 31;
        let range = [-5.03, -5.03 + 0.37 * 30.0];
        let (values, slopes) = activation.curve(range, n).unwrap();
        let h = 1e-4;
        let shifted = |by: f64| activation.curve(range.map(|r| r + by), n).unwrap().0;
        let (below, above) = (shifted(-h), shifted(h));
        for i in 0..n {
            let slope = (above[i] - below[i]) / (2.0 * h);
            assert!((slopes[i] - slope).abs() < 1e-6, "{activation:?}: {} for {slope}", slopes[i]);
        }
        let at: Vec<f64> = (0..n).map(|i| range[0] + (range[1] - range[0]) / 30.0 * i as f64).collect();
        let [value, slope, bend] = derivatives::<f64>(activation, &at);
        assert_eq!((value, &slope), (values, &slopes), "{activation:?}");
        let shifted =
            |by: f64| derivatives::<f64>(activation, &at.iter().map(|x| x + by).collect::<Vec<_>>());
        let ([_, below, _], [_, above, _]) = (shifted(-h), shifted(h));
        for i in 0..n {
            let want = (above[i] - below[i]) / (2.0 * h);
            assert!((bend[i] - want).abs() < 1e-6, "{activation:?} at {}: {} for {want}", at[i], bend[i]);
        }
    }
    let (values, slopes) = Activation::Selu.curve([-1.0, 1.0], 3).unwrap();
    let want = [-1.111_330_737_812_562_5, 0.0, 1.050_700_987_355_480_5];
    assert!(values.iter().zip(want).all(|(v, w)| (v - w).abs() < 1e-14), "{values:?}");
    assert!((slopes[2] - 1.050_700_987_355_480_5).abs() < 1e-15);
    assert_eq!(Activation::Tanh.curve([0.0, 1.0], 1).unwrap(), (vec![0.0], vec![1.0]));
}

#[test]
fn names_and_parameters_are_written_as_they_are_read() {
    for activation in all() {
        let text = serde_json::to_string(&activation).unwrap();
        assert_eq!(serde_json::from_str::<Activation>(&text).unwrap(), activation, "{text}");
    }
    let read = |text| serde_json::from_str::<Activation>(text);
    assert_eq!(serde_json::to_string(&Activation::LeakyRelu { slope: 0.01 }).unwrap(), r#""leakyRelu""#);
    assert_eq!(read(r#"{"type": "relu"}"#).unwrap(), Activation::Relu);
    assert_eq!(
        read(r#"{"type": "hardTanh", "max": 3}"#).unwrap(),
        Activation::HardTanh { min: -1.0, max: 3.0 }
    );
    for wrong in [
        r#""reLu""#,
        r#"{"slope": 0.1}"#,
        r#"{"type": "relu", "slope": 0.1}"#,
        r#"{"type": "celu", "alpha": 0}"#,
        r#"{"type": "hardTanh", "min": 2}"#,
        r#"{"type": "leakyRelu", "slope": "steep"}"#,
        "3",
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
