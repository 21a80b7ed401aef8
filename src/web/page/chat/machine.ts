import { drawChart } from "../../charts/draw.ts";
import { smallConnectionChart } from "../../charts/small.ts";
import { need } from "../dom.ts";
import type { Session } from "./session.ts";

/** Shows where a connection is in the machine that the server runs for it. */
export interface MachinePanel {
  /** `whose`: the heading. `state`: the path of the state, "" for no connection. */
  show(whose: string, state: string): void;
}

/** What a state means to a person. */
const meanings: Readonly<Record<string, string>> = {
  "": "The server begins an actor for each connection: this is its state machine.",
  "handshaking.awaiting": "The server waits for the client to say who it is.",
  "handshaking.verifying": "The server verifies the token.",
  "authenticated.ready": "The server carries out what the client asks for.",
  closed: "The connection has ended, and its actor with it.",
};

/** Draws the machine beside the chat; folded on a small screen, where a tap opens it. */
export function createMachinePanel(details: HTMLDetailsElement): MachinePanel {
  const chart = drawChart(smallConnectionChart, "The state machine of the connection");
  need(details, ".chart", HTMLElement).append(chart.element);
  const [whose, at] = [need(details, ".whose", HTMLElement), need(details, ".at", HTMLElement)];
  const words = need(details, ".words", HTMLElement);
  if (matchMedia("(max-width: 56rem)").matches) details.open = false;
  return {
    show(heading, state) {
      chart.enter(state);
      whose.textContent = heading;
      at.textContent = state === "" ? "none yet" : (state.split(".").at(-1) ?? state);
      words.textContent = meanings[state] ?? "";
    },
  };
}

/**
 * The state of the server's machine, by what the own socket shows of it. States that pass within a command (`waiting`,
 * `releasing`) are not seen from outside; the console shows them.
 */
export function machineState({ at, ...session }: Session, hasToken: boolean): string {
  switch (at) {
    case "connecting":
      return hasToken ? "handshaking.verifying" : "handshaking.awaiting";
    case "open":
      return "authenticated.ready";
    case "waiting":
      return "closed";
    case "closed":
      return "by" in session && session.by === "nobody" ? "" : "closed";
  }
}
