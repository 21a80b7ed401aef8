import type { ChannelHistory, ChannelUpdate, ShownPublication } from "../../../console/shown.ts";
import { field, make } from "../../page/dom.ts";
import { bytes, count } from "../format.ts";
import { fill, table } from "../table.ts";
import type { OpenView } from "../view.ts";
import { nameOfUser } from "./user.ts";

const heads = ["Offset", "Publisher", "Size", "Data"];
/** Publications of the live tail that are kept. */
const tailMax = 100;

/** One channel: its facts, its history, what is published now, and a form to publish. */
export const openChannels: OpenView = (root, link) => {
  const name = labelled("Channel", "channel");
  const form = make("form", { class: "row", children: [name, make("button", { class: "primary", text: "Open" })] });
  const detail = make("div", { class: "stack" });
  root.append(form, detail);
  let leave = () => {};
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    leave();
    detail.replaceChildren();
    leave = openChannel(field(form, "channel").value)(detail, link);
  });
  return () => leave();
};

function openChannel(channel: string): OpenView {
  return (root, link) => {
    const facts = make("p", { class: "facts", text: "Opening." });
    const tail = table("Live", heads, [], "Nothing has been published since this view was opened.");
    const history = make("section", { class: "card scroll" });
    const status = make("p", { class: "hint" });
    status.setAttribute("role", "status");
    const data = labelled("Publication, as JSON", "data");
    const form = make("form", { class: "row", children: [data, make("button", { text: "Publish" })] });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = parsed(field(form, "data").value);
      if (value === undefined) {
        status.textContent = "This is not JSON.";
        return;
      }
      link.call<{ offset: number }>("publish", { channel, data: value }).then(
        ({ offset }) => {
          status.textContent = offset > 0 ? `Published at offset ${offset}.` : "Published.";
        },
        (error: Error) => {
          status.textContent = `Refused: ${error.message}`;
        },
      );
    });
    root.append(
      make("section", { class: "card", children: [make("h2", { text: channel }), facts, form, status] }),
      make("section", { class: "card scroll", children: [tail] }),
      history,
    );
    void link.call<ChannelHistory>("history", { channel }).then((page) => {
      const none = page.error === null ? "The history is empty." : "This channel keeps no history.";
      history.replaceChildren(table("History, newest first", heads, page.publications.map(rowOf), none));
    });
    const shown: ShownPublication[] = [];
    const take = (update: ChannelUpdate) => {
      facts.textContent = factsOf(update);
      shown.unshift(...[...update.publications].reverse());
      shown.length = Math.min(shown.length, tailMax);
      const body = tail.tBodies[0];
      if (body && update.publications.length > 0) fill(body, shown.map(rowOf), { columns: heads.length, none: "" });
    };
    return link.follow(`channel:${encodeURIComponent(channel)}`, (update) => take(update as ChannelUpdate));
  };
}

function factsOf({ facts }: ChannelUpdate): string {
  if (facts === null) return "There is no such channel: its namespace is unknown.";
  const { subscribers, namespace, size, epoch, offset } = facts;
  const stream = epoch === "" ? "no stream" : `epoch ${epoch}, offset ${count(offset)}, keeps ${count(size)}`;
  return `${count(subscribers)} subscribers · ${namespace === "" ? "no namespace" : `namespace ${namespace}`} · ${stream}`;
}

function rowOf({ offset, user, bytes: size, data }: ShownPublication): string[] {
  return [
    offset > 0 ? String(offset) : "–",
    user === null ? "server" : nameOfUser(user),
    bytes(size),
    data ?? "hidden",
  ];
}

function labelled(text: string, name: string): HTMLLabelElement {
  const input = make("input");
  input.name = name;
  input.required = true;
  return make("label", { text, children: [input] });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
