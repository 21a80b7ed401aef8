import type { PublishLogEntry } from "./log-row.ts";

/** What waits in memory: entries, and UTF-16 units of their payloads. */
const entriesMax = 10_000;
const unitsMax = 16 * 1024 * 1024;

/** Entries that wait to be written, in their order, and never too many of them. */
export class Pending {
  #entries: PublishLogEntry[] = [];
  #units = 0;

  get length(): number {
    return this.#entries.length;
  }

  get full(): boolean {
    return this.#entries.length >= entriesMax || this.#units >= unitsMax;
  }

  add(entry: PublishLogEntry): void {
    this.#entries.push(entry);
    this.#units += entry.payload?.length ?? 0;
  }

  /** The oldest ones, as many as there are up to `max`. */
  first(max: number): readonly PublishLogEntry[] {
    return this.#entries.length <= max ? this.#entries : this.#entries.slice(0, max);
  }

  /** Takes away the oldest ones, which `first` has given. */
  remove(group: readonly PublishLogEntry[]): void {
    this.#entries = this.#entries.slice(group.length);
    for (const { payload } of group) this.#units -= payload?.length ?? 0;
  }

  clear(): void {
    this.remove(this.#entries);
  }
}
