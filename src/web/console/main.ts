import { field, make, need } from "../page/dom.ts";
import { Link, type LinkState } from "./link.ts";
import type { OpenView } from "./view.ts";
import { openChannels } from "./views/channels.ts";
import { openCharts } from "./views/charts.ts";
import { openConnections } from "./views/connections.ts";
import { openHooks, openLog, openMessages } from "./views/lists.ts";
import { openOverview } from "./views/overview.ts";

const views: Readonly<Record<string, OpenView>> = {
  Overview: openOverview,
  Charts: openCharts,
  Connections: openConnections,
  Channels: openChannels,
  Messages: openMessages,
  Log: openLog,
  Hooks: openHooks,
};

const states: Readonly<Record<LinkState, string>> = {
  connecting: "Connecting",
  connected: "Live",
  refused: "Not connected",
  off: "Not connected",
};

const nav = need(document, "#views", HTMLElement);
const main = need(document, "#view", HTMLElement);
const form = need(document, "#sign-in", HTMLFormElement);
const status = need(document, "#link", HTMLElement);
let link: Link | null = null;
let leave = () => {};

for (const name of Object.keys(views)) {
  const anchor = make("a", { text: name });
  anchor.href = `#${name.toLowerCase()}`;
  nav.append(anchor);
}

/** Shows the view that the address names; what the one before followed is left. */
function show(): void {
  if (link === null || nav.hidden) return;
  leave();
  main.replaceChildren();
  const chosen = Object.keys(views).find((name) => `#${name.toLowerCase()}` === location.hash) ?? "Overview";
  for (const anchor of nav.querySelectorAll("a")) {
    if (anchor.textContent === chosen) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  main.append(make("h2", { class: "unseen", text: chosen }));
  leave = views[chosen]?.(main, link) ?? (() => {});
}

function connect(key: string, name: string, isFirst: boolean): void {
  link?.close();
  link = new Link({ key, name }, (state) => {
    status.textContent = states[state];
    status.dataset["state"] = state;
    if (state === "connected" && nav.hidden) {
      form.hidden = true;
      nav.hidden = false;
      show();
    }
    if (state !== "refused") return;
    form.hidden = false;
    need(form, ".fault", HTMLElement).textContent = isFirst ? "" : "This is not the key of the console.";
    field(form, "key").focus();
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  connect(field(form, "key").value, field(form, "name").value, false);
});
window.addEventListener("hashchange", show);
// A console on a loopback address may need no key.
connect("", "", true);
