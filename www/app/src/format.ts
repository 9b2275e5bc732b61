/** Numbers as the page prints them: U+2212 for minus, thousands with commas. */

const MINUS = "\u2212";

function minus(text: string): string {
  return text.replace(/^-/, MINUS).replace(/e-/, `e${MINUS}`);
}

/** A fixed count of decimals, while that is short; a negative value that rounds to zero is printed as zero. */
export function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return "not finite";
  if (Math.abs(value) >= 1e7) return short(value);
  const text = value.toFixed(decimals);
  return minus(Number(text) === 0 ? text.replace("-", "") : text);
}

/** As `fixed`, with the sign always written. */
export function signed(value: number, decimals: number): string {
  const text = fixed(value, decimals);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** `digits` significant digits without an exponent where that is short, trailing zeros dropped. */
export function short(value: number, digits = 3): string {
  if (value === 0) return "0";
  if (!Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) {
    const [mantissa = "0", exponent = "0"] = value.toExponential(Math.max(0, digits - 1)).split("e");
    return minus(`${String(Number(mantissa))}e${String(Number(exponent))}`);
  }
  return minus(String(Number(value.toPrecision(digits))));
}

/** A whole number with thousands: 60,000. */
export function count(value: number): string {
  return minus(Math.round(value).toString()).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Bytes in the unit that leaves one to three digits: 1.3 MB. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${units[unit] ?? "B"}`;
}
