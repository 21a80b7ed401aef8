/** Milliseconds of each unit that Go's `time.ParseDuration` knows; its files are the ones that are read. */
const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const wholePattern = /^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h)/;

/** The longest duration that Go can hold, some 292 years, in milliseconds: 2^63 - 1 nanoseconds. */
export const longestDuration = 2 ** 63 / 1e6;

/**
 * Reads `"25s"`, `"300ms"`, `"1h30m"` or `"0"` into milliseconds. A part of a millisecond counts as a whole one, so
 * that no time that is meant becomes none. Null for anything else: a number without its unit, a negative one, a blank,
 * and for more than `longestDuration`.
 */
export function parseDuration(text: string): number | null {
  const total = measureDuration(text);
  return total !== null && total <= longestDuration ? Math.ceil(Number(total.toFixed(6))) : null;
}

/** The milliseconds of a duration of any length; null for anything else. */
export function measureDuration(text: string): number | null {
  if (text === "0") return 0;
  let rest = text;
  let total = 0;
  while (rest !== "") {
    const part = wholePattern.exec(rest)?.[0];
    if (part === undefined) return null;
    const unit = part.replace(/^[\d.]+/, "");
    total += Number.parseFloat(part) * (unitMs[unit] ?? Number.NaN);
    rest = rest.slice(part.length);
  }
  return text === "" ? null : total;
}

/** Writes milliseconds the way that `parseDuration` reads them: `90000` is `"1m30s"`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  let rest = milliseconds;
  let text = "";
  for (const unit of ["h", "m", "s", "ms"]) {
    const size = unitMs[unit] ?? 1;
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text;
}
