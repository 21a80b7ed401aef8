import type { Command, SubscribeRequest } from "../../../src/core/command.ts";
import type { Frame } from "../../../src/core/frame.ts";
import type { Payload } from "../../../src/core/payload.ts";
import { SealedHeaders, SealedPayload, Token } from "../../../src/core/sealed.ts";
import { centrifugeJson } from "../../support/protocols.ts";

/** A command with its sealed fields opened. */
export type Opened = OpenFields<Command>;

type OpenFields<C> = C extends Command ? { readonly [Field in keyof C]: OpenField<C[Field]> } : never;

type OpenField<Value> =
  | Exclude<Value, Token | SealedPayload | SealedHeaders>
  | (Token extends Value ? string : never)
  | (SealedPayload extends Value ? Payload : never)
  | (SealedHeaders extends Value ? Readonly<Record<string, string>> : never);

export function open(command: Command): Opened {
  const entries = Object.entries(command).map(([name, value]) => [
    name,
    value instanceof Token || value instanceof SealedPayload || value instanceof SealedHeaders ? value.read() : value,
  ]);
  return Object.fromEntries(entries);
}

export function decode(frame: Frame): { commands: Opened[]; malformed: boolean } {
  const { commands, malformed } = centrifugeJson.decode(frame, "defaultChannel");
  return { commands: commands.map(open), malformed };
}

/** The one command of a line, or null where the line is malformed. */
export function read(line: string): Opened | null {
  const { commands, malformed } = decode(line);
  return malformed ? null : (commands[0] ?? null);
}

/** A subscription that asks for nothing. */
export const noWish: SubscribeRequest = {
  recover: null,
  positioned: false,
  recoverable: false,
  joinLeave: false,
  flag: 0,
  delta: "",
  filter: null,
};

/** What a connect holds that asks for nothing, beside its method and id. */
export const bareConnect = { token: null, data: null, subs: new Map(), name: "", version: "", headers: null };

/** Methods whose request needs a channel. */
export const channelMethods = [
  "subscribe",
  "unsubscribe",
  "publish",
  "presence",
  "presence_stats",
  "history",
  "sub_refresh",
] as const;

/** All methods, in the order in which the protocol looks for them. */
export const allMethods = [
  "connect",
  "subscribe",
  "unsubscribe",
  "publish",
  "presence",
  "presence_stats",
  "history",
  "rpc",
  "send",
  "refresh",
  "sub_refresh",
] as const;

/** A request of each method that is complete. */
export function requestOf(method: (typeof allMethods)[number]): object {
  switch (method) {
    case "connect":
    case "rpc":
    case "send":
      return {};
    case "refresh":
      return { token: "t" };
    default:
      return { channel: "c" };
  }
}
