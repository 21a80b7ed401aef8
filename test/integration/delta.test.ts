import { expect, setDefaultTimeout, test } from "bun:test";
import { patched } from "../conformance/player/fossil.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import type { JsonObject } from "../support/json.ts";
import { everything, startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const config = {
  client: { allow_anonymous_connect_without_token: true },
  channel: {
    namespaces: [
      { name: "doc", ...everything, allowed_delta_types: ["fossil"], delta_publish: true, join_leave: false },
    ],
  },
};

/** A client that keeps the document of its channel, as the SDKs do. */
class Reader {
  readonly probe: CentrifugeProbe;
  document = "";
  /** Whether each publication came as a patch. */
  readonly patches: boolean[] = [];

  constructor(probe: CentrifugeProbe) {
    this.probe = probe;
  }

  static async open(url: string, request: JsonObject = {}): Promise<Reader> {
    const reader = new Reader(await CentrifugeProbe.connect(url));
    const reply = await reader.probe.ask("subscribe", { channel: "doc:a", delta: "fossil", ...request });
    const { publications = [] } = reply["subscribe"] as { publications?: JsonObject[] };
    for (const publication of publications) reader.take(publication);
    return reader;
  }

  async next(): Promise<string> {
    const [push] = await this.probe.take(1);
    const { pub } = (push as JsonObject)["push"] as { pub: JsonObject };
    this.take(pub);
    return this.document;
  }

  take({ data, delta = false }: JsonObject): void {
    this.patches.push(delta === true);
    const bytes = Buffer.from(String(data));
    this.document = delta === true ? Buffer.from(patched(Buffer.from(this.document), bytes)).toString() : String(data);
  }

  [Symbol.dispose](): void {
    this.probe[Symbol.dispose]();
  }
}

const text = "The quick brown fox jumps over the lazy dog, again and again. ".repeat(5);
const documentOf = (n: number, mark = "") => JSON.stringify({ text, n, mark });

test("[CH80] a subscriber gets its first publication whole and then patches, also where it recovers", async () => {
  await using server = await startOpenServer(config);
  using early = await Reader.open(server.ws);
  for (const n of [1, 2]) {
    await server.api.publish("doc:a", JSON.parse(documentOf(n)));
    expect(await early.next()).toBe(documentOf(n));
  }
  using late = await Reader.open(server.ws);
  await server.api.publish("doc:a", JSON.parse(documentOf(3)));
  expect([await early.next(), await late.next()]).toEqual([documentOf(3), documentOf(3)]);
  using back = await Reader.open(server.ws, { recover: true, offset: 1 });
  await server.api.publish("doc:a", JSON.parse(documentOf(4)));
  expect([await early.next(), await late.next(), await back.next()]).toEqual(Array(3).fill(documentOf(4)));
  expect([early.patches, late.patches, back.patches]).toEqual([
    [false, true, true, true],
    [false, true],
    [false, true, true],
  ]);
});

test("[CH80] after a publication that it did not receive a subscriber gets the next one whole", async () => {
  await using server = await startOpenServer(config);
  using publisher = await Reader.open(server.ws);
  using other = await Reader.open(server.ws);
  const publish = async (n: number, excludeClient?: string) => {
    await server.api.publish("doc:a", JSON.parse(documentOf(n)), { ...(excludeClient && { excludeClient }) });
  };
  await publish(1);
  await publish(2, publisher.probe.client);
  await publish(3);
  await publish(4);
  expect([await publisher.next(), await publisher.next(), await publisher.next()]).toEqual(
    [1, 3, 4].map((n) => documentOf(n)),
  );
  expect(publisher.patches).toEqual([false, false, true]);
  for (const n of [1, 2, 3, 4]) expect(await other.next()).toBe(documentOf(n));
  expect(other.patches).toEqual([false, true, true, true]);
});

test("a patch that would end inside of a character is sent whole", async () => {
  await using server = await startOpenServer(config);
  using reader = await Reader.open(server.ws);
  // The last byte alone differs: U+00E9 and U+00E8.
  for (const mark of ["\u00e9", "\u00e8", "\u00e9"]) {
    await server.api.publish("doc:a", JSON.parse(documentOf(1, mark)));
    expect(await reader.next()).toBe(documentOf(1, mark));
  }
});

/** Each run of the second is compared with 250 places of the first: 35 ms for 64 KB. */
const hostile = ["a".repeat(64_000), `${"a".repeat(199)}b`.repeat(320)].map((data) => JSON.stringify(data));
const repeated = [1, 2].map((n) =>
  JSON.stringify({ rows: Array.from({ length: 2_000 }, (_, id) => ({ id, n: id === n })) }),
);

test.each([
  ["a long document", repeated, true],
  ["a payload of runs that are found in many places", hostile, false],
  ["300 KiB", [1, 2].map((n) => JSON.stringify({ text: text.repeat(1_000), n })), false],
] as const)(
  "[CH81] %s: the second is a patch where that takes no longer than its bytes explain",
  async (_, documents, isPatch) => {
    await using server = await startOpenServer(config);
    using reader = await Reader.open(server.ws);
    for (const document of documents) {
      await server.api.publish("doc:a", JSON.parse(document));
      expect(await reader.next()).toBe(document);
    }
    expect(reader.patches).toEqual([false, isPatch]);
  },
);
