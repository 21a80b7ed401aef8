import type { BytesBudget, Spender } from "../../src/core/bytes-budget.ts";
import type { Clock } from "../../src/core/clock.ts";
import { type MaybePromise, then } from "../../src/core/maybe-promise.ts";
import { type Payload, payloadSize, payloadToJson } from "../../src/core/payload.ts";
import { SealedPayload } from "../../src/core/sealed.ts";
import type { Inbox, OwedMessage } from "../../src/messages/inbox.ts";
import type { PublishLogEntry } from "../../src/messages/log-row.ts";
import type { PublishLog } from "../../src/messages/publish-log.ts";
import type { HubRef } from "../hub/events.ts";
import type { Member, Registry } from "../hub/registry.ts";
import { type Flow, Flows, heardOf, isEnding } from "./flows.ts";
import { dueOf, firstDue, type InFlight, inFlight, looked } from "./in-flight.ts";

/** What the delivery of the inbox works with. */
export interface InboxDeliveryPorts {
  readonly inbox: Inbox;
  /** Null where messages are not recorded. */
  readonly log: Pick<PublishLog, "record"> | null;
  readonly clock: Clock;
  readonly registry: Pick<Registry, "member" | "ofUser">;
  readonly hub: HubRef;
  /** Bytes of messages that stay in the inbox until they are settled: each new connection is sent them again. */
  readonly budget: Pick<BytesBudget, "left" | "spend">;
  /** Runs something after as many milliseconds. */
  after(delay: number, run: () => void): void;
  /** Runs something in the next turn of the event loop. */
  soon(run: () => void): void;
}

/** What connections have to do with the inbox. */
export interface InboxDelivery {
  /** Writes what is owed to the device of a connection that was admitted, at once or later, in its order. */
  deliver(user: string, client: string): void;
  /** The client of a connection has these messages; false where that cannot be stored. */
  acknowledge(client: string, ids: readonly string[]): MaybePromise<boolean>;
}

/** Bytes written at once: a client is slow, and closed, from a megabyte on that it has not taken. */
const sliceBytes = 262_144;
/** How often it is looked whether the client has taken a slice, in milliseconds. */
const lookInterval = 50;
/** When a store that failed is asked again, and one whose user was sent too much of late, in milliseconds. */
const retryInterval = 1_000;
const noOne: ReadonlySet<string> = new Set();

/** Delivers the inbox to the connections of this node. Nothing of it is on the way of any other frame. */
export class Deliveries implements InboxDelivery {
  readonly #ports: InboxDeliveryPorts;
  readonly #flows: Flows;

  constructor(ports: InboxDeliveryPorts) {
    this.#ports = ports;
    this.#flows = new Flows(ports.registry);
    ports.inbox.listen((user) => this.#appended(user));
  }

  deliver(_user: string, client: string): void {
    const member = this.#ports.registry.member(client);
    if (member) this.#write(this.#flows.of(member));
  }

  acknowledge(client: string, ids: readonly string[]): MaybePromise<boolean> {
    const member = this.#ports.registry.member(client);
    if (!member?.user) return true;
    const { user, device } = member;
    return then(this.#ports.inbox.settle({ user, device }, ids, "acknowledged"), (ended) => {
      if (ended === null) return false;
      const flow = this.#flows.get(client);
      for (const id of ids) flow?.messages.delete(id);
      if (flow) this.#flows.endIdle(flow);
      for (const { id, bytes } of ended) this.#record(user, { id, bytes, client, outcome: "acknowledged" });
      return true;
    });
  }

  /** Looks what clients have received, and sends again what they have not acknowledged; to be called every 50 ms. */
  tick(): void {
    if (this.#flows.size === 0) return;
    const now = this.#ports.clock.monotonic();
    for (const flow of this.#flows.all()) {
      if (flow.isUnproven) this.#look(flow);
      if (!flow.member.socket.isOpen()) this.#flows.end(flow);
      else if (flow.dueAt <= now && !flow.isAsking) this.#sendAgain(flow, now);
    }
  }

  /** Removes what has expired; to be called once a second. */
  second(): void {
    void then(this.#ports.inbox.sweep(), (ended) => {
      for (const { user, id, bytes } of ended) {
        this.#flows.forget(user, id);
        this.#record(user, { id, bytes, outcome: "expired" });
      }
    });
  }

