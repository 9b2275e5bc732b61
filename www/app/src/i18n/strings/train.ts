import type { Table } from "../table.ts";

/** The Train view. */
export const train = {
  "train.title": ["Train a network", "训练一个网络"],
} as const satisfies Table;
