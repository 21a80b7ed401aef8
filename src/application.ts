import { RunningApplication } from "./app/application.ts";
import type { Contract, ContractSchemas } from "./contract/contract.ts";
import type { RuntimeAuthenticate } from "./hooks/in-process/connect-hooks.ts";
import { assertDefinition } from "./hooks/in-process/definition.ts";
import type { Authenticate, HandlerOptions, Handlers, Needed } from "./hooks/in-process/handlers.ts";
import type { HostServer, HostSocketHandler, OwnSocketHandler } from "./hooks/in-process/host.ts";
import type { ApplicationDefinition } from "./hooks/in-process/in-process.ts";
import type { RuntimeHandlers } from "./hooks/in-process/runtime.ts";
import type { Server } from "./hooks/in-process/server.ts";
import { ConfigError, type ServerConfig, type StartOptions } from "./server.ts";

/** How an application starts. */
export interface ApplicationOptions extends StartOptions {
  /** False: no port of its own, for a test or behind `app.fetch` in a `Bun.serve` of the application. Default true. */
  readonly listen?: boolean;
}

/** A contract whose handlers are still to be written. */
export interface Definition<C extends ContractSchemas, Session> {
  /** Decides who a connection is. What it accepts with as `session` is what handlers find in `connection.session`. */
  authenticate<S>(handler: Authenticate<C, S>, options?: HandlerOptions): Definition<C, S>;
  /**
   * Gives the contract its handlers.
   *
   * @throws TypeError where a handler is missing, or a limit is not valid
   */
  handle(handlers: Needed<Handlers<C, Session>>): App<C, Session>;
}

/** A contract with its handlers: a server that can be started, or mounted. */
export interface App<C extends ContractSchemas, Session> {
  readonly contract: Contract<C>;
  /**
   * Starts, with a configuration in the shape of the file. Without one everything is closed but what the handlers open.
   *
   * @throws ConfigError where the configuration is not valid, or names a namespace of the contract
   */
  start(config?: ServerConfig, options?: ApplicationOptions): Promise<Server<C, Session>>;
  /**
   * Answers a request inside of a `Bun.serve` of the application: every path of Chorus below `mount.path`, an upgraded
   * request with an empty Response too. Undefined for the paths of others. Starts without a configuration where `start`
   * was not called.
   */
  fetch(request: Request, server: HostServer): Promise<Response | undefined>;
  /** The WebSocket handler of that `Bun.serve`. */
  readonly websocket: HostSocketHandler;
  /** The same, which hands sockets that are not Chorus' to a handler of the application. */
  websocketWith(own: OwnSocketHandler): HostSocketHandler;
  /** Sockets and frames of a framework are those of the types of Bun that it was written with. */
  websocketWith(own: OwnSocketHandler<never, never>): HostSocketHandler;
}

/** Begins an application of a contract. Without `authenticate` a client without a token is anonymous. */
export function chorus<C extends ContractSchemas>(contract: Contract<C>): Definition<C, null> {
  return define<C, null>(contract, null);
}

function define<C extends ContractSchemas, Session>(
  contract: Contract<C>,
  authenticate: RuntimeAuthenticate | null,
): Definition<C, Session> {
  return {
    authenticate: <S>(handler: Authenticate<C, S>, options: HandlerOptions = {}) =>
      // Types end here: the runtime checks what a handler answers.
      define<C, S>(contract, { handle: handler as RuntimeAuthenticate["handle"], options }),
    handle: (handlers) =>
      createApp<C, Session>(contract, {
        schemas: contract.schemas,
        authenticate,
        handlers: handlers as RuntimeHandlers,
      }),
  };
}

function createApp<C extends ContractSchemas, Session>(
  contract: Contract<C>,
  definition: ApplicationDefinition,
): App<C, Session> {
  assertDefinition(definition);
  const running = new RunningApplication(definition, (lines) => new ConfigError(lines));
  return {
    contract,
    start: async (config, options) => (await running.start(config, options)) as unknown as Server<C, Session>,
    fetch: (request, server) => running.fetch(request, server),
    websocket: running.websocketWith(null),
    websocketWith: (own: OwnSocketHandler<never, never>) => running.websocketWith(own),
  };
}
