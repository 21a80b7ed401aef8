import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { errors } from "../../../src/core/errors.ts";
import { noData, type Payload } from "../../../src/core/payload.ts";
import type { ClientInfo, Publication } from "../../../src/core/publication.ts";
import type { Push, Reply, SubscribeResult } from "../../../src/core/reply.ts";
import { unsubscribes } from "../../../src/core/unsubscribes.ts";
import { jsonEncoding } from "../../../src/protocol/centrifuge/json.ts";
import { testTimeout } from "../../support/patience.ts";
import { centrifugeJson } from "../../support/protocols.ts";

setDefaultTimeout(testTimeout);

const client = "b0b3f1c6-7a52-4c0e-8a50-1d4c53e4a0f7";
const ann: ClientInfo = { user: "ann", client };
const one: Payload = { kind: "json", json: "1" };

const reply = (value: Reply) => centrifugeJson.encodeReply(value);
const push = (value: Push) => centrifugeJson.encodePush(value);
const publication = (value: Publication, channel = "c") => jsonEncoding.encodePublication(channel, value);

/** A subscription without anything. */
const bare: SubscribeResult = {
  ttl: null,
  recoverable: false,
  positioned: false,
  position: null,
  publications: [],
  recovered: false,
  wasRecovering: false,
};
const subscribed = (changes: Partial<SubscribeResult>) =>
  reply({ id: 2, method: "subscribe", result: { ...bare, ...changes } });

test("[CD40] empty results are written as empty objects under their key", () => {
  expect(reply({ id: 4, method: "publish" })).toBe('{"id":4,"publish":{}}');
  expect(reply({ id: 5, method: "unsubscribe" })).toBe('{"id":5,"unsubscribe":{}}');
  expect(reply({ id: 6, method: "refresh", result: { ttl: null } })).toBe('{"id":6,"refresh":{}}');
  expect(reply({ id: 7, method: "sub_refresh", result: { ttl: null } })).toBe('{"id":7,"sub_refresh":{}}');
  expect(subscribed({})).toBe('{"id":2,"subscribe":{}}');
  expect(centrifugeJson.ping).toBe("{}");
});

test("[CD40] a subscribe result has what it has and nothing else", () => {
  const epoch = "abcdefgh";
  const position = (offset: number) => ({ positioned: true, position: { offset, epoch } });
  expect(subscribed({ ...position(0) })).toBe('{"id":2,"subscribe":{"positioned":true,"epoch":"abcdefgh"}}');
  expect(subscribed({ ...position(7), recoverable: true, wasRecovering: true })).toBe(
    '{"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"abcdefgh","offset":7,"was_recovering":true}}',
  );
  expect(subscribed({ wasRecovering: true })).toBe('{"id":2,"subscribe":{"was_recovering":true}}');
  const publications = [{ data: one, offset: 6, epoch, info: ann }];
  expect(
    JSON.parse(String(subscribed({ ...position(5), publications, recovered: true, wasRecovering: true }))),
  ).toEqual({
    id: 2,
    subscribe: {
      positioned: true,
      epoch,
      offset: 5,
      publications: [{ data: 1, info: { user: "ann", client }, offset: 6 }],
      recovered: true,
      was_recovering: true,
    },
  });
  expect(subscribed({ data: '{"greet":"hi"}', ttl: 60 })).toBe(
    '{"id":2,"subscribe":{"expires":true,"ttl":60,"data":{"greet":"hi"}}}',
  );
});

test("[CD41] only the publication with offset 1 names the epoch", () => {
  const epoch = "abcdefgh";
  expect(publication({ data: one, offset: 0, epoch: "" })).toBe('{"push":{"channel":"c","pub":{"data":1}}}');
  expect(publication({ data: one, offset: 1, epoch })).toBe(
    '{"push":{"channel":"c","pub":{"data":1,"offset":1,"epoch":"abcdefgh"}}}',
  );
  expect(publication({ data: one, offset: 2, epoch })).toBe('{"push":{"channel":"c","pub":{"data":1,"offset":2}}}');
  const publications = [1, 2].map((offset) => ({ data: one, offset, epoch }));
  expect(reply({ id: 3, method: "history", result: { publications, position: { offset: 2, epoch } } })).toBe(
    '{"id":3,"history":{"publications":[{"data":1,"offset":1,"epoch":"abcdefgh"},{"data":1,"offset":2}],"epoch":"abcdefgh","offset":2}}',
  );
});

