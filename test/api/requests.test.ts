import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { methods } from "../../src/api/methods.ts";
import { startApi } from "../support/api.ts";
import { testTimeout } from "../support/patience.ts";
import { at, fieldsOf, requestSchemas } from "./document.ts";

setDefaultTimeout(testTimeout);

describe("fields of a request", () => {
  test("[AP23] an unknown field of a method of our own is error 107 with its name and the nearest one, also in a batch", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    const cases: readonly (readonly [method: string, request: object, words: string])[] = [
      ["send", { user: "ann", data: 1, queue_ttl: 60 }, "queue_ttl: unknown field, the nearest is queue_ttl_s"],
      [
        "send",
        { user: "ann", data: 1, idempotencyKey: "k" },
        "idempotencyKey: unknown field, the nearest is idempotency_key",
      ],
      [
        "send",
        { user: "ann", data: 1, "": 1 },
        ": unknown field, expected one of user, client, data, b64data, queue_ttl_s, ttl, until, per, idempotency_key",
      ],
      ["push_log", { untill: 5 }, "untill: unknown field, the nearest is until"],
    ];
    for (const [method, request, words] of cases) {
      const error = { code: 107, message: `bad request: ${words}` };
      expect((await api.call(method, request)).json).toEqual({ error });
      expect((await api.call("batch", { commands: [{ [method]: request }] })).json).toEqual({ replies: [{ error }] });
    }
    expect(await ann.rest()).toEqual([]);
  });

  test("unknown fields of Centrifugo's methods are ignored, counted by method and logged at debug", async () => {
    await using api = await startApi({ log: { level: "debug" } });
    const request = { channel: "news", data: 1, Channel: "other", label: "x".repeat(100) };
    expect((await api.call("publish", request)).json.result.offset).toBe(1);
    await api.call("batch", { commands: [{ publish: request }, { history: { channel: "news" } }] });
    expect(await api.log.next("api.unknown_fields")).toMatchObject({
      level: "debug",
      method: "publish",
      key: "default",
      fields: `Channel label`,
    });
    expect(await api.metric('chorus_api_unknown_fields_total{method="publish"}')).toBe(2);
    expect(await api.metric('chorus_api_unknown_fields_total{method="history"}')).toBe(0);
  });

  test("null is the same as no field at all, in every method and at every depth", async () => {
    await using api = await startApi();
    for (const { method, path } of requestSchemas.flatMap(([method, schema]) => fieldsOf(method, schema))) {
      const { status, text } = await api.call(method, at(path, null));
      expect([method, path, status]).toEqual([method, path, 200]);
      expect(text).not.toContain("expected a s");
    }
    const publish = { channel: "news", data: 1, tags: { a: null }, version: null, skip_history: null, b64data: null };
    expect((await api.call("publish", publish)).json.result.offset).toBe(1);
    const { result } = (await api.call("history", { channel: "news", limit: 1, since: null, reverse: null })).json;
    expect(result.publications).toEqual([{ data: 1, offset: 1, tags: { a: "" } }]);
    const { responses } = (await api.call("broadcast", { channels: [null, "news"], data: 1 })).json.result;
    expect(responses.map(({ error }: { error?: { code: number } }) => error?.code ?? 0)).toEqual([107, 0]);
    const { entries } = (await api.call("push_log", { channel: "news", user: null, limit: null, cursor: null })).json
      .result;
    expect(entries).toHaveLength(2);
  });

  test("an offset of 64 bits is one that no stream has reached", async () => {
    await using api = await startApi();
    const { epoch } = (await api.call("publish", { channel: "news", data: 1 })).json.result;
    const since = `{"offset":18446744073709551615,"epoch":"${epoch}"}`;
    const { result } = (await api.call("history", `{"channel":"news","limit":5,"since":${since}}`)).json;
    expect(result).toEqual({ publications: [], epoch, offset: 1 });
    const beyond = await api.call("history", '{"channel":"news","since":{"offset":36893488147419103232}}');
    expect([beyond.status, beyond.text]).toEqual([400, "Bad Request\nsince.offset: expected 64 bits\n"]);
  });
});

