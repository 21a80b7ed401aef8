import { payloadSize, payloadToJson } from "../core/payload.ts";
import type { Publication } from "../core/publication.ts";
import { milliseconds } from "../core/time.ts";
import type { RawPublication } from "../hooks/in-process/server-subscription.ts";
import { every } from "./every.ts";
import type { ConsolePorts } from "./ports.ts";
import type { ChannelFacts, ChannelHistory, ChannelUpdate, ShownPublication } from "./shown.ts";

/** Publications of the history that are shown. */
const historyMax = 50;
const factsInterval = milliseconds(1_000);
/** Live publications that are shown in a second; more are counted alone. */
const tailMax = 50;

/** Publishes the facts of a channel each second, and its publications, until the signal aborts. */
export async function watchChannel(
  ports: ConsolePorts,
  { name, publish, signal }: { name: string; publish: (update: ChannelUpdate) => void; signal: AbortSignal },
): Promise<void> {
  if (!ports.rules.resolve(name)) {
    publish({ facts: null, publications: [], missed: 0 });
    return;
  }
  let publications: ShownPublication[] = [];
  let missed = 0;
  const flush = () => {
    publish({ facts: factsOf(ports, name), publications, missed });
    publications = [];
    missed = 0;
  };
  flush();
  every(ports.timers, factsInterval, signal, flush);
  const leave = await ports.publications.subscribe(name, null, {
    publication: (publication) => {
      if (publications.length < tailMax) publications.push(liveOf(ports, publication));
      else missed += 1;
    },
    lost: () => {
      missed += 1;
    },
  });
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
}

/** Reads the last publications of a channel. */
export async function readHistory(ports: ConsolePorts, channel: string): Promise<ChannelHistory> {
  const filter = { limit: historyMax, since: null, reverse: true };
  const result = await ports.operations.history(channel, filter, { source: null });
  if (!result.ok) return { error: result.error.code, publications: [] };
  const { publications } = result.value;
  return { error: null, publications: publications.map((publication) => keptOf(ports, publication)) };
}

function factsOf({ subscribers, rules, broker }: ConsolePorts, name: string): ChannelFacts {
  const namespace = rules.resolve(name)?.namespace;
  const top = namespace?.history ? broker.top(name, namespace.history) : null;
  return {
    // The console is a subscriber itself.
    subscribers: Math.max(0, subscribers.count(name) - 1),
    namespace: namespace?.name ?? "",
    size: namespace?.history?.size ?? 0,
    epoch: top?.epoch ?? "",
    offset: top?.offset ?? 0,
  };
}

function keptOf({ showsPayloads }: ConsolePorts, { data, offset, info }: Publication): ShownPublication {
  return {
    offset,
    bytes: payloadSize(data),
    user: info?.user ?? null,
    ...(showsPayloads && { data: data.kind === "binary" ? "binary" : payloadToJson(data) }),
  };
}

function liveOf({ showsPayloads }: ConsolePorts, { data, offset, info }: RawPublication): ShownPublication {
  const text = data instanceof Uint8Array ? null : JSON.stringify(data);
  return {
    offset,
    bytes: data instanceof Uint8Array ? data.byteLength : Buffer.byteLength(text ?? ""),
    user: info?.user ?? null,
    ...(showsPayloads && { data: text ?? "binary" }),
  };
}
