import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";
import type { Authenticator } from "../auth/authenticator.ts";
import type { DeclaredChannels } from "../channels/rules.ts";
import type { Config } from "../config/config.ts";
import type { Envelope } from "../contract/envelope.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { then } from "../core/maybe-promise.ts";
import type { Random } from "../core/random.ts";
import type { Verified } from "../hooks/in-process/handlers.ts";
import { type ApplicationDefinition, InProcessHooks } from "../hooks/in-process/in-process.ts";
import { OutputCheck } from "../hooks/in-process/output-check.ts";
import { declareChannels } from "../hooks/in-process/runtime.ts";
import { type ApplicationOperations, ServerHandle } from "../hooks/in-process/server-handle.ts";
import type { Publications } from "../hooks/in-process/server-subscription.ts";
import type { InProcess } from "../operations/in-process.ts";
import { jsonOfValue, payloadOfValue } from "../operations/json-value.ts";
import { createDeclaredChannels } from "./declared-channels.ts";

/** What the hooks of an application take from the server. What is a function is there when the server has started. */
export interface ApplicationHooksPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** See `OutputCheck`. */
  readonly isStrict: boolean;
  url(): string;
  authenticator(): Authenticator | null;
  inProcess(): InProcess;
  publications(): Publications;
  stop(): Promise<{ readonly cut: number }>;
}

/** The application inside of a server. */
export interface ApplicationHooks {
  readonly hooks: InProcessHooks;
  readonly channels: DeclaredChannels;
  /** What handlers are given, and `start` answers with. */
  readonly server: ServerHandle;
}

/** Makes the hooks of an application. Throws a TypeError where its definition is not complete. */
export function createApplicationHooks(
  definition: ApplicationDefinition,
  config: Config,
  ports: ApplicationHooksPorts,
): ApplicationHooks {
  const { clock, random, log } = ports;
  const outputs = new OutputCheck(ports.isStrict);
  const operations = () => operationsOf(ports);
  const server: ServerHandle = new ServerHandle({
    schemas: definition.schemas,
    outputs,
    url: ports.url,
    operations,
    connections: (user) => hooks.connections(user),
  });
  const unheard = (error: unknown) => log.debug("hook.unsent", { error: String(error) });
  const hooks = new InProcessHooks(definition, {
    clock,
    random,
    log,
    outputs,
    server,
    encoding: { payload: payloadOfValue, json: jsonOfValue },
    handles: {
      send: (client, user, message) => {
        const checked = outputs.check(assertMessage(definition, message), message.data, message.name);
        const sent = then(checked, () => operations().send({ user, client }, message, {}));
        if (sent instanceof Promise) sent.catch(unheard);
      },
      disconnect: (client, user, reason) => void operations().disconnect({ user, client }, reason).catch(unheard),
    },
    verify: (token) => verify(ports.authenticator(), token),
  });
  const channels = createDeclaredChannels(declareChannels(definition.schemas, definition.handlers), config);
  return { hooks, channels, server };
}

function operationsOf({ inProcess, publications, stop }: ApplicationHooksPorts): ApplicationOperations {
  return { ...inProcess(), publications: publications(), stop };
}

/** Throws where a message is not in the contract, or cannot be encoded: both are faults of the handler that sends it. */
function assertMessage({ schemas }: ApplicationDefinition, { name, data }: Envelope): Schema {
  const schema = schemas.messages?.[name];
  if (!schema) throw new TypeError(`the contract has no message ${name}`);
  jsonOfValue(name, data);
  return schema;
}

/** The configured check of a connection token. */
async function verify(authenticator: Authenticator | null, token: string): Promise<Verified> {
  if (!authenticator || token === "") return { ok: false, code: "unauthorized" };
  const verdict = await authenticator.connection(token);
  if (!verdict.ok) return { ok: false, code: verdict.error === "invalid" ? "unauthorized" : verdict.error };
  const { user, info, expireAt } = verdict.value;
  return {
    ok: true,
    user,
    info: info === undefined ? null : JSON.parse(info),
    expiresAt: expireAt === null ? null : new Date(expireAt * 1000),
  };
}
