import { expect, test } from "bun:test";
import { connectionMachine } from "../../actors/connection/machine.ts";
import { hubMachine } from "../../actors/hub/machine.ts";
import { type ChartGraph, graphOf } from "../../scripts/chart-graph.ts";
import { type Chart, connectionChart, hubChart } from "../../src/web/charts/chart.ts";
import { smallConnectionChart } from "../../src/web/charts/small.ts";

/** A chart without its places. */
function withoutPlaces({ machine, states, edges }: Chart): ChartGraph {
  return {
    machine,
    states: states.map(({ id, name, parent, kind, isInitial }) => ({ id, name, parent, kind, isInitial })),
    edges: edges.map(({ from, to, events }) => ({ from, to, events })),
  };
}

test.each([
  ["connection", connectionMachine, connectionChart],
  ["connection, small", connectionMachine, smallConnectionChart],
  ["Hub", hubMachine, hubChart],
] as const)(
  "[KO1] the chart of the %s has the states and transitions of its machine: `bun run charts`",
  (_, machine, chart) => {
    expect(withoutPlaces(chart)).toEqual(graphOf(machine));
  },
);

test("every state of a chart lies in its parent, and every transition has a line", () => {
  for (const { states, edges, width, height } of [connectionChart, smallConnectionChart, hubChart]) {
    const whole = { x: 0, y: 0, width, height };
    for (const state of states) {
      const parent = states.find(({ id }) => id === state.parent) ?? whole;
      expect(state.x).toBeGreaterThanOrEqual(parent.x);
      expect(state.y).toBeGreaterThanOrEqual(parent.y);
      expect(state.x + state.width).toBeLessThanOrEqual(parent.x + parent.width);
      expect(state.y + state.height).toBeLessThanOrEqual(parent.y + parent.height);
    }
    for (const { points } of edges) expect(points.length).toBeGreaterThanOrEqual(2);
  }
});
