import type { Position } from "../../contract/contract.ts";
import type { ClientInfo } from "../../core/publication.ts";

/** A publication as the server's operations give it. */
export interface RawPublication {
  readonly data: unknown;
  readonly offset: number;
  readonly info?: ClientInfo;
  readonly tags?: Readonly<Record<string, string>>;
}

/** What a subscription inside of the server receives, synchronously and in the order of the channel. */
export interface PublicationListener {
  publication(publication: RawPublication): void;
  /** What follows does not continue what came before. */
  lost(reason: string): void;
}

/** Where subscriptions inside of the server come from. */
export interface Publications {
  /**
   * Subscribes to a channel. Everything after `since` comes once and in order, or `lost` is called; without `since`
   * everything from now on. What it resolves with ends the subscription; it may be called more than once.
   */
  subscribe(channel: string, since: Position | null, listener: PublicationListener): Promise<() => void>;
}

/** How a subscription is read. */
export interface ReadOptions {
  readonly since?: Position;
  readonly signal?: AbortSignal;
  readonly buffer?: number;
}

/** Publications that may wait for a loop that does something else. */
const bufferDefault = 1_000;

/** A channel was left with a gap: its subscriber cannot know what it missed. */
class GapError extends Error {
  override readonly name = "GapError";
}

/** The publications of a channel as a loop. Its end unsubscribes; a gap, and a full buffer, end it with an error. */
export async function* readInOrder(
  publications: Publications,
  channel: string,
  { since, signal, buffer = bufferDefault }: ReadOptions,
): AsyncGenerator<RawPublication, void, void> {
  const waiting: RawPublication[] = [];
  const state: { gap: string | null; wake: () => void } = { gap: null, wake: () => {} };
  const lose = (reason: string) => {
    state.gap ??= reason;
    state.wake();
  };
  const wake = () => state.wake();
  signal?.addEventListener("abort", wake);
  const stop = await publications.subscribe(channel, since ?? null, {
    publication: (publication) => {
      if (waiting.length >= buffer) lose(`more than ${buffer} publications waited for the loop`);
      else if (state.gap === null) waiting.push(publication);
      state.wake();
    },
    lost: lose,
  });
  try {
    while (!signal?.aborted) {
      const next = waiting.shift();
      if (next) yield next;
      else if (state.gap !== null) throw new GapError(`${channel}: ${state.gap}`);
      else {
        const { promise, resolve } = Promise.withResolvers<void>();
        state.wake = resolve;
        await promise;
      }
    }
  } finally {
    signal?.removeEventListener("abort", wake);
    stop();
  }
}
