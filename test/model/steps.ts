import fc from "fast-check";
import { type Transport, transports } from "../support/carriers.ts";

/** The channels of a run: two that are kept, one that is not, and one that is kept and closed to the third member. */
export const channels = ["a", "b", "unkept:a", "closed:a"] as const;

export type ChannelName = (typeof channels)[number];

/** Members are numbered; the last of them has no right to the closed channel. */
export const memberCount = 3;

/** What a member asks for; it is sent at once, and nobody waits for what comes of it. */
export type Action =
  | { readonly do: "publish"; readonly by: number; readonly channel: ChannelName; readonly count: number }
  /** Recovers from its place where it has one. `expires` brings a token that runs out after some seconds. */
  | { readonly do: "subscribe"; readonly by: number; readonly channel: ChannelName; readonly expires: boolean }
  | { readonly do: "unsubscribe"; readonly by: number; readonly channel: ChannelName }
  /** Its line is cut without a word. */
  | { readonly do: "cut"; readonly by: number };

/** What happens next; after each of them the run waits until all is quiet. */
export type Step =
  | { readonly do: "together"; readonly actions: readonly Action[] }
  /** Comes back, over whatever transport, and recovers all that it was in, in one frame. */
  | { readonly do: "connect"; readonly by: number; readonly expires: boolean; readonly over: Transport }
  /** A back end ends a subscription; `back` is a code after which the client subscribes again. */
  | { readonly do: "kick"; readonly by: number; readonly channel: ChannelName; readonly back: boolean }
  | { readonly do: "pass"; readonly halfSeconds: number }
  | { readonly do: "remove"; readonly channel: ChannelName }
  /** The disk takes nothing while these are done. */
  | { readonly do: "fail"; readonly actions: readonly Action[] }
  /** The server stops in order, and another begins where it has ended. */
  | { readonly do: "restart" }
  /** The process ends at once after these were sent, and after so many members have heard what came of it. */
  | { readonly do: "crash"; readonly actions: readonly Action[]; readonly heardBy: number };

/** What a run begins with. */
export interface World {
  readonly engine: "memory" | "sqlite";
  /** Publications kept in a channel. */
  readonly size: number;
  /** Streams outlive the run, so that nothing that a crash may lose is needed to know what is left of them. */
  readonly lasting: boolean;
  /** The seed of a broker, a presence and a queue that answer later, of which the broker loses streams; null: none. */
  readonly late: number | null;
  /** The transports over which the members connect first. */
  readonly over: readonly Transport[];
}

/** A run: where it begins, and what happens. */
export interface Plan {
  readonly world: World;
  readonly steps: readonly Step[];
}

const over = fc.constantFrom(...transports);
const by = fc.nat(memberCount - 1);
const channel = fc.constantFrom(...channels);
const publish = fc.record({ do: fc.constant("publish" as const), by, channel, count: fc.integer({ min: 1, max: 4 }) });
const subscribe = fc.record({ do: fc.constant("subscribe" as const), by, channel, expires: rarely() });
const unsubscribe = fc.record({ do: fc.constant("unsubscribe" as const), by, channel });
const cut = fc.record({ do: fc.constant("cut" as const), by });

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: publish },
  { weight: 4, arbitrary: subscribe },
  { weight: 1, arbitrary: unsubscribe },
  { weight: 1, arbitrary: cut },
);
const actions = fc.array(action, { minLength: 1, maxLength: 6 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("together" as const), actions }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("connect" as const), by, expires: rarely(), over }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kick" as const), by, channel, back: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("pass" as const), halfSeconds: fc.integer({ min: 1, max: 24 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("remove" as const), channel }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), actions }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), actions, heardBy: fc.nat(memberCount) }) },
);

const world = (late: fc.Arbitrary<number | null>) =>
  fc.record({
    engine: fc.constantFrom("memory" as const, "sqlite" as const),
    size: fc.integer({ min: 1, max: 6 }),
    lasting: fc.boolean(),
    late,
    over: fc.array(over, { minLength: memberCount, maxLength: memberCount }),
  });

const steps = fc.array(step, { minLength: 1, maxLength: 25, size: "max" });

/** Every run there is; its steps are few enough to be read where it fails. */
export const plan: fc.Arbitrary<Plan> = fc.record({ world: world(fc.constant(null)), steps });

/** The same over parts that answer later. */
export const latePlan: fc.Arbitrary<Plan> = fc.record({ world: world(fc.nat()), steps });

function rarely(): fc.Arbitrary<boolean> {
  return fc.nat(4).map((chance) => chance === 0);
}
