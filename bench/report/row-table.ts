import { amount, ratio, share, time } from "./formats.ts";
import { bestPeer, compare, type Figures, figuresOf, type Percentiles, type Row } from "./rows.ts";
import type { Terminal } from "./terminal.ts";

const head = [
  "server",
  "deliveries/s",
  "of the first",
  "per CPU",
  "delivery p50 / p99 / p99.9",
  "to the last p50 / p99",
  "server CPU",
  "load CPU",
];

/** Prints a row, and under it what it says of Chorus beside its best peer. */
export function printRow(terminal: Terminal, row: Row): void {
  const figures = figuresOf(row);
  terminal.table(
    row.caption,
    head,
    figures.map((entry) => cells(row, entry)),
  );
  if (figures.some(({ loadBound }) => loadBound)) {
    terminal.line("  * the load was the bottleneck in most rounds; those rounds enter no ratio but that per CPU");
  }
  // In an open loop everyone delivers what was asked for; who is fastest is another question.
  if (row.window === null) return;
  const peer = bestPeer(row, "Chorus");
  const beside = peer === null ? null : compare(row, "Chorus", peer);
  if (peer !== null && beside !== null) terminal.line(`  Chorus: ${ratio(beside)} times ${peer}, the best peer`);
}

function cells(row: Row, figures: Figures): string[] {
  const compared = row.window === null ? `p99 ${ratio(figures.p99OfBaseline)}` : ratio(figures.ofBaseline);
  return [
    figures.loadBound ? `${figures.name} *` : figures.name,
    amount(figures.deliveries.median),
    figures.name === row.baseline ? "1" : compared,
    figures.name === row.baseline ? "1" : ratio(figures.perCpuOfBaseline),
    all(figures.delivery),
    `${time(figures.last.p50)} / ${time(figures.last.p99)}`,
    share(figures.serverCpu),
    share(figures.loadCpu),
  ];
}

function all({ p50, p99, p999 }: Percentiles): string {
  return `${time(p50)} / ${time(p99)} / ${time(p999)}`;
}
