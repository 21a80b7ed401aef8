/**
 * What a frame costs on its way in and a publication on its way out, without sockets: decoding by size and kind, the
 * rules of channels, and encoding. Each figure goes round 64 different frames, so that none is remembered from the time
 * before. Run with `bun bench/micro/codec.ts`.
 */
import { bench, do_not_optimize, run } from "mitata";
import { createChannelRules } from "../../src/channels/rules.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Publication } from "../../src/core/publication.ts";
import { jsonEncoding } from "../../src/protocol/centrifuge/json.ts";
import { centrifugeJson as protocol } from "../../test/support/protocols.ts";

const variants = 64;

/** A function that runs `work` with the next of the variants each time it is called. */
function round<Item>(create: (index: number) => Item, work: (item: Item) => unknown): () => void {
  const items = Array.from({ length: variants }, (_, index) => create(index));
  let next = 0;
  return () => {
    const item = items[next % variants];
    next += 1;
    if (item !== undefined) do_not_optimize(work(item));
  };
}

/** A publish of about so many bytes in all, with an object for data, as an SDK writes it. */
function publishFrame(bytes: number, index: number): string {
  const frame = (text: string) =>
    JSON.stringify({ publish: { channel: `news:sport${index}`, data: { text, at: index + 0.5 } }, id: index + 1 });
  return frame("x".repeat(Math.max(0, bytes - frame("").length)));
}

const decode = (frame: string | Uint8Array) => protocol.decode(frame, "");

for (const bytes of [96, 200, 1_000, 60_000]) {
  bench(
    `decode: publish of ${bytes} bytes`,
    round((index) => publishFrame(bytes, index), decode),
  );
  bench(
    `bare JSON.parse of the same ${bytes} bytes`,
    round((index) => publishFrame(bytes, index), JSON.parse),
  );
}
bench(
  "decode: publish of 200 bytes in a binary frame",
  round((index) => Buffer.from(publishFrame(200, index)), decode),
);
bench(
  "decode: subscribe",
  round((index) => `{"subscribe":{"channel":"news:sport${index}","recoverable":true},"id":${index + 1}}`, decode),
);
bench(
  "decode: pong",
  round(() => "{}", decode),
);

const parsed = parseConfig({}, "development");
if (!parsed.ok) throw new Error(`the configuration of the bench is not valid: ${parsed.error.join("; ")}`);
const { channel, client, engine } = parsed.value.config;
const rules = createChannelRules(channel, { ...client, engine: engine.type });
const data = { kind: "json", json: "1" } as const;
const asker = { user: "ann", subscribed: false, full: false, token: false, type: 0, filter: null };
const request = { positioned: true, recoverable: true, joinLeave: true };

bench(
  "rules: mayPublish, of names lately used",
  round(
    (index) => `room${index}`,
    (name) => rules.mayPublish(name, { user: "ann", subscribed: true, data }),
  ),
);
let fresh = 0;
bench("rules: mayPublish, of a name never used before", () => {
  fresh += 1;
  do_not_optimize(rules.mayPublish(`room${fresh}`, { user: "ann", subscribed: true, data }));
});
bench(
  "rules: maySubscribe and grant",
  round(
    (index) => `room${index}`,
    (name) => [rules.maySubscribe(name, asker), rules.grant(name, { user: "ann", request })],
  ),
);

const info = { user: "ann", client: "b0b3f1c6-7a52-4c0e-8a50-1d4c53e4a0f7" };
const publication = (bytes: number, index: number): Publication => ({
  data: { kind: "json", json: JSON.stringify({ text: "x".repeat(bytes - 11) }) },
  offset: index + 2,
  epoch: "abcdefgh",
  info,
});
// A string that was joined is laid out when it is sent; its length in bytes asks for that here.
const encode = (value: Publication) => Buffer.byteLength(String(jsonEncoding.encodePublication("news:sport", value)));

for (const bytes of [64, 200, 1_000]) {
  bench(
    `encode: publication of ${bytes} bytes`,
    round((index) => publication(bytes, index), encode),
  );
}
const publications = Array.from({ length: 100 }, (_, index) => publication(64, index));
const position = { offset: 101, epoch: "abcdefgh" };
bench(
  "encode: subscribe with 100 recovered publications",
  round(
    (id) => id,
    (id) => {
      const standing = { ttl: null, recoverable: true, positioned: true, position, recovered: true };
      const result = { ...standing, publications, wasRecovering: true };
      return Buffer.byteLength(String(protocol.encodeReply({ id, method: "subscribe", result })));
    },
  ),
);

await run();
