import type { Table } from "../table.ts";

/** The Landscape view. */
export const landscape = {
  "land.title": ["Three descents leave a saddle", "三种下降，同一个鞍点"],
} as const satisfies Table;
