import { limitsOf, millisecondsOf } from "./durations.ts";
import type { ApplicationDefinition } from "./in-process.ts";
import { configured, declareCalls, declareChannels, declareSends } from "./runtime.ts";

/**
 * Checks a definition when it is made, and not when its server starts.
 *
 * @throws TypeError where a handler is missing, or an option is not valid
 */
export function assertDefinition({ schemas, authenticate, handlers }: ApplicationDefinition): void {
  if (authenticate) limitsOf(authenticate.options, "authenticate");
  for (const { name, handlers: own } of declareChannels(schemas, handlers)) {
    if (typeof own.subscribe !== "string") limitsOf(configured(own.subscribe).options, `${name}.subscribe`);
    if (own.publish && own.publish !== "subscribers") limitsOf(configured(own.publish).options, `${name}.publish`);
    millisecondsOf(own.linger ?? 0, `${name}.linger`);
    if (own.history) millisecondsOf(own.history.ttl, `${name}.history.ttl`);
  }
  for (const { name, handler } of [...declareCalls(schemas, handlers), ...declareSends(schemas, handlers)]) {
    limitsOf(handler.options, name);
  }
}
