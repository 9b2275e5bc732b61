/** Numbers on axes and in the table twin. */
import { count, fixed, short } from "../format.ts";

/** A number as it is set: digits, and for a large power of ten its exponent, which is raised. */
export interface AxisNumber { text: string; exponent: string | null }

export function axisNumber(value: number, all: readonly number[], log: boolean): AxisNumber {
  if (!log) return { text: linearNumber(value, all), exponent: null };
  const k = Math.round(Math.log10(value));
  if (Math.abs(k) >= 4 && Math.abs(value / 10 ** k - 1) < 1e-6) return { text: "10", exponent: short(k) };
  return { text: value >= 1000 ? count(value) : short(value), exponent: null };
}

/** As many decimals as the finest of the row needs, the same for all. */
function linearNumber(value: number, all: readonly number[]): string {
  const most = Math.max(...all.map(Math.abs));
  if (most >= 1000) return count(value);
  let decimals = 0;
  while (decimals < 6 && all.some((tick) => Math.abs(tick - Number(tick.toFixed(decimals))) > most * 1e-6)) decimals += 1;
  return fixed(value, value === 0 ? 0 : decimals);
}

/** Width of a label at 13 px, near enough to reserve room: Latin and digits 6.3 px, Chinese 13 px a character. */
export function labelWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += letter > "\u2e7f" ? 13 : 6.3;
  return width;
}
