/** The surface as bands and contours on a canvas: cividis over paper, one band per contour. */
import { contours, type ContourMultiPolygon } from "d3-contour";
import type { Surface } from "saddlepoint";

import { cividis, css, mix, type Rgb } from "../marks/cividis.ts";
import type { Frame } from "./geometry.ts";

/** Bands below and above the saddle's level. */
const BELOW = 7;
const ABOVE = 13;

/**
 * Levels that lie closer towards the minimum and, above, towards the saddle: there the surface is almost flat, and equal
 * steps would leave it empty. Rounded to what the page prints, so that a number on a contour is the contour's own.
 */
export function levelsOf(surface: Surface, saddle: number, lowest: number): number[] {
  const levels = new Set<number>();
  for (let k = 1; k < BELOW; k++) {
    const level = Number((lowest + (saddle - lowest) * (k / BELOW) ** 1.7).toFixed(3));
    if (level > lowest && level < saddle - 0.005) levels.add(level);
  }
  levels.add(saddle);
  for (let k = 1; k < ABOVE; k++) {
    const level = Number((saddle + (surface.max - saddle) * (k / ABOVE) ** 1.6).toFixed(2));
    if (level < surface.max && level > saddle + 0.005) levels.add(level);
  }
  return [...levels].sort((a, b) => a - b);
}

/** Colour of the band above `count` levels. */
export function bandColour(count: number, levels: number, paper: Rgb, alpha: number): Rgb {
  return mix(paper, cividis(levels === 0 ? 0 : count / levels), alpha);
}

export function contoursOf(surface: Surface, levels: readonly number[]): ContourMultiPolygon[] {
  // d3-contour reads a plain array by index and takes typed ones as well
  return contours().size([surface.columns, surface.rows]).thresholds([...levels])(surface.values as unknown as number[]);
}

export interface Ink { paper: Rgb; alpha: number; contour: string; saddle: string; contourWidth: number }

export function paint(canvas: HTMLCanvasElement, frame: Frame, surface: Surface, shapes: readonly ContourMultiPolygon[], saddle: number, ink: Ink): void {
  const ratio = Math.max(1, devicePixelRatio);
  canvas.width = Math.round(frame.plotWidth * ratio);
  canvas.height = Math.round(frame.plotHeight * ratio);
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  // d3 puts a sample at the middle of its cell; the first and the last lie on the plot's edges. Rows ascend with w2.
  const stepX = frame.plotWidth / (surface.columns - 1);
  const stepY = frame.plotHeight / (surface.rows - 1);
  const trace = (shape: ContourMultiPolygon): Path2D => {
    const path = new Path2D();
    for (const polygon of shape.coordinates) {
      for (const ring of polygon) {
        ring.forEach((point, index) => {
          const x = ((point[0] ?? 0) - 0.5) * stepX;
          const y = frame.plotHeight - ((point[1] ?? 0) - 0.5) * stepY;
          if (index === 0) path.moveTo(x, y);
          else path.lineTo(x, y);
        });
        path.closePath();
      }
    }
    return path;
  };
  const paths = shapes.map(trace);
  context.fillStyle = css(bandColour(0, shapes.length, ink.paper, ink.alpha));
  context.fillRect(0, 0, frame.plotWidth, frame.plotHeight);
  paths.forEach((path, index) => {
    context.fillStyle = css(bandColour(index + 1, shapes.length, ink.paper, ink.alpha));
    context.fill(path, "evenodd");
  });
  context.lineJoin = "round";
  paths.forEach((path, index) => {
    const own = shapes[index]?.value === saddle;
    context.strokeStyle = own ? ink.saddle : ink.contour;
    context.lineWidth = own ? 1.1 : ink.contourWidth;
    context.stroke(path);
  });
}

/** Where a ray from `from` first crosses each of `levels`, by the surface's own samples: places for their numbers. */
export function crossings(surface: Surface, from: readonly [number, number], along: readonly [number, number], levels: readonly number[]): { level: number; at: [number, number] }[] {
  const found: { level: number; at: [number, number] }[] = [];
  const reach = 4;
  const steps = 800;
  let before = sample(surface, from);
  for (let i = 1; i <= steps; i++) {
    const at: [number, number] = [from[0] + (along[0] * reach * i) / steps, from[1] + (along[1] * reach * i) / steps];
    const value = sample(surface, at);
    if (Number.isNaN(value)) break;
    for (const level of levels) if (before < level !== value < level) found.push({ level, at });
    before = value;
  }
  return found;
}

/** The surface between its samples, bilinear; not a number outside. */
export function sample(surface: Surface, [x, y]: readonly [number, number]): number {
  const { box, columns, rows, values } = surface;
  const u = ((x - box.x[0]) / (box.x[1] - box.x[0])) * (columns - 1);
  const v = ((y - box.y[0]) / (box.y[1] - box.y[0])) * (rows - 1);
  if (u < 0 || v < 0 || u > columns - 1 || v > rows - 1) return NaN;
  const i = Math.min(columns - 2, Math.floor(u));
  const j = Math.min(rows - 2, Math.floor(v));
  const at = (row: number, column: number): number => values[row * columns + column] ?? NaN;
  const low = at(j, i) + (at(j, i + 1) - at(j, i)) * (u - i);
  const high = at(j + 1, i) + (at(j + 1, i + 1) - at(j + 1, i)) * (u - i);
  return low + (high - low) * (v - j);
}

/** How many of `levels` lie below the surface at a point: its band. */
export function bandAt(surface: Surface, levels: readonly number[], at: readonly [number, number]): number {
  const value = sample(surface, at);
  return levels.filter((level) => level < value).length;
}
