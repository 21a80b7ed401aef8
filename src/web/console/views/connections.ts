import type { Found } from "../../../console/shown.ts";
import { field, make } from "../../page/dom.ts";
import { table } from "../table.ts";
import type { OpenView } from "../view.ts";
import { openConnection } from "./connection.ts";
import { nameOfUser } from "./user.ts";

const ways = ["user", "id", "channel", "address"] as const;

/** Search for connections, and one of them. */
export const openConnections: OpenView = (root, link) => {
  const by = make("select", { children: ways.map((way) => make("option", { text: way })) });
  by.setAttribute("aria-label", "Search by");
  const text = make("input");
  text.name = "text";
  text.type = "search";
  text.setAttribute("aria-label", "Search for");
  text.placeholder = "all connections";
  const form = make("form", {
    class: "row",
    children: [by, text, make("button", { class: "primary", text: "Search" })],
  });
  const list = make("div", { class: "card scroll" });
  const detail = make("div", { class: "detail" });
  root.append(form, list, detail);
  let leave = () => {};

  const open = (id: string) => {
    leave();
    detail.replaceChildren();
    leave = openConnection(id)(detail, link);
  };
  const search = async () => {
    const query = { by: by.value, text: field(form, "text").value };
    const found = await link.call<Found>("search", query).catch((error: Error) => error);
    list.replaceChildren(
      found instanceof Error ? make("p", { class: "fault", text: found.message }) : listOf(found, open),
    );
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void search();
  });
  void search();
  return () => leave();
};

function listOf({ connections, isWhole }: Found, open: (id: string) => void): HTMLElement {
  const rows = connections.map(({ id, user, address, protocol, state, channels }) => {
    const button = make("button", { class: "link", text: id });
    button.addEventListener("click", () => open(id));
    return [button, nameOfUser(user), address, protocol, state, String(channels)];
  });
  const caption = isWhole ? "Connections" : "Connections: the first 100 of those found";
  const heads = ["Connection", "User", "Address", "Protocol", "State", "Channels"];
  return table(caption, heads, rows, "No connection was found.");
}
