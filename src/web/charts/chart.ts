import connection from "./connection.json" with { type: "json" };
import hub from "./hub.json" with { type: "json" };

/** Where something is, in units of the chart. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A state with its place. */
export interface PlacedState extends Box {
  /** `authenticated.ready`; `*` is every state of the machine. */
  readonly id: string;
  readonly name: string;
  readonly parent: string | null;
  readonly kind: "atomic" | "compound" | "final" | "any";
  readonly isInitial: boolean;
}

/** The transitions from one state to another one, with the line that is drawn for them. */
interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  /** "" is a transition without an event. */
  readonly events: readonly string[];
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly label: Box & { readonly text: string };
}

/** A machine as it is drawn. `bun run charts` computes it from the machine. */
export interface Chart {
  readonly machine: string;
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
}

// The types of JSON are wider than what the script has written; a test compares the data with the machines.
export const connectionChart = connection as unknown as Chart;
export const hubChart = hub as unknown as Chart;
