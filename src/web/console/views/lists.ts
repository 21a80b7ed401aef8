import type { Sample, ShownMessages, Warning } from "../../../console/shown.ts";
import { make } from "../../page/dom.ts";
import { bytes, clock, count, milliseconds } from "../format.ts";
import { table } from "../table.ts";
import type { OpenView } from "../view.ts";

/** Messages that wait for their users, and the publish log: what back ends have published and sent, and what became of it. */
export const openMessages: OpenView = (root, link) => {
  const [queue, card] = [make("section", { class: "card scroll" }), make("section", { class: "card scroll" })];
  const refresh = make("button", { text: "Read again" });
  root.append(make("div", { class: "row", children: [refresh] }), queue, card);
  const heads = ["Time (UTC)", "Key", "Method", "Target", "Size", "Connections", "Outcome"];
  const read = async () => {
    const { isKept, entries, waiting } = await link.call<ShownMessages>("messages", {});
    queue.replaceChildren(waitingTable(waiting));
    const rows = entries.map(({ time, key, method, target, bytes: size, connections, queued, outcome }) => {
      const reached = connections === undefined ? "–" : String(connections);
      return [clock(time), key, method, target, bytes(size), queued ? "waits in the queue" : reached, outcome];
    });
    const none = isKept
      ? "Nothing has been published or sent over the API."
      : "The publish log is off: it needs a key of the API.";
    card.replaceChildren(table("Publish log, newest first", heads, rows, none));
  };
  refresh.addEventListener("click", () => void read());
  void read();
  return () => {};
};

function waitingTable(waiting: ShownMessages["waiting"]): HTMLElement {
  const heads = ["Since (UTC)", "User", "Message", "Ends when", "Size", "Until (UTC)"];
  const rows = (waiting?.messages ?? []).map(({ time, user, id, until, per, bytes: size, expiresAt }) => {
    const ends = until === "" ? "a connection takes it" : `${until}, per ${per}`;
    return [clock(time), user, id, ends, bytes(size), new Date(expiresAt).toISOString().slice(0, 19)];
  });
  const none =
    waiting === null ? "Another process has them: the parent of this one, or Redis." : "No message waits for a user.";
  return table(`Waiting messages, oldest first: ${count(waiting?.count ?? 0)}`, heads, rows, none);
}

/** Lines that the log view keeps. */
const linesMax = 200;

/** The last warnings of the log. */
export const openLog: OpenView = (root, link) => {
  const card = make("section", { class: "card scroll" });
  root.append(card);
  const known = new Map<number, Warning>();
  const add = (lines: readonly Warning[]) => {
    for (const line of lines) known.set(line.number, line);
    const newest = [...known.values()].sort((one, other) => other.number - one.number).slice(0, linesMax);
    const rows = newest.map(({ time, level, event, fields }) => [clock(time), level, event, words(fields)]);
    card.replaceChildren(table("Warnings and errors, newest first", ["Time (UTC)", "Level", "Event", "Fields"], rows));
  };
  const leave = link.follow("log", (lines) => add(lines as Warning[]));
  void link.call<Warning[]>("log", {}).then(add);
  return leave;
};

function words(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(" ");
}

/** Calls of hooks, with their times. */
export const openHooks: OpenView = (root, link) => {
  const card = make("section", { class: "card scroll" });
  root.append(card);
  const heads = ["Hook", "Name", "Calls", "Running", "Mean", "Errors", "Timeouts", "Limited"];
  return link.follow("overview", (data) => {
    const rows = (data as Sample).hooks.map(({ kind, name, calls, inFlight, mean, errors, timeouts, limited }) => {
      return [
        kind,
        name,
        count(calls),
        count(inFlight),
        milliseconds(mean),
        count(errors),
        count(timeouts),
        count(limited),
      ];
    });
    card.replaceChildren(table("Hooks", heads, rows, "This server has no hooks, or none was called."));
  });
};
