import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { startApi } from "../support/api.ts";
import { ManualClock } from "../support/clock.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";

setDefaultTimeout(testTimeout);

const head = ["X-API-Key: apikey", "Content-Type: application/json"];

/** A request whose body a test writes by itself. */
function requestHead(client: RawClient, target: string, add: readonly string[]): string {
  const replace = { Upgrade: null, Connection: null, "Sec-WebSocket-Key": null, "Sec-WebSocket-Version": null };
  return client.handshake({ method: "POST", target, replace, add: [...head, ...add] });
}

describe("bodies", () => {
  test("[AP60] T64 a body that takes too long is 408, and does nothing when it comes after all", async () => {
    const clock = new ManualClock();
    await using api = await startApi({}, { clock });
    const body = '{"channel":"news","data":1}';
    using client = await RawClient.connect(api.url);
    client.write(`${requestHead(client, "/api/publish", [`Content-Length: ${body.length}`])}${body.slice(0, 5)}`);
    // The server has the head when it has counted the call; the time of the body begins with it.
    await api.untilMetric('chorus_api_calls_total{method="publish"}', 1);
    clock.advance(10_000);
    const answer = await client.answer();
    expect([answer.status, answer.headers.get("connection")]).toEqual([408, "close"]);
    client.write(body.slice(5));
    expect((await api.call("history", { channel: "news", limit: 10 })).json.result.publications).toEqual([]);
    expect(await api.metric('chorus_api_refused_total{status="408"}')).toBe(1);
  });

  test("T64 a body of exactly the limit is taken; one byte more is 413, also where no length is announced", async () => {
    const body = JSON.stringify({ channel: "news", data: "x".repeat(200) });
    await using api = await startApi({ http_api: { body_size_limit: body.length } });
    expect((await api.call("publish", body)).status).toBe(200);
    expect((await api.call("publish", `${body} `)).status).toBe(413);
    using client = await RawClient.connect(api.url);
    const size = (body.length + 1).toString(16);
    const chunked = requestHead(client, "/api/publish", ["Transfer-Encoding: chunked"]);
    client.write(`${chunked}${size}\r\n${body} \r\n0\r\n\r\n`);
    expect((await client.answer()).status).toBe(413);
    const { publications } = (await api.call("history", { channel: "news", limit: -1 })).json.result;
    expect(publications).toHaveLength(1);
  });

  test("T38 a thousand levels are taken and one more is not, in a body as in what base64 holds", async () => {
    await using api = await startApi();
    const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    const publish = (levels: number) => api.call("publish", `{"channel":"news","data":${nested(levels - 1)}}`);
    expect([(await publish(1_000)).status, (await publish(1_001)).status]).toEqual([200, 400]);
    const encoded = (levels: number) => Buffer.from(nested(levels)).toString("base64");
    const base64 = async (levels: number) =>
      (await api.call("publish", { channel: "x", b64data: encoded(levels) })).json;
    expect(await base64(1_000)).toEqual({ result: { offset: 1, epoch: expect.any(String) } });
    expect((await base64(1_001)).error.code).toBe(107);
    const deep = (await api.call("subscribe", { user: "u", channel: "x", b64info: encoded(1_001) })).json;
    expect(deep.error.code).toBe(107);
  });

  test("[AP63] of several commands none is run where one cannot be read, and the place is told", async () => {
    await using api = await startApi();
    const probe = await api.plain("ann");
    const good = { publish: { channel: "news", data: "never" } };
    for (const [method, body, place] of [
      ["batch", { commands: [good, { publish: { channel: 5 } }] }, "commands.1.publish.channel: expected a string"],
      [
        "batch",
        { commands: [good, { history: { channel: "news", limit: "5" } }], parallel: true },
        "commands.1.history.limit: expected a number",
      ],
      ["batch", { commands: 5 }, "commands: expected a list"],
      ["batch", { commands: [good, 5] }, "commands.1: expected an object"],
      ["batch", { commands: [good, { publish: [] }] }, "commands.1.publish: expected an object"],
      ["batch", { commands: [good], parallel: 1 }, "parallel: expected a boolean"],
      ["batch", [good], "expected an object"],
      ["", '{"method":"publish","params":{"channel":"news","data":1}}\n{"method":', "line 2"],
      ["", '{"method":"publish","params":{"channel":"news","data":1}}\n{"method":"history","params":[]}', "line 2"],
      ["", '{"method":5}', "line 1: method"],
      ["", "\n\n", "the body is empty"],
    ] as const) {
      const { status, text } = await api.call(method, body);
      expect([status, text.split("\n")[0]]).toEqual([400, "Bad Request"]);
      expect(text.split("\n")[1]).toContain(place);
    }
    await api.call("publish", { channel: "news", data: "first" });
    expect(await probe.next()).toBe("first");
  });

  test("a body that cannot be read says whether it is empty, no JSON, too deep, or no object", async () => {
    await using api = await startApi();
    for (const [body, words] of [
      ["", "the body is empty"],
      [" \r\n", "the body is empty"],
      ["{", "the body is no JSON"],
      ["channel=news", "the body is no JSON"],
      ["[".repeat(1_001), "the body has more than 1000 levels"],
      ["[]", "expected an object"],
      ["5", "expected an object"],
      ['{"tags":[]}', "tags: expected an object of strings"],
    ]) {
      for (const method of ["publish", "broadcast"]) {
        const { status, text } = await api.call(method, body);
        expect([method, body, status, text]).toEqual([method, body, 400, `Bad Request\n${words}\n`]);
      }
    }
    for (const body of ["[]", "5"]) {
      const { json } = await api.call("send", body);
      expect(json).toEqual({ error: { code: 107, message: "bad request: expected an object" } });
    }
  });

  test("a thousand channels in one broadcast are fine; over the limit nothing is published", async () => {
    await using api = await startApi({ http_api: { broadcast_limit: 1_000 } });
    const channels = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
    const { responses } = (await api.call("broadcast", { channels, data: 1 })).json.result;
    expect(responses).toHaveLength(1_000);
    expect(responses.every(({ result }: { result?: { offset: number } }) => result?.offset === 1)).toBe(true);
    const over = await api.call("broadcast", { channels: [...channels, "one more"], data: 1 });
    expect(over.json).toEqual({ error: { code: 107, message: "bad request: channels: expected at most 1000" } });
    expect((await api.call("history", { channel: "one more" })).json.result.offset).toBe(0);
  });
});

