import type { Clock } from "./clock.ts";
import type { MaybePromise } from "./maybe-promise.ts";

/** Milliseconds of one slice: what a message to another connection may have to wait for. */
const sliceTime = 5;
/** Bytes read or handed over in one slice: a store commits them at the end of the turn (1 MiB: about 5 ms on SQLite). */
export const sliceBytes = 1_048_576;

type NextTurn = (run: () => void) => void;

/** Divides long work into slices; the event loop serves other connections between two of them. */
export class Slices {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #nextTurn: NextTurn;

  /** `nextTurn` runs something in the next turn of the event loop, after the input of this one. */
  constructor(clock: Pick<Clock, "monotonic">, nextTurn: NextTurn) {
    this.#clock = clock;
    this.#nextTurn = nextTurn;
  }

  /** Begins a slice. */
  begin(): Slice {
    return new Slice(this.#clock, this.#nextTurn);
  }

  /**
   * Takes one step for each item, in order, until one returns false. Work that fits in one slice is done when this
   * returns. `bytes`: how many a step hands over.
   */
  each<Item>(items: Iterable<Item>, step: (item: Item) => boolean, bytes = 0): MaybePromise<void> {
    const work = { iterator: items[Symbol.iterator](), step, bytes };
    const slice = this.begin();
    if (!isDone(work, slice)) return finish(work, slice);
  }
}

/** The time and the bytes that are left of one slice. */
export class Slice {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #nextTurn: NextTurn;
  #end: number;
  #bytes = sliceBytes;

  constructor(clock: Pick<Clock, "monotonic">, nextTurn: NextTurn) {
    this.#clock = clock;
    this.#nextTurn = nextTurn;
    this.#end = clock.monotonic() + sliceTime;
  }

  /** Whether the work has to pause, after a step with as many bytes. */
  isOver(bytes = 0): boolean {
    this.#bytes -= bytes;
    return this.#bytes <= 0 || this.#clock.monotonic() >= this.#end;
  }

  /** Resolves in the next turn of the event loop, with a new slice. */
  pause(): Promise<void> {
    return new Promise((resolve) =>
      this.#nextTurn(() => {
        this.#end = this.#clock.monotonic() + sliceTime;
        this.#bytes = sliceBytes;
        resolve();
      }),
    );
  }
}

interface Work<Item> {
  readonly iterator: Iterator<Item>;
  readonly step: (item: Item) => boolean;
  readonly bytes: number;
}

/** Works until the slice is over; true: nothing is left. */
function isDone<Item>({ iterator, step, bytes }: Work<Item>, slice: Slice): boolean {
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    if (!step(next.value)) return true;
    if (slice.isOver(bytes)) return false;
  }
  return true;
}

async function finish<Item>(work: Work<Item>, slice: Slice): Promise<void> {
  do await slice.pause();
  while (!isDone(work, slice));
}
