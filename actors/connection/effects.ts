import { createAnswers } from "./effects/answers.ts";
import { welcomingEffects } from "./effects/connecting.ts";
import { endingEffects } from "./effects/ending.ts";
import { handshakeEffects } from "./effects/handshake.ts";
import { heartbeatEffects } from "./effects/heartbeat.ts";
import { publishingEffects } from "./effects/publishing.ts";
import { askingEffects } from "./effects/queries.ts";
import { refreshingEffects } from "./effects/refreshing.ts";
import { orderedEffects } from "./effects/server-commands.ts";
import { subscribingEffects } from "./effects/subscribing.ts";
import type { ConnectionContext } from "./events.ts";
import { connectionMachine } from "./machine.ts";
import type { ConnectionPorts } from "./ports.ts";

/**
 * The connection's machine with its actions made real. Called once per server: 15 us and 2.6 kB a connection, where
 * once per connection would be 75 us and 13.6 kB (measured). What differs between connections travels in `input`.
 */
export function connectionLogic(ports: ConnectionPorts) {
  const answers = createAnswers(ports);
  const { isSilent, ...heartbeat } = heartbeatEffects(ports);
  const { isFlushed, ...ending } = endingEffects(ports, answers);
  return connectionMachine.provide({
    actions: {
      ...handshakeEffects(ports),
      ...welcomingEffects(ports, answers),
      ...heartbeat,
      ...publishingEffects(ports, answers),
      ...subscribingEffects(ports, answers),
      ...askingEffects(ports, answers),
      ...refreshingEffects(ports, answers),
      ...orderedEffects(ports, answers),
      ...ending,
    },
    guards: {
      isSilent,
      isFlushed,
      isPast: ({ event }) =>
        event.type === "hub.refresh" && event.expireAt !== null && event.expireAt * 1000 <= ports.clock.wall(),
    },
  });
}

/**
 * What a connection that threw can no longer do itself: it leaves its channels, and its deadlines are cancelled. Its
 * socket is the Hub's to close.
 */
export function createAbandon(ports: ConnectionPorts) {
  const { depart, cancelDeadlines } = endingEffects(ports, createAnswers(ports));
  return (context: ConnectionContext): void => {
    const scope = { context, self: { send: () => {}, getSnapshot: () => ({ context }) } };
    cancelDeadlines(scope);
    depart(scope);
  };
}
