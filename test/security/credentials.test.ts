import { expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { RawClient } from "../support/raw.ts";
import { scrape } from "../support/scrape.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { connectionToken, secret } from "../support/tokens.ts";

setDefaultTimeout(testTimeout);

const config = { client: { token: { hmac_secret_key: secret } }, log: { level: "trace" } } as const;

/** The three parts of a token, each long enough to be found wherever it leaked. */
const partsOf = (token: string) => token.split(".");

/** Brings a token to every door, and answers with all that was heard there. */
async function knockEverywhere(server: TestServer, token: string, isGood: boolean): Promise<string[]> {
  const heard: string[] = [];
  const byQuery = new Probe(`${server.ws}/ws?token=${token}`);
  const byProtocol = new Probe(`${server.ws}/ws`, { protocols: ["chorus", `bearer.${token}`] });
  for (const probe of [byQuery, byProtocol]) {
    await probe.open();
    if (isGood) await server.log.next("connection.authenticated", { user: "ann" });
    heard.push(probe.protocol, JSON.stringify(isGood ? await probe.close() : await probe.closed()));
  }
  const headers = { Authorization: `Bearer ${token}` };
  for (const path of ["/ws", "/echo", "/nothing", "/", "/healthz", "/metrics"]) {
    const response = await fetch(`${server.url}${path}?token=${token}`, { headers });
    heard.push(await response.text(), JSON.stringify([...response.headers]));
  }
  using raw = await RawClient.connect(server.url);
  heard.push(JSON.stringify(await raw.request({ add: [`Sec-WebSocket-Protocol: bearer.${token}`] })));
  return heard;
}

test("[SE8] [T09] no token, good or bad, is in a log line, a metric or an answer", async () => {
  await using server = await startTestServer(config);
  const good = await connectionToken("ann");
  const past = await connectionToken("ben", { expiresAt: Date.now() - 60_000 });
  const forged = await connectionToken("cas", { signedWith: "another secret, also of more than 256 bits" });
  const heard = await amongBystanders(server.ws, async () => {
    const everywhere: string[] = [];
    for (const token of [good, past, forged, `${good}x`, good.slice(0, -4)]) {
      everywhere.push(...(await knockEverywhere(server, token, token === good)));
    }
    return everywhere;
  });
  const everything = [...server.log.text, ...heard, await scrape(server.url)].join("\n");
  for (const token of [good, past, forged]) {
    for (const part of partsOf(token).slice(1)) expect(everything).not.toContain(part);
  }
  expect(everything).not.toContain(secret);
});

test("[SE8] [T09] the answer names the subprotocol chorus and never the one that carries the token", async () => {
  await using server = await startTestServer(config);
  const token = await connectionToken("ann");
  const offers: [lines: string[], status: number, protocol?: string][] = [
    [[`chorus, bearer.${token}`], 101, "chorus"],
    [[`bearer.${token}, chorus`], 101, "chorus"],
    [[`bearer.${token}`, "chorus"], 101, "chorus"],
    [[`bearer.${token}`], 400],
    [["chorus, bearer."], 400],
    [["bearer."], 400],
  ];
  for (const [lines, status, protocol] of offers) {
    using client = await RawClient.connect(server.url);
    const answer = await client.request({ add: lines.map((line) => `Sec-WebSocket-Protocol: ${line}`) });
    expect([answer.status, answer.headers.get("sec-websocket-protocol")]).toEqual([status, protocol]);
  }
});

test("[SE8] [T09] the page sends no referrer, so that no address with a token in it leaves", async () => {
  await using server = await startTestServer(config);
  const response = await fetch(server.url);
  expect(response.status).toBe(200);
  expect(response.headers.get("referrer-policy")).toBe("no-referrer");
});

test("[SE8] [T09] a token opens what it should, and a bad one closes with its code", async () => {
  await using server = await startTestServer(config);
  using listener = await new Probe(`${server.ws}/ws?token=${await connectionToken("ann")}`).open();
  await server.log.next("connection.authenticated", { user: "ann" });
  const late = await connectionToken("ben", { expiresAt: Date.now() - 60_000 });
  expect(await (await new Probe(`${server.ws}/ws?token=${late}`).open()).closed()).toEqual(
    disconnects.connectionExpired,
  );
  const bad = new Probe(`${server.ws}/ws?token=nonsense`);
  expect(await (await bad.open()).closed()).toEqual(disconnects.invalidToken);
  using speaker = await new Probe(`${server.ws}/ws`, {
    protocols: ["chorus", `bearer.${await connectionToken("cas")}`],
  }).open();
  speaker.send("hello");
  expect(await listener.nextText()).toBe("hello");
});

test("[SE62] no port answers with the version of the runtime or of the kernel", async () => {
  await using server = await startTestServer({ http_server: { internal_port: 0 } });
  for (const url of [server.url, server.internalUrl]) {
    const answer = await fetch(`${url}/bun:info`);
    expect([answer.status, await answer.text()]).toEqual([404, expect.not.stringContaining("bun_version")]);
  }
});
