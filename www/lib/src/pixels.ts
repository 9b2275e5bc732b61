/** Pictures of a page, made into the bytes of one size that a network takes. */
import { refused } from "./input.js";
import { kindOf } from "./tensors.js";

/** Pixels in rows from the top left, red, green, blue and alpha of 0..=255: an `ImageData`, or what is like one. */
export interface PixelData { data: Uint8ClampedArray | Uint8Array; width: number; height: number }

/** What can be drawn, or holds pixels. */
export type Picture = PixelData | HTMLImageElement | HTMLCanvasElement | HTMLVideoElement | ImageBitmap | OffscreenCanvas;

export interface Size { height: number; width: number; channels: number }

/**
 * Pictures one after the other, `(N, H, W, C)`: each pixel is the mean of what lies under it, on black where it is transparent;
 * one channel is the luminance (ITU-R BT.601), four keep alpha. Scaled here and not by the browser, so that all browsers see the same.
 */
export function bytesOfPictures(pictures: readonly Picture[], { height, width, channels }: Size): Uint8Array {
  if (![1, 3, 4].includes(channels)) throw refused("picture-channels", "shape", "1, 3 or 4 channels", String(channels), "give a network of pictures the shape [height, width, 1], 3 or 4");
  const out = new Uint8Array(pictures.length * height * width * channels);
  pictures.forEach((picture, i) => {
    const from = pixelsOf(picture, `pictures[${String(i)}]`);
    draw(from, out.subarray(i * height * width * channels, (i + 1) * height * width * channels), { height, width, channels });
  });
  return out;
}

function pixelsOf(picture: Picture, place: string): PixelData {
  if ("data" in picture) {
    const { data, width, height } = picture;
    if (!(data instanceof Uint8ClampedArray || data instanceof Uint8Array) || width * height === 0 || data.length !== 4 * width * height) {
      throw refused("picture-size", place, "4 bytes for each of width x height pixels", `${String((data as Partial<Uint8Array> | undefined)?.length)} for ${String(width)} x ${String(height)}`, "pass what getImageData gives");
    }
    return picture;
  }
  const width = ("naturalWidth" in picture && picture.naturalWidth) || ("videoWidth" in picture && picture.videoWidth) || picture.width;
  const height = ("naturalHeight" in picture && picture.naturalHeight) || ("videoHeight" in picture && picture.videoHeight) || picture.height;
  if (!(width > 0 && height > 0)) throw refused("picture-size", place, "a picture that has been loaded", `${String(width)} x ${String(height)} pixels`, "wait for img.decode() or its load event first");
  const { document } = globalThis as { document?: Document };
  const canvas = typeof OffscreenCanvas === "function" ? new OffscreenCanvas(width, height) : document?.createElement("canvas");
  if (!canvas) throw refused("picture-kind", place, "an ImageData, as there is no canvas here", kindOf(picture), "decode the picture first, or pass PNG and JPEG files to Dataset.files");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (!context) throw refused("picture-kind", place, "a canvas to draw on", "none", "pass an ImageData");
  try {
    context.drawImage(picture, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } catch (error) {
    // a picture of another site taints the canvas; what is no picture cannot be drawn
    throw refused("picture-kind", place, "a picture of this site", error instanceof Error ? error.message : String(error), "load it with crossOrigin set, or pass an ImageData");
  }
}

function draw(from: PixelData, out: Uint8Array, { height, width, channels }: Size): void {
  const sum = new Float64Array(4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      mean(from, [x / width, (x + 1) / width], [y / height, (y + 1) / height], sum);
      const [r = 0, g = 0, b = 0, a = 0] = sum;
      const at = (y * width + x) * channels;
      if (channels === 1) out[at] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
      else out.set([r, g, b, a].slice(0, channels).map(Math.round), at);
    }
  }
}

/** Mean of a part of a picture, between shares of its width and height; edges count by the share of a pixel that lies inside. */
function mean({ data, width, height }: PixelData, [left, right]: [number, number], [top, bottom]: [number, number], sum: Float64Array): void {
  sum.fill(0);
  let area = 0;
  for (let y = Math.floor(top * height); y < bottom * height; y++) {
    const tall = Math.min(y + 1, bottom * height) - Math.max(y, top * height);
    for (let x = Math.floor(left * width); x < right * width; x++) {
      const weight = tall * (Math.min(x + 1, right * width) - Math.max(x, left * width));
      const at = 4 * (Math.min(y, height - 1) * width + Math.min(x, width - 1));
      const alpha = data[at + 3] ?? 0;
      for (let c = 0; c < 4; c++) sum[c] = (sum[c] ?? 0) + weight * (c === 3 ? alpha : ((data[at + c] ?? 0) * alpha) / 255);
      area += weight;
    }
  }
  sum.forEach((total, c) => (sum[c] = total / area));
}