test("[CD42] info is there where a client published, with user and client always written (T53)", () => {
  expect(publication({ data: one, offset: 0, epoch: "", info: { user: "", client } })).toBe(
    `{"push":{"channel":"c","pub":{"data":1,"info":{"user":"","client":"${client}"}}}}`,
  );
  const info: ClientInfo = { ...ann, connInfo: '{"n":1.0}', chanInfo: '{"c":2}' };
  expect(push({ type: "join", channel: "c", info })).toBe(
    `{"push":{"channel":"c","join":{"info":{"user":"ann","client":"${client}","conn_info":{"n":1.0},"chan_info":{"c":2}}}}}`,
  );
  expect(push({ type: "leave", channel: "c", info: ann })).toBe(
    `{"push":{"channel":"c","leave":{"info":{"user":"ann","client":"${client}"}}}}`,
  );
});

test("presence, its numbers and a history are written in full when they are empty", () => {
  expect(reply({ id: 3, method: "presence", result: new Map() })).toBe('{"id":3,"presence":{"presence":{}}}');
  expect(reply({ id: 4, method: "presence_stats", result: { clients: 0, users: 0 } })).toBe(
    '{"id":4,"presence_stats":{"num_clients":0,"num_users":0}}',
  );
  const position = { offset: 0, epoch: "" };
  expect(reply({ id: 5, method: "history", result: { publications: [], position } })).toBe(
    '{"id":5,"history":{"publications":[],"epoch":"","offset":0}}',
  );
  const present = new Map([
    [client, ann],
    ["x", { user: "", client: "x" }],
  ]);
  expect(reply({ id: 3, method: "presence", result: present })).toBe(
    `{"id":3,"presence":{"presence":{"${client}":{"user":"ann","client":"${client}"},"x":{"user":"","client":"x"}}}}`,
  );
});

test("an error has its code and message, and temporary where it is", () => {
  expect(reply({ id: 2, method: "error", error: errors.permissionDenied })).toBe(
    '{"id":2,"error":{"code":103,"message":"permission denied"}}',
  );
  expect(reply({ id: 2, method: "error", error: errors.internal })).toBe(
    '{"id":2,"error":{"code":100,"message":"internal server error","temporary":true}}',
  );
  expect(reply({ id: 2, method: "error", error: { code: 400, message: 'a "custom"\none' } })).toBe(
    '{"id":2,"error":{"code":400,"message":"a \\"custom\\"\\none"}}',
  );
});

test("what expires says so with its seconds", () => {
  expect(reply({ id: 2, method: "refresh", result: { ttl: 120 } })).toBe(
    '{"id":2,"refresh":{"expires":true,"ttl":120}}',
  );
  expect(reply({ id: 2, method: "sub_refresh", result: { ttl: 0 } })).toBe('{"id":2,"sub_refresh":{"expires":true}}');
});

const connected = { client, version: "1.0.0", ttl: null, subs: new Map(), ping: 25, time: null };

test("a connect announces the pings of the protocol, and that they are answered", () => {
  const connect = (changes: object) => reply({ id: 1, method: "connect", result: { ...connected, ...changes } });
  const start = `{"id":1,"connect":{"client":"${client}","version":"1.0.0"`;
  expect(connect({})).toBe(`${start},"ping":25,"pong":true}}`);
  expect(connect({ ping: null })).toBe(`${start}}}`);
  expect(connect({ pong: false })).toBe(`${start},"ping":25}}`);
  expect(connect({ ttl: 60, time: 1_700_000_000_000 })).toBe(
    `${start},"expires":true,"ttl":60,"ping":25,"pong":true,"time":1700000000000}}`,
  );
  const subs = new Map([
    ["a", bare],
    ["__proto__", { ...bare, recoverable: true }],
  ]);
  expect(connect({ subs })).toBe(`${start},"subs":{"a":{},"__proto__":{"recoverable":true}},"ping":25,"pong":true}}`);
});

test("the push of a subscription has its standing and its data alone", () => {
  const result: SubscribeResult = {
    ...bare,
    ttl: 60,
    recoverable: true,
    positioned: true,
    position: { offset: 3, epoch: "abcdefgh" },
    publications: [{ data: one, offset: 3, epoch: "abcdefgh" }],
    recovered: true,
    wasRecovering: true,
    data: "[1]",
  };
  expect(push({ type: "subscribe", channel: "c", result })).toBe(
    '{"push":{"channel":"c","subscribe":{"recoverable":true,"positioned":true,"epoch":"abcdefgh","offset":3,"data":[1]}}}',
  );
  expect(push({ type: "subscribe", channel: "c", result: bare })).toBe('{"push":{"channel":"c","subscribe":{}}}');
});

