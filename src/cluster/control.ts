import {
  array,
  boolean,
  type InferOutput,
  literal,
  nullable,
  number,
  object,
  optional,
  parse,
  string,
  variant,
} from "valibot";
import type { HubEvent, HubRef, Told } from "../../actors/hub/events.ts";
import type { Target } from "../../actors/hub/registry.ts";
import { disconnects } from "../core/disconnects.ts";
import { seconds } from "../core/time.ts";
import type { Cluster } from "./cluster.ts";

const ended = object({ code: number(), reason: string() });
const flag = optional(boolean());

const override = object({
  presence: flag,
  joinLeave: flag,
  forcePushJoinLeave: flag,
  forceRecovery: flag,
  forcePositioning: flag,
});

/** The events that connections of other nodes can receive. */
const event = variant("type", [
  object({ type: literal("hub.disconnect"), disconnect: ended }),
  object({ type: literal("hub.unsubscribe"), channel: string(), unsubscribe: ended }),
  object({ type: literal("hub.refresh"), expireAt: nullable(number()), info: optional(string()) }),
  object({
    type: literal("hub.subscribe"),
    request: object({
      channel: string(),
      expireAt: nullable(number()),
      since: nullable(object({ offset: number(), epoch: string() })),
      info: optional(string()),
      data: optional(string()),
      override: optional(override),
    }),
  }),
]);

const target = object({
  user: string(),
  client: string(),
  session: optional(string()),
  isAnyUser: flag,
  except: array(string()),
});

const message = object({ target, event });

/** What control messages are called among those of nodes. */
const kind = "control";

/** What control works with. */
interface ControlPorts {
  readonly hub: HubRef;
  readonly cluster: Cluster;
}

/** Sends commands of a back end to connections on all nodes; messages stay on this one. */
export class Control implements HubRef {
  readonly #ports: ControlPorts;

  constructor(ports: ControlPorts) {
    this.#ports = ports;
    ports.cluster.onTold(kind, (body, from) => this.#heard(body, from));
  }

  /** Tells this node's connections, and those of the others; at most once, as in Centrifugo. */
  send(told: HubEvent): void {
    const { hub, cluster } = this.#ports;
    hub.send(told);
    const others = othersOf(told);
    if (others) cluster.tellAll(kind, JSON.stringify(others));
  }

  /** A message of a node; what is damaged throws, and is counted. */
  #heard(body: string, from: string): void {
    const { hub, cluster } = this.#ports;
    if (from === cluster.node) return;
    const heard = parse(message, JSON.parse(body));
    hub.send({ type: "user.tell", target: targetOf(heard), event: toldOf(heard.event) });
  }
}

/** The event for connections of other nodes, by that of this node; null for none. */
function othersOf(told: HubEvent): Pick<InferOutput<typeof message>, "target" | "event"> | null {
  if (told.type === "connection.alone") {
    const meant = { user: told.user, client: "", except: [told.id] };
    return { target: meant, event: { type: "hub.disconnect", disconnect: disconnects.connectionLimit } };
  }
  if (told.type !== "user.tell" || told.event.type === "hub.message") return null;
  return { target: { ...told.target, except: [...told.target.except] }, event: told.event };
}

function targetOf({ target: { except, session = "", isAnyUser, ...rest } }: InferOutput<typeof message>): Target {
  return { ...rest, session, ...(isAnyUser && { isAnyUser }), except: new Set(except) };
}

function toldOf(told: InferOutput<typeof event>): Told {
  switch (told.type) {
    case "hub.refresh": {
      const { type, expireAt, info } = told;
      return { type, expireAt: expireAt === null ? null : seconds(expireAt), ...(info !== undefined && { info }) };
    }
    case "hub.subscribe": {
      const { channel, expireAt, since, info, data, override: own } = told.request;
      const request = {
        channel,
        expireAt: expireAt === null ? null : seconds(expireAt),
        since,
        ...(info !== undefined && { info }),
        ...(data !== undefined && { data }),
        ...(own && { override: defined(own) }),
      };
      return { type: told.type, request };
    }
    default:
      return told;
  }
}

type Defined<Value> = { [Key in keyof Value]?: Exclude<Value[Key], undefined> };

/** The same without what is undefined. */
function defined<Value extends object>(value: Value): Defined<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<Value>;
}
