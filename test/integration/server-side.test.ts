import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Target } from "../../actors/hub/registry.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";
import { CentrifugeProbe, pub } from "../support/centrifuge-probe.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import type { TestServer } from "../support/server.ts";
import { tellUser } from "../support/tell.ts";

setDefaultTimeout(testTimeout);

const ann: Target = { user: "ann", client: "", except: new Set<string>() };

const config = {
  channel: { namespaces: [{ name: "told", ...everything, force_push_join_leave: true }] },
};

function subscribe(server: TestServer, channel: string): void {
  const request = { channel, expireAt: null, since: null };
  tellUser(server, "ann", { type: "hub.subscribe", request });
}

function unsubscribe(server: TestServer, channel: string): void {
  tellUser(server, "ann", { type: "hub.unsubscribe", channel, unsubscribe: unsubscribes.server });
}

async function connectAnn(server: TestServer): Promise<CentrifugeProbe> {
  return await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
}

/** Everything of a channel that could reach a client: somebody comes, publishes and goes. */
async function stir(server: TestServer, channel: string): Promise<void> {
  using other = await CentrifugeProbe.connect(server.ws);
  await other.subscribe(channel, { join_leave: true });
  other.send(other.command("publish", { channel, data: "stir" }));
  await other.rest();
  await other.close();
}

describe("a subscription that the server makes", () => {
  test("[SU40] takes the place of the client's own: who is out of it hears nothing more, of nobody", async () => {
    await using server = await startOpenServer(config);
    for (const channel of ["a", "told:a"]) {
      using probe = await connectAnn(server);
      await probe.subscribe(channel, { join_leave: true });
      await probe.take(1);
      subscribe(server, channel);
      const [push] = await probe.take(1);
      expect(push).toMatchObject({ push: { channel, subscribe: { recoverable: true } } });
      expect((await probe.rest()).length).toBeLessThanOrEqual(1);
      unsubscribe(server, channel);
      expect((await probe.take(1))[0]).toMatchObject({ push: { channel, unsubscribe: { code: 2000 } } });
      await stir(server, channel);
      expect(await probe.rest()).toEqual([]);
      expect(server.node.subscribers.get(channel)).toBeUndefined();
      expect(server.node.localPresence.stats(channel)).toEqual({ clients: 0, users: 0 });
    }
  });

  test("is one, however often it is made: every publication comes once, and it is left at once", async () => {
    await using server = await startOpenServer(config);
    using probe = await connectAnn(server);
    for (let time = 0; time < 3; time += 1) subscribe(server, "told:a");
    await probe.rest();
    using other = await CentrifugeProbe.connect(server.ws);
    const published = { channel: "told:a", data: 1 };
    await other.ask("publish", published);
    expect(await probe.rest()).toEqual([
      pub("told:a", {
        data: 1,
        offset: 1,
        epoch: expect.any(String),
        info: { user: "", client: other.client },
      }),
    ]);
    unsubscribe(server, "told:a");
    expect((await probe.rest()).length).toBe(1);
    expect(server.node.subscribers.get("told:a")).toBeUndefined();
  });

  test("[SU42] cannot be refreshed by the client (3501), who may leave it, and come back to it by itself", async () => {
    await using server = await startOpenServer(config);
    using probe = await connectAnn(server);
    subscribe(server, "a");
    await probe.take(1);
    expect(await probe.ask("subscribe", { channel: "a" })).toMatchObject({ error: { code: 105 } });
    expect(await probe.ask("unsubscribe", { channel: "a" })).toEqual({ id: 3, unsubscribe: {} });
    await probe.subscribe("a");
    expect(await probe.ask("sub_refresh", { channel: "a" })).toMatchObject({ error: { code: 107 } });
    subscribe(server, "a");
    await probe.take(1);
    probe.send({ id: 9, sub_refresh: { channel: "a", token: tokenFor({ sub: "ann", channel: "a" }) } });
    expect(await probe.closed()).toEqual({ code: 3501, reason: "bad request" });
  });

  test("stays where no channel is named: the client is told, as in Centrifugo", async () => {
    await using server = await startOpenServer(config);
    using probe = await connectAnn(server);
    await probe.subscribe("own");
    unsubscribe(server, "");
    const told = { push: { unsubscribe: { code: 2000, reason: "server unsubscribe" } } };
    expect(await probe.take(1)).toMatchObject([told]);
    expect(server.node.subscribers.size).toBe(1);
  });

  test("[SU44] is for every connection of the user, for one of them, or for all but some", async () => {
    await using server = await startOpenServer(config);
    using first = await connectAnn(server);
    using second = await connectAnn(server);
    using stranger = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "bob" }) });
    const request = { channel: "a", expireAt: null, since: null };
    const heardBy = async (target: Target) => {
      tellUser(server, target, { type: "hub.subscribe", request });
      return (await Promise.all([first, second, stranger].map((probe) => probe.rest()))).map(({ length }) => length);
    };
    expect(await heardBy({ ...ann, client: second.client })).toEqual([0, 1, 0]);
    expect(await heardBy({ ...ann, client: stranger.client })).toEqual([0, 0, 0]);
    expect(await heardBy({ ...ann, except: new Set([second.client]) })).toEqual([1, 0, 0]);
    expect(await heardBy(ann)).toEqual([1, 1, 0]);
  });
});
