import type { OwnedMember } from "../../actors/hub/registry.ts";
import { statePath } from "./census.ts";
import type { Others } from "./others.ts";
import type { ConsolePorts } from "./ports.ts";
import type { Found, ShownConnection, Summary } from "./shown.ts";

/** What connections are searched by. */
export interface ConnectionQuery {
  readonly by: "user" | "id" | "channel" | "address";
  /** The whole name; of an address its beginning. "" finds all. */
  readonly text: string;
}

/** Connections of one answer. */
const foundMax = 100;
/** Subscriptions that are shown of one connection. */
const subscriptionsMax = 256;

/** The connections that a query finds, a hundred at the most, here and at the others. */
export async function searchConnections(ports: ConsolePorts, others: Others, query: ConnectionQuery): Promise<Found> {
  const [here, there] = await Promise.all([
    searchHere(ports, query),
    others.ask<Found>("search", JSON.stringify(query)),
  ]);
  const all = [here, ...there];
  const connections = all.flatMap((each) => each.connections);
  const isWhole = connections.length <= foundMax && all.every((each) => each.isWhole);
  return { connections: connections.slice(0, foundMax), isWhole };
}

/** Answers the consoles of others of the connections of this process. */
export function answerSearches(ports: ConsolePorts, others: Others): void {
  others.answer("search", (query) => searchHere(ports, JSON.parse(query) as ConnectionQuery));
  others.answer("connection", (id) => {
    const member = ports.members.member(id);
    return member && describeConnection(ports, member);
  });
}

/** Read in slices. */
async function searchHere({ members, slices }: ConsolePorts, query: ConnectionQuery): Promise<Found> {
  const { by, text } = query;
  const found: OwnedMember[] = [];
  const matches = matcherOf(query);
  const step = (member: OwnedMember | null) => {
    if (member && matches(member)) found.push(member);
    return found.length <= foundMax;
  };
  if (by === "id" && text !== "") step(members.member(text));
  else if (by === "user" && text !== "") members.ofUser(text).every(step);
  else await slices.each(inSlots(members), step);
  return { connections: found.slice(0, foundMax).map(summaryOf), isWhole: found.length <= foundMax };
}

function matcherOf({ by, text }: ConnectionQuery): (member: OwnedMember) => boolean {
  if (text === "" || by === "id" || by === "user") return () => true;
  if (by === "address") return ({ socket }) => socket.address.startsWith(text);
  return ({ ref }) => ref.getSnapshot().context.connection.subscriptions.has(text);
}

function* inSlots(members: ConsolePorts["members"]): Generator<OwnedMember | null> {
  for (let slot = 0; slot < members.slotCount; slot += 1) yield members.inSlot(slot);
}

function summaryOf(member: OwnedMember): Summary {
  const { id, user, socket, ref } = member;
  return {
    id,
    user,
    address: socket.address,
    protocol: socket.dialect,
    state: statePath(member),
    channels: ref.getSnapshot().context.connection.subscriptions.size,
  };
}

/** Describes one connection. */
export function describeConnection({ broker }: ConsolePorts, member: OwnedMember): ShownConnection {
  const { subscriptions } = member.ref.getSnapshot().context.connection;
  const shown = [...subscriptions.values()].slice(0, subscriptionsMax);
  return {
    ...summaryOf(member),
    queued: member.socket.unsent(),
    subscriptions: shown.map(({ channel, origin, stream }) => ({
      channel,
      origin,
      epoch: stream?.epoch ?? "",
      offset: stream ? (broker.top(channel, stream.options)?.offset ?? 0) : null,
    })),
  };
}
