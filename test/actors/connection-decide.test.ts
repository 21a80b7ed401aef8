import { describe, expect, test } from "bun:test";
import { decideVerdict } from "../../actors/connection/decide/command.ts";
import { decideAdmitted, decideConnect, decideGreeting } from "../../actors/connection/decide/connect.ts";
import type { Decision, View } from "../../actors/connection/decide/decision.ts";
import { decideExpired, decidePositions } from "../../actors/connection/decide/expiry.ts";
import { decideLatePong, decidePing } from "../../actors/connection/decide/heartbeat.ts";
import { decideJoined } from "../../actors/connection/decide/joined.ts";
import type { Pending } from "../../actors/connection/pending.ts";
import type { ConnectionRecord } from "../../actors/connection/record.ts";
import { next, type Subscribed } from "../../actors/connection/subscription.ts";
import { errors } from "../../src/core/errors.ts";
import { anonymous } from "../../src/core/identity.ts";
import { SealedPayload, Token } from "../../src/core/sealed.ts";
import { seconds } from "../../src/core/time.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";
import { clientEvent, connectCommand, publishCommand, record, subscribeCommand } from "./connection-values.ts";
import { ann, decided, joined, joiningOf, past, soon, viewOf } from "./connection-views.ts";

/** A view of a connection that is subscribed to a channel. */
function subscribedTo(channel: string, changes: Partial<Subscribed> = {}): { view: View; subscription: Subscribed } {
  const view = viewOf();
  const subscription = next(joiningOf(view, channel), { type: "joined", joined });
  if (subscription.at !== "subscribed") throw new Error(subscription.at);
  const whole = { ...subscription, ...changes };
  (view.connection as ConnectionRecord).subscriptions.set(whole);
  return { view, subscription: whole };
}

const types = (decisions: readonly Decision[]) => decisions.map(({ type }) => type);
const error = (id: number, what: object) => ({ type: "reply", reply: { id, method: "error", error: what } });

describe("what follows from a connect", () => {
  test("without a token an anonymous client is identified, or refused where it may not be", () => {
    expect(decideConnect(viewOf(), connectCommand)).toEqual([
      { type: "identify", identity: anonymous, connect: connectCommand },
    ]);
    const view = viewOf();
    Object.assign(view.connection, { options: { ...view.connection.options, allowAnonymous: false } });
    expect(decideConnect(view, connectCommand)).toEqual([{ type: "refuse connect", id: 1, refusal: "missing" }]);
  });

  test("a token is verified and kept nowhere else", () => {
    const token = new Token("secret");
    const [decision] = decideConnect(viewOf(), { ...connectCommand, token });
    expect(decision).toMatchObject({ type: "verify", pending: { for: "connect", command: { token: null } } });
  });

  test.each([
    ["of an expiry that has passed", { ...ann, expireAt: past }, "passed"],
    ["with a channel of an unknown namespace", { ...ann, subscriptions: [{ channel: "no:a" }] }, "unknown channel"],
    ["with a channel that is too long", { ...ann, subscriptions: [{ channel: "x".repeat(300) }] }, "bad channel"],
    [
      "with more channels than a connection may have",
      { ...ann, subscriptions: Array.from({ length: 5 }, (_, index) => ({ channel: `c${index}` })) },
      "too many channels",
    ],
  ])("a token %s is refused", (_, value, refusal) => {
    const pending: Pending = { for: "connect", command: connectCommand };
    const verdict = { ok: true, value } as const;
    const event = { type: "token.verified", ticket: 1, purpose: "connect", verdict } as const;
    expect(decideVerdict(viewOf(), pending, event)).toEqual([{ type: "refuse connect", id: 1, refusal }] as never);
  });

  test("an admitted client is greeted with its channels, and told of none where one could not be joined", () => {
    const view = viewOf(record(), { ...ann, expireAt: soon, subscriptions: [{ channel: "kept:a" }, { channel: "b" }] });
    (view.connection as ConnectionRecord).connect = connectCommand;
    (view.connection as ConnectionRecord).expireAt = soon;
    const decisions = decideAdmitted(view);
    expect(types(decisions)).toEqual(["log admission", "set deadline", "greet"]);
    const joinings = decisions.flatMap((decision) => (decision.type === "greet" ? decision.joinings : []));
    expect(joinings.map(({ channel, origin }) => [channel, origin])).toEqual([
      ["kept:a", "connect"],
      ["b", "connect"],
    ]);
    const [first, second] = joinings.map((joining) => ({ joining, joined, since: null }));
    if (!first || !second) throw new Error("no joinings");
    const greeting = decideGreeting(view, [first, second]);
    expect(types(greeting)).toEqual(["reply", "settle"]);
    expect(greeting[0]).toMatchObject({
      reply: { id: 1, method: "connect", result: { client: "one", ttl: 10, ping: 1 } },
    });
    expect(decideGreeting(view, [first, { ...second, joined: null }])).toEqual([
      { type: "detach all" },
      { type: "end", reason: "channel.failed" },
    ]);
  });
});

