import type { Chart } from "./chart.ts";
import connection from "./connection-small.json" with { type: "json" };

/** The machine of a connection without the names of its events, for a narrow place. */
export const smallConnectionChart = connection as unknown as Chart;
