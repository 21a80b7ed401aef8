import { fromCallback } from "xstate";
import type { Broker } from "../../src/broker/broker.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import type { Log } from "../../src/core/log.ts";
import type { Random } from "../../src/core/random.ts";
import type { Counters } from "../../src/metrics/counters.ts";
import type { ConnectionContext } from "../connection/events.ts";
import { type Deadline, type Deadlines, type DeadlineTarget, deadlineResolution } from "../deadlines.ts";
import type { HubContext, Member, PublishEvent, Target } from "./events.ts";
import { drainDisconnect, hubMachine } from "./machine.ts";

/** What the Hub does things with. */
export interface HubPorts {
  readonly broker: Pick<Broker, "publish">;
  readonly deadlines: Deadlines;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Counters;
  /** Gives back what a connection holds that threw, and so cannot do it itself. */
  abandon(context: ConnectionContext): void;
  readonly drain: {
    /** Milliseconds that one batch takes. */
    readonly batchInterval: number;
    /** Milliseconds until those who have not gone are cut. */
    readonly timeout: number;
  };
}

/** The Hub's machine with its actions made real; called once per server. */
export function hubLogic(ports: HubPorts) {
  const set = new Set<Deadline>();
  const setDeadline = (target: DeadlineTarget, name: "batch" | "timeout", delay: number) =>
    set.add(ports.deadlines.set(target, name, delay));

  // A batch goes in slices, one about every sweep, so that its clients do not come back in one instant either.
  const slices = Math.max(1, Math.round(ports.drain.batchInterval / deadlineResolution));

  const releaseSlice = (context: HubContext, self: DeadlineTarget) => {
    const size = Math.ceil((context.batchSize / slices) * (0.5 + ports.random.float()));
    for (const member of context.leaving.splice(0, size)) disconnectForDrain(member);
    if (context.leaving.length > 0) setDeadline(self, "batch", ports.drain.batchInterval / slices);
  };

  return hubMachine.provide({
    actors: {
      publications: fromCallback<PublishEvent>(({ receive }) => {
        receive((event) => ports.broker.publish(event.draft, event.done));
      }),
    },
    actions: {
      adopt: ({ context }, { member }) => {
        context.members.set(member.id, member);
        context.slots[member.slot] = member;
        ports.counters.accepted += 1;
      },
      identify: ({ context }, { id, user }) => identify(context, { id, user }),
      reject: (_, { member }) => disconnectForDrain(member),
      forget: ({ context }, { slot }) => forget(context, slot),
      closeCrashed: ({ context }, { slot, error }) => {
        const member = context.slots[slot];
        ports.counters.crashes += 1;
        if (!member) return;
        const { id, user, ref, socket } = member;
        ports.log.error("connection.crashed", { connection: id, user: user ?? "", error: describe(error) });
        ports.abandon(ref.getSnapshot().context);
        socket.close(disconnects.internal);
      },
      fail: (_, { error }) => {
        throw error;
      },
      tell: ({ context }, { target, event }) => {
        for (const member of membersOf(context, target)) member.ref.send(event);
      },
      beginDrain: ({ context, self }) => {
        context.leaving.push(...context.members.values());
        setDeadline(self, "timeout", ports.drain.timeout);
        releaseSlice(context, self);
      },
      releaseSlice: ({ context, self }) => releaseSlice(context, self),
      cutRemaining: ({ context }) => {
        for (const member of context.members.values()) member.socket.terminate();
      },
      cancelDeadlines: () => {
        for (const deadline of set) ports.deadlines.cancel(deadline);
      },
    },
  });
}

function disconnectForDrain(member: Member): void {
  member.ref.send({ type: "hub.disconnect", disconnect: drainDisconnect });
}

/** Registers the user, or refuses one connection more than the limit allows. */
function identify(context: HubContext, { id, user }: { id: string; user: string }): void {
  const member = context.members.get(id);
  if (!member) return;
  member.user = user;
  if (user !== "" && !register(context, member, user)) {
    member.ref.send({ type: "hub.disconnect", disconnect: disconnects.connectionLimit });
  } else {
    member.ref.send({ type: "hub.admitted" });
  }
}

function register(context: HubContext, member: Member, user: string): boolean {
  const members = context.users.get(user);
  if (!members) {
    context.users.set(user, new Set([member]));
    return true;
  }
  if (context.userConnectionLimit > 0 && members.size >= context.userConnectionLimit) return false;
  members.add(member);
  return true;
}

function forget(context: HubContext, slot: number): void {
  const member = context.slots[slot];
  if (!member) return;
  context.slots[slot] = undefined;
  context.freeSlots.push(slot);
  context.members.delete(member.id);
  if (!member.user) return;
  const members = context.users.get(member.user);
  members?.delete(member);
  if (members?.size === 0) context.users.delete(member.user);
}

/** The connections that a back end means; a copy, because what they are told may make them go. */
function membersOf(context: HubContext, target: Target): Member[] {
  return candidates(context, target).filter(({ id, user }) => user === target.user && !target.except.has(id));
}

function candidates(context: HubContext, { user, client }: Target): Member[] {
  if (client === "") return [...(user === "" ? context.members.values() : (context.users.get(user) ?? []))];
  const member = context.members.get(client);
  return member ? [member] : [];
}

/** An error in words, for a log line. */
function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
