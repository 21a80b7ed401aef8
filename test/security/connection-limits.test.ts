import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { ManualClock } from "../support/clock.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import type { HttpAnswer } from "../support/server-stream.ts";
import { connectionToken, secret } from "../support/tokens.ts";

setDefaultTimeout(testTimeout);

/** Tries to open a socket, and keeps it where it opens. */
async function knock(server: TestServer, forwardedFor?: string): Promise<{ client: RawClient; answer: HttpAnswer }> {
  const client = await RawClient.connect(server.url);
  const add = forwardedFor === undefined ? [] : [`X-Forwarded-For: ${forwardedFor}`];
  return { client, answer: await client.request({ add }) };
}

describe("how many may come in (T10)", () => {
  test("[SE9] [T10] one more than the server's limit gets 503, until somebody leaves", async () => {
    const bystanders = 10;
    await using server = await startTestServer({ client: { connection_limit: bystanders + 3 } });
    await amongBystanders(
      server.ws,
      async () => {
        const inside = await Promise.all([knock(server), knock(server), knock(server)]);
        expect(inside.map(({ answer }) => answer.status)).toEqual([101, 101, 101]);
        for (let more = 0; more < 5; more += 1) {
          const { client, answer } = await knock(server);
          expect(answer.status).toBe(503);
          expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
          expect(answer.body).toMatch(/^[^\n]{10,}\n$/);
          client[Symbol.dispose]();
        }
        expect(await server.metric('chorus_connections_refused_total{reason="connection_limit"}')).toBe(5);
        inside[0]?.client.reset();
        await server.log.next("connection.closed");
        expect((await knock(server)).answer.status).toBe(101);
      },
      { count: bystanders },
    );
  });

  test("[SE9] [T10] one more than an address's limit gets 429; other addresses do not notice", async () => {
    await using server = await startTestServer({
      http_server: { trusted_proxies: ["127.0.0.1"] },
      client: { address_connection_limit: 2 },
    });
    await amongBystanders(server.ws, async () => {
      const first = await knock(server, "203.0.113.7");
      expect([first.answer.status, (await knock(server, "203.0.113.7")).answer.status]).toEqual([101, 101]);
      const { answer } = await knock(server, "203.0.113.7");
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect((await knock(server, "203.0.113.8")).answer.status).toBe(101);
      first.client.reset();
      await server.log.next("connection.closed", { address: "203.0.113.7" });
      expect((await knock(server, "203.0.113.7")).answer.status).toBe(101);
      expect(await server.metric('chorus_connections_refused_total{reason="address_limit"}')).toBe(1);
    });
  });

  test("[SE9] [T10] loopback addresses are not counted: everyone behind a local proxy is one", async () => {
    await using server = await startTestServer({ client: { address_connection_limit: 2 } });
    for (let count = 0; count < 5; count += 1) expect((await knock(server)).answer.status).toBe(101);
  });

  test("[SE9] [T10] one more than a user's limit is closed with 3504, and the others stay", async () => {
    await using server = await startTestServer({
      client: { token: { hmac_secret_key: secret }, user_connection_limit: 2 },
    });
    await amongBystanders(server.ws, async () => {
      const url = `${server.ws}/ws?channel=users&token=${await connectionToken("ann")}`;
      using first = await new Probe(url).open();
      await server.log.next("connection.authenticated", { user: "ann" });
      using second = await new Probe(url).open();
      await server.log.next("connection.authenticated", { user: "ann" });
      expect(await (await new Probe(url).open()).closed()).toEqual(disconnects.connectionLimit);
      first.send("still here");
      expect(await second.nextText()).toBe("still here");
      await first.close(1000);
      await server.log.next("connection.closed", { user: "ann", code: 1000 });
      using third = await new Probe(url).open();
      await server.log.next("connection.authenticated", { user: "ann" });
      second.send("welcome");
      expect(await third.nextText()).toBe("welcome");
    });
  });

  test("[SE9] [T10] one more than may be accepted in a second gets 503, and a second later comes in", async () => {
    const clock = new ManualClock();
    const bystanders = 10;
    const config = { client: { connection_rate_limit: bystanders + 2 } };
    await using server = await startTestServer(config, { clock });
    await amongBystanders(
      server.ws,
      async () => {
        expect([(await knock(server)).answer.status, (await knock(server)).answer.status]).toEqual([101, 101]);
        const { answer } = await knock(server);
        expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
        clock.advance(1_000);
        expect((await knock(server)).answer.status).toBe(101);
      },
      { count: bystanders },
    );
  });
});

