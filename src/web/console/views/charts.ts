import type { Sample } from "../../../console/shown.ts";
import { connectionChart, hubChart } from "../../charts/chart.ts";
import { drawChart } from "../../charts/draw.ts";
import { make } from "../../page/dom.ts";
import { count } from "../format.ts";
import type { OpenView } from "../view.ts";

/** Both machines, with the number of connections in each state. */
export const openCharts: OpenView = (root, link) => {
  const connection = drawChart(connectionChart, "The machine of a connection");
  const hub = drawChart(hubChart, "The machine of the Hub");
  const all = make("p", { class: "hint", text: "Waiting for the first sample." });
  root.append(
    make("div", {
      class: "grid charts",
      children: [
        make("section", { class: "card", children: [make("h2", { text: "Connection" }), all, connection.element] }),
        make("section", { class: "card", children: [make("h2", { text: "Hub" }), hub.element] }),
      ],
    }),
  );
  return link.follow("overview", (data) => {
    const { states, connections, hub: state } = data as Sample;
    connection.count(new Map(Object.entries(states)));
    hub.enter(state);
    all.textContent = `${count(connections)} connections: each box says how many are in its state.`;
  });
};
