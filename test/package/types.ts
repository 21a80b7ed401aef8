import { Centrifuge } from "centrifuge";
import { accept, chorus, refuse } from "chorus";
import { createClient } from "chorus/client";
import { channel, contract, type Params, rpc } from "chorus/contract";
import * as v from "valibot";
import { chat } from "../../examples/chat/contract.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};
same<Equal<Params<"chat:{room}">, { readonly room: string }>>();
same<Equal<keyof Params<"metrics:{region}:{host}">, "region" | "host">>();
same<Equal<keyof Params<"news">, never>>();

const client = createClient(chat, new Centrifuge("ws://x"));
// @ts-expect-error no such channel
client.channel("rom", { room: "a" });
// @ts-expect-error the parameter is missing
client.channel("room");
// @ts-expect-error another parameter
client.channel("room", { board: "a" });
const r = client.channel("room", { room: "a" });
// @ts-expect-error not what may be published
void r.publish({ txt: "a" });
const pub = await r.publish({ text: "a" });
if (!pub.ok)
  same<
    Equal<
      typeof pub.error.code,
      | "slow_mode"
      | "banned"
      | "unauthorized"
      | "forbidden"
      | "unknown"
      | "limited"
      | "unavailable"
      | "bad_request"
      | "expired"
      | "timeout"
      | "disconnected"
      | "invalid_input"
      | "invalid_output"
    >
  >();
const p = await r.presence();
if (p.ok)
  for (const member of p.value.values()) same<Equal<typeof member.info, { name: string; avatar: string | null }>>();
const h = await client.call("hide", { room: "a", id: "b" });
if (h.ok) same<Equal<typeof h.value, { hidden: true }>>();
// @ts-expect-error input
void client.call("hide", { room: "a" });
// -- the server's side
const c = contract({
  channels: {
    a: channel("a:{id}", { data: v.object({ n: v.number() }), publish: v.object({ s: v.string() }) }),
    b: channel("b", { data: v.string() }),
  },
  calls: { f: rpc({ input: v.number(), output: v.string(), errors: { odd: 1001 } }) },
});
const def = chorus(c).authenticate(() => accept({ user: "u", session: { admin: true } }));
const a = {
  subscribe: "everyone",
  publish: ({ data }: { data: { s: string } }) => ({ ok: true as const, data: { n: data.s.length } }),
} as const;
const b = { subscribe: "everyone" } as const;
def.handle({
  channels: { a, b },
  calls: { f: (n, { connection }) => (connection.session.admin && n % 2 ? refuse("odd") : String(n)) },
});
// @ts-expect-error a channel without its handlers
def.handle({ channels: { a }, calls: { f: (n) => String(n) } });
// @ts-expect-error calls are missing
def.handle({ channels: { a, b } });
// @ts-expect-error what is published differs from what is received: somebody has to turn one into the other
def.handle({ channels: { a: { subscribe: "everyone" }, b }, calls: { f: (n) => String(n) } });
// @ts-expect-error a handler returns what the schema does not take
def.handle({ channels: { a, b }, calls: { f: (n) => n } });
// @ts-expect-error a code that the contract does not know
def.handle({ channels: { a, b }, calls: { f: () => refuse("even") } });
// @ts-expect-error clients may not publish there
def.handle({ channels: { a, b: { subscribe: "everyone", publish: "subscribers" } }, calls: { f: (n) => String(n) } });
def.handle({
  channels: {
    a: {
      subscribe: ({ params, connection }) => {
        same<Equal<typeof params, { readonly id: string }>>();
        same<Equal<typeof connection.session, { admin: boolean }>>();
        return { ok: true };
      },
      publish: ({ data }) => {
        same<Equal<typeof data, { s: string }>>();
        return { ok: true, data: { n: 1 } };
      },
    },
    b,
  },
  calls: {
    f: {
      timeout: "2s",
      rate: "10/s",
      handle: (n) => {
        same<Equal<typeof n, number>>();
        return "";
      },
    },
  },
});
