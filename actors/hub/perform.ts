import { disconnects } from "../../src/core/disconnects.ts";
import type { Log } from "../../src/core/log.ts";
import type { Random } from "../../src/core/random.ts";
import { RatedLog } from "../../src/core/rated-log.ts";
import { type Milliseconds, milliseconds } from "../../src/core/time.ts";
import type { Counters } from "../../src/metrics/counters.ts";
import type { ConnectionContext } from "../connection/record.ts";
import { type Deadline, type Deadlines, type DeadlineTarget, deadlineResolution } from "../deadlines.ts";
import type { HubContext } from "./events.ts";
import { drainDisconnect, hubMachine } from "./machine.ts";
import { publicationsLogic, type RouterPorts } from "./publications.ts";
import type { OwnedMember } from "./registry.ts";

/** What the Hub does things with. */
export interface HubPorts extends RouterPorts {
  readonly deadlines: Deadlines;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Counters;
  /** Gives back what a connection holds that threw, and so cannot do it itself. */
  abandon(context: ConnectionContext): void;
  readonly drain: {
    /** Time between two batches. */
    readonly batchInterval: Milliseconds;
    /** Time until connections that have not gone are cut. */
    readonly timeout: Milliseconds;
  };
}

/** The Hub's machine with its actions made real; called once per server. */
export function hubLogic(ports: HubPorts) {
  const crashes = new RatedLog("connection.crashed", { ...ports, level: "error" });
  const set = new Set<Deadline>();
  const setDeadline = (target: DeadlineTarget, name: "batch" | "timeout", delay: Milliseconds) =>
    set.add(ports.deadlines.set(target, name, delay));

  // A batch goes in slices, one about every sweep, so that its clients do not reconnect in one instant either.
  const slices = Math.max(1, Math.round(ports.drain.batchInterval / deadlineResolution));

  const releaseSlice = (context: HubContext, self: DeadlineTarget) => {
    const size = Math.ceil((context.batchSize / slices) * (0.5 + ports.random.float()));
    for (const member of context.leaving.splice(0, size)) disconnectForDrain(member);
    if (context.leaving.length > 0) setDeadline(self, "batch", milliseconds(ports.drain.batchInterval / slices));
  };

  return hubMachine.provide({
    actors: {
      publications: publicationsLogic(ports),
    },
    actions: {
      identify: ({ context }, { id, user }) => identify(context, { id, user }),
      reject: ({ context }, { id }) => disconnectForDrain(context.members.member(id)),
      forget: ({ context }, { slot }) => context.members.forget(slot),
      closeCrashed: ({ context }, { slot, error }) => {
        const member = context.members.inSlot(slot);
        ports.counters.crashes += 1;
        if (!member) return;
        const { id, user, ref, socket } = member;
        crashes.add("", () => ({ connection: id, user: user ?? "", error: describe(error) }));
        ports.abandon(ref.getSnapshot().context);
        socket.close(disconnects.internal);
      },
      fail: (_, { error }) => {
        throw error;
      },
      tell: ({ context }, { target, event }) => {
        for (const { ref } of context.members.targeted(target)) ref.send(event);
      },
      checkPositions: ({ context }) => {
        for (const { ref } of context.members.all()) ref.send({ type: "deadline.expired", deadline: "positions" });
      },
      beginDrain: ({ context, self }) => {
        context.members.isDraining = true;
        context.leaving.push(...context.members.all());
        setDeadline(self, "timeout", ports.drain.timeout);
        releaseSlice(context, self);
      },
      releaseSlice: ({ context, self }) => releaseSlice(context, self),
      cutRemaining: ({ context }) => {
        for (const member of context.members.all()) member.socket.terminate();
      },
      cancelDeadlines: () => {
        for (const deadline of set) ports.deadlines.cancel(deadline);
      },
    },
  });
}

function disconnectForDrain(member: OwnedMember | null): void {
  member?.ref.send({ type: "hub.disconnect", disconnect: drainDisconnect });
}

/** Registers the user, or refuses one connection more than the limit allows. */
function identify({ members, userConnectionLimit }: HubContext, { id, user }: { id: string; user: string }): void {
  const member = members.member(id);
  if (!member) return;
  if (members.identify(member, user, userConnectionLimit)) member.ref.send({ type: "hub.admitted" });
  else member.ref.send({ type: "hub.disconnect", disconnect: disconnects.connectionLimit });
}

/** An error as text, for a log line. */
function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
