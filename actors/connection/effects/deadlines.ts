import { milliseconds } from "../../../src/core/time.ts";
import type { DeadlineName } from "../../deadlines.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";

type Clocked = Pick<ConnectionPorts, "deadlines">;

/** Sets a connection's deadline of this name, in place of an earlier one. */
export function armDeadline({ deadlines }: Clocked, { context, self }: Scope, name: DeadlineName, delay: number): void {
  disarmDeadline({ deadlines }, { context }, name);
  context.deadlines.push(deadlines.set(self, name, milliseconds(delay)));
}

/** Cancels a connection's deadline of this name, if there is one. */
export function disarmDeadline({ deadlines }: Clocked, { context }: Pick<Scope, "context">, name: DeadlineName): void {
  const index = context.deadlines.findIndex((deadline) => deadline.name === name);
  const [deadline] = index < 0 ? [] : context.deadlines.splice(index, 1);
  if (deadline) deadlines.cancel(deadline);
}

/** Cancels them all: the connection has ended. */
export function disarmAll({ deadlines }: Clocked, { context }: Scope): void {
  for (const deadline of context.deadlines.splice(0)) deadlines.cancel(deadline);
}
