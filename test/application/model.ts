import { accept, chorus, refuse } from "chorus";
import { channel, contract, rpc } from "chorus/contract";
import fc from "fast-check";
import * as v from "valibot";

/** What a handler does with what it was given: answers at once or after some turns, refuses, throws, or answers nonsense. */
const kinds = ["grant", "refuse", "throw", "garbage"] as const;

/** What is said to a handler tells it what to do. */
export const said = v.object({ text: v.string(), what: v.picklist(kinds), turns: v.number() });

export type Said = v.InferOutput<typeof said>;

export const open = contract({
  channels: { room: channel("room:{room}", { request: said, publish: said, data: said, errors: { no: 410 } }) },
  calls: { ask: rpc({ input: said, output: said, errors: { no: 410 } }) },
  sends: { tell: said },
});

/** What one client asks for next. */
export type Act = Said &
  (
    | { readonly do: "subscribe" | "publish"; readonly room: string }
    | { readonly do: "unsubscribe"; readonly room: string }
    | { readonly do: "call" | "send" | "cut" }
  );

const rooms = fc.constantFrom("a", "b");
const whatever = {
  text: fc.constant(""),
  what: fc.constantFrom("grant", "grant", "grant", ...kinds),
  turns: fc.constantFrom(0, 0, 1, 2, 20),
};

/** What three clients ask for, all at once: each its own, in its order. */
export const acts: fc.Arbitrary<readonly (readonly Act[])[]> = fc.array(
  fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ do: fc.constant("publish" as const), room: rooms, ...whatever }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant("subscribe" as const), room: rooms, ...whatever }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), room: rooms, ...whatever }) },
      { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("call" as const, "send" as const), ...whatever }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const), ...whatever }) },
    ),
    { maxLength: 40, size: "max" },
  ),
  { minLength: 1, maxLength: 3 },
);

/** What handlers saw that they should not have, and what they were told of lives. */
export class Witness {
  readonly violations: string[] = [];
  /** Handlers of each connection that run: those of publish and subscribe, and those of calls and sends. */
  readonly running = new Map<string, { inOrder: number; beside: number }>();
  /** Connections and channels that are there. */
  readonly alive = new Set<string>();

  must(holds: boolean, rule: string): void {
    if (!holds) this.violations.push(rule);
  }

  begun(what: string): void {
    this.must(!this.alive.has(what), `${what} began twice`);
    this.alive.add(what);
  }

  ended(what: string): void {
    this.must(this.alive.delete(what), `${what} ended, and had not begun`);
  }

  /** Does what was said, and looks at what runs meanwhile. */
  async during<T>(connection: string, kind: "inOrder" | "beside", work: () => Promise<T>): Promise<T> {
    const running = this.running.get(connection) ?? { inOrder: 0, beside: 0 };
    this.running.set(connection, running);
    running[kind] += 1;
    this.must(running.beside <= 8, "more than eight calls of a connection ran at once");
    this.must(running.inOrder <= 1, "two publishes of a connection were decided at once");
    try {
      return await work();
    } finally {
      running[kind] -= 1;
    }
  }
}

async function obey<T>({ what, turns }: Said, granted: T) {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  if (what === "throw") throw new Error("a fault of the application");
  if (what === "refuse") return refuse("no");
  return what === "garbage" ? ("nonsense" as unknown as T) : granted;
}

/** An application that does as it is told. */
export function createObedient(witness: Witness) {
  return chorus(open)
    .authenticate(() => accept({ user: "", session: null }))
    .handle({
      channels: {
        room: {
          presence: true,
          history: { size: 1_000, ttl: "1h" },
          opened: ({ channel }) => witness.begun(channel),
          closed: ({ channel }) => witness.ended(channel),
          subscribe: ({ data }) => obey(data, { ok: true as const }),
          publish: ({ data, connection }) =>
            data.turns === 0 && data.what === "grant"
              ? { ok: true, data }
              : witness.during(connection.id, "inOrder", () => obey(data, { ok: true as const, data })),
        },
      },
      calls: { ask: (input, { connection }) => witness.during(connection.id, "beside", () => obey(input, input)) },
      sends: {
        tell: (input, { connection }) =>
          witness.during(connection.id, "beside", async () => void (await obey(input, input))),
      },
      connected: ({ connection }) => witness.begun(connection.id),
      disconnected: ({ connection }) => witness.ended(connection.id),
    });
}