test("[AP69] while the server drains writes are 503 and close their connection, and reads go on", async () => {
  const clock = new ManualClock();
  // Of three connections one is let go at once; the clock stands, and with it the drain.
  await using api = await startApi({ shutdown: { batch_size: 1, batch_interval: "50ms", timeout: "1h" } }, { clock });
  const probes = [await api.centrifuge("a"), await api.centrifuge("b"), await api.centrifuge("c")];
  const stopped = api.stop();
  for (const [method, body] of [
    ["publish", { channel: "news", data: 1 }],
    ["send", { user: "a", data: 1 }],
    ["batch", { commands: [] }],
    ["", '{"method":"info"}'],
  ] as const) {
    const { status, headers } = await api.call(method, body);
    expect([method, status, headers.get("connection")]).toEqual([method, 503, "close"]);
  }
  for (const method of ["history", "presence", "presence_stats"]) {
    expect([method, (await api.call(method, { channel: "news" })).status]).toEqual([method, 200]);
  }
  for (const probe of probes) probe[Symbol.dispose]();
  await stopped;
});

test("[AP70] with an internal port the API is there and nowhere else", async () => {
  await using api = await startApi({ http_server: { internal_port: "0" } });
  expect((await api.call("info", {})).status).toBe(404);
  const inside = api.internalUrl ?? "";
  const answer = await fetch(`${inside}/api/info`, { method: "POST", body: "{}", headers: { "X-API-Key": "apikey" } });
  expect(answer.status).toBe(200);
  expect((await fetch(`${api.url}/api/openapi.json`)).status).toBe(404);
  expect((await fetch(`${inside}/api/openapi.json`)).status).toBe(200);
});
