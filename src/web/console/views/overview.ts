import type { Sample } from "../../../console/shown.ts";
import { make } from "../../page/dom.ts";
import { bytes, count, milliseconds, rate } from "../format.ts";
import { Samples, total } from "../sample.ts";
import { Sparkline } from "../sparkline.ts";
import { countRows, table } from "../table.ts";
import type { OpenView } from "../view.ts";

/** One figure with its line. */
interface Figure {
  readonly name: string;
  readonly read: (sample: Sample) => number;
  readonly rate?: boolean;
  readonly write: (value: number) => string;
}

const figures: readonly Figure[] = [
  { name: "Connections", read: ({ connections }) => connections, write: count },
  { name: "Connects", read: ({ accepted }) => accepted, rate: true, write: rate },
  { name: "Publishes", read: ({ publishes }) => publishes, rate: true, write: rate },
  { name: "Deliveries", read: ({ deliveries }) => deliveries, rate: true, write: rate },
  { name: "Recoveries", read: ({ recoveries }) => total(recoveries), rate: true, write: rate },
  { name: "Errors to clients", read: ({ errors }) => total(errors), rate: true, write: rate },
  { name: "Slow consumers", read: ({ slow }) => slow, rate: true, write: rate },
  { name: "Sent", read: ({ bytesOut }) => bytesOut, rate: true, write: (value) => `${bytes(value)}/s` },
  { name: "Channels", read: ({ channels }) => channels, write: count },
  { name: "Users", read: ({ users }) => users, write: count },
  { name: "Event-loop lag", read: ({ lag }) => lag, write: milliseconds },
  { name: "Memory", read: ({ memory }) => memory, write: bytes },
];

/** The figures of the server, and their lines of the last ten minutes. */
export const openOverview: OpenView = (root, link) => {
  const samples = new Samples();
  const cards = figures.map((figure) => {
    const value = make("p", { class: "value", text: "–" });
    const line = new Sparkline();
    const card = make("section", {
      class: "card figure",
      children: [make("h2", { text: figure.name }), value, line.element],
    });
    return { figure, value, line, card };
  });
  const tables = make("div", { class: "grid tables" });
  root.append(make("div", { class: "grid figures", children: cards.map(({ card }) => card) }), tables);
  const show = () => {
    for (const { figure, value, line } of cards) {
      const series = samples.series(figure.read, { rate: figure.rate === true });
      value.textContent = figure.write(series.at(-1)?.value ?? 0);
      line.show(series);
    }
    const { latest } = samples;
    if (latest) tables.replaceChildren(...breakdowns(latest));
  };
  return link.follow(
    "overview",
    (data) => {
      samples.add(data as Sample);
      show();
    },
    { past: 600 },
  );
};

function breakdowns({ states, protocols, closed, errors, recoveries, refused, nodes }: Sample): HTMLElement[] {
  const parts: [string, string, Readonly<Record<string, number>>][] = [
    ["Connections by state", "State", states],
    ["Connections by protocol", "Protocol", protocols],
    ["Recoveries", "Outcome", recoveries],
    ["Closes by code", "Code", closed],
    ["Errors by code", "Code", errors],
    ["Refused upgrades", "Reason", refused],
  ];
  const counted = parts.map(([caption, head, counts]) => table(caption, [head, "Count"], countRows(counts, count)));
  const tables = nodes.length > 0 ? [nodeTable(nodes), ...counted] : counted;
  return tables.map((each) => make("section", { class: "card", children: [each] }));
}

function nodeTable(nodes: Sample["nodes"]): HTMLTableElement {
  const rows = nodes.map(({ name, version, connections, users, channels }) => [
    name,
    version,
    ...[connections, users, channels].map(count),
  ]);
  return table("Nodes", ["Node", "Version", "Connections", "Users", "Channels"], rows);
}
