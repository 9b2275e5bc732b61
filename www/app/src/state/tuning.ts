/**
 * The numbers beside method and rate: constants of methods and schedules, clipping, noise, penalties, early stopping. Each is
 * declared once, with the core's default; those that differ from it travel in one setting, as text: `beta1-0.95_clipNorm-1`.
 */
import { number, type NumberSetting, type Setting } from "./kinds.ts";

export const METHODS = [
  "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamW", "nadam", "radam", "adamax", "lion",
] as const;
export type MethodName = (typeof METHODS)[number];

export const SHAPES = ["constant", "linear", "step", "exponential", "inverseTime", "cosine", "oneCycle", "plateau"] as const;
export type ShapeName = (typeof SHAPES)[number];

export const MONITORS = ["trainLoss", "testLoss", "trainAccuracy", "testAccuracy"] as const;
export type Monitor = (typeof MONITORS)[number];

/** What stands where an image was moved away; the first is the core's default. */
export const BORDERS = ["zero", "edge"] as const;

/** A number of the recipe. A flag is 0 or 1, a monitor its place among `MONITORS`, a border among `BORDERS`. */
export interface Constant {
  /** Its name in the address and among the strings. */
  readonly key: string;
  /** Its field in the spec. */
  readonly field: string;
  readonly kind: "number" | "flag" | "monitor" | "border";
  readonly setting: NumberSetting;
}

/** The values that are not the default, by key. */
export type Tuning = Readonly<Record<string, number>>;

function constant(field: string, initial: number, min: number, max: number, whole = false, key = field): Constant {
  return { key, field, kind: "number", setting: number(key, initial, { min, max, whole }) };
}
function flag(field: string): Constant {
  return { key: field, field, kind: "flag", setting: number(field, 0, { min: 0, max: 1, whole: true }) };
}
function monitor(key: string): Constant {
  return { key, field: "monitor", kind: "monitor", setting: number(key, 1, { min: 0, max: MONITORS.length - 1, whole: true }) };
}

const border: Constant = { key: "border", field: "border", kind: "border", setting: number("border", 0, { min: 0, max: 1, whole: true }) };

const share = (field: string, initial: number): Constant => constant(field, initial, 0, 0.999999);
const epsilon = (initial: number): Constant => constant("epsilon", initial, 1e-12, 1);
const adam = [share("beta1", 0.9), share("beta2", 0.999), epsilon(1e-8)];
const heavy = [share("momentum", 0.9), constant("dampening", 0, 0, 1)];

const OF_METHOD: Record<MethodName, readonly Constant[]> = {
  sgd: [],
  momentum: heavy,
  nesterov: heavy,
  adagrad: [constant("learningRateDecay", 0, 0, 10), constant("initialAccumulator", 0, 0, 10), epsilon(1e-10)],
  adadelta: [share("rho", 0.9), epsilon(1e-6)],
  rmsprop: [share("rho", 0.99), share("momentum", 0), epsilon(1e-8), flag("centered")],
  adam: [...adam, flag("amsgrad")],
  adamW: [...adam, flag("amsgrad")],
  nadam: [...adam, constant("momentumDecay", 0.004, 0, 10)],
  radam: adam,
  adamax: adam,
  lion: [share("beta1", 0.9), share("beta2", 0.99)],
};

const OF_SHAPE: Record<ShapeName, readonly Constant[]> = {
  constant: [],
  linear: [constant("end", 0, 0, 1)],
  step: [constant("every", 10, 0.01, 10000), constant("gamma", 0.1, 0, 1)],
  exponential: [constant("gamma", 0.95, 0.0001, 1)],
  inverseTime: [constant("decay", 0.1, 0, 1000)],
  cosine: [constant("end", 0, 0, 1)],
  oneCycle: [constant("start", 0.04, 0, 1), constant("peak", 0.3, 0, 1), constant("end", 4e-6, 0, 1)],
  plateau: [
    monitor("monitor"), constant("patience", 10, 1, 10000, true), constant("minDelta", 1e-4, 0, 100), constant("gamma", 0.1, 0.0001, 1),
    constant("cooldown", 0, 0, 10000, true), constant("end", 0, 0, 1),
  ],
};

const WARMUP = constant("warmup", 0, 0, 10000);

