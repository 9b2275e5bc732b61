/**
 * How each optimizer is drawn, the same everywhere: hue and shape name the family, dash and fill the member
 * (1 solid and filled, 2 dashed and open, 3 dotted and open with a point, 4 and 5 dashed and dotted).
 */
export type Shape = "circle" | "square" | "triangle" | "down" | "hexagon" | "diamond" | "plus" | "star";

export type Member = 1 | 2 | 3 | 4 | 5;

export interface Look {
  /** Token of the hue, without `-text`. */
  token: `--opt-${string}`;
  shape: Shape;
  member: Member;
  /** Light hues that need a casing of their text colour on white paper to reach 3:1. */
  cased: boolean;
  /** Thinner line: each step sees one sample, and the path is rough. */
  thin: boolean;
}

function look(token: `--opt-${string}`, shape: Shape, member: Member = 1, cased = false, thin = false): Look {
  return { token, shape, member, cased, thin };
}

export const LOOKS = {
  gd: look("--opt-gd", "circle"),
  mini: look("--opt-mini", "square"),
  sgd: look("--opt-sgd", "triangle", 1, false, true),
  momentum: look("--opt-momentum", "down", 1, true),
  nesterov: look("--opt-momentum", "down", 2, true),
  rmsprop: look("--opt-adaptive", "hexagon", 1, true),
  adagrad: look("--opt-adaptive", "hexagon", 2, true),
  adadelta: look("--opt-adaptive", "hexagon", 3, true),
  adam: look("--opt-adam", "diamond", 1, true),
  adamW: look("--opt-adam", "diamond", 2, true),
  nadam: look("--opt-adam", "diamond", 3, true),
  radam: look("--opt-adam", "diamond", 4, true),
  adamax: look("--opt-adam", "diamond", 5, true),
  lion: look("--opt-sign", "plus", 1, true),
  perturbed: look("--opt-gd", "circle", 2),
  saddleFreeNewton: look("--opt-newton", "star", 1),
  dampedNewton: look("--opt-newton", "star", 2),
  newton: look("--opt-newton", "star", 3),
} as const satisfies Record<string, Look>;

export type LookName = keyof typeof LOOKS;

/** The dash pattern of a family member, as the tokens have it. */
export const DASHES: Record<Member, string> = { 1: "none", 2: "7 3", 3: "2 3", 4: "9 3 2 3", 5: "9 3 2 3 2 3" };

const f = (value: number): string => value.toFixed(2);

function polygon(x: number, y: number, corners: number, radius: number, inner: number, turn: number): string {
  const points = Array.from({ length: corners }, (_, index) => {
    const r = index % 2 === 1 ? inner : radius;
    const angle = turn + (index * 2 * Math.PI) / corners;
    return `${f(x + r * Math.cos(angle))} ${f(y + r * Math.sin(angle))}`;
  });
  return `M${points.join("L")}z`;
}

/** Outline of a mark of radius `r` about a point, scaled so that all shapes weigh the same to the eye. */
export function outline(shape: Shape, r: number, x = 0, y = 0): string {
  switch (shape) {
    case "circle": return `M${f(x - r)} ${f(y)}a${f(r)} ${f(r)} 0 1 1 ${f(2 * r)} 0a${f(r)} ${f(r)} 0 1 1 ${f(-2 * r)} 0z`;
    case "square": return `M${f(x - r * 0.9)} ${f(y - r * 0.9)}h${f(r * 1.8)}v${f(r * 1.8)}h${f(-r * 1.8)}z`;
    case "triangle": return `M${f(x)} ${f(y - r * 1.2)}l${f(r * 1.1)} ${f(r * 2.05)}h${f(-r * 2.2)}z`;
    case "down": return `M${f(x)} ${f(y + r * 1.2)}l${f(r * 1.1)} ${f(-r * 2.05)}h${f(-r * 2.2)}z`;
    case "diamond": return polygon(x, y, 4, r * 1.25, r * 1.25, -Math.PI / 2);
    case "hexagon": return polygon(x, y, 6, r * 1.12, r * 1.12, 0);
    case "star": return polygon(x, y, 10, r * 1.45, r * 0.62, -Math.PI / 2);
    case "plus": {
      const a = r * 0.42;
      const b = r * 1.2 - a;
      return `M${f(x - a)} ${f(y - r * 1.2)}h${f(2 * a)}v${f(b)}h${f(b)}v${f(2 * a)}h${f(-b)}v${f(b)}h${f(-2 * a)}v${f(-b)}h${f(-b)}v${f(-2 * a)}h${f(b)}z`;
    }
  }
}
