/** What the settings ask of the core: the function, the descents on it, the part of the plane that is drawn. */
import type { ArmSpec, Box, DescentSpec, FunctionSpec, NamedFunction, RaceSpec } from "saddlepoint";

import { TYPED, type FunctionArm, type Settings } from "../../state/table.ts";

/** How much wider than high the box of a typed formula is, as those of the core's list. */
const RATIO = 1.36;
/** "Near the saddle" means a distance below this share of the box's height. */
const NEAR = 0.1;

/** The function that is chosen: one of the list, or undefined for a typed formula and before the list is there. */
export function chosen(named: readonly NamedFunction[], surface: string): NamedFunction | undefined {
  return surface === TYPED ? undefined : (named.find(({ name }) => name === surface) ?? named[0]);
}

export function functionSpec(named: readonly NamedFunction[], { surface, formula, half }: Settings): FunctionSpec | null {
  if (surface === TYPED) return { formula, box: { x: [-RATIO * half, RATIO * half], y: [-half, half] } };
  return chosen(named, surface)?.spec ?? null;
}

/** The box, made square on a narrow screen: not squeezed, cut. */
export function windowOf({ x, y }: Box, narrow: boolean): Box {
  if (!narrow) return { x, y };
  const [middle, half] = [(x[0] + x[1]) / 2, (y[1] - y[0]) / 2];
  return { x: [middle - half, middle + half], y };
}

const NEWTONS = ["saddleFreeNewton", "dampedNewton", "newton"] as const;

/** Whether an arm's step is Newton's: it has no learning rate here. */
export function isNewton(arm: FunctionArm): boolean {
  return NEWTONS.some((one) => one === arm);
}

/** Without samples, SGD is descent by a gradient with noise of one size. */
export function functionArm(id: FunctionArm, learningRate: number, samples: number, { fnBatch, sigma }: Pick<Settings, "fnBatch" | "sigma">): ArmSpec {
  const full = (optimizer: DescentSpec): ArmSpec => ({ id, optimizer, batch: { type: "full" } });
  switch (id) {
    case "gd": return full({ type: "sgd", learningRate });
    case "mini": return { id, optimizer: { type: "sgd", learningRate }, batch: { type: "mini", size: Math.min(fnBatch, samples) } };
    case "sgd":
      if (samples > 1) return { id, optimizer: { type: "sgd", learningRate }, batch: { type: "one" } };
      return full({ type: "sgd", learningRate, gradientNoise: sigma * sigma, noiseDecay: 0 });
    case "momentum": return full({ type: "momentum", learningRate });
    case "nesterov": return full({ type: "momentum", learningRate, nesterov: true });
    case "adam": return full({ type: "adam", learningRate });
    case "rmsprop": return full({ type: "rmsprop", learningRate });
    case "lion": return full({ type: "lion", learningRate });
    case "perturbed": return full({ type: "perturbedGradientDescent", learningRate });
    case "saddleFreeNewton": return full({ type: "saddleFreeNewton" });
    case "dampedNewton": return full({ type: "dampedNewton" });
    case "newton": return full({ type: "newton" });
  }
}

/** The arms that this function has: a mini-batch needs samples. */
export function armsOf(settings: Settings, samples: number): readonly FunctionArm[] {
  return settings.fnArms.filter((arm) => arm !== "mini" || samples > 1);
}

export function functionRace(settings: Settings, samples: number, { y }: Box): RaceSpec {
  return {
    start: [settings.fnX, settings.fnY], steps: settings.fnSteps, seed: settings.fnSeed, radius: NEAR * (y[1] - y[0]),
    arms: armsOf(settings, samples).map((arm) => functionArm(arm, settings.fnEta, samples, settings)),
  };
}
