import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../measure/machine.ts";
import { type Figures, figuresOf, type Row } from "./rows.ts";

const folder = join(import.meta.dir, "../results");

/** Figures of one experiment that are not rows of a contest. */
export interface Finding {
  readonly experiment: string;
  readonly caption: string;
  /** As printed. */
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** As measured, where that is more than what is printed. */
  readonly raw?: unknown;
}

/** Everything that a run of the suite found, with the raw samples. */
export class Results {
  readonly #rows: Row[] = [];
  readonly #findings: Finding[] = [];

  addRow(row: Row): void {
    this.#rows.push(row);
  }

  addFinding(finding: Finding): void {
    this.#findings.push(finding);
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** Writes `bench/results/<date>.json`; returns its path. */
  save(run: { machine: Machine; profile: string; began: Date; failures: number }): string {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${run.began.toISOString().slice(0, 16).replace(":", "")}.json`);
    const rows: (Row & { figures: Figures[] })[] = this.#rows.map((row) => ({ ...row, figures: figuresOf(row) }));
    writeFileSync(path, `${JSON.stringify({ ...run, rows, findings: this.#findings })}\n`);
    return path;
  }

  /** Writes the chart that the README shows; returns its path. */
  saveChart(svg: string): string {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "fanout.svg");
    writeFileSync(path, svg);
    return path;
  }
}
