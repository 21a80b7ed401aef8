import type { Server, WebSocketHandler } from "bun";
import type { HostServer, HostSocketHandler, OwnSocketHandler } from "../hooks/in-process/host.ts";
import type { ApplicationDefinition } from "../hooks/in-process/in-process.ts";
import type { ServerHandle } from "../hooks/in-process/server-handle.ts";
import { systemNetwork } from "../runtime/network.ts";
import type { BunSocket } from "../sockets/socket.ts";
import { type Input, type Profile, startChecked, startConfigured } from "./configured.ts";
import { mountedHandlers } from "./mounting.ts";
import { unseenBytesMax } from "./protocols.ts";
import type { Outside, Started } from "./start.ts";

/** How an application starts. */
export interface ApplicationStart extends Outside {
  readonly profile?: Profile;
  /** False: no port of its own. */
  readonly listen?: boolean;
}

/** Bytes of the largest frame that any protocol takes by default: `plain.binary_size_limit`. */
const frameBytesMax = 16_777_216;

/** An application, and the server of it that was started last. */
export class RunningApplication {
  readonly #definition: ApplicationDefinition;
  readonly #invalid: (lines: readonly string[]) => Error;
  #started: Started | null = null;

  /** `invalid` makes the error of a configuration that is not valid. */
  constructor(definition: ApplicationDefinition, invalid: (lines: readonly string[]) => Error) {
    this.#definition = definition;
    this.#invalid = invalid;
  }

  /** Starts a server; rejects with the error of `invalid`, or as `start` throws. */
  async start(input: Input = {}, outside: ApplicationStart = {}): Promise<ServerHandle> {
    const application = this.#definition;
    return this.#take(await startChecked(input, { ...outside, profile: outside.profile ?? "file", application }));
  }

  #take(outcome: ReturnType<typeof startConfigured>): ServerHandle {
    if (!outcome.ok) throw this.#invalid(outcome.error);
    const { application: server } = outcome.value;
    if (!server) throw new Error("an application was started without its definition");
    this.#started = outcome.value;
    return server;
  }

  async fetch(request: Request, server: HostServer): Promise<Response | undefined> {
    const { mount } = this.#running();
    // No other server than Bun's has these methods.
    const answer = await mount.respond(request, server as Server<BunSocket>);
    if (answer === null) return undefined;
    // Absent: the upgrade took the request over. The runtime ignores a Response then, but the caller needs one.
    return answer ?? new Response(null);
  }

  /** Null: the application has no sockets of its own. */
  websocketWith(own: OwnSocketHandler<never, never> | null): HostSocketHandler {
    // Each socket goes to the handler of the code that upgraded it, with the data that it put there.
    const isOpen = systemNetwork.tcp === null && this.#definition.authenticate === null;
    const bytesMax = isOpen ? unseenBytesMax : frameBytesMax;
    return mountedHandlers(() => this.#running().mount.handlers, own as WebSocketHandler<unknown>, bytesMax);
  }

  #running(): Started {
    if (this.#started === null) {
      this.#take(startConfigured({}, { listen: false, profile: "file", application: this.#definition }));
    }
    if (this.#started === null) throw new Error("the application did not start");
    return this.#started;
  }
}
