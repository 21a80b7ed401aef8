import { describe, setDefaultTimeout } from "bun:test";
import { HooksBackend, hooksContract } from "../contracts/hooks.ts";
import { testTimeout } from "../support/patience.ts";
import { httpHooks } from "./http-backend.ts";

setDefaultTimeout(testTimeout);

/** A back end over HTTP that does what the test says. */
class Backend extends HooksBackend<Response> {
  readonly #server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.#answer(request) });
  readonly hooks = httpHooks(this.#server.url.href);

  override async close(): Promise<void> {
    await super.close();
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const { method, channel, data } = (await request.json()) as Record<string, unknown>;
    const published = { data: { by: "hook" } };
    return this.run({
      answer: () => Response.json({ result: method ? { data } : channel && data ? published : {} }),
      refuse: () => Response.json({ error: { code: 1001, message: "odd" } }),
      fail: () => new Response("the database is gone", { status: 500 }),
      garbage: () => new Response("<html>"),
    });
  }
}

describe("hooks over HTTP", () => {
  hooksContract(() => Promise.resolve(new Backend()));
});