describe("what counts as one address", () => {
  const limited = {
    http_server: { trusted_proxies: ["127.0.0.1", "10.0.0.0/8"] },
    client: { address_connection_limit: 1 },
  };
  const statuses = async (server: TestServer, entries: readonly string[]) => {
    const all: number[] = [];
    for (const entry of entries) all.push((await knock(server, entry)).answer.status);
    return all;
  };

  test("[SE10] a port beside an address is no other address", async () => {
    await using server = await startTestServer(limited);
    const entries = ["203.0.113.2:51001", "203.0.113.2:51002", "203.0.113.3:51001", "[2001:db8::5]:443", "2001:db8::5"];
    expect(await statuses(server, entries)).toEqual([101, 429, 101, 101, 429]);
  });

  test("[SE37] the addresses of one IPv6 network of 64 bits count as one", async () => {
    await using server = await startTestServer(limited);
    const entries = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1", "::ffff:203.0.113.2", "203.0.113.2"];
    expect(await statuses(server, entries)).toEqual([101, 429, 101, 101, 429]);
  });

  test("[SE37] the length of that prefix is an option", async () => {
    await using server = await startTestServer({
      ...limited,
      client: { ...limited.client, address_ipv6_prefix: 56 },
    });
    const entries = ["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:100::1"];
    expect(await statuses(server, entries)).toEqual([101, 429, 101]);
  });

  test("[SE10] entries that cannot be read are said once, and their clients are not one client", async () => {
    await using server = await startTestServer(limited);
    const entries = ["unknown, 10.1.2.3", "unknown, 10.1.2.3", "garbage", "garbage", "203.0.113.9, 300.1.1.1"];
    expect(await statuses(server, entries)).toEqual([101, 101, 101, 101, 101]);
    expect(await statuses(server, ["_one", "_two", "_one"])).toEqual([101, 101, 429]);
    expect(server.log.count("proxy.unreadable")).toBe(1);
    expect(await server.log.next("proxy.unreadable")).toMatchObject({ level: "warn", entry: "unknown" });
  });
});

describe("whose address counts (T11)", () => {
  const trusted = { http_server: { trusted_proxies: ["127.0.0.1", "10.0.0.0/8"] } };
  const rows: [lines: string[], address: string][] = [
    [[], "127.0.0.1"],
    [["203.0.113.7"], "203.0.113.7"],
    [["1.1.1.1, 203.0.113.7"], "203.0.113.7"],
    [["203.0.113.7, 10.1.2.3"], "203.0.113.7"],
    [["203.0.113.7", "10.1.2.3"], "203.0.113.7"],
    [["1.1.1.1", "203.0.113.7"], "203.0.113.7"],
    [["10.9.9.9, 10.1.2.3"], "10.9.9.9"],
    [["2001:db8::1"], "2001:db8::1"],
    [["2001:0DB8:0:0:0:0:0:1"], "2001:db8::1"],
    [["fe80::1%eth0"], "fe80::1"],
    [["::ffff:203.0.113.7"], "203.0.113.7"],
    [[""], "127.0.0.1"],
    [["garbage"], "127.0.0.1"],
    [["203.0.113.7, garbage"], "127.0.0.1"],
    [["203.0.113.7, garbage, 10.1.2.3"], "10.1.2.3"],
    [["203.0.113.7:4711"], "203.0.113.7"],
    [["[2001:db8::5]:443"], "2001:db8::5"],
    [['"[2001:db8::5]:443"'], "2001:db8::5"],
    [["[2001:db8::5]"], "2001:db8::5"],
    [["2001:db8::5, 10.1.2.3:80"], "2001:db8::5"],
    [["203.0.113.7:51001, 10.1.2.3:51002, 10.1.2.4"], "203.0.113.7"],
    [["203.0.113.7:_port"], "203.0.113.7"],
    [["203.0.113.7, ,"], "203.0.113.7"],
    [["_hidden:_p"], "_hidden"],
    [["203.0.113.7, unknown"], "127.0.0.1"],
    [["203.0.113.7:99999999"], "127.0.0.1"],
    [["[203.0.113.7"], "127.0.0.1"],
    [["1"], "127.0.0.1"],
    [["'; DROP TABLE users"], "127.0.0.1"],
    [[`${"1.1.1.1, ".repeat(800)}203.0.113.7`], "203.0.113.7"],
  ];

  test.each(rows)("[SE10] [T11] behind a trusted proxy that says %p it is %p", async (lines, address) => {
    await using server = await startTestServer(trusted);
    using client = await RawClient.connect(server.url);
    const answer = await client.request({ add: lines.map((line) => `X-Forwarded-For: ${line}`) });
    expect(answer.status).toBe(101);
    client.sendClose(1000);
    expect(await server.log.next("connection.closed")).toMatchObject({ address });
  });

  test("[SE10] [T11] a client's own X-Forwarded-For is not believed, and said to be so once", async () => {
    await using server = await startTestServer({ http_server: { trusted_proxies: ["192.0.2.1"] } });
    for (const spoofed of ["203.0.113.7", "127.0.0.2", "192.0.2.1"]) {
      const { client } = await knock(server, spoofed);
      client.sendClose(1000);
      expect(await server.log.next("connection.closed")).toMatchObject({ address: "127.0.0.1" });
    }
    expect(server.log.count("proxy.untrusted")).toBe(1);
  });
});
