const units = ["KiB", "MiB", "GiB"] as const;

/** A size for people: "1 byte", "640 bytes", "3.2 MiB". */
export function sizeWords(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** The time of day for people, "14:05:09", in their own time zone. */
export function timeWords(date: Date): string {
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
}

/** "1 message", "20 messages". */
export function countWords(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}
