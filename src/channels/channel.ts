import type { ChannelConfig } from "../options/channel.ts";
import type { Namespace } from "./namespace.ts";

/** A channel's name, taken apart, and the namespace that says what holds in it. */
export interface Channel {
  readonly name: string;
  readonly namespace: Namespace;
  /** Whether clients may use the name at all; the server's API may use any. */
  readonly isWellNamed: boolean;
  /** Whether subscribing takes a token. */
  readonly isPrivate: boolean;
  /** The users who may subscribe; null where the name has no such limit. */
  readonly users: readonly string[] | null;
  /** Whether a hook decides who may subscribe without a token. */
  readonly isAskedToSubscribe: boolean;
}

/** A name's namespace, and what follows it: what a `channel_regex` has to match. */
export interface NameParts {
  readonly namespace: string;
  readonly rest: string;
}

/** Finds the namespace in a name: the text before the first boundary, after a private prefix. "" where there is none. */
export function splitName(name: string, config: ChannelConfig): NameParts {
  const { private_prefix: prefix, namespace_boundary: boundary } = config;
  const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const at = boundary === "" ? -1 : bare.indexOf(boundary);
  // Without a namespace the private prefix is a part of what the pattern matches.
  return at === -1
    ? { namespace: "", rest: name }
    : { namespace: bare.slice(0, at), rest: bare.slice(at + boundary.length) };
}

/** Takes a name apart that belongs to a namespace. */
export function createChannel(name: string, rest: string, { namespace, config }: ChannelPlace): Channel {
  const { pattern } = namespace;
  const users = namespace.options.allow_user_limited_channels ? usersIn(name, config) : null;
  return {
    name,
    namespace,
    isWellNamed: pattern === null ? isAscii(name) : pattern.test(rest),
    isPrivate: config.private_prefix !== "" && name.startsWith(config.private_prefix),
    users,
    isAskedToSubscribe: namespace.hooks.subscribe && users === null,
  };
}

interface ChannelPlace {
  readonly namespace: Namespace;
  readonly config: ChannelConfig;
}

/** What follows the last user boundary, split; null where there is no boundary. An empty list names the empty user. */
function usersIn(name: string, { user_boundary: boundary, user_separator: separator }: ChannelConfig): string[] | null {
  const at = boundary === "" ? -1 : name.lastIndexOf(boundary);
  if (at === -1) {
    return null;
  }
  const users = name.slice(at + boundary.length);
  return separator === "" ? [users] : users.split(separator);
}

/** UTF-8 takes one byte for ASCII and more for everything else. */
function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
