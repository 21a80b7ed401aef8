const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A count: all digits up to 99,999. */
export function count(value: number): string {
  return value < 100_000 ? whole.format(value) : short.format(value);
}

/** How much in a second. */
export function rate(value: number): string {
  return `${value < 10 ? value.toFixed(value === 0 ? 0 : 1) : count(value)}/s`;
}

export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let rest = value;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? rest : rest.toFixed(1)} ${units[unit]}`;
}

/** Seconds as milliseconds. */
export function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
}

/** The time of day with milliseconds. */
export function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
