import { describe, expect, test } from "bun:test";
import { seconds } from "../../src/core/time.ts";
import { authenticator, identity, jwt, now, outcome, subscription } from "./support.ts";

const auth = authenticator();

/** The outcome of a connection token with these claims. */
const connecting = (claims: unknown) => outcome(auth.connection(jwt(claims)));

describe("connection tokens", () => {
  test("a token that names a channel is no connection token", async () => {
    expect(await connecting({ sub: "ann", channel: "c" })).toBe("invalid");
    expect(await connecting({ sub: "ann", channel: "" })).toBe("ok");
  });

  test("[JW31] channels are subscriptions, each once, in their order", async () => {
    const { subscriptions } = await identity(auth.connection(jwt({ channels: ["b", "a", "b"] })));
    expect(subscriptions).toEqual([{ channel: "b" }, { channel: "a" }]);
  });

  test("subs win over channels and carry info, data and override", async () => {
    const subs = {
      a: { info: { r: 1 }, data: null, override: { presence: { value: true }, join_leave: {}, force_recovery: null } },
      "": { b64info: encodeStandard('{"i":1}'), info: 2, b64data: encodeStandard(" [1,\n2] ") },
      constructor: {},
      none: null,
    };
    const { subscriptions } = await identity(auth.connection(jwt({ channels: ["z"], subs })));
    expect(subscriptions).toEqual([
      { channel: "a", info: '{"r":1}', data: "null", override: { presence: true, joinLeave: false } },
      { channel: "", info: '{"i":1}', data: "[1,2]" },
      { channel: "constructor" },
      { channel: "none" },
    ]);
    const empty = await identity(auth.connection(jwt({ channels: ["z"], subs: {} })));
    expect(empty.subscriptions).toEqual([{ channel: "z" }]);
  });

  test("every override is known", async () => {
    const names = ["presence", "join_leave", "force_push_join_leave", "force_recovery", "force_positioning"];
    for (const [given, meant] of [
      [{ value: true }, true],
      [{ value: false }, false],
      [{}, false],
    ]) {
      const override = Object.fromEntries(names.map((name) => [name, given]));
      const { subscriptions } = await identity(auth.connection(jwt({ subs: { a: { override } } })));
      expect<unknown>(subscriptions[0]?.override).toEqual({
        presence: meant,
        joinLeave: meant,
        forcePushJoinLeave: meant,
        forceRecovery: meant,
        forcePositioning: meant,
      });
    }
  });

  test("[JW33] info is the JSON that the token has, to the last digit, on one line", async () => {
    const info = async (text: string) => (await identity(auth.connection(jwt(text)))).info;
    expect(await info('{"info":{"id":12345678901234567890,"x":1.0,"y":-0}}')).toBe(
      '{"id":12345678901234567890,"x":1.0,"y":-0}',
    );
    expect(await info('{"info":{\n "a": "\\n" }}')).toBe('{"a":"\\n"}');
    expect(await info('{"info":null}')).toBe("null");
    expect(await info('{"info":"Ann"}')).toBe('"Ann"');
    expect(await info("{}")).toBeUndefined();
  });

  test("b64info is JSON in base64 and wins over info", async () => {
    const { info } = await identity(auth.connection(jwt({ info: 1, b64info: encodeStandard('{"a":">>?"}') })));
    expect(info).toBe('{"a":">>?"}');
    expect((await identity(auth.connection(jwt({ info: 1, b64info: "" })))).info).toBe("1");
  });

  test.each([encodeStandard("not json"), encodeStandard("\ufeff1"), "/w=="].map((b64info) => [b64info]))(
    "a b64info %j that is not JSON is a base64 string, as in hooks",
    async (b64info) => {
      expect((await identity(auth.connection(jwt({ b64info })))).info).toBe(JSON.stringify(b64info));
    },
  );

  test.each([["%%%"], ["e30"], ["e3=0"]])("a broken b64info %j makes the token unavailable", async (b64info) => {
    expect(await connecting({ sub: "ann", b64info })).toBe("unavailable");
    expect(await connecting({ sub: "ann", b64info, exp: now - 1 })).toBe("expired");
  });

  test("a broken b64info or b64data of a subscription makes it invalid", async () => {
    expect(await connecting({ subs: { a: { b64info: "%" } } })).toBe("invalid");
    expect(await connecting({ subs: { a: { b64data: "%" } } })).toBe("invalid");
    expect(await outcome(auth.subscription(jwt({ channel: "c", b64info: "%" })))).toBe("invalid");
    expect(await outcome(auth.subscription(jwt({ channel: "c", b64data: "%" })))).toBe("invalid");
  });

  test.each([
    [{ channels: "a" }],
    [{ channels: [1] }],
    [{ channels: {} }],
    [{ subs: [] }],
    [{ subs: { a: 1 } }],
    [{ subs: { a: { override: { presence: true } } } }],
    [{ subs: { a: { override: { presence: { value: 1 } } } } }],
    [{ subs: { a: { b64info: 1 } } }],
    [{ b64info: 1 }],
    [{ channel: 1 }],
    [{ iss: 1 }],
    [{ aud: [1] }],
  ])("[JW36] a claim of the wrong type is invalid: %j", async (claims) => {
    expect(await connecting(claims)).toBe("invalid");
  });

  test.each([["null"], ["1"], ['"x"'], ["[]"], [""], ["{"], ["{}{}"], ["\ufeff{}"]])(
    "[JW36] claims that are no JSON object are invalid: %j",
    async (text) => {
      expect(await connecting(text)).toBe("invalid");
    },
  );

  test("claims are matched exactly", async () => {
    const { user, expireAt } = await identity(auth.connection(jwt({ Sub: "bob", sub: "ann", EXP: 1, " exp": 1 })));
    expect({ user, expireAt }).toEqual({ user: "ann", expireAt: null });
  });

  test("T19 T39 names of prototypes and deep nesting harm nothing", async () => {
    const text =
      '{"sub":"ann","__proto__":{"channels":["x"],"polluted":1},"info":{"__proto__":{"polluted":1}},"subs":{"__proto__":{"data":1}}}';
    const found = await identity(auth.connection(jwt(text)));
    expect(found).toEqual({
      user: "ann",
      expireAt: null,
      info: '{"__proto__":{"polluted":1}}',
      subscriptions: [{ channel: "__proto__", data: "1" }],
    });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const deep = `${"[".repeat(5_900)}${"]".repeat(5_900)}`;
    expect(await connecting(`{"info":${deep}}`)).toBeOneOf(["ok", "invalid"]);
  });
});

describe("subscription tokens", () => {
  test("[JW40] a subscription token says for whom, where and with what", async () => {
    const claims = {
      sub: "ann",
      channel: "c",
      client: "id",
      exp: now + 60,
      info: { a: 1 },
      data: [2],
      override: { presence: { value: true } },
    };
    expect(await subscription(auth.subscription(jwt(claims)))).toEqual({
      user: "ann",
      channel: "c",
      client: "id",
      expireAt: seconds(now + 60),
      info: '{"a":1}',
      data: "[2]",
      override: { presence: true },
    });
    expect(await subscription(auth.subscription(jwt({ channel: "c" })))).toEqual({
      user: "",
      channel: "c",
      client: "",
      expireAt: null,
    });
  });

  test.each([
    [{ sub: "ann" }],
    [{ channel: "" }],
    [{ channel: null }],
    [{ channel: 1 }],
    [{ channel: "c", client: 1 }],
    [{ channel: "c", sub: 1 }],
  ])("T23 %j is no subscription token", async (claims) => {
    expect(await outcome(auth.subscription(jwt(claims)))).toBe("invalid");
  });
});

/** Base64 as RFC 4648 4 has it. */
function encodeStandard(text: string): string {
  return Buffer.from(text).toString("base64");
}
