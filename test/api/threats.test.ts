import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { apiKey, post, startApi } from "../support/api.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { scrape } from "../support/scrape.ts";

setDefaultTimeout(testTimeout);

describe("what is sent to the API to harm it", () => {
  test("T64 the content type is not looked at", async () => {
    await using api = await startApi();
    for (const type of [
      "",
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/json; charset=latin1",
      "?",
    ]) {
      const headers = { ...apiKey, "Content-Type": type };
      expect([type, (await api.call("publish", { channel: "news", data: "é" }, headers)).status]).toEqual([type, 200]);
    }
    const { publications } = (await api.call("history", { channel: "news", limit: -1 })).json.result;
    expect(publications.map(({ data }: { data: string }) => data)).toEqual(Array.from({ length: 5 }, () => "é"));
  });

  test("T64 ten megabytes, a bomb and 100,000 channels are refused, and nothing of them is done", async () => {
    await using api = await startApi();
    expect((await api.call("publish", `{"channel":"news","data":"${"x".repeat(10_000_000)}"}`)).status).toBe(413);
    const bomb = Bun.gzipSync(Buffer.from(JSON.stringify({ channel: "news", data: "x".repeat(1_000_000) })));
    expect(bomb.byteLength).toBeLessThan(5_000);
    for (const encoding of ["gzip", "deflate", "br", "identity, gzip"]) {
      const headers = { ...apiKey, "Content-Encoding": encoding };
      const { status } = await fetch(`${api.url}/api/publish`, { method: "POST", headers, body: bomb });
      expect([encoding, status]).toEqual([encoding, 415]);
    }
    const channels = Array.from({ length: 100_000 }, (_, index) => `${index}`);
    const broadcast = await api.call("broadcast", { channels, data: 1 });
    expect(broadcast.json.error).toEqual({ code: 107, message: "bad request: channels: expected at most 10000" });
    expect((await api.call("info", {})).json.result.nodes[0].num_channels).toBe(0);
    for (const channel of ["news", "0", "99999"]) {
      expect((await api.call("history", { channel, limit: -1 })).json.result).toMatchObject({ offset: 0 });
    }
  });

  test("a body that is said not to be encoded is read, however that is said", async () => {
    await using api = await startApi();
    for (const encoding of ["identity", "Identity", "IDENTITY", "", "identity, identity", " , "]) {
      const { status } = await api.call(
        "publish",
        { channel: "news", data: 1 },
        { ...apiKey, "Content-Encoding": encoding },
      );
      expect([encoding, status]).toEqual([encoding, 200]);
    }
    for (const encoding of ["GZIP", "x-gzip", "identity,br"]) {
      const { status } = await api.call(
        "publish",
        { channel: "news", data: 1 },
        { ...apiKey, "Content-Encoding": encoding },
      );
      expect([encoding, status]).toEqual([encoding, 415]);
    }
  });

  test("of more commands than one request may have none is run, in a batch as in lines", async () => {
    await using api = await startApi({ http_api: { broadcast_limit: 3 } });
    const commands = Array.from({ length: 4 }, () => ({ publish: { channel: "news", data: 1 } }));
    const words = (what: string) => ({ error: { code: 107, message: `bad request: ${what}: expected at most 3` } });
    expect((await api.call("batch", { commands })).json).toEqual(words("commands"));
    const line = '{"method":"publish","params":{"channel":"news","data":1}}';
    expect((await api.call("", `${line}\n${line}\n${line}\n${line}`)).json).toEqual(words("lines"));
    expect((await api.call("history", { channel: "news" })).json.result.offset).toBe(0);
    await api.call("batch", { commands: commands.slice(1) });
    await api.call("", `${line}\n\n${line}\n${line}\n`);
    expect((await api.call("history", { channel: "news" })).json.result.offset).toBe(6);
  });

  test("[AP113] T70 no method but POST, and no page of another origin: not by a preflight, nor with a key", async () => {
    await using api = await startApi();
    const origin = { Origin: "https://evil.example", "Access-Control-Request-Method": "POST" };
    for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]) {
      for (const path of ["/api", "/api/publish"]) {
        const answer = await fetch(api.url + path, { method, headers: { ...apiKey, ...origin } });
        expect([method, path, answer.status, answer.headers.get("allow")]).toEqual([method, path, 405, "POST"]);
        expect(namesOf(answer.headers)).not.toContain("access-control");
      }
    }
    for (const headers of [origin, { ...origin, ...apiKey }]) {
      const answer = await post(`${api.url}/api/publish`, '{"channel":"news","data":1}', headers);
      expect(namesOf(answer.headers)).not.toContain("access-control");
    }
    expect(namesOf((await fetch(`${api.url}/api/openapi.json`, { headers: origin })).headers)).not.toContain("access-");
  });

  test("[AP114] T71 nothing that a back end sends forges a line of the log, or is in it with its key", async () => {
    await using api = await startApi({ log: { level: "trace" } });
    const hostile = 'a\r\n{"event":"forged"}\u001b[31m\u202e\u0000\u2028';
    const ann = await api.centrifuge("ann");
    await api.call("publish", { channel: hostile, data: hostile, idempotency_key: hostile });
    await api.call("send", { user: hostile, data: hostile, queue_ttl_s: 60 });
    await api.call("subscribe", { user: hostile, channel: hostile, info: hostile });
    await api.call(encodeURIComponent(hostile), {});
    await api.call("publish", { channel: 5, tags: hostile });
    await api.call("disconnect", { user: "ann", disconnect: { code: 4000, reason: hostile } });
    expect(await ann.closed()).toEqual({ code: 4000, reason: hostile });
    await api.log.next("connection.closed");
    using raw = await RawClient.connect(api.url);
    raw.write("POST /api/publish?api_key=%0d%0aforged HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    expect((await raw.answer()).status).toBe(401);
    for (const line of api.log.text) expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
    expect(api.log.count("forged")).toBe(0);
    expect(api.log.text.join("")).not.toContain("apikey");
  });

  test("T72 ten thousand channels, users and keys add no series, and no name of theirs is a label", async () => {
    await using api = await startApi();
    const metrics = () => scrape(api.url);
    const names = Array.from({ length: 5_000 }, (_, index) => `chosen${index}`);
    const calls = async (from: number, to: number) => {
      const some = names.slice(from, to);
      await api.call("batch", { commands: some.map((channel) => ({ publish: { channel, data: 1 } })) });
      await api.call("batch", { commands: some.map((user) => ({ send: { user, data: 1 } })) });
      await api.call("publish", { channel: some[0] }, { "X-API-Key": `${some[0]}` });
      await api.call(`${some[0]}`, {});
    };
    await calls(0, 1);
    const before = (await metrics()).split("\n").length;
    await calls(1, 5_000);
    const after = await metrics();
    expect(after.split("\n")).toHaveLength(before);
    expect(after).not.toContain("chosen");
  });

  test("[AP116] T72 metrics on the public port need their key, on a loopback address too, and without one are not to be had", async () => {
    const status = async (url: string, headers: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${new URL(url).port}/metrics`, { headers })).status;
    await using keyed = await startApi({ prometheus: { key: "scraper" } });
    await using closed = await startApi({ prometheus: { key: "" } });
    for (const authorization of ["", "Bearer", "Bearer ", "Bearer scrape", "Bearer scraper2", "apikey scraper"]) {
      const headers = { Authorization: authorization };
      expect([authorization, await status(keyed.url, headers)]).toEqual([authorization, 401]);
      expect([authorization, await status(closed.url, headers)]).toEqual([authorization, 401]);
    }
    expect(await status(keyed.url, { Authorization: "bearer scraper" })).toBe(200);
    expect(await status(closed.url, { Authorization: "Bearer scraper" })).toBe(401);
  });
});

function namesOf(headers: Headers): string {
  return [...headers.keys()].join(" ");
}
