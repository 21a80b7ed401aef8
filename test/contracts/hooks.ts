import { afterEach, beforeEach, expect, test } from "bun:test";
import { errors } from "../../src/core/errors.ts";
import type { Payload } from "../../src/core/payload.ts";
import type { ClientHooks } from "../../src/hooks/client-hooks.ts";
import type { Hook, Hooks } from "../../src/hooks/hooks.ts";
import { Asked, CallerFixture } from "../hooks/fixture.ts";

/** What the application behind the hooks does with the next calls. */
export type Behaviour =
  /** Answers a call with what it was sent, a publish with `{"by":"hook"}`, and allows a subscription. */
  | "answer"
  /** Answers error 1001 with the message `odd`. */
  | "refuse"
  /** Throws, or answers that it failed. */
  | "fail"
  /** Answers what is no answer. */
  | "garbage"
  /** Does not answer before `release`, and then as `answer`. */
  | "hold";

/** Hooks with an application behind them that a test can steer. */
export abstract class HooksBackend<Answer = unknown> {
  abstract readonly hooks: Hooks;
  #behaviour: Behaviour = "answer";
  #held: (() => void)[] = [];
  #calls = 0;
  #waiting: { readonly calls: number; readonly resolve: () => void } | null = null;

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  /** Lets the calls go on that are held. */
  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  /** Resolves when so many calls have reached the application. */
  reached(calls: number): Promise<void> {
    if (this.#calls >= calls) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { calls, resolve };
    return promise;
  }

  close(): Promise<void> {
    this.release();
    return Promise.resolve();
  }

  /** What the application does with one call: one of `answers`, as it behaves when the call comes. */
  protected async run(answers: Readonly<Record<Exclude<Behaviour, "hold">, () => Answer>>): Promise<Answer> {
    const behaviour = this.#behaviour;
    this.#calls += 1;
    if (this.#waiting && this.#calls >= this.#waiting.calls) this.#waiting.resolve();
    if (behaviour !== "hold") return answers[behaviour]();
    await new Promise<void>((resolve) => this.#held.push(resolve));
    return answers.answer();
  }
}

const number = (value: number): Payload => ({ kind: "json", json: String(value) });

/** What every implementation of the hooks has to do; called within a `describe`. */
export function hooksContract(create: () => Promise<HooksBackend>): void {
  let backend: HooksBackend;
  let fixture: CallerFixture;
  let client: ClientHooks;

  beforeEach(async () => {
    backend = await create();
    fixture = new CallerFixture();
    client = fixture.connect();
  });
  afterEach(() => backend.close());

  const rpcHook = (): Hook<"rpc"> => {
    const hook = backend.hooks.rpc("echo");
    if (typeof hook === "string") throw new Error(`There is no hook for calls: ${hook}.`);
    return hook;
  };
  const call = (value: number, of = client) => new Asked(of, rpcHook(), { method: "echo", data: number(value) });
  const publishHook = (): Hook<"publish"> => {
    const hook = backend.hooks.publish("room:a");
    if (hook === null) throw new Error("There is no hook for publishes.");
    return hook;
  };
  const publish = () =>
    new Asked(client, publishHook(), { channel: "room:a", data: { kind: "json", json: '"hi"' }, member: null });

  test("[HK1] a hook's result is the answer: a reply, replaced data, a subscription", async () => {
    expect(await call(7).outcome).toEqual({ kind: "result", result: { data: "7" } });
    expect(await publish().outcome).toMatchObject({
      kind: "result",
      result: { data: { kind: "json", json: '{"by":"hook"}' } },
    });
    const subscribe = backend.hooks.subscribe("room:a");
    const asked = subscribe && new Asked(client, subscribe, { channel: "room:a", data: null });
    expect(await asked?.outcome).toMatchObject({ kind: "result", result: { expireAt: null } });
  });

  test("[HK1] a hook's error is the answer, with its own code and message", async () => {
    backend.behave("refuse");
    const error = { code: 1001, message: "odd" };
    expect(await call(1).outcome).toEqual({ kind: "error", error });
    expect(await publish().outcome).toEqual({ kind: "error", error });
  });

  test.each(["fail", "garbage"] as const)(
    "[HK2] a hook that does %s is error 100, temporary; the log has an id, the client has neither it nor the reason",
    async (behaviour) => {
      backend.behave(behaviour);
      expect(await call(1).outcome).toEqual({ kind: "failed", error: errors.internal });
      expect(await publish().outcome).toEqual({ kind: "failed", error: errors.internal });
      const line = await fixture.log.next("hook.failed", { hook: "rpc" });
      expect(line["id"]).toMatch(/^[0-9a-f-]{36}$/);
      expect(line["connection"]).toBe(client.client.id);
      expect(fixture.counts(rpcHook())).toMatchObject({ calls: 1, errors: 1, inFlight: 0, timeouts: 0 });
    },
  );

  test("[HK3] a hook without an answer is error 100 at its timeout, and what it answers then is dropped and counted", async () => {
    backend.behave("hold");
    const asked = call(1);
    await backend.reached(1);
    fixture.alarm.advance(rpcHook().limits.timeout - 1);
    expect(asked.outcomes).toEqual([]);
    fixture.alarm.advance(1);
    expect(await asked.outcome).toEqual({ kind: "failed", error: errors.internal });
    backend.release();
    backend.behave("answer");
    expect(await call(2).outcome).toMatchObject({ kind: "result" });
    expect(asked.outcomes).toHaveLength(1);
    expect(fixture.counts(rpcHook())).toMatchObject({ calls: 2, timeouts: 1, errors: 0, inFlight: 0 });
  });

  test("[HK4] what runs when the connection ends answers nobody", async () => {
    backend.behave("hold");
    const asked = call(1);
    await backend.reached(1);
    client.end();
    backend.release();
    backend.behave("answer");
    expect(await call(2, fixture.connect()).outcome).toMatchObject({ kind: "result" });
    expect(asked.outcomes).toEqual([]);
    expect(fixture.counts(rpcHook()).inFlight).toBe(0);
    expect(fixture.alarm.waiting).toBe(0);
  });

  test("[HK5] calls of a connection run beside each other, eight at once, and the ninth waits", async () => {
    backend.behave("hold");
    const asked = Array.from({ length: 9 }, (_, index) => call(index));
    await backend.reached(8);
    expect(fixture.counts(rpcHook())).toMatchObject({ calls: 8, inFlight: 8 });
    backend.release();
    backend.behave("answer");
    await backend.reached(9);
    const outcomes = await Promise.all(asked.map(({ outcome }) => outcome));
    expect(outcomes).toEqual(asked.map((_, index) => ({ kind: "result", result: { data: String(index) } })));
  });

  test("[HK5] a slow hook holds back no other connection", async () => {
    backend.behave("hold");
    for (let index = 0; index < 9; index += 1) call(index);
    await backend.reached(8);
    backend.behave("answer");
    expect(await call(7, fixture.connect("ben")).outcome).toEqual({ kind: "result", result: { data: "7" } });
  });

  test("[HK6] more calls than may wait are error 111", async () => {
    backend.behave("hold");
    for (let index = 0; index < 8 + 256; index += 1) call(index);
    expect(await call(1000).outcome).toEqual({ kind: "failed", error: errors.tooManyRequests });
    expect(fixture.counts(rpcHook()).limited).toBe(1);
  });
}
