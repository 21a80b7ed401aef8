import * as v from "valibot";
import type { MissingNode, Surveys } from "../cluster/surveys.ts";
import { badField, errors, withReason } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { type Result, refuse } from "../core/result.ts";
import type { LoggedPush } from "../messages/log-row.ts";
import type { LogQueries } from "../messages/publish-log.ts";
import { cursorPattern, limitDefault, type PublishLogFilter, sentFilter } from "../messages/search.ts";
import { readAnswers } from "./all-nodes.ts";

/** An entry of the publish log; `node`: the name of another node that has it. */
type NodeLoggedPush = LoggedPush & { readonly node?: string };

/** A page of the publish logs of all nodes, newest first. */
export interface NodesLogPage {
  readonly entries: readonly NodeLoggedPush[];
  readonly cursor?: string;
  /** Nodes that gave no answer in time. */
  readonly missing: readonly MissingNode[];
}

/** What each node answers: its page, and where a page after each of its entries begins. */
const nodePage = v.object({
  entries: v.array(v.looseObject({ time: v.number() })),
  cursors: v.array(v.string()),
  cursor: v.optional(v.string()),
});
type NodePage = v.InferOutput<typeof nodePage>;

const filterOfNode = v.object({
  ...v.omit(sentFilter, ["cursor"]).entries,
  /** By node: its cursor, or null where it has no more. */
  cursors: v.optional(v.record(v.string(), v.nullable(v.string()))),
});

/** Cursors of all nodes as one text. */
const cursors = v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.nullable(v.string())));
const manyPattern = /^~[A-Za-z0-9_-]{2,8192}$/;

/** A page of one node on its way into the page of all. */
interface Part {
  readonly node: string;
  /** "" for this node. */
  readonly name: string;
  readonly page: NodePage;
}

/** Reads the publish logs of all nodes: each keeps its own, and is asked for a page. */
export function createAllLogs(log: LogQueries | null, own: string, others: Surveys | null) {
  const pageOf = async (filter: PublishLogFilter): Promise<NodePage | null> => {
    const page = await log?.query({ ...filter, withCursors: true });
    return page
      ? { ...page, cursors: [...(page.cursors ?? [])], entries: page.entries.map((each) => ({ ...each })) }
      : null;
  };
  const ask = (node: string, { cursors: all, ...filter }: v.InferOutput<typeof filterOfNode>) => {
    const cursor = all?.[node];
    if (cursor === null) return { entries: [], cursors: [] };
    return pageOf({ ...filter, ...(cursor !== undefined && { cursor }) });
  };
  others?.onAsked("push_log", async (body) => {
    const page = await ask(own, v.parse(v.pipe(v.string(), v.parseJson(), filterOfNode), body));
    return page && JSON.stringify(page);
  });

  const askAll = async (
    { cursor: _, ...filter }: PublishLogFilter,
    all: Readonly<Record<string, string | null>> | null,
    surveys: Surveys,
  ): Promise<Result<NodesLogPage>> => {
    const asked = { ...filter, ...(all && { cursors: { ...all } }) };
    const [mine, survey] = await Promise.all([ask(own, asked), surveys.ask("push_log", JSON.stringify(asked))]);
    if (mine === null) return refuse(errors.internal);
    const { read, missing } = readAnswers(nodePage, survey);
    const theirs = read.map(({ node, name, value }) => ({ node, name, page: value }));
    const merged = merge([{ node: own, name: "", page: mine }, ...theirs], filter.limit ?? limitDefault);
    return { ok: true, value: { ...merged, missing } };
  };

  return (filter: PublishLogFilter): MaybePromise<Result<NodesLogPage>> => {
    const { cursor } = filter;
    if (!log) return refuse(withReason(errors.notAvailable, "push_log.enabled is off"));
    const all = cursor === undefined ? null : cursorsOf(cursor);
    if (cursor !== undefined && !(others ? all : cursorPattern.test(cursor))) {
      return refuse(badField("cursor: expected the cursor of a page"));
    }
    if (others) return askAll(filter, all, others);
    return then(log.query(filter), (page) =>
      page === null ? refuse(errors.internal) : { ok: true, value: { ...page, missing: [] } },
    );
  };
}

/** The newest entries of all pages, and where the next page of each node begins. */
function merge(parts: readonly Part[], limit: number): Omit<NodesLogPage, "missing"> {
  const taken = new Map(parts.map(({ node }) => [node, 0]));
  const entries: NodeLoggedPush[] = [];
  while (entries.length < limit) {
    let newest: { part: Part; time: number } | null = null;
    for (const part of parts) {
      const time = part.page.entries[taken.get(part.node) ?? 0]?.time;
      if (time !== undefined && (newest === null || time > newest.time)) newest = { part, time };
    }
    if (newest === null) break;
    const { node, name, page } = newest.part;
    const index = taken.get(node) ?? 0;
    taken.set(node, index + 1);
    // Both ends of a survey are of this project: what an entry holds is read by people.
    const entry = page.entries[index] as unknown as LoggedPush;
    entries.push(name === "" ? entry : { ...entry, node: name });
  }
  const next = parts.map(({ node, page }) => [node, nextOf(page, taken.get(node) ?? 0)] as const);
  const hasMore = next.some(([, cursor]) => cursor !== null);
  return hasMore ? { entries, cursor: textOf(Object.fromEntries(next)) } : { entries };
}

/** Where a node goes on of which so many entries were taken; null where it has no more. */
function nextOf({ entries, cursors: after, cursor }: NodePage, taken: number): string | null {
  if (taken === entries.length) return cursor ?? null;
  // Of what none was taken begins where it began: before its first entry.
  return taken === 0 ? beforeFirst(after[0] ?? "") : (after[taken - 1] ?? null);
}

/** The cursor before an entry: one that is higher by one. */
function beforeFirst(cursor: string): string {
  return (Number.parseInt(cursor, 36) + 1).toString(36);
}

function textOf(all: Readonly<Record<string, string | null>>): string {
  return `~${Buffer.from(JSON.stringify(all)).toString("base64url")}`;
}

function cursorsOf(cursor: string): Readonly<Record<string, string | null>> | null {
  if (!manyPattern.test(cursor)) return null;
  const parsed = v.safeParse(cursors, Buffer.from(cursor.slice(1), "base64url").toString());
  return parsed.success ? parsed.output : null;
}