  #appended(user: string): void {
    for (const member of this.#ports.registry.ofUser(user)) {
      // One that was not greeted yet takes all that waits when it is.
      if (member.hearsMessages && member.isGreeted) this.#write(this.#flows.of(member));
    }
  }

  /** Writes what is owed after what was written. */
  #write(flow: Flow): void {
    if (flow.isBusy) {
      flow.isBehind = true;
      return;
    }
    const { member, user, after } = flow;
    const { device } = member;
    flow.isBusy = true;
    flow.isBehind = false;
    if (this.#ports.budget.left(spenderOf(member)) <= 0) {
      this.#ports.after(retryInterval, () => this.#whenTaken(flow));
      return;
    }
    void then(this.#ports.inbox.take({ user, device, after, bytesMax: sliceBytes }), (messages) => {
      if (messages === null) {
        this.#ports.after(retryInterval, () => this.#whenTaken(flow));
        return;
      }
      if (isEnding(member)) {
        this.#flows.end(flow);
        return;
      }
      flow.after = messages.at(-1)?.position ?? after;
      for (const message of messages) this.#send(flow, message);
      if (mayHaveMore(messages)) this.#ports.soon(() => this.#whenTaken(flow));
      else {
        flow.isBusy = false;
        if (flow.isBehind) this.#write(flow);
        else this.#flows.endIdle(flow);
      }
    });
  }

  /** Goes on when the client has taken the slice. */
  #whenTaken(flow: Flow): void {
    const { member } = flow;
    if (isEnding(member)) this.#flows.end(flow);
    else if (member.socket.unsent() > 0) this.#ports.after(lookInterval, () => this.#whenTaken(flow));
    else {
      flow.isBusy = false;
      this.#write(flow);
    }
  }

  #send(flow: Flow, message: OwedMessage): void {
    const { member, user, messages } = flow;
    const { id, payload, guarantee } = message;
    const bytes = payloadSize(payload);
    if (guarantee !== null) {
      this.#ports.budget.spend(spenderOf(member), bytes);
      const now = this.#ports.clock.monotonic();
      const sent = inFlight({ ...message, guarantee }, { bytes, now, before: messages.get(id) });
      messages.set(id, sent);
      this.#lookSoon(flow);
      flow.dueAt = Math.min(flow.dueAt, sent.dueAt);
    } else this.#record(user, { bytes, client: member.id, outcome: "delivered_later" });
    const data = new SealedPayload(guarantee === null ? payload : wrapped(id, payload));
    const target = { user, client: member.id, except: noOne };
    this.#ports.hub.send({ type: "user.tell", target, event: { type: "hub.message", data } });
  }

  /** Something was sent: a connection that is being admitted writes it at the end of this turn. */
  #lookSoon(flow: Flow): void {
    flow.isUnproven = true;
    if (flow.isLookDue) return;
    flow.isLookDue = true;
    this.#ports.soon(() => {
      flow.isLookDue = false;
      this.#look(flow);
    });
  }

  /** Looks at what was heard of the client, and settles what it has for certain. */
  #look(flow: Flow): void {
    const { member, messages } = flow;
    const { socket } = member;
    const heard = heardOf(member);
    const unsent = socket.isOpen() ? socket.unsent() : Number.POSITIVE_INFINITY;
    const delivered: InFlight[] = [];
    flow.isUnproven = false;
    for (const message of messages.values()) {
      const next = looked(message, heard, unsent);
      if (!next.isDelivered) flow.isUnproven = true;
      if (next === message) continue;
      messages.set(message.id, next);
      if (next.isDelivered) delivered.push(next);
    }
    if (delivered.length > 0) this.#delivered(flow, delivered);
  }

  #delivered(flow: Flow, delivered: readonly InFlight[]): void {
    const { member, user, messages } = flow;
    for (const { id, bytes, others } of delivered) {
      this.#record(user, { id, bytes, client: member.id, connections: others + 1, outcome: "delivered" });
      this.#flows.countDelivery(flow, id);
    }
    const ids = delivered.filter(({ until }) => until === "delivered").map(({ id }) => id);
    if (ids.length === 0) return;
    void then(this.#ports.inbox.settle({ user, device: member.device }, ids, "delivered"), (ended) => {
      for (const id of ids) {
        const message = messages.get(id);
        // What could not be stored is settled by what is heard next.
        if (ended === null && message) {
          messages.set(id, { ...message, writtenAt: heardOf(member), isDelivered: false });
          flow.isUnproven = true;
        } else messages.delete(id);
      }
      this.#flows.endIdle(flow);
    });
  }

  /** Sends what is due again, with the same ids, as far as it is still owed and the client takes what it is sent. */
  #sendAgain(flow: Flow, now: number): void {
    const { member, user, messages } = flow;
    if (member.socket.unsent() > 0) return;
    const ids = dueOf(messages.values(), now).map(({ id }) => id);
    flow.isAsking = true;
    void then(this.#ports.inbox.owed({ user, device: member.device }, ids), (owed) => {
      const isOwed = new Set(owed?.map(({ id }) => id));
      for (const id of ids) if (owed !== null && !isOwed.has(id)) messages.delete(id);
      for (const message of owed ?? []) if (messages.has(message.id)) this.#send(flow, message);
      flow.isAsking = false;
      flow.dueAt = owed === null ? now + retryInterval : firstDue(messages.values());
      this.#flows.endIdle(flow);
    });
  }

  #record(user: string, entry: Pick<PublishLogEntry, "bytes" | "outcome" | "client" | "id" | "connections">): void {
    const connections = entry.client === undefined ? 0 : 1;
    const time = Math.floor(this.#ports.clock.wall());
    this.#ports.log?.record({ time, key: "", method: "send", user, connections, queued: false, ...entry });
  }
}

function spenderOf({ user, socket }: Member): Spender {
  return { client: socket.id, user: user ?? "", limitKey: socket.limitKey };
}

/** Whether as much was given as was asked for: a UTF-16 unit is at most three bytes in the store. */
function mayHaveMore(messages: readonly OwedMessage[]): boolean {
  return messages.reduce((sum, { payload }) => sum + 3 * payloadSize(payload) + 128, 0) >= sliceBytes;
}

/** What a client receives of a message with a guarantee: it acknowledges the id. */
function wrapped(id: string, data: Payload): Payload {
  return { kind: "json", json: `{"id":${JSON.stringify(id)},"data":${payloadToJson(data) || "null"}}` };
}
