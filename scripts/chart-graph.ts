import type { AnyStateMachine, AnyStateNode } from "xstate";

/** A state of a machine as its chart shows it. */
export interface ChartState {
  /** `authenticated.ready`; `*` stands for every state of the machine. */
  readonly id: string;
  readonly name: string;
  /** The id of the state that it is in; null at the top. */
  readonly parent: string | null;
  readonly kind: "atomic" | "compound" | "final" | "any";
  readonly isInitial: boolean;
}

/** All transitions from one state to another one. */
export interface ChartEdge {
  readonly from: string;
  readonly to: string;
  /** The types of the events; "" is a transition without an event. */
  readonly events: readonly string[];
}

/** The states of a machine and its ways between them, without places. */
export interface ChartGraph {
  readonly machine: string;
  readonly states: readonly ChartState[];
  readonly edges: readonly ChartEdge[];
}

/** Reads the graph of a machine. Transitions without a target are left out: they change no state. */
export function graphOf(machine: AnyStateMachine): ChartGraph {
  const nodes = descendants(machine.root);
  const states = nodes.map((node) => stateOf(node, machine.root));
  const edges = new Map<string, { from: string; to: string; events: string[] }>();
  for (const node of [machine.root, ...nodes]) {
    for (const { to, event } of waysOf(node)) {
      const from = idOf(node);
      const key = `${from} ${to}`;
      const edge = edges.get(key) ?? { from, to, events: [] };
      if (!edge.events.includes(event)) edge.events.push(event);
      edges.set(key, edge);
    }
  }
  const any: ChartState = { id: "*", name: "any state", parent: null, kind: "any", isInitial: false };
  const hasAny = [...edges.values()].some(({ from }) => from === "*");
  return { machine: machine.id, states: hasAny ? [any, ...states] : states, edges: [...edges.values()] };
}

function descendants(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states).flatMap((child) => [child, ...descendants(child)]);
}

function stateOf(node: AnyStateNode, root: AnyStateNode): ChartState {
  const { parent, key, type } = node;
  return {
    id: idOf(node),
    name: key,
    parent: parent && parent !== root ? idOf(parent) : null,
    kind: type === "final" || type === "compound" ? type : "atomic",
    isInitial: parent?.initial.target.some((target) => target === node) ?? false,
  };
}

function waysOf(node: AnyStateNode): { to: string; event: string }[] {
  const transitions = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
  return transitions.flatMap(({ target, eventType }) =>
    (target ?? []).map((each) => ({ to: idOf(each), event: eventType })),
  );
}

/** The path of a state; `*` for the machine itself. */
function idOf(node: AnyStateNode): string {
  return node.path.length === 0 ? "*" : node.path.join(".");
}
