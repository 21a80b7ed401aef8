import type { Chart, PlacedState } from "./chart.ts";

const svg = "http://www.w3.org/2000/svg";
/** Space around the chart, in its units. */
const margin = 14;

/** A chart on the page. */
export interface DrawnChart {
  readonly element: SVGSVGElement;
  /** Shows how many are in each state; a state whose number has changed lights up. */
  count(counts: ReadonlyMap<string, number>): void;
  /** Shows one in this state, "" in none; the transition that led there lights up. */
  enter(state: string): void;
}

/** Draws a machine as a statechart, from its stored layout. Texts are text nodes. */
export function drawChart(chart: Chart, label: string): DrawnChart {
  const { width, height } = chart;
  const element = shape("svg", {
    viewBox: `${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}`,
    class: "statechart",
    role: "img",
    "aria-label": label,
  });
  element.append(arrowHead());
  const states = new Map(chart.states.map((state) => [state.id, drawState(state)]));
  // Those that hold others come first, so that the others lie on them.
  const depth = (id: string) => id.split(".").length;
  const ordered = [...states].sort(([one], [other]) => depth(one) - depth(other));
  element.append(...ordered.filter(([id]) => isCompound(chart, id)).map(([, { group }]) => group));
  const edges = chart.edges.map((edge) => ({ edge, group: drawEdge(edge) }));
  element.append(...edges.map(({ group }) => group));
  element.append(...ordered.filter(([id]) => !isCompound(chart, id)).map(([, { group }]) => group));
  let current = "";
  return {
    element,
    count(counts) {
      for (const [id, { group, count }] of states) {
        const text = String(sumOf(counts, id));
        if (count.textContent !== text && count.textContent !== "") light(group);
        count.textContent = text;
        group.classList.toggle("is-empty", text === "0");
      }
    },
    enter(state) {
      for (const [id, { group }] of states) group.classList.toggle("is-current", isWithin(state, id));
      for (const { edge, group } of edges) {
        const fits = current !== "" && current !== state && edge.to !== "*" && isWithin(state, edge.to);
        if (fits && (edge.from === "*" || isWithin(current, edge.from))) light(group);
      }
      current = state;
    },
  };
}

function isCompound({ states }: Chart, id: string): boolean {
  return states.some((state) => state.id === id && state.kind === "compound");
}

/** Whether a state is another one, or in it. */
function isWithin(state: string, other: string): boolean {
  return state === other || state.startsWith(`${other}.`);
}

function sumOf(counts: ReadonlyMap<string, number>, id: string): number {
  let sum = 0;
  for (const [state, count] of counts) if (isWithin(state, id)) sum += count;
  return sum;
}

function drawState({ id, name, kind, isInitial, x, y, width, height }: PlacedState) {
  const group = shape("g", { class: `state is-${kind}`, "data-state": id });
  group.append(shape("rect", { x, y, width, height, rx: kind === "any" ? height / 2 : 10 }));
  if (kind === "final")
    group.append(shape("rect", { x: x + 4, y: y + 4, width: width - 8, height: height - 8, rx: 7 }));
  if (isInitial) group.append(shape("circle", { cx: x, cy: y, r: 5, class: "initial" }));
  const middle = kind === "compound" ? y + 24 : y + height / 2 + 4.5;
  const title = shape("text", { x: x + 14, y: middle, class: "name" });
  title.textContent = name;
  const count = shape("text", { x: x + width - 12, y: middle, class: "count" });
  group.append(title, ...(kind === "any" ? [] : [count]));
  return { group, count };
}

function drawEdge({ events, points, label }: Chart["edges"][number]): SVGGElement {
  const group = shape("g", { class: "edge" });
  const way = points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join(" ");
  const text = shape("text", { x: label.x + 4, y: label.y + 11 });
  text.textContent = label.text;
  const title = shape("title", {});
  title.textContent = events.map((event) => event || "always").join("\n");
  group.append(title, shape("path", { d: way, "marker-end": "url(#arrow)" }), ...(label.text === "" ? [] : [text]));
  return group;
}

function arrowHead(): SVGElement {
  const head = shape("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7 });
  head.setAttribute("orient", "auto");
  head.append(shape("path", { d: "M0 0.8 L7.4 4 L0 7.2 z" }));
  const defs = shape("defs", {});
  defs.append(head);
  return defs;
}

/** Begins the animation of `is-lit` anew. */
function light(group: SVGGElement): void {
  group.classList.remove("is-lit");
  void group.getBoundingClientRect();
  group.classList.add("is-lit");
}

function shape<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(svg, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
