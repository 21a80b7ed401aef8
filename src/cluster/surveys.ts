import { type Answer, answerTimeout, type Cluster, type Hear } from "./cluster.ts";
import type { NodeCard, Nodes } from "./nodes.ts";

/** A node that gave no answer in time. */
export interface MissingNode {
  readonly uid: string;
  readonly name: string;
}

/** What the other nodes answered. */
export interface SurveyAnswers {
  readonly answers: readonly { readonly node: NodeCard; readonly body: string }[];
  readonly missing: readonly MissingNode[];
}

/** UTF-16 units of an answer: a node whose answer is longer gives none. */
const answerMax = 8_388_608;

/**
 * Questions and messages to the other nodes, by kinds. A survey never fails: it names the nodes that are missing in it.
 */
export class Surveys {
  readonly #cluster: Cluster;
  readonly #nodes: Pick<Nodes, "others" | "has">;

  constructor(cluster: Cluster, nodes: Pick<Nodes, "others" | "has">) {
    this.#cluster = cluster;
    this.#nodes = nodes;
  }

  /** Asks every other node, and waits for those that do not answer no longer than `answerTimeout`. */
  async ask(kind: string, body: string): Promise<SurveyAnswers> {
    const { others } = this.#nodes;
    const bodies = await Promise.all(others.map(({ id }) => this.#cluster.ask(id, kind, body, answerTimeout)));
    const answers: { node: NodeCard; body: string }[] = [];
    const missing: MissingNode[] = [];
    for (const [index, node] of others.entries()) {
      const answer = bodies[index] ?? null;
      if (answer === null) missing.push({ uid: node.id, name: node.name });
      else answers.push({ node, body: answer });
    }
    return { answers, missing };
  }

  /** Asks one node; null where there is none, or it does not answer in time. */
  async askOne(node: string, kind: string, body: string): Promise<string | null> {
    return this.#nodes.has(node) ? await this.#cluster.ask(node, kind, body, answerTimeout) : null;
  }

  /** Tells one node something; at most once. */
  tell(node: string, kind: string, body: string): void {
    this.#cluster.tell(node, kind, body);
  }

  onAsked(kind: string, answer: Answer): void {
    this.#cluster.onAsked(kind, async (body) => {
      const given = await answer(body);
      return given !== null && given.length > answerMax ? null : given;
    });
  }

  onTold(kind: string, hear: Hear): void {
    this.#cluster.onTold(kind, hear);
  }
}