describe("the order of checks", () => {
  test("[AP98] a request that is wrong in several ways has the first error, in both modes of errors", async () => {
    await using api = await startApi({
      channel: { namespaces: [{ name: "bare", publication_data_format: "json_object" }] },
    });
    const long = "x".repeat(300);
    const cases: readonly (readonly [method: string, request: object, code: number, status: number])[] = [
      ["publish", { b64data: "?" }, 107, 400],
      ["publish", { channel: "nope:x", b64data: "?" }, 107, 400],
      ["publish", { channel: "nope:x" }, 102, 404],
      ["publish", { channel: `nope:${long}` }, 107, 400],
      ["publish", { channel: "bare:x", data: [1] }, 107, 400],
      ["broadcast", { channels: [], b64data: "?" }, 107, 400],
      ["broadcast", { channels: ["nope:x"], b64data: "?" }, 107, 400],
      ["subscribe", { channel: "nope:x", b64info: "?", expire_at: 1 }, 102, 404],
      ["subscribe", { channel: "news", b64info: "?", expire_at: 1 }, 107, 400],
      ["unsubscribe", { channel: "nope:x" }, 102, 404],
      ["presence", { channel: "nope:x" }, 102, 404],
      ["presence", { channel: "bare:x" }, 108, 400],
      ["history", { channel: "nope:x", reverse: true, since: {} }, 102, 404],
      ["history", { channel: "bare:x", reverse: true, since: {} }, 108, 400],
      ["history", { channel: "news", reverse: true, since: {} }, 100, 500],
      ["history", { channel: "news", since: { offset: 1, epoch: "?" } }, 112, 416],
      ["rpc", {}, 107, 400],
      ["rpc", { method: "x" }, 104, 404],
    ];
    const transport = { "X-API-Key": "apikey", "X-Centrifugo-Error-Mode": "transport" };
    for (const [method, request, code, status] of cases) {
      const [plain, asStatus] = [await api.call(method, request), await api.call(method, request, transport)];
      expect([method, request, plain.status, plain.json.error?.code]).toEqual([method, request, 200, code]);
      expect([method, request, asStatus.status, asStatus.json.code]).toEqual([method, request, status, code]);
    }
    const unknown = await api.call("nothing", "no JSON", { "X-API-Key": "wrong" });
    expect(unknown.status).toBe(404);
    expect((await api.call("info", "no JSON", { "X-API-Key": "wrong" })).status).toBe(401);
  });

  test("each channel of a broadcast has its own error", async () => {
    await using api = await startApi({
      channel: {
        namespaces: [
          { name: "object", publication_data_format: "json_object" },
          { name: "bytes", publication_data_format: "binary" },
        ],
      },
    });
    const channels = ["", "nope:x", "object:x", "bytes:x", "news", "x".repeat(300)];
    const codes = async (request: object) =>
      (await api.call("broadcast", { channels, ...request })).json.result.responses.map(
        ({ error }: { error?: { code: number } }) => error?.code ?? 0,
      );
    expect(await codes({ data: [1] })).toEqual([107, 102, 107, 0, 0, 107]);
    expect(await codes({})).toEqual([107, 102, 107, 0, 107, 107]);
    expect(await codes({ b64data: "AP8=" })).toEqual([107, 102, 107, 0, 0, 107]);
  });

  test("of several methods in one command of a batch the first of Centrifugo's order is run", async () => {
    await using api = await startApi();
    const { replies } = (
      await api.call("batch", {
        commands: [
          { history: { channel: "news" }, publish: { channel: "news", data: 1 } },
          { send: { user: "ann", data: 1 }, info: {} },
          { nothing: {} },
          {},
        ],
      })
    ).json;
    expect(replies.map((reply: object) => Object.keys(reply)[0])).toEqual(["publish", "info", "error", "error"]);
    expect(replies[2]).toEqual({ error: { code: 104, message: "not found" } });
  });

  test("the names that a key may be limited to are those of the methods, and batch", async () => {
    for (const name of [...methods.map((method) => method.name), "batch"]) {
      await using _api = await startApi({ http_api: { keys: [{ name: "key", key: "a key", methods: [name] }] } });
    }
    await expect(
      startApi({ http_api: { keys: [{ name: "key", key: "a key", methods: ["nothing"] }] } }),
    ).rejects.toThrow();
  });
});
