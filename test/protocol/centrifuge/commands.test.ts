import { expect, test } from "bun:test";
import { rejectsUnrecovered } from "../../../src/core/command.ts";
import { allMethods, bareConnect, channelMethods, decode, noWish, type Opened, read, requestOf } from "./support.ts";

const line = (command: object) => JSON.stringify(command);

test("[CD10] a connect is read with all of its fields", () => {
  const sub = { recover: true, offset: 7, epoch: "abcd", delta: "fossil", flag: 3 };
  const connect = {
    token: "t",
    data: { any: ["thing", 1.5] },
    subs: { a: sub, b: {}, "": {} },
    name: "js",
    version: "5.8",
    headers: { h: "v" },
    flag: 1,
    dict: "d",
    profile: "p",
  };
  const command: Opened = {
    method: "connect",
    id: 1,
    token: "t",
    subs: new Map([
      ["a", { ...noWish, recover: { offset: 7, epoch: "abcd" }, flag: 3, delta: "fossil" }],
      ["b", noWish],
      ["", noWish],
    ]),
    name: "js",
    version: "5.8",
    data: { kind: "json", json: '{"any":["thing",1.5]}' },
    headers: { h: "v" },
  };
  expect(read(line({ id: 1, connect }))).toEqual(command);
});

const leaf = { op: "", key: "", cmp: "", val: "", vals: [], nodes: [] };

test("[CD10] a subscribe is read with all of its fields", () => {
  const subscribe = {
    channel: "c",
    token: "t",
    recover: true,
    epoch: "abcd",
    offset: 9,
    data: { x: 1 },
    positioned: true,
    recoverable: true,
    join_leave: true,
    delta: "fossil",
    tf: {
      op: "and",
      nodes: [
        { key: "k", cmp: "in", vals: ["v"] },
        { key: "k", cmp: "eq", val: "v" },
      ],
    },
    flag: 2,
    type: 1,
    phase: 2,
    cursor: "cursor",
    limit: 100,
    asc: true,
  };
  expect(read(line({ id: 2, subscribe }))).toEqual({
    method: "subscribe",
    id: 2,
    channel: "c",
    token: "t",
    type: 1,
    delta: "fossil",
    filter: {
      ...leaf,
      op: "and",
      nodes: [
        { ...leaf, key: "k", cmp: "in", vals: ["v"] },
        { ...leaf, key: "k", cmp: "eq", val: "v" },
      ],
    },
    data: { kind: "json", json: '{"x":1}' },
    recover: { offset: 9, epoch: "abcd" },
    positioned: true,
    recoverable: true,
    joinLeave: true,
    flag: 2,
  });
});

test("[CD10] flag 2 is one bit of a mask", () => {
  for (const [flag, rejects] of [
    [0, false],
    [1, false],
    [2, true],
    [3, true],
    [4, false],
    [6, true],
    [-1, true],
    [2 ** 53 - 1, true],
  ] as const) {
    const command = read(line({ id: 2, subscribe: { channel: "c", flag } }));
    expect(command?.method === "subscribe" && rejectsUnrecovered(command)).toBe(rejects);
  }
});

test("[CD10] without recover there is nothing to recover, whatever position comes along", () => {
  const subscribe = { channel: "c", offset: 3, epoch: "abcd" };
  expect(read(line({ id: 2, subscribe }))).toMatchObject({ recover: null });
  expect(read(line({ id: 2, subscribe: { channel: "c", recover: true } }))).toMatchObject({
    recover: { offset: 0, epoch: "" },
  });
});

test("[CD10] the other methods are read with all of their fields", () => {
  const history = { channel: "c", limit: -1, since: { offset: 4, epoch: "abcd" }, reverse: true };
  expect(read(line({ id: 3, history }))).toEqual({ method: "history", id: 3, ...history });
  expect(read(line({ id: 3, history: { channel: "c", since: {} } }))).toMatchObject({
    since: { offset: 0, epoch: "" },
  });
  expect(read(line({ id: 3, history: { channel: "c" } }))).toEqual({
    method: "history",
    id: 3,
    channel: "c",
    limit: 0,
    since: null,
    reverse: false,
  });
  const track = [{ signature: "s", items: [{ key: "k", version: 1 }] }];
  const subRefresh = { channel: "c", token: "t", type: 1, track, untrack: ["k"] };
  expect(read(line({ id: 4, sub_refresh: subRefresh }))).toEqual({
    method: "sub_refresh",
    id: 4,
    channel: "c",
    token: "t",
  });
  expect(read(line({ id: 4, sub_refresh: { channel: "c" } }))).toMatchObject({ token: null });
  expect(read(line({ id: 5, refresh: { token: "t" } }))).toEqual({ method: "refresh", id: 5, token: "t" });
  for (const method of ["unsubscribe", "presence", "presence_stats"] as const) {
    expect(read(line({ id: 6, [method]: { channel: "c" } }))).toEqual({ method, id: 6, channel: "c" });
  }
  expect(read(line({ id: 7, rpc: { method: "m", data: [1.5] } }))).toEqual({
    method: "rpc",
    id: 7,
    name: "m",
    data: { kind: "json", json: "[1.5]" },
  });
  expect(read(line({ id: 8, send: { data: { x: 1 } } }))).toEqual({
    method: "send",
    id: 8,
    data: { kind: "json", json: '{"x":1}' },
  });
});

