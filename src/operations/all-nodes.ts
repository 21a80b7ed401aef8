import * as v from "valibot";
import type { MissingNode, SurveyAnswers, Surveys } from "../cluster/surveys.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { Result } from "../core/result.ts";
import type { Pattern } from "./glob.ts";
import type { Counts, createSurvey, NodeInfo } from "./survey.ts";

/** What a survey found, and which nodes gave no answer in time. */
export interface Found<Value> {
  readonly value: Value;
  readonly missing: readonly MissingNode[];
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const nodeInfo = v.object({
  uid: v.string(),
  name: v.string(),
  version: v.string(),
  clients: count,
  users: count,
  subscriptions: count,
  channels: count,
  uptime: count,
  process: v.object({ cpu: v.number(), rss: v.number() }),
});

const channelCounts = v.array(v.tuple([v.string(), count]));

/** What there is on all nodes: on this one, and on the others where there are any. */
export function createAllNodes(
  local: ReturnType<typeof createSurvey>,
  others: Surveys | null,
  census: (() => Promise<Pick<Counts, "users" | "channels"> | null>) | null,
) {
  others?.onAsked("info", () => JSON.stringify(local.node()));
  others?.onAsked("channels", (glob) =>
    then(local.channels(glob), (found) => (found.ok ? JSON.stringify([...found.value]) : null)),
  );

  const nodes = (): MaybePromise<Found<readonly NodeInfo[]>> => {
    const own = local.node();
    if (!others) return { value: [own], missing: [] };
    return then(others.ask("info", ""), (survey): MaybePromise<Found<readonly NodeInfo[]>> => {
      const { read, missing } = readAnswers(nodeInfo, survey);
      const all = [own, ...read.map(({ value }) => value)];
      if (!census) return { value: all, missing };
      return then(census(), (counted) => ({ value: [oneNode(own, all, counted ?? {})], missing }));
    });
  };

  return {
    nodes,

    /** Of all nodes; a user or a channel that is on several is counted on each. */
    counts: (): MaybePromise<Found<Counts>> =>
      then(nodes(), ({ value, missing }) => ({ value: value.map(countsOf).reduce(sum), missing })),

    /**
     * The channels with a subscriber on any node whose names match a glob ("": all), and how many connections each has.
     * Those that `mayTouch` refuses are left out. A glob that cannot be read is error 100, as in Centrifugo.
     */
    channels: (glob: string, mayTouch?: Pattern): MaybePromise<Result<Found<ReadonlyMap<string, number>>>> =>
      then(local.channels(glob, mayTouch), (own): MaybePromise<Result<Found<ReadonlyMap<string, number>>>> => {
        if (!own.ok) return own;
        if (!others) return { ok: true, value: { value: own.value, missing: [] } };
        return then(others.ask("channels", glob), (survey) => {
          const { read, missing } = readAnswers(channelCounts, survey);
          const all = new Map(own.value);
          for (const [name, subscribers] of read.flatMap(({ value }) => value)) {
            if (mayTouch?.(name) ?? true) all.set(name, (all.get(name) ?? 0) + subscribers);
          }
          return { ok: true, value: { value: all, missing } };
        });
      }),
  };
}

/** Processes of one node as that node. */
function oneNode(own: NodeInfo, all: readonly NodeInfo[], counted: Partial<Counts>): NodeInfo {
  const process = {
    cpu: all.reduce((total, each) => total + each.process.cpu, 0),
    rss: all.reduce((total, each) => total + each.process.rss, 0),
  };
  const uptime = Math.max(...all.map((each) => each.uptime));
  return { ...own, ...all.map(countsOf).reduce(sum), ...counted, uptime, process };
}

function countsOf({ clients, users, subscriptions, channels }: Counts): Counts {
  return { clients, users, subscriptions, channels };
}

function sum(a: Counts, b: Counts): Counts {
  return {
    clients: a.clients + b.clients,
    users: a.users + b.users,
    subscriptions: a.subscriptions + b.subscriptions,
    channels: a.channels + b.channels,
  };
}

/** The answers of a survey as values; a node whose answer cannot be read is missing. */
export function readAnswers<Value>(schema: v.GenericSchema<unknown, Value>, { answers, missing }: SurveyAnswers) {
  const read: { readonly node: string; readonly name: string; readonly value: Value }[] = [];
  const unread: MissingNode[] = [...missing];
  for (const { node, body } of answers) {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), body);
    if (parsed.success) read.push({ node: node.id, name: node.name, value: parsed.output });
    else unread.push({ uid: node.id, name: node.name });
  }
  return { read, missing: unread };
}
