import type { ConnectionUpdate, Ended, ShownConnection, ShownSubscription } from "../../../console/shown.ts";
import { connectionChart } from "../../charts/chart.ts";
import { drawChart } from "../../charts/draw.ts";
import { smallConnectionChart } from "../../charts/small.ts";
import { make } from "../../page/dom.ts";
import { bytes, clock } from "../format.ts";
import { fill, table } from "../table.ts";
import type { OpenView } from "../view.ts";
import { nameOfUser } from "./user.ts";

type Entry = ConnectionUpdate["entries"][number];

/** Why the watch has ended. */
const endings: Readonly<Record<Ended, string>> = {
  gone: "The connection has ended.",
  time: "It was watched for a minute: open it again to go on.",
  other: "Another connection is being watched: one at a time.",
};

/** Lines of the timeline that are kept. */
const linesMax = 300;
const arrows = { in: "→", out: "←", inside: "·" };
const columns = ["Channel", "By", "Epoch", "Offset", ""];

/** One connection: its chart, its timeline and its subscriptions, live for a minute. */
export function openConnection(id: string): OpenView {
  return (root, link) => {
    const isNarrow = matchMedia("(max-width: 40rem)").matches;
    const chart = drawChart(isNarrow ? smallConnectionChart : connectionChart, "The state of this connection");
    const facts = make("p", { class: "facts" });
    const status = make("p", { class: "hint", text: "Watching for a minute." });
    status.setAttribute("role", "status");
    const lines = make("ol", { class: "timeline" });
    const subscriptions = table("Subscriptions", columns, []);
    const act = (method: string, input: object) =>
      void link.call(method, { connection: id, ...input }).catch((error: Error) => {
        status.textContent = `Refused: ${error.message}`;
      });
    const disconnect = make("button", { text: "Disconnect" });
    disconnect.addEventListener("click", () => act("disconnect", {}));
    root.append(
      make("section", {
        class: "card",
        children: [
          make("div", { class: "row", children: [make("h2", { text: id }), disconnect] }),
          facts,
          status,
          chart.element,
        ],
      }),
      make("div", {
        class: "stack",
        children: [
          make("section", { class: "card scroll", children: [subscriptions] }),
          make("section", { class: "card", children: [make("h2", { text: "Timeline" }), lines] }),
        ],
      }),
    );
    const show = (connection: ShownConnection) => {
      const { user, address, protocol, queued, state } = connection;
      facts.textContent = `${nameOfUser(user)} · ${address} · ${protocol} · ${bytes(queued)} unsent`;
      chart.enter(state);
      const [body] = subscriptions.tBodies;
      const rows = rowsOf(connection.subscriptions, act);
      if (body) fill(body, rows, { columns: columns.length, none: "No subscriptions." });
    };
    const add = (entry: Entry) => {
      if (entry.state !== undefined) chart.enter(entry.state);
      lines.prepend(lineOf(entry));
      if (lines.children.length > linesMax) lines.lastElementChild?.remove();
    };
    const take = (update: ConnectionUpdate) => {
      update.entries.forEach(add);
      const news = newsOf(update);
      if (news !== null) status.textContent = news;
      if (update.connection) show(update.connection);
    };
    return link.follow(`connection:${id}`, (data) => take(data as ConnectionUpdate));
  };
}

/** What the status says of an update; null where there is nothing new. */
function newsOf({ ended, missed }: ConnectionUpdate): string | null {
  if (ended !== null) return endings[ended];
  return missed > 0 ? `${missed} events are not shown: there were too many at once.` : null;
}

function rowsOf(subscriptions: readonly ShownSubscription[], act: (method: string, input: object) => void) {
  return subscriptions.map(({ channel, origin, epoch, offset }) => {
    const button = make("button", { text: "Unsubscribe" });
    button.addEventListener("click", () => act("unsubscribe", { channel }));
    return [channel, origin, epoch, offset === null ? "–" : String(offset), button];
  });
}

function lineOf({ at, direction, type, channel, bytes: size, code, state }: Entry): HTMLElement {
  const facts = [
    channel,
    state,
    size === undefined ? undefined : bytes(size),
    code === undefined ? undefined : `code ${code}`,
  ];
  return make("li", {
    class: `is-${direction}`,
    children: [
      make("time", { text: clock(at) }),
      make("span", { class: "arrow", text: arrows[direction] }),
      make("b", { text: type }),
      make("span", { text: facts.filter((fact) => fact !== undefined).join(" · ") }),
    ],
  });
}
