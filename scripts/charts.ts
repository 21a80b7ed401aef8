/**
 * Lays out the charts of the machines and writes them as data to `src/web/charts/`: `bun run charts`. The page and the
 * console draw them; no layout is computed at run time.
 *
 * @module
 */
import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";
import { connectionMachine } from "../actors/connection/machine.ts";
import { hubMachine } from "../actors/hub/machine.ts";
import type { Chart } from "../src/web/charts/chart.ts";
import { type ChartEdge, type ChartGraph, type ChartState, graphOf } from "./chart-graph.ts";

const options = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.edgeCoords": "ROOT",
  "elk.json.shapeCoords": "ROOT",
  "elk.edgeLabels.inline": "false",
  "elk.layered.spacing.nodeNodeBetweenLayers": "34",
  "elk.layered.spacing.edgeNodeBetweenLayers": "18",
  "elk.spacing.nodeNode": "26",
  "elk.spacing.edgeNode": "18",
  "elk.spacing.edgeEdge": "12",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
};

/** How a chart is drawn. */
interface Form {
  /** Added to the name of its file. */
  readonly suffix: string;
  readonly options: Readonly<Record<string, string>>;
  /** Width of a box beside the name in it. */
  readonly beside: number;
  readonly height: number;
  readonly hasLabels: boolean;
}

const large: Form = { suffix: "", options, beside: 84, height: 44, hasLabels: true };
/** For the place beside the chat: the names of events stay away. */
const small: Form = {
  suffix: "-small",
  options: {
    ...options,
    "elk.layered.spacing.nodeNodeBetweenLayers": "26",
    "elk.layered.spacing.edgeNodeBetweenLayers": "11",
    "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
    "elk.spacing.nodeNode": "14",
    "elk.spacing.edgeNode": "9",
    "elk.spacing.edgeEdge": "7",
  },
  beside: 30,
  height: 32,
  hasLabels: false,
};

const elk = new ELK();
for (const [machine, form] of [
  [connectionMachine, large],
  [connectionMachine, small],
  [hubMachine, large],
] as const) {
  const graph = graphOf(machine);
  const chart = await layOut(graph, form);
  await Bun.write(`src/web/charts/${graph.machine}${form.suffix}.json`, `${JSON.stringify(chart, null, 2)}\n`);
}
// The layout keeps a worker that holds the process.
process.exit(0);

async function layOut(graph: ChartGraph, form: Form): Promise<Chart> {
  const root: ElkNode = await elk.layout({
    id: "root",
    layoutOptions: { ...form.options },
    children: childrenOf(graph, null, form),
    edges: graph.edges.map((edge, index) => ({
      id: `edge-${index}`,
      sources: [edge.from],
      targets: [edge.to],
      ...(form.hasLabels && {
        labels: [{ text: labelOf(edge), width: labelOf(edge).length * 6.1 + 8, height: 15 }],
      }),
    })),
  });
  const places = new Map(flat(root).map((node) => [node.id, node]));
  const edges = new Map((root.edges ?? []).map((edge) => [edge.id, edge]));
  return {
    machine: graph.machine,
    width: Math.ceil(root.width ?? 0),
    height: Math.ceil(root.height ?? 0),
    states: graph.states.map((state) => ({ ...state, ...box(places.get(state.id)) })),
    edges: graph.edges.map((edge, index) => ({
      ...edge,
      ...way(edges.get(`edge-${index}`), form.hasLabels ? labelOf(edge) : ""),
    })),
  };
}

function childrenOf(graph: ChartGraph, parent: string | null, form: Form): ElkNode[] {
  const { height } = form;
  const side = height / 2;
  const padding = { "elk.padding": `[top=${height},left=${side},bottom=${side},right=${side}]` };
  return graph.states
    .filter((state) => state.parent === parent)
    .map((state) => {
      const children = childrenOf(graph, state.id, form);
      return children.length > 0
        ? { id: state.id, children, layoutOptions: { ...form.options, ...padding } }
        : { id: state.id, ...sizeOf(state, form) };
    });
}

function sizeOf({ name, kind }: ChartState, { beside, height }: Form) {
  return { width: name.length * 8 + beside, height: kind === "any" ? Math.min(34, height) : height };
}

function labelOf({ events }: ChartEdge): string {
  const [first = ""] = events;
  const name = first === "" ? "always" : first;
  return events.length > 1 ? `${name} +${events.length - 1}` : name;
}

function flat(node: ElkNode): ElkNode[] {
  return (node.children ?? []).flatMap((child) => [child, ...flat(child)]);
}

function box(node: ElkNode | undefined) {
  const { x = 0, y = 0, width = 0, height = 0 } = node ?? {};
  return { x: round(x), y: round(y), width: round(width), height: round(height) };
}

function way(edge: ElkExtendedEdge | undefined, text: string) {
  const section = edge?.sections?.[0];
  const points = section ? [section.startPoint, ...(section.bendPoints ?? []), section.endPoint] : [];
  const label = edge?.labels?.[0];
  return {
    points: points.map(({ x, y }) => [round(x), round(y)] as const),
    label: { text, ...box(label as ElkNode | undefined) },
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
