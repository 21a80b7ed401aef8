import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { UnauthorizedError } from "centrifuge";
import { ManualClock } from "../../support/clock.ts";
import { everything, startOpenServer, tokenFor } from "../../support/open-channels.ts";
import { testTimeout } from "../../support/patience.ts";
import type { TestServer } from "../../support/server.ts";
import { StockClient } from "./stock-client.ts";

setDefaultTimeout(testTimeout);

const config = {
  client: { allow_anonymous_connect_without_token: false, expired_close_delay: "1s", expired_sub_close_delay: "1s" },
  channel: { namespaces: [{ name: "closed", ...everything, allow_subscribe_for_client: false }] },
};

/** A server whose clock stands still: a token for a second is good until the test says otherwise, and is refreshed. */
async function start() {
  const clock = new ManualClock();
  const server = await startOpenServer(config, { clock });
  return { clock, server, inSeconds: (seconds: number) => Math.floor(clock.wall() / 1000) + seconds };
}

/** Lets time pass on the server, which looks at its deadlines as often as ever; before 12.5 s no ping is due. */
function pass(clock: ManualClock, server: TestServer, seconds: number): void {
  for (let tick = 0; tick < seconds * 20; tick += 1) {
    clock.advance(50);
    server.node.sweep();
  }
}

/** Hands out these tokens, one a call, and counts the calls. */
function tokens(...list: string[]) {
  const asked: unknown[] = [];
  const get = (context: unknown) => {
    asked.push(context);
    return Promise.resolve(list[asked.length - 1] ?? "");
  };
  return { asked, get };
}

describe("the stock client with tokens", () => {
  test.concurrent("[RC20] fetches a token, and another one before the first runs out", async () => {
    const { clock, server: open, inSeconds } = await start();
    await using server = open;
    const { asked, get } = tokens(
      tokenFor({ sub: "ann", exp: inSeconds(1) }),
      tokenFor({ sub: "ann", exp: inSeconds(60) }),
    );
    const refreshed = Promise.withResolvers<void>();
    const getToken = async () => {
      // When this turn is over the client has sent the token: what is sent from then on comes behind it.
      if (asked.length === 1) setImmediate(() => refreshed.resolve());
      return await get({});
    };
    using client = await new StockClient(server.ws, { getToken }).connect();
    await refreshed.promise;
    await client.subscribe("refreshed");
    pass(clock, server, 10);
    await client.api.publish("refreshed", "still here");
    expect(await client.publications("refreshed", 1)).toEqual(["still here"]);
    expect(asked.length).toBe(2);
  });

  test("comes back with another token where the first has expired (109)", async () => {
    const { server: open, inSeconds } = await start();
    await using server = open;
    const { asked, get } = tokens(tokenFor({ sub: "ann", exp: inSeconds(60) }));
    const expired = tokenFor({ sub: "ann", exp: inSeconds(-1) });
    using client = new StockClient(server.ws, { token: expired, getToken: get });
    client.api.connect();
    expect(await client.until("client", "error")).toMatchObject({ error: { code: 109 } });
    await client.until("client", "connected");
    expect(asked.length).toBe(1);
  });

  test("[RC22] gives up for good with an invalid token (3500), without one (3501) and where it may not come in", async () => {
    const { server: open } = await start();
    await using server = open;
    const end = async (options: ConstructorParameters<typeof StockClient>[1]) => {
      using client = new StockClient(server.ws, options);
      client.api.connect();
      return await client.until("client", "disconnected");
    };
    expect(await end({ token: "nonsense" })).toEqual({ code: 3500, reason: "invalid token" });
    expect(await end({})).toEqual({ code: 3501, reason: "bad request" });
    const refused = await end({ getToken: () => Promise.reject(new UnauthorizedError("no")) });
    expect(refused).toEqual({ code: 1, reason: "unauthorized" });
  });

  test("comes back by itself where its token ran out and nobody refreshed it (3005)", async () => {
    const { clock, server: open, inSeconds } = await start();
    await using server = open;
    const { asked, get } = tokens(
      tokenFor({ sub: "ann", exp: inSeconds(10) }),
      tokenFor({ sub: "ann", exp: inSeconds(90) }),
    );
    using client = await new StockClient(server.ws, { token: (await get({})) ?? "", getToken: get }).connect();
    pass(clock, server, 12);
    expect(await client.until("client", "connecting")).toMatchObject({ code: 3005 });
    await client.until("client", "connected");
    expect(asked.length).toBe(2);
  });

  test.concurrent("subscribes with a token of its own to what is closed, refreshes it, and fetches another after 109", async () => {
    const { clock, server: open, inSeconds } = await start();
    await using server = open;
    const claims = { sub: "ann", channel: "closed:a" };
    const { asked, get } = tokens(
      tokenFor({ ...claims, exp: inSeconds(-1) }),
      tokenFor({ ...claims, exp: inSeconds(1), info: { role: "guest" } }),
      tokenFor({ ...claims, exp: inSeconds(60) }),
    );
    const refreshed = Promise.withResolvers<void>();
    const getToken = async (context: { channel: string }) => {
      if (asked.length === 2) setImmediate(() => refreshed.resolve());
      return await get(context);
    };
    using client = await new StockClient(server.ws, { token: tokenFor({ sub: "ann" }) }).connect();
    const channel = await client.subscribe("closed:a", { getToken, joinLeave: true });
    expect(await client.until("closed:a", "join")).toMatchObject({ info: { chanInfo: { role: "guest" } } });
    await refreshed.promise;
    // Its answer comes after that of the refresh: commands of one connection are answered in order.
    await channel.publish(1);
    pass(clock, server, 10);
    await channel.publish(2);
    expect(await client.publications("closed:a", 2)).toEqual([1, 2]);
    expect(asked).toEqual([{ channel: "closed:a" }, { channel: "closed:a" }, { channel: "closed:a" }]);
  });

  test("subscribes anew where a subscription's token ran out (2501)", async () => {
    const { clock, server: open, inSeconds } = await start();
    await using server = open;
    const claims = { sub: "ann", channel: "closed:a" };
    const { get } = tokens(tokenFor({ ...claims, exp: inSeconds(10) }), tokenFor({ ...claims, exp: inSeconds(90) }));
    using client = await new StockClient(server.ws, { token: tokenFor({ sub: "ann" }) }).connect();
    await client.subscribe("closed:a", { getToken: get });
    pass(clock, server, 12);
    expect(await client.until("closed:a", "subscribing")).toMatchObject({ code: 2501 });
    expect(await client.until("closed:a", "subscribed")).toMatchObject({ recovered: true });
  });

  test("is closed for good with a token for another channel, user or connection (3500)", async () => {
    const { server: open } = await start();
    await using server = open;
    const ends: unknown[] = [];
    for (const claims of [
      { sub: "ann", channel: "closed:b" },
      { sub: "bob", channel: "closed:a" },
      { sub: "ann", channel: "closed:a", client: "another" },
    ]) {
      using client = await new StockClient(server.ws, { token: tokenFor({ sub: "ann" }) }).connect();
      client.subscription("closed:a", { token: tokenFor(claims) }).subscribe();
      ends.push((await client.until("client", "disconnected"))["code"]);
    }
    expect(ends).toEqual([3500, 3500, 3500]);
  });
});
