import { describe, setDefaultTimeout } from "bun:test";
import { type Behaviour, type HooksBackend, hooksContract } from "../contracts/hooks.ts";
import { testTimeout } from "../support/patience.ts";
import { httpHooks } from "./http-backend.ts";

setDefaultTimeout(testTimeout);

/** A back end over HTTP that does what the test says. */
class Backend implements HooksBackend {
  readonly #server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.#answer(request) });
  readonly hooks = httpHooks(this.#server.url.href);
  #behaviour: Behaviour = "answer";
  #held: (() => void)[] = [];
  #calls = 0;
  #waiting: { readonly calls: number; readonly resolve: () => void } | null = null;

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  reached(calls: number): Promise<void> {
    if (this.#calls >= calls) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { calls, resolve };
    return promise;
  }

  async close(): Promise<void> {
    this.release();
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const behaviour = this.#behaviour;
    const { method, channel, data } = (await request.json()) as Record<string, unknown>;
    this.#calls += 1;
    if (this.#waiting && this.#calls >= this.#waiting.calls) this.#waiting.resolve();
    const published = { data: { by: "hook" } };
    const answer = () => Response.json({ result: method ? { data } : channel && data ? published : {} });
    switch (behaviour) {
      case "answer":
        return answer();
      case "refuse":
        return Response.json({ error: { code: 1001, message: "odd" } });
      case "fail":
        return new Response("the database is gone", { status: 500 });
      case "garbage":
        return new Response("<html>");
      case "hold":
        await new Promise<void>((resolve) => this.#held.push(resolve));
        return answer();
    }
  }
}

describe("hooks over HTTP", () => {
  hooksContract(() => Promise.resolve(new Backend()));
});
