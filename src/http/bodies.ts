import type { Clock } from "../core/clock.ts";
import { milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";

/** Why a body was not read; `large`: it has more bytes than it may. */
export type Unread = "late" | "broken" | "large";

/** Given a body, or why there is none. */
type Done<Body> = (body: Body | { readonly unread: Unread }) => void;

/** A body that has not arrived yet. */
interface Pending {
  /** In monotonic milliseconds. */
  readonly dueAt: number;
  expire(): void;
}

/** How a body is read. */
interface Form<Body> {
  readonly bytesMax: number;
  /** Has the runtime read a body whose length is known. */
  whole(): Promise<Body>;
  of(bytes: Uint8Array): Body;
}

const utf8 = new TextDecoder();

/** Milliseconds between two searches for late bodies. */
const lookInterval = milliseconds(1_000);

/**
 * Reads bodies within a time and up to a size. The time is the same for all, so the set is in the order in which they
 * expire, and one timer a second looks at the first of them: a timer for each would cost more than the reading.
 *
 * A body whose announced length is over its size is not read at all, and of a chunked one no more is kept: the runtime
 * would keep up to `maxRequestBodySize` of each, so that 40 requests of strangers took 700 MB (measured on Bun 1.4.5).
 */
export class Bodies {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #timeout: number;
  readonly #pending = new Set<Pending>();
  #isLooking = false;

  /** `timeout`: milliseconds from the head of a request to the end of its body. */
  constructor({ clock, timers }: { clock: Clock; timers: Timers }, timeout: number) {
    this.#clock = clock;
    this.#timers = timers;
    this.#timeout = timeout;
  }

  /** The body as text; a byte that is not UTF-8 becomes U+FFFD. */
  text(request: Request, bytesMax: number, done: Done<string>): void {
    this.#read(request, { bytesMax, whole: () => request.text(), of: (bytes) => utf8.decode(bytes) }, done);
  }

  bytes(request: Request, bytesMax: number, done: Done<Uint8Array>): void {
    this.#read(request, { bytesMax, whole: () => request.bytes(), of: (bytes) => bytes }, done);
  }

  #read<Body>(request: Request, form: Form<Body>, done: Done<Body>): void {
    const announced = request.headers.get("content-length");
    if (Number(announced) > form.bytesMax) {
      done({ unread: "large" });
      return;
    }
    const pending: Pending = {
      dueAt: this.#clock.monotonic() + this.#timeout,
      expire: () => done({ unread: "late" }),
    };
    this.#pending.add(pending);
    this.#look();
    const settled = (body: Body | { readonly unread: Unread }) => {
      if (this.#pending.delete(pending)) done(body);
    };
    const isWhole = announced !== null || !request.body;
    const reading = isWhole ? form.whole() : this.#collect(request.body, form);
    reading.then(settled, () => settled({ unread: "broken" }));
  }

  /**
   * Reads a chunked body, once in a turn of the event loop: what has come of it meanwhile is one chunk, however small
   * those of the client are. Read at once, 64 KiB in chunks of one byte cost 100 ms (measured on Bun 1.4.5).
   */
  async #collect<Body>(chunks: ReadableStream<Uint8Array>, { bytesMax, of }: Form<Body>) {
    const sink = new Bun.ArrayBufferSink();
    sink.start({ asUint8Array: true });
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      // Leaving the loop cancels the rest of the body.
      if (bytes > bytesMax) return { unread: "large" } as const;
      sink.write(chunk);
      await new Promise<void>((resolve) => this.#timers.setImmediate(resolve));
    }
    return of(sink.end() as Uint8Array);
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#timers.setTimeout(() => {
      this.#isLooking = false;
      this.#expire();
      if (this.#pending.size > 0) this.#look();
    }, lookInterval);
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    for (const pending of this.#pending) {
      if (pending.dueAt > now) return;
      this.#pending.delete(pending);
      pending.expire();
    }
  }
}
