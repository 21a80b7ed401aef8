import { describe, expect, test } from "bun:test";
import { errors } from "../../src/core/errors.ts";
import type { Hook, HookAnswer, HookCall } from "../../src/hooks/hooks.ts";
import { inProcessLimits } from "../../src/hooks/limits.ts";
import { Asked, CallerFixture } from "./fixture.ts";

const data = { kind: "json", json: "1" } as const;
const request = { method: "slow", data };
const answer: HookAnswer<"rpc"> = { kind: "result", result: { data: "1" } };

/** A hook whose calls wait until the test lets them go. */
class HeldHook implements Hook<"rpc"> {
  readonly kind = "rpc";
  readonly name = "slow";
  readonly limits;
  readonly calls: { readonly call: HookCall; readonly answer: () => void }[] = [];

  constructor(limits: Partial<typeof inProcessLimits>) {
    this.limits = { ...inProcessLimits, ...limits };
  }

  run(_client: unknown, _request: unknown, call: HookCall): Promise<HookAnswer<"rpc">> {
    const { promise, resolve } = Promise.withResolvers<HookAnswer<"rpc">>();
    this.calls.push({ call, answer: () => resolve(answer) });
    return promise;
  }
}

describe("the limits of a hook", () => {
  test("[HK7] calls over the server's limit wait in order; over the queue they are error 111", async () => {
    const fixture = new CallerFixture();
    const hook = new HeldHook({ perServer: 2, queue: 1 });
    const asked = Array.from({ length: 4 }, () => new Asked(fixture.connect(), hook, request));
    expect(hook.calls).toHaveLength(2);
    expect(asked[3]?.outcomes).toEqual([{ kind: "failed", error: errors.tooManyRequests }]);
    expect(fixture.counts(hook)).toMatchObject({ inFlight: 2, waiting: 1, limited: 1 });
    hook.calls[0]?.answer();
    expect(await asked[0]?.outcome).toEqual(answer);
    expect(hook.calls).toHaveLength(3);
  });

  test("[HK7] a limit for each connection holds back that connection alone", () => {
    const fixture = new CallerFixture();
    const hook = new HeldHook({ perConnection: 1 });
    const client = fixture.connect();
    for (const of of [client, client, fixture.connect()]) new Asked(of, hook, request);
    expect(hook.calls).toHaveLength(2);
  });

  test("[HK7] a rate is counted for each connection", () => {
    const fixture = new CallerFixture();
    const hook = new HeldHook({ rate: { limit: 2, burst: 2 } });
    const client = fixture.connect();
    const asked = Array.from({ length: 3 }, () => new Asked(client, hook, request));
    expect(asked[2]?.outcomes).toEqual([{ kind: "failed", error: errors.tooManyRequests }]);
    new Asked(fixture.connect(), hook, request);
    fixture.clock.advance(500);
    new Asked(client, hook, request);
    expect(hook.calls).toHaveLength(4);
  });

  test("[HK3] the signal of a call aborts at its timeout", async () => {
    const fixture = new CallerFixture();
    const hook = new HeldHook({ timeout: 100 });
    const asked = new Asked(fixture.connect(), hook, request);
    const signal = hook.calls[0]?.call.signal;
    fixture.alarm.advance(100);
    await asked.outcome;
    expect(signal?.reason).toMatchObject({ name: "TimeoutError" });
  });

  test("[HK4] the signal of a call aborts when its connection ends, also where it is read afterwards", () => {
    const fixture = new CallerFixture();
    const hook = new HeldHook({});
    const client = fixture.connect();
    new Asked(client, hook, request);
    client.end();
    expect(hook.calls[0]?.call.signal.reason).toMatchObject({ name: "AbortError" });
  });

  test("[HK4] a call that waits when its connection ends never runs", () => {
    const fixture = new CallerFixture();
    const hook = new HeldHook({ perServer: 1 });
    new Asked(fixture.connect(), hook, request);
    const client = fixture.connect();
    new Asked(client, hook, request);
    client.end();
    expect(fixture.counts(hook)).toMatchObject({ inFlight: 1 });
    hook.calls[0]?.answer();
    expect(hook.calls).toHaveLength(1);
  });

  test("[HK8] a handler that holds the event loop for more than 50 ms is named in the log", async () => {
    const fixture = new CallerFixture();
    const hook: Hook<"rpc"> = {
      kind: "rpc",
      name: "report",
      limits: inProcessLimits,
      run: () => {
        fixture.clock.advance(51);
        return answer;
      },
    };
    new Asked(fixture.connect(), hook, request);
    expect(await fixture.log.next("hook.blocked")).toMatchObject({ hook: "rpc", name: "report", milliseconds: 51 });
  });

  test("[HK8] where the loop was held later, the hooks that were running then are named", async () => {
    const fixture = new CallerFixture();
    new Asked(fixture.connect(), new HeldHook({}), request);
    fixture.caller.lagged(50);
    expect(fixture.log.count("hook.suspected")).toBe(0);
    fixture.caller.lagged(80);
    expect(await fixture.log.next("hook.suspected")).toMatchObject({ hook: "rpc", name: "slow", milliseconds: 80 });
  });

  test("faults that come in crowds are counted, and a few a second are logged", () => {
    const fixture = new CallerFixture();
    const throwing: Hook<"rpc"> = {
      kind: "rpc",
      name: "broken",
      limits: inProcessLimits,
      run: () => {
        throw new Error("no");
      },
    };
    const client = fixture.connect();
    for (let n = 0; n < 50; n += 1) new Asked(client, throwing, request);
    expect(fixture.log.count("hook.failed")).toBe(20);
    fixture.clock.advance(1_000);
    new Asked(client, throwing, request);
    expect(fixture.log.lines.at(-1)).toMatchObject({ event: "hook.failed", unlogged: 30 });
  });

  test("durations are counted by bucket", async () => {
    const fixture = new CallerFixture();
    const hook = new HeldHook({});
    const asked = new Asked(fixture.connect(), hook, request);
    fixture.clock.advance(20);
    hook.calls[0]?.answer();
    await asked.outcome;
    expect(fixture.counts(hook).durations).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    expect(fixture.counts(hook).durationSum).toBeCloseTo(0.02);
  });
});
