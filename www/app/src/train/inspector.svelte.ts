/** The one example that is looked at: drawn, a test image, or a mistake; and what the network makes of it now. */
import type { ImagePixels, Inspection } from "saddlepoint";

import { settled } from "./settled.ts";
import type { TrainRun } from "./run.svelte.ts";

export interface Example {
  height: number;
  width: number;
  channels: number;
  /** 0..255, H x W x C. */
  pixels: Float32Array;
  /** Number of the test image, or null if it was drawn. */
  index: number | null;
  label: number | null;
}

export class Inspector {
  example: Example | null = $state.raw(null);
  inspection: Inspection | null = $state.raw(null);
  /** Test images already fetched, by number; of the data set named by `hash`. */
  images: ReadonlyMap<number, ImagePixels> = $state.raw(new Map<number, ImagePixels>());
  /** Those on their way. */
  private readonly asked = new Map<number, Promise<ImagePixels>>();
  private hash = "";
  private asking = false;
  private again = false;

  constructor(private readonly run: TrainRun) {}

  /** Call when the model changed: what belongs to other data goes. */
  async follow(): Promise<void> {
    const data = this.run.info?.data;
    if (!data) return;
    const hash = `${data.hash} ${String(data.test)} ${String(this.run.spec?.seed ?? 0)}`;
    if (hash !== this.hash) {
      this.hash = hash;
      this.images = new Map();
      this.asked.clear();
      this.example = null;
      this.inspection = null;
    } else if (this.example) {
      this.refresh();
      return;
    }
    if (data.shape.length !== 3) return;
    await settled();
    if (hash === this.hash) await this.showFirst();
  }

  private async showFirst(): Promise<void> {
    if (this.example === null) await this.show(0);
  }

  /** Looks at a test image. */
  async show(index: number): Promise<void> {
    const image = await this.fetch(index);
    if (!image) return;
    const { height, width, channels, pixels, label } = image;
    this.example = { height, width, channels, pixels: Float32Array.from(pixels), index, label };
    this.refresh();
  }

  /** Any other test image. Which one is no part of the run, so it need not be reproducible. */
  async another(): Promise<void> {
    const total = this.run.info?.data.test ?? 0;
    if (total > 0) await this.show(Math.floor(Math.random() * total));
  }

  draw(pixels: Float32Array): void {
    if (!this.example) return;
    this.example = { ...this.example, pixels, index: null, label: null };
    this.refresh();
  }

  clear(): void {
    if (this.example) this.draw(new Float32Array(this.example.pixels.length));
  }

  get isBlank(): boolean {
    return this.example === null || this.example.pixels.every((value) => value === 0);
  }

  /** A test image; asked for once. */
  async fetch(index: number): Promise<ImagePixels | null> {
    const known = this.images.get(index);
    if (known) return known;
    const { hash } = this;
    const asked = this.asked.get(index) ?? this.run.model?.image(index, "test");
    if (!asked) return null;
    this.asked.set(index, asked);
    try {
      const image = await asked;
      if (hash !== this.hash) return null;
      this.images = new Map([...this.images, [index, image]]);
      return image;
    } catch {
      // the model was let go of while it was asked; its successor is asked anew
      return null;
    } finally {
      if (this.asked.get(index) === asked) this.asked.delete(index);
    }
  }

  /** Asks what the network makes of the example; while an answer is awaited, only the newest question waits. */
  refresh(): void {
    if (this.asking) {
      this.again = true;
      return;
    }
    void this.ask();
  }

  private async ask(): Promise<void> {
    this.asking = true;
    do {
      this.again = false;
      const model = this.run.model;
      const example = this.example;
      if (!model || !example) break;
      try {
        const inspection = await model.inspect(example.pixels);
        if (model === this.run.model) this.inspection = inspection;
      } catch (error) {
        if (model === this.run.model) this.run.fail(error);
      }
    } while (this.asksAgain());
    this.asking = false;
  }

  private asksAgain(): boolean {
    return this.again;
  }
}