test("a refresh push has no channel, and is empty where nothing runs out any more", () => {
  expect(push({ type: "refresh", expiry: { ttl: 31_536_000 } })).toBe(
    '{"push":{"refresh":{"expires":true,"ttl":31536000}}}',
  );
  expect(push({ type: "refresh", expiry: { ttl: null } })).toBe('{"push":{"refresh":{}}}');
  expect(push({ type: "unsubscribe", channel: "c", unsubscribe: unsubscribes.insufficientState })).toBe(
    '{"push":{"channel":"c","unsubscribe":{"code":2500,"reason":"insufficient state"}}}',
  );
});

test("[CD49] no frame has a line break, whatever it holds", () => {
  const json = '{\n"a":\n[1,\r\n2]\n}';
  const info: ClientInfo = { user: "a\nb", client: "c\n", connInfo: json, chanInfo: json };
  const tags = { "k\n": "v\n" };
  const pub: Publication = { data: { kind: "json", json }, offset: 1, epoch: "e\n", info, tags };
  const result = { ...bare, data: json, publications: [pub], position: { offset: 1, epoch: "e\n" } };
  const frames = [
    publication(pub, "c\n"),
    publication({ ...pub, data: { kind: "text", text: "a\nb" } }),
    centrifugeJson.encodeMessage(pub.data),
    push({ type: "join", channel: "c\n", info }),
    push({ type: "subscribe", channel: "c\n", result }),
    push({ type: "unsubscribe", channel: "c\n", unsubscribe: { code: 2100, reason: "a\nb" } }),
    reply({ id: 1, method: "subscribe", result }),
    reply({ id: 1, method: "rpc", result: { data: json } }),
    reply({ id: 1, method: "connect", result: { ...connected, subs: new Map([["c\n", result]]) } }),
    reply({ id: 1, method: "presence", result: new Map([["c\n", info]]) }),
    reply({ id: 1, method: "history", result: { publications: [pub], position: { offset: 1, epoch: "e\n" } } }),
  ];
  for (const frame of frames) {
    expect(frame).not.toContain("\n");
    expect(() => JSON.parse(String(frame))).not.toThrow();
  }
});

test("[CD50] a plain client's text becomes a string, its bytes a tagged base64 string", () => {
  expect(publication({ data: { kind: "text", text: 'say "hi"\n' }, offset: 0, epoch: "" })).toBe(
    '{"push":{"channel":"c","pub":{"data":"say \\"hi\\"\\n"}}}',
  );
  const bytes = Uint8Array.of(0, 255, 128);
  expect(publication({ data: { kind: "binary", bytes }, offset: 0, epoch: "", tags: { k: "v" } })).toBe(
    '{"push":{"channel":"c","pub":{"data":"AP+A","tags":{"k":"v","chorus-encoding":"base64"}}}}',
  );
  expect(centrifugeJson.encodeMessage({ kind: "text", text: "x" })).toBe('{"push":{"message":{"data":"x"}}}');
});

test("[CD50] a payload of nothing, which a namespace may allow, leaves data out", () => {
  expect(publication({ data: noData, offset: 0, epoch: "", info: ann })).toBe(
    `{"push":{"channel":"c","pub":{"info":{"user":"ann","client":"${client}"}}}}`,
  );
});

const name = fc.string({ unit: "binary" });
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const json = fc.jsonValue().map((value) => JSON.stringify(value));

test("reading what was written of any publication gives back what was published (T44)", () => {
  const any = fc.record({
    channel: name,
    data: json,
    offset: fc.nat(5),
    epoch: name,
    info: maybe(fc.record({ user: name, client: name, connInfo: maybe(json), chanInfo: maybe(json) })),
    tags: maybe(fc.dictionary(name, name)),
  });
  fc.assert(
    fc.property(any, ({ channel, data, info, tags, ...position }) => {
      const { connInfo, chanInfo, ...who } = info ?? { user: "", client: "" };
      const infos = { ...(connInfo !== undefined && { connInfo }), ...(chanInfo !== undefined && { chanInfo }) };
      const frame = publication(
        {
          data: { kind: "json", json: data },
          ...position,
          ...(info !== undefined && { info: { ...who, ...infos } }),
          ...(tags !== undefined && { tags }),
        },
        channel,
      );
      const pub = {
        data: JSON.parse(data),
        ...(info !== undefined && {
          info: {
            ...who,
            ...(connInfo !== undefined && { conn_info: JSON.parse(connInfo) }),
            ...(chanInfo !== undefined && { chan_info: JSON.parse(chanInfo) }),
          },
        }),
        ...(position.offset > 0 && { offset: position.offset }),
        ...(position.offset === 1 && position.epoch !== "" && { epoch: position.epoch }),
        ...(tags !== undefined && Object.keys(tags).length > 0 && { tags: JSON.parse(JSON.stringify(tags)) }),
      };
      expect(JSON.parse(String(frame))).toEqual({ push: { channel, pub } });
    }),
    { numRuns: 1_000 },
  );
});
