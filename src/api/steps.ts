import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Slices } from "../core/slices.ts";

/** A command of a batch that was read, with others, before any of them is run. */
export interface Step {
  readonly ok: true;
  /** Publishes of one batch need not wait for each other: the broker keeps their order. */
  readonly isPublish: boolean;
  /** Runs it; the value is its reply. */
  run(): MaybePromise<string>;
}

/** Commands of a parallel batch that run at a time, publishes not counted: each may hold a whole history. */
const concurrency = 8;

/**
 * Runs commands in slices of time; their replies are in their order. Unless `isParallel`, one runs after the other:
 * publishes that follow each other are handed over together, and so committed together, and the command after them waits
 * for their commit. A connection that is closed after a publish has received it.
 */
export async function runSteps(
  steps: readonly Step[],
  { isParallel, slices }: { readonly isParallel: boolean; readonly slices: Slices },
): Promise<readonly string[]> {
  const replies: string[] = [];
  const pending = new Set<Promise<void>>();
  const slice = slices.begin();
  let wasPublish = false;
  for (const [index, step] of steps.entries()) {
    if (!isParallel && !(step.isPublish && wasPublish)) await Promise.all(pending);
    while (isParallel && !step.isPublish && pending.size >= concurrency) await Promise.race(pending);
    wasPublish = step.isPublish;
    const keep = (reply: string) => {
      replies[index] = reply;
    };
    const reply = step.run();
    if (reply instanceof Promise) {
      const kept: Promise<void> = reply.then(keep).finally(() => pending.delete(kept));
      pending.add(kept);
    } else keep(reply);
    if (slice.isOver()) await slice.pause();
  }
  await Promise.all(pending);
  return replies;
}
