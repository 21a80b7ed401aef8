import type { Clock } from "../../core/clock.ts";
import { errors } from "../../core/errors.ts";
import type { Appended, Entry } from "../remote/engine.ts";

/** UTF-16 units of bodies that go into one record; the servers take a megabyte. */
const recordMax = 131_072;
/** Publications that go into one record. */
const entriesMax = 256;

interface Waiting {
  readonly entry: Entry;
  /** Monotonic milliseconds. */
  readonly until: number;
  readonly done: (answer: Appended) => void;
}

/** Stores entries of one channel; throws where that was not answered. */
type Append = (channel: string, entries: readonly Entry[], until: number) => Promise<readonly Appended[]>;

/**
 * One lane for each channel, in which an append waits for the one before, because its offset follows. What waits is
 * stored together: so a busy channel takes many publications in one round trip.
 */
export class Lanes {
  readonly #clock: Clock;
  readonly #append: Append;
  readonly #failed: (error: unknown) => void;
  readonly #lanes = new Map<string, Waiting[]>();

  constructor(clock: Clock, append: Append, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#append = append;
    this.#failed = failed;
  }

  add(entry: Entry, until: number, done: (answer: Appended) => void): void {
    const lane = this.#lanes.get(entry.channel);
    if (lane) {
      lane.push({ entry, until, done });
      return;
    }
    const created = [{ entry, until, done }];
    this.#lanes.set(entry.channel, created);
    void this.#drain(entry.channel, created);
  }

  async #drain(channel: string, lane: Waiting[]): Promise<void> {
    // What is added in this turn goes along.
    await Promise.resolve();
    while (lane.length > 0) {
      const group = lane.splice(0, groupLength(lane));
      const answers = await this.#answers(channel, group);
      for (const [index, { done }] of group.entries()) done(answers[index] ?? { error: errors.internal });
    }
    this.#lanes.delete(channel);
  }

  async #answers(channel: string, group: readonly Waiting[]): Promise<readonly Appended[]> {
    const until = Math.min(...group.map((waiting) => waiting.until));
    if (this.#clock.monotonic() >= until) return [];
    try {
      return await this.#append(
        channel,
        group.map(({ entry }) => entry),
        until,
      );
    } catch (error) {
      this.#failed(error);
      return [];
    }
  }
}

/** How many of the first go into one record: those with a key or a version are alone, and all are kept alike. */
function groupLength(lane: readonly Waiting[]): number {
  const first = lane[0]?.entry;
  if (!first || !isPlain(first)) return 1;
  let units = 0;
  const end = lane.findIndex(({ entry }, index) => {
    units += entry.body.length;
    const isAlike = isPlain(entry) && isKeptAlike(entry, first);
    return index > 0 && (!isAlike || units > recordMax || index >= entriesMax);
  });
  return end < 0 ? lane.length : end;
}

function isPlain({ key, version, versionEpoch }: Entry): boolean {
  return key === "" && version === 0 && versionEpoch === "";
}

function isKeptAlike({ history: one }: Entry, { history: other }: Entry): boolean {
  return one?.size === other?.size && one?.ttl === other?.ttl && one?.metaTtl === other?.metaTtl;
}
