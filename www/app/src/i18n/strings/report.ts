import type { Table } from "../table.ts";

/**
 * The core's own sentences, by the stable code of its `ReportMessage`: `report.<code>` with the message's args.
 * A code that is missing here is shown as the core words it, in English.
 */
export const report = {
} as const satisfies Table;
