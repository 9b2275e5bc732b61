/** Recipes that were left, to come back to: every change counts, wherever it was made, also by a link or the back button. */
import { settings } from "../state/settings.svelte.ts";
import { keyOf, snapshot } from "./session.svelte.ts";
import type { TrainSettings } from "./spec.ts";

/** Recipes kept. */
const MOST = 100;
/** Changes of the same field that follow each other faster than this, in milliseconds, are one: a slider is dragged. */
const DRAGGED = 400;

interface Entry { recipe: TrainSettings; key: string }

export class Undo {
  private past: readonly Entry[] = $state.raw([]);
  private future: readonly Entry[] = $state.raw([]);
  private current: Entry;
  /** The fields of the last change, and when it was. */
  private changed = "";
  private at = -Infinity;

  constructor() {
    this.current = entryOf(snapshot());
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** The recipe as it is now. Call when it may have changed. */
  note(recipe: TrainSettings): void {
    const entry = entryOf(recipe);
    const before = this.current;
    this.current = entry;
    // rates that were changed during the run are the run's own; they are kept with the recipe they belong to
    if (entry.key === before.key) return;
    const changed = differences(before.recipe, recipe);
    const now = performance.now();
    const drags = changed === this.changed && now - this.at < DRAGGED && this.future.length === 0;
    this.changed = changed;
    this.at = now;
    if (!drags) this.past = [...this.past, before].slice(-MOST);
    this.future = [];
  }

  undo(): boolean {
    const entry = this.past.at(-1);
    if (!entry) return false;
    this.past = this.past.slice(0, -1);
    this.future = [...this.future, this.current];
    this.apply(entry);
    return true;
  }

  redo(): boolean {
    const entry = this.future.at(-1);
    if (!entry) return false;
    this.future = this.future.slice(0, -1);
    this.past = [...this.past, this.current];
    this.apply(entry);
    return true;
  }

  private apply(entry: Entry): void {
    this.current = entry;
    this.changed = "";
    Object.assign(settings, entry.recipe);
  }
}

function entryOf(recipe: TrainSettings): Entry {
  return { recipe, key: keyOf(recipe) };
}

/** The names of the settings that differ. */
function differences(a: TrainSettings, b: TrainSettings): string {
  const names = Object.keys(b) as (keyof TrainSettings)[];
  return names.filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name])).join(" ");
}