export const constantsOf = (method: MethodName): readonly Constant[] => OF_METHOD[method];
export const constantsOfShape = (shape: ShapeName): readonly Constant[] => [...OF_SHAPE[shape], WARMUP];
/** What any method does to a gradient, and to the weights beside it; 0 is off. */
export const gradientConstants = (method: MethodName): readonly Constant[] => [
  constant("clipNorm", 0, 0, 1e6), constant("clipValue", 0, 0, 1e6), constant("gradientNoise", 0, 0, 100),
  constant("weightDecay", method === "adamW" ? 0.01 : 0, 0, 10),
];
/** 0 is off. */
export const REGULARIZATION: readonly Constant[] = [
  constant("l1", 0, 0, 10), constant("l2", 0, 0, 10), constant("maxNorm", 0, 0, 1000), constant("weightNoise", 0, 0, 10), constant("labelNoise", 0, 0, 1),
];
/** A patience of 0 is none: the run goes on to its last epoch. */
export const STOPPING: readonly Constant[] = [
  constant("patience", 0, 0, 10000, true, "stopPatience"), constant("minDelta", 0, 0, 100, false, "stopDelta"), monitor("stopMonitor"),
];

/** How training images are moved; 0 is off. */
export const AUGMENT: readonly Constant[] = [
  constant("shift", 0, 0, 0.5), constant("rotate", 0, 0, 180), constant("zoom", 0, 0, 0.9), constant("noise", 0, 0, 1, false, "pixelNoise"), flag("flip"), border,
];

export function valueOf(tuning: Tuning, { key, setting }: Constant): number {
  return tuning[key] ?? setting.initial;
}

/** With one value set; one that is the default is left out. */
export function tuned(tuning: Tuning, { key, setting }: Constant, value: number): Tuning {
  const rest = Object.entries(tuning).filter(([name]) => name !== key);
  return Object.fromEntries(value === setting.initial ? rest : [...rest, [key, value]]);
}

/** Without the values of some constants: those of a method or a schedule that is no longer chosen. */
export function without(tuning: Tuning, constants: readonly Constant[]): Tuning {
  return Object.fromEntries(Object.entries(tuning).filter(([name]) => constants.every(({ key }) => key !== name)));
}

type FieldValue = number | boolean | Monitor | (typeof BORDERS)[number];

/** The value of a field of the spec. */
export function fieldOf({ kind }: Constant, value: number): FieldValue {
  switch (kind) {
    case "number": return value;
    case "flag": return value === 1;
    case "monitor": return MONITORS[value] ?? "testLoss";
    case "border": return BORDERS[value] ?? "zero";
  }
}

/** The fields of a spec that these constants stand for: those that differ from the default. */
export function fieldsOf(tuning: Tuning, constants: readonly Constant[]): Record<string, FieldValue> {
  const set = constants.filter(({ key }) => tuning[key] !== undefined);
  return Object.fromEntries(set.map((one) => [one.field, fieldOf(one, valueOf(tuning, one))]));
}

/** The other way round: what a part of a spec sets. */
export function tuningFrom(part: object, constants: readonly Constant[]): Tuning {
  const fields = new Map<string, unknown>(Object.entries(part));
  let tuning: Tuning = {};
  for (const one of constants) {
    const field = fields.get(one.field);
    const names: readonly string[] = one.kind === "border" ? BORDERS : MONITORS;
    const value = typeof field === "boolean" ? Number(field) : typeof field === "string" ? names.indexOf(field) : field;
    if (typeof value === "number" && one.setting.clamp(value) === value) tuning = tuned(tuning, one, value);
  }
  return tuning;
}

const ALL: readonly Constant[] = [
  ...Object.values(OF_METHOD).flat(), ...Object.values(OF_SHAPE).flat(), WARMUP, ...gradientConstants("sgd"), ...REGULARIZATION, ...STOPPING,
  ...AUGMENT,
];

export function tuningSetting(url: string): Setting<Tuning> {
  return {
    url,
    initial: {},
    read(text) {
      const pairs = (text === "" ? [] : text.split("_")).map((word): [string, number] | undefined => {
        const [, key, digits] = /^([a-zA-Z0-9]+)-(.+)$/.exec(word) ?? [];
        const value = ALL.filter((one) => one.key === key).map(({ setting }) => setting.read(digits ?? "")).find((read) => read !== undefined);
        return key === undefined || value === undefined ? undefined : [key, value];
      });
      return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
    },
    write: (tuning) => Object.entries(tuning).map(([key, value]) => `${key}-${String(value)}`).join("_"),
  };
}
