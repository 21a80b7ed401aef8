import { describe, expect, test } from "bun:test";
import { publicationWords, readDraft } from "../../src/web/page/channels/publication-words.ts";

describe("publications in words", () => {
  test.each<[string, unknown, Record<string, string> | undefined, { name: string; text: string }]>([
    ["a string", "hello", undefined, { name: "", text: "hello" }],
    ["a text of the chat", '{"name":"Ann","text":"hi"}', undefined, { name: "Ann", text: "hi" }],
    ["JSON shaped like the chat's", { name: "Ann", text: "hi" }, undefined, { name: "Ann", text: "hi" }],
    ["other JSON", { a: [1, null] }, undefined, { name: "", text: '{"a":[1,null]}' }],
    ["null", null, undefined, { name: "", text: "null" }],
    ["nothing", undefined, undefined, { name: "", text: "" }],
    ["bytes", "AAEC", { "chorus-encoding": "base64" }, { name: "", text: "Bytes: 3 bytes" }],
    ["bytes with padding", "AA==", { "chorus-encoding": "base64" }, { name: "", text: "Bytes: 1 byte" }],
    ["another tag", "AAEC", { color: "red" }, { name: "", text: "AAEC" }],
    ["markup", "<img src=x onerror=alert(1)>", undefined, { name: "", text: "<img src=x onerror=alert(1)>" }],
  ])("%s", (_, data, tags, words) => {
    expect(publicationWords({ data, tags })).toEqual(words);
  });
});

describe("what a person types to publish", () => {
  test.each<[string, unknown]>([
    ["hello", "hello"],
    ['{"a":1}', { a: 1 }],
    [" [1,2]", [1, 2]],
    ["{not json", "{not json"],
    ["42", "42"],
    ["null", "null"],
    ['"quoted"', '"quoted"'],
  ])("%j is published as %j", (text, data) => {
    expect(readDraft(text)).toEqual(data);
  });
});
