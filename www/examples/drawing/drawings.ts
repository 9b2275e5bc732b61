/** Drawings as the network sees them, and as files. */
import { Dataset } from "saddlepoint";

/** Pixels along each side. */
export const SIDE = 28;
/** What a drawing fills of them: it is moved and scaled to the middle. */
const INSIDE = 20;

export interface Kind { name: string; drawings: Uint8Array[] }

/** The ink of a canvas, 0 to 255 a pixel, centred and scaled; undefined if there is none. */
export function drawingOf(canvas: HTMLCanvasElement): Uint8Array | undefined {
  const { width, height } = canvas;
  const ink = canvas.getContext("2d")?.getImageData(0, 0, width, height).data;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let i = 3; ink && i < ink.length; i += 4) {
    if (!ink[i]) continue;
    const [x, y] = [((i - 3) / 4) % width, Math.floor((i - 3) / 4 / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
  }
  const small = new OffscreenCanvas(SIDE, SIDE).getContext("2d");
  if (right < 0 || !small) return undefined;
  const [w, h] = [right - left + 1, bottom - top + 1];
  const scale = INSIDE / Math.max(w, h);
  small.imageSmoothingQuality = "high";
  small.drawImage(canvas, left, top, w, h, (SIDE - w * scale) / 2, (SIDE - h * scale) / 2, w * scale, h * scale);
  return small.getImageData(0, 0, SIDE, SIDE).data.filter((_, i) => i % 4 === 3) as unknown as Uint8Array;
}

/** All drawings with what they are called. */
export function datasetOf(kinds: readonly Kind[]): Dataset {
  const all = kinds.flatMap(({ drawings }, label) => drawings.map((pixels) => ({ label, pixels })));
  const x = new Uint8Array(all.length * SIDE * SIDE);
  all.forEach(({ pixels }, i) => { x.set(pixels, i * SIDE * SIDE); });
  return Dataset.from({ x, y: all.map(({ label }) => label), shape: [SIDE, SIDE, 1], classes: kinds.map(({ name }) => name) });
}