describe("what follows from a subscribe", () => {
  test("is a join on the terms of the rules", () => {
    const joining = joiningOf(viewOf(), "kept:a", { recover: { offset: 1, epoch: "abcdefgh" } });
    expect(joining).toMatchObject({ at: "joining", origin: "client", id: 3, terms: { grant: { recoverable: true } } });
  });

  test.each([
    ["over its rate", {}, false, errors.tooManyRequests],
    ["of an unknown namespace", { channel: "no:a" }, true, errors.unknownChannel],
    ["of what it has", { channel: "b" }, true, errors.alreadySubscribed],
  ])("%s is an error", (_, command, isWithinRate, what) => {
    const { view } = subscribedTo("b");
    const event = clientEvent({ ...subscribeCommand, ...command });
    expect(decided(view, event, isWithinRate)).toEqual([error(3, what)] as never);
  });

  test("the result comes before anything else, and names the position", () => {
    const view = viewOf();
    const decisions = decideJoined(view, joiningOf(view, "kept:a"), { joined, since: null });
    expect(types(decisions)).toEqual(["attach", "reply", "enter", "set deadline"]);
    expect(decisions[1]).toMatchObject({ reply: { id: 3, result: { position: { offset: 3, epoch: "abcdefgh" } } } });
  });

  test("that could not be recovered is error 112 where the client asked for it", () => {
    const view = viewOf();
    const recover = { offset: 1, epoch: "other" };
    const since = { position: recover, mode: "stream", publicationsMax: 1, bytesMax: 1 } as const;
    const strict = joiningOf(view, "kept:a", { recover, flag: 2 });
    expect(decideJoined(view, strict, { joined, since })).toEqual([error(3, errors.unrecoverablePosition)] as never);
    expect(types(decideJoined(view, joiningOf(view, "kept:a", { recover }), { joined, since }))).toContain("attach");
  });

  test("the token of another user, channel or client ends the connection, and one that has expired is an error", () => {
    const command = { ...subscribeCommand, token: null };
    const view = viewOf();
    const [verify] = decided(view, clientEvent({ ...subscribeCommand, token: new Token("t") }));
    if (verify?.type !== "verify" || verify.pending.for !== "subscribe") throw new Error("not verified");
    expect(verify.pending.command).toEqual(command);
    const { pending } = verify;
    const claims = { user: "ann", channel: "news", client: "", expireAt: null };
    const verdictOn = (changes: object) =>
      decideVerdict(view, pending, {
        type: "token.verified",
        ticket: 1,
        purpose: "subscribe",
        verdict: { ok: true, value: { ...claims, ...changes } },
      });
    for (const other of [{ user: "bob" }, { channel: "olds" }, { client: "two" }]) {
      expect(verdictOn(other)).toEqual([{ type: "end", reason: "token.rejected" }]);
    }
    expect(verdictOn({ expireAt: past })).toEqual([error(3, errors.expired)] as never);
    expect(verdictOn({ expireAt: soon, info: "1" })).toMatchObject([
      { type: "join", joining: { terms: { expireAt: soon, info: "1" } } },
    ]);
  });
});

