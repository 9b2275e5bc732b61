/** A slice as a relief on a canvas: cells seen from a side, the far ones first. No WebGL, so that it prints and works everywhere. */
import type { SlicePicture } from "saddlepoint";

import { cividis, css, mix, type Rgb } from "../../marks/cividis.ts";

/** Where it is seen from: turn about the upright and height above the plane in radians, and how near. */
export interface Camera { turn: number; tilt: number; zoom: number }

export const FRONT: Camera = { turn: -0.6, tilt: 0.62, zoom: 1 };
const STEEPEST = Math.PI / 2;

export interface Line { x: Float64Array; y: Float64Array; z: Float64Array; count: number; colour: string; width: number }

export interface Scene {
  picture: SlicePicture;
  levels: readonly number[];
  lines: readonly Line[];
  paper: Rgb;
  ink: string;
  alpha: number;
}

/** Height of the relief as a share of the longer side of its base. */
const HEIGHT = 0.42;

export function turned(camera: Camera, by: { turn?: number; tilt?: number; zoom?: number }): Camera {
  return {
    turn: camera.turn + (by.turn ?? 0),
    tilt: Math.min(STEEPEST, Math.max(0.05, camera.tilt + (by.tilt ?? 0))),
    zoom: Math.min(6, Math.max(0.5, camera.zoom * (by.zoom ?? 1))),
  };
}

/** Which share of the picture lies below a loss: continuous between the levels, which bound equal areas. */
function rank({ levels, picture }: Scene, loss: number): number {
  const above = levels.findIndex((level) => level >= loss);
  const place = above < 0 ? levels.length : above;
  const [low, high] = [levels[place - 1] ?? picture.min, levels[place] ?? picture.max];
  return (place + (high > low ? Math.min(1, (loss - low) / (high - low)) : 0)) / (levels.length + 1);
}

/** From coordinates of the plane and a loss to pixels, with the distance from the eye. */
export function projection({ picture }: Scene, { turn, tilt, zoom }: Camera, width: number, height: number): (x: number, y: number, loss: number) => [number, number, number] {
  const { box, min, max } = picture;
  const side = Math.max(box.x[1] - box.x[0], box.y[1] - box.y[0]) / 2;
  const [mx, my] = [(box.x[0] + box.x[1]) / 2, (box.y[0] + box.y[1]) / 2];
  const [sin, cos, up, flat] = [Math.sin(turn), Math.cos(turn), Math.cos(tilt), Math.sin(tilt)];
  const scale = 0.37 * zoom * Math.min(width, 1.5 * height);
  return (x, y, loss) => {
    const [u, v] = [(x - mx) / side, (y - my) / side];
    const w = 2 * HEIGHT * ((loss - min) / (max - min || 1) - 0.5);
    const [right, away] = [u * cos - v * sin, u * sin + v * cos];
    return [width / 2 + scale * right, height / 2 - scale * (away * flat + w * up), away];
  };
}

export function paintRelief(canvas: HTMLCanvasElement, width: number, height: number, scene: Scene, camera: Camera): void {
  const ratio = Math.max(1, devicePixelRatio);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const place = projection(scene, camera, width, height);
  const { box, columns, rows, values, min, max } = scene.picture;
  const x = (i: number): number => box.x[0] + ((box.x[1] - box.x[0]) * i) / (columns - 1);
  const y = (j: number): number => box.y[0] + ((box.y[1] - box.y[0]) * j) / (rows - 1);
  // what is not finite stands at the top
  const value = (i: number, j: number): number => {
    const loss = values[j * columns + i] ?? max;
    return Number.isFinite(loss) ? loss : max;
  };
  const corners = Array.from({ length: columns * rows }, (_, k) => place(x(k % columns), y(Math.floor(k / columns)), value(k % columns, Math.floor(k / columns))));
  const cells = Array.from({ length: (columns - 1) * (rows - 1) }, (_, k) => Math.floor(k / (columns - 1)) * columns + (k % (columns - 1)));
  const away = (k: number): number => (corners[k]?.[2] ?? 0) + (corners[k + columns + 1]?.[2] ?? 0);
  cells.sort((a, b) => away(b) - away(a));
  const slope = (max - min || 1) / 6;
  for (const k of cells) {
    const [i, j] = [k % columns, Math.floor(k / columns)];
    const loss = (value(i, j) + value(i + 1, j) + value(i, j + 1) + value(i + 1, j + 1)) / 4;
    const band = rank(scene, loss);
    // light from the left: what rises to the right is brighter
    const light = Math.tanh((value(i + 1, j) - value(i, j) + value(i + 1, j + 1) - value(i, j + 1)) / slope);
    const base = mix(scene.paper, cividis(band), Math.min(1, scene.alpha * 2.2));
    const colour = css(mix(base, light > 0 ? [255, 255, 255] : [0, 0, 0], 0.22 * Math.abs(light)));
    context.fillStyle = colour;
    context.strokeStyle = colour;
    context.lineWidth = 0.6;
    context.beginPath();
    for (const [n, corner] of [k, k + 1, k + columns + 1, k + columns].entries()) {
      const [px, py] = corners[corner] ?? [0, 0];
      if (n === 0) context.moveTo(px, py);
      else context.lineTo(px, py);
    }
    context.closePath();
    context.fill();
    context.stroke();
  }
  context.lineJoin = "round";
  for (const [colour, extra] of [[css(scene.paper), 3], ["", 0]] as const) {
    for (const line of scene.lines) {
      context.beginPath();
      for (let i = 0; i < line.count; i++) {
        const [px, py] = place(line.x[i] ?? 0, line.y[i] ?? 0, Math.min(max, line.z[i] ?? min));
        if (i === 0) context.moveTo(px, py);
        else context.lineTo(px, py);
      }
      context.strokeStyle = colour === "" ? line.colour : colour;
      context.lineWidth = line.width + extra;
      context.stroke();
    }
  }
  // the upright edge that is farthest to the left, with the losses at its ends
  const edge = ([[0, 0], [1, 0], [0, 1], [1, 1]] as const)
    .map(([a, b]) => [place(box.x[a], box.y[b], min), place(box.x[a], box.y[b], max)] as const)
    .sort((a, b) => a[0][0] - b[0][0])[0];
  if (edge === undefined) return;
  const [[lx, ly], [hx, hy]] = edge;
  context.strokeStyle = scene.ink;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(lx, ly);
  context.lineTo(hx, hy);
  context.stroke();
}

/** Where the losses at the ends of the upright edge are written. */
export function edgeEnds(scene: Scene, camera: Camera, width: number, height: number): { low: readonly [number, number]; high: readonly [number, number] } {
  const place = projection(scene, camera, width, height);
  const { box, min, max } = scene.picture;
  const ends = ([[0, 0], [1, 0], [0, 1], [1, 1]] as const).map(([a, b]) => {
    const [lx, ly] = place(box.x[a], box.y[b], min);
    const [hx, hy] = place(box.x[a], box.y[b], max);
    return { low: [lx, ly] as const, high: [hx, hy] as const };
  });
  return ends.reduce((left, one) => (one.low[0] < left.low[0] ? one : left));
}