test("[CD11] an empty command is a pong, also with fields that we do not know", () => {
  for (const pong of ["{}", " {} ", '{"id":0}', '{"id":null}', '{"new":1}', '{"subscribe":null}', '{"Id":1}']) {
    expect(read(pong)).toEqual({ method: "pong" });
  }
});

test("[CD11] an id without a method that we know is malformed", () => {
  for (const command of ['{"id":2}', '{"id":2,"fly":{}}', '{"id":2,"subscribe":null}', '{"id":2,"Subscribe":{}}']) {
    expect(read(command)).toBeNull();
  }
});

test("of two methods the first in the protocol's order is run", () => {
  for (const [rank, first] of allMethods.entries()) {
    for (const second of allMethods.slice(rank + 1)) {
      const forwards = { id: 1, [first]: requestOf(first), [second]: requestOf(second) };
      const backwards = { id: 1, [second]: requestOf(second), [first]: requestOf(first) };
      expect(read(line(forwards))).toMatchObject({ method: first });
      expect(read(line(backwards))).toMatchObject({ method: first });
    }
  }
});

test("a null method is absent, and the next one is run", () => {
  expect(read('{"id":1,"subscribe":null,"presence":{"channel":"c"}}')).toMatchObject({ method: "presence" });
  expect(read('{"id":1,"connect":{"token":null,"subs":null,"name":null,"flag":null,"headers":{"a":null}}}')).toEqual({
    method: "connect",
    id: 1,
    ...bareConnect,
  });
  expect(read('{"id":1,"connect":{"subs":{"a":null}}}')).toMatchObject({ subs: new Map([["a", noWish]]) });
  expect(read('{"id":1,"subscribe":{"channel":"c","tf":null,"recover":null,"type":null}}')).toMatchObject({
    filter: null,
    recover: null,
    type: 0,
  });
  expect(read('{"id":1,"history":{"channel":"c","since":null,"limit":null}}')).toMatchObject({ since: null, limit: 0 });
  expect(read('{"id":1,"subscribe":{"channel":null}}')).toBeNull();
});

test("[CD14] an id is an integer of 32 bits, and may come twice (T35)", () => {
  for (const id of [1, 2, 0xffff_ffff]) {
    expect(read(line({ id, rpc: {} }))).toEqual({ method: "rpc", id, name: "", data: null });
  }
  expect(decode('{"id":2,"rpc":{}}\n{"id":2,"rpc":{}}').commands).toEqual([
    { method: "rpc", id: 2, name: "", data: null },
    { method: "rpc", id: 2, name: "", data: null },
  ]);
  for (const id of [
    '"1"',
    "1.5",
    "-1",
    "4294967296",
    "1e400",
    "1.0",
    "1e0",
    "10E-1",
    "-0",
    "true",
    "{}",
    "[1]",
    "1152921504606846976",
  ]) {
    expect(read(`{"id":${id},"rpc":{}}`)).toBeNull();
  }
});

test("[CD14] id 0 is for send alone (T35)", () => {
  for (const method of allMethods) {
    for (const command of [{ [method]: requestOf(method) }, { id: 0, [method]: requestOf(method) }]) {
      expect(read(line(command))).toEqual(method === "send" ? { method, id: 0, data: null } : null);
    }
  }
});

test("an empty or absent channel is malformed where one is needed", () => {
  for (const method of channelMethods) {
    for (const channel of ["", undefined, null]) {
      expect(read(line({ id: 1, [method]: { channel } }))).toBeNull();
    }
    expect(read(line({ id: 1, [method]: { channel: "c" } }))).toMatchObject({ method, channel: "c" });
  }
});

test("a refresh without a token is malformed", () => {
  expect(read('{"id":1,"refresh":{}}')).toBeNull();
  expect(read('{"id":1,"refresh":{"token":""}}')).toBeNull();
});

test("an unknown delta is malformed where a stream is asked for", () => {
  expect(read('{"id":1,"subscribe":{"channel":"c","delta":"fossil"}}')).toMatchObject({ delta: "fossil" });
  for (const delta of ["Fossil", "xdelta", " "]) {
    expect(read(line({ id: 1, subscribe: { channel: "c", delta } }))).toBeNull();
    for (const type of [1, 2, 3, 4]) {
      expect(read(line({ id: 1, subscribe: { channel: "c", delta, type } }))).toMatchObject({ type, delta });
    }
    // A connect takes no notice of it, as there a delta is granted or not.
    expect(read(line({ id: 1, connect: { subs: { c: { delta } } } }))).toMatchObject({ method: "connect" });
  }
});

test("a ping from the client is malformed", () => {
  for (const command of ['{"ping":{}}', '{"id":1,"ping":{}}', '{"id":1,"ping":{"x":1}}']) {
    expect(read(command)).toBeNull();
  }
});

test("a publish into a map is marked", () => {
  expect(read('{"id":1,"publish":{"channel":"c","data":1,"type":1,"key":"k"}}')).toMatchObject({
    isMapped: true,
  });
  expect(read('{"id":1,"publish":{"channel":"c","data":1,"type":0}}')).toMatchObject({ isMapped: false });
});