describe("what follows from other commands", () => {
  test("[CN9] a second connect, an unasked pong and a message without a handler end the connection", () => {
    const ends = (event: unknown) => decided(viewOf(), event);
    expect(ends(clientEvent(connectCommand))).toEqual([{ type: "end", reason: "command.unexpected" }]);
    expect(ends(clientEvent({ method: "pong" }))).toEqual([{ type: "end", reason: "command.unexpected" }]);
    const send = clientEvent({ method: "send", id: 0, data: null });
    expect(ends(send)).toEqual([{ type: "end", reason: "command.unavailable" }]);
  });

  test("a publish carries who publishes, and a refused one is an error", () => {
    const view = viewOf();
    expect(decided(view, clientEvent(publishCommand))).toMatchObject([
      { type: "publish", id: 2, draft: { channel: "news", info: { user: "ann", client: "one" } } },
    ]);
    const refused = clientEvent({ ...publishCommand, channel: "kept:a" });
    expect(decided(view, refused)).toEqual([error(2, errors.permissionDenied)] as never);
  });

  test("a plain client without the right to publish is closed at its first frame, one of the wrong form at its third", () => {
    const frameOf = (user: string, text: string) => {
      const connection = record("plain");
      const view = viewOf(connection, { ...anonymous, user });
      connection.subscriptions.set({ ...subscribedTo("news").subscription, channel: "lobby", origin: "default" });
      const data = new SealedPayload(text === "" ? { kind: "json", json: "" } : { kind: "text", text });
      return { connection, decided: () => decided(view, clientEvent({ ...publishCommand, channel: "lobby", data })) };
    };
    const forbidden = frameOf("", "hello").decided();
    expect(forbidden).toMatchObject([{ type: "drop" }, { type: "end", reason: "publishes.refused" }]);
    const malformed = frameOf("ann", "");
    expect(types(malformed.decided())).toEqual(["drop"]);
    malformed.connection.refusedPublishes = 2;
    expect(types(malformed.decided())).toEqual(["drop", "end"]);
  });

  test("a refresh of a subscription that the server made ends the connection", () => {
    const { view } = subscribedTo("news", { origin: "server" });
    const refresh = clientEvent({ method: "sub_refresh", id: 5, channel: "news", token: null });
    expect(decided(view, refresh)).toEqual([{ type: "end", reason: "command.unexpected" }]);
  });
});

describe("what follows from a back end", () => {
  test("an expiry that has passed ends the connection, another is told", () => {
    const refresh = (expireAt: typeof soon | null) => decided(viewOf(), { type: "hub.refresh", expireAt });
    expect(refresh(past)).toEqual([{ type: "end", reason: "expiry.passed" }]);
    expect(types(refresh(soon))).toEqual(["set expiry", "set deadline", "push"]);
    expect(types(refresh(null))).toEqual(["set expiry", "clear deadline", "push"]);
  });

  test("a plain client that is taken out of its channel is closed, for good or until it comes back", () => {
    const view = viewOf(record("plain"));
    const out = (unsubscribe: object) => decided(view, { type: "hub.unsubscribe", channel: "lobby", unsubscribe });
    expect(out(unsubscribes.server).at(-1)).toEqual({ type: "end", reason: "channel.withdrawn" });
    expect(out(unsubscribes.insufficientState).at(-1)).toEqual({ type: "end", reason: "channel.interrupted" });
  });

  test("one channel more than a connection may have ends it", () => {
    const { view, subscription } = subscribedTo("news");
    for (const channel of ["a", "b", "c"])
      (view.connection as ConnectionRecord).subscriptions.set({ ...subscription, channel });
    const request = { channel: "d", expireAt: null, since: null };
    expect(decided(view, { type: "hub.subscribe", request })).toEqual([{ type: "end", reason: "channels.exceeded" }]);
  });
});

describe("what follows from time", () => {
  test("a subscription that has expired is taken back; one of the server ends the connection; the next is watched", () => {
    const expired = { expireAt: seconds(998) };
    expect(types(decideExpired(subscribedTo("news", expired).view))).toEqual(["leave", "push"]);
    expect(decideExpired(subscribedTo("news", { ...expired, origin: "server" }).view)).toEqual([
      { type: "end", reason: "subscription.expired" },
    ]);
    const later = subscribedTo("news", { expireAt: soon });
    expect(decideExpired(later.view)).toMatchObject([{ type: "set deadline", name: "subscriptions", delay: 11_000 }]);
  });

  test("a lost position is told, and positions are checked on while there are any", () => {
    const { view } = subscribedTo("kept:a");
    expect(types(decidePositions(view, new Set()))).toEqual(["set deadline"]);
    expect(types(decidePositions(view, new Set(["kept:a"])))).toEqual(["leave", "push", "set deadline"]);
    expect(decidePositions(viewOf(), new Set())).toEqual([{ type: "clear deadline", name: "positions" }]);
  });

  test("a ping that is open keeps its deadline, and a late answer gets its time anew while the client takes nothing", () => {
    const connection = record();
    expect(types(decidePing(viewOf(connection), 5))).toEqual(["ping", "set deadline", "note ping", "set deadline"]);
    connection.pingedAt = 5;
    expect(types(decidePing(viewOf(connection), 9))).toEqual(["ping", "set deadline"]);
    expect(types(decideLatePong(viewOf(connection)))).toEqual(["set deadline"]);
  });
});
