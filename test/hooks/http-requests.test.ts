import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { errors } from "../../src/core/errors.ts";
import { milliseconds } from "../../src/core/time.ts";
import type { Hook } from "../../src/hooks/hooks.ts";
import { SharedLimit } from "../../src/hooks/limits.ts";
import { testTimeout } from "../support/patience.ts";
import { Asked, CallerFixture } from "./fixture.ts";
import { httpHooks } from "./http-backend.ts";

setDefaultTimeout(testTimeout);

/** A back end that holds each request until the test lets it go, but for those of `/others`. */
class SlowBackend {
  running = 0;
  most = 0;
  #held: (() => void)[] = [];
  readonly #server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      if (new URL(request.url).pathname === "/others") return new Response("at once");
      this.running += 1;
      this.most = Math.max(this.most, this.running);
      await new Promise<void>((resolve) => this.#held.push(resolve));
      this.running -= 1;
      return Response.json({ result: {} });
    },
  });
  readonly url = this.#server.url.href;

  async reached(running: number): Promise<void> {
    while (this.running < running) await new Promise((resolve) => setImmediate(resolve));
  }

  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  stop(): Promise<void> {
    this.release();
    return this.#server.stop(true);
  }
}

describe("slow hooks of thousands of connections", () => {
  let backend: SlowBackend | null = null;
  afterEach(async () => void (await backend?.stop()));

  test("[HH7] send a bounded number of requests, and leave some to other hooks, to events and to key sets", async () => {
    backend = new SlowBackend();
    const fixture = new CallerFixture();
    const hooks = httpHooks(backend.url, { timeout: milliseconds(60_000) });
    const call = hooks.rpc("m") as Hook<"rpc">;
    const request = { method: "m", data: { kind: "json", json: "1" } } as const;
    const asked = Array.from({ length: 2_000 }, () => new Asked(fixture.connect(), call, request));
    // 18 of the 224 are the hook's own, 116 are common to the six.
    await backend.reached(134);
    expect(fixture.counts(call)).toMatchObject({ inFlight: 134, waiting: 1_866 });
    const subscribe = hooks.subscribe("a") as Hook<"subscribe">;
    const others = Array.from(
      { length: 20 },
      () => new Asked(fixture.connect(), subscribe, { channel: "a", data: null }),
    );
    await backend.reached(134 + 18);
    expect(await (await fetch(`${backend.url}others`)).text()).toBe("at once");
    expect(backend.most).toBe(134 + 18);
    const letting = setInterval(() => backend?.release());
    const outcomes = await Promise.all([...asked, ...others].map(({ outcome }) => outcome));
    clearInterval(letting);
    expect(outcomes.every(({ kind }) => kind === "result")).toBe(true);
    expect(backend.most).toBeLessThanOrEqual(224);
    expect(fixture.alarm.waiting).toBe(0);
  });

  test("[HH7] a call waits for its request as long as the timeout, and its answer as long again", async () => {
    backend = new SlowBackend();
    const fixture = new CallerFixture();
    const hook = httpHooks(backend.url, { timeout: milliseconds(1_000) }).rpc("m") as Hook<"rpc">;
    const request = { method: "m", data: { kind: "json", json: "1" } } as const;
    const asked = Array.from({ length: 135 }, () => new Asked(fixture.connect(), hook, request));
    await backend.reached(134);
    fixture.alarm.advance(600);
    backend.release();
    await asked[133]?.outcome;
    await backend.reached(1);
    fixture.alarm.advance(999);
    expect(asked[134]?.outcomes).toEqual([]);
    fixture.alarm.advance(1);
    expect(await asked[134]?.outcome).toEqual({ kind: "failed", error: errors.internal });
  });
});

describe("a limit that hooks share", () => {
  test("half of it is their own, and the other half is for all", () => {
    const shared = new SharedLimit(8, 2);
    for (let inFlight = 0; inFlight < 6; inFlight += 1) {
      expect(shared.admits(inFlight)).toBe(true);
      shared.started(inFlight);
    }
    expect([shared.admits(6), shared.admits(1), shared.admits(2)]).toEqual([false, true, false]);
    shared.ended(6);
    expect([shared.admits(5), shared.admits(2)]).toEqual([true, true]);
  });
});
