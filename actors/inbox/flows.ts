import type { Member, Registry } from "../hub/registry.ts";
import type { Heard, InFlight } from "./in-flight.ts";

/** A connection to which messages are on their way. Without one nothing that is owed was written to a connection. */
export interface Flow {
  readonly member: Member;
  readonly user: string;
  /** The position of the last message that was written. */
  after: number;
  /** What is owed is being read, or the client has not taken the last slice. */
  isBusy: boolean;
  /** Something was appended meanwhile. */
  isBehind: boolean;
  /** It is being asked which messages are still owed. */
  isAsking: boolean;
  /** A message is not known to be delivered. */
  isUnproven: boolean;
  /** A look was arranged for the next turn. */
  isLookDue: boolean;
  /** When the first message is sent again, in monotonic milliseconds. */
  dueAt: number;
  readonly messages: Map<string, InFlight>;
}

/** The flows of this node, by the ids of their connections. */
export class Flows {
  readonly #registry: Pick<Registry, "ofUser">;
  readonly #flows = new Map<string, Flow>();

  constructor(registry: Pick<Registry, "ofUser">) {
    this.#registry = registry;
  }

  get size(): number {
    return this.#flows.size;
  }

  /** The flow of a connection, which is made where there is none. */
  of(member: Member): Flow {
    const known = this.#flows.get(member.id);
    if (known) return known;
    const { user } = member;
    const rest = { after: 0, isBusy: false, isBehind: false, isAsking: false, isUnproven: false, isLookDue: false };
    const flow: Flow = { member, user: user ?? "", ...rest, dueAt: Number.POSITIVE_INFINITY, messages: new Map() };
    this.#flows.set(member.id, flow);
    return flow;
  }

  get(client: string): Flow | undefined {
    return this.#flows.get(client);
  }

  all(): readonly Flow[] {
    return [...this.#flows.values()];
  }

  end({ member }: Flow): void {
    this.#flows.delete(member.id);
  }

  /** Ends a flow in which nothing is on its way. */
  endIdle(flow: Flow): void {
    if (flow.messages.size === 0 && !flow.isBusy && !flow.isAsking) this.end(flow);
  }

  /** A message has ended: it is on its way to no connection of its user any more. */
  forget(user: string, id: string): void {
    for (const flow of this.#ofUser(user)) if (flow.messages.delete(id)) this.endIdle(flow);
  }

  /** A connection has a message for certain: those of the others to which it is on its way count it. */
  countDelivery({ member, user }: Flow, id: string): void {
    for (const other of this.#ofUser(user)) {
      const message = other.member === member ? undefined : other.messages.get(id);
      if (message) other.messages.set(id, { ...message, others: message.others + 1 });
    }
  }

  #ofUser(user: string): readonly Flow[] {
    return this.#registry.ofUser(user).flatMap(({ id }) => this.#flows.get(id) ?? []);
  }
}

/** While a connection is being admitted its state is still that of the handshake. */
export function isEnding({ state }: Member): boolean {
  return state === "draining" || state === "closed";
}

/** What was heard of a client. Where pings are WebSocket's own, their pongs are no frames that are counted. */
export function heardOf({ socket }: Member): Heard {
  return { frames: socket.frames, at: socket.capabilities.hasNativePing ? socket.lastHeard() : 0 };
}
