import type { DeadlineName } from "../../deadlines.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";

type Clocked = Pick<ConnectionPorts, "deadlines">;

/** Sets a connection's deadline of this name, in place of an earlier one. */
export function armDeadline({ deadlines }: Clocked, { context, self }: Scope, name: DeadlineName, delay: number): void {
  const earlier = context.deadlines.get(name);
  if (earlier) deadlines.cancel(earlier);
  context.deadlines.set(name, deadlines.set(self, name, delay));
}

/** Cancels a connection's deadline of this name, if there is one. */
export function disarmDeadline({ deadlines }: Clocked, { context }: Scope, name: DeadlineName): void {
  const deadline = context.deadlines.get(name);
  if (!deadline) return;
  deadlines.cancel(deadline);
  context.deadlines.delete(name);
}

/** Cancels them all: the connection has ended. */
export function disarmAll({ deadlines }: Clocked, { context }: Scope): void {
  for (const deadline of context.deadlines.values()) deadlines.cancel(deadline);
  context.deadlines.clear();
}
