import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { outcomeWords, readAnswer, refusalWords } from "../../src/web/page/push/api.ts";
import { type PushDraft, pushRequest, textWords } from "../../src/web/page/push/request.ts";

const draft: PushDraft = { to: "channel", target: "news", data: "hi", keep: "", idempotencyKey: "" };

describe("a filled-in push form", () => {
  test.each<[string, Partial<PushDraft>, ReturnType<typeof pushRequest>]>([
    ["to a channel", {}, { method: "publish", body: { channel: "news", data: "hi" } }],
    ["with JSON", { data: '{"a":1}' }, { method: "publish", body: { channel: "news", data: { a: 1 } } }],
    [
      "to several channels",
      { to: "channels", target: " a, b  c,,\td " },
      { method: "broadcast", body: { channels: ["a", "b", "c", "d"], data: "hi" } },
    ],
    ["to a user", { to: "user", target: "ann" }, { method: "send", body: { user: "ann", data: "hi" } }],
    [
      "to an absent user, once",
      { to: "user", target: "ann", keep: "60", idempotencyKey: "k1" },
      { method: "send", body: { user: "ann", data: "hi", idempotency_key: "k1", queue_ttl_s: 60 } },
    ],
    ["a keep time of no user", { keep: "60" }, { method: "publish", body: { channel: "news", data: "hi" } }],
  ])("%s", (_, change, request) => {
    expect(pushRequest({ ...draft, ...change })).toEqual(request);
  });
});

test.each([
  ['{"a":1}', ""],
  ['{"a":1,}', " The data went as a text: it is no JSON."],
  ["[INFO] restart", " The data went as a text: it is no JSON."],
  ["hello", ""],
  ["", ""],
])("of %p it is told whether it went as a text", (data, words) => {
  expect(textWords(data)).toBe(words);
});

test.each([
  ["ok", false, "ok"],
  ["queued", true, "waits"],
  ["nobody", false, "nobody"],
  ["expired", false, "expired"],
  ["delivered_later", false, "delivered later"],
  ["102", false, "refused (102)"],
])("the outcome %p, waiting %p, is told as %p", (outcome, queued, words) => {
  expect(outcomeWords({ outcome, queued })).toBe(words);
});

describe("the API's answers in words", () => {
  const schema = v.object({ offset: v.number() });
  test.each<[string, ReturnType<typeof readAnswer<typeof schema>>]>([
    ['{"result":{"offset":3,"epoch":"x"}}', { ok: true, result: { offset: 3 } }],
    ['{"error":{"code":102,"message":"unknown channel"}}', { ok: false, words: "Refused: unknown channel (102)." }],
    ['{"result":{}}', { ok: false, words: "The server's answer is not understood." }],
    ["{}", { ok: false, words: "The server's answer is not understood." }],
    ["<html>", { ok: false, words: "The server's answer is not understood." }],
  ])("%s", (text, answer) => {
    expect(readAnswer(text, schema)).toEqual(answer);
  });

  test.each([401, 403, 404, 413, 429, 503])("HTTP %d has words of its own", (status) => {
    expect(refusalWords(status, "")).not.toContain(String(status));
  });
  test("any other is told with what the server said, in one line", () => {
    expect(refusalWords(400, "Bad Request\nchannel: expected a string\n")).toBe(
      "Refused with HTTP 400: Bad Request channel: expected a string",
    );
  });
});
