import type { MachinePanel } from "../chat/machine.ts";
import { make, need } from "../dom.ts";
import { type Cast, createCast, NotPossible } from "./cast.ts";

/** Two people on the empty chat, who show what the server does. */
export interface Stage {
  /** Ends the play and takes the people off the page. */
  leave(): void;
}

export interface StageOptions {
  readonly panel: MachinePanel;
  /** Whether it begins by itself. */
  readonly begins: boolean;
}

/** Milliseconds for reading what was said last. */
const pause = { short: 700, long: 1_300 } as const;
/** Milliseconds after which the two leave a page that does nothing else. */
const stay = 60_000;

/** Plays on this server: Ann and Ben are two clients of this page, in a channel of their own. */
export function startStage(section: HTMLElement, { panel, begins }: StageOptions): Stage {
  const words = need(section, "#stage-words", HTMLElement);
  const button = need(section, "#stage-play", HTMLButtonElement);
  let stop: AbortController | null = null;

  const end = (): void => {
    stop?.abort();
    stop = null;
  };
  const play = async (): Promise<void> => {
    end();
    const own = new AbortController();
    stop = own;
    button.textContent = "Stop";
    try {
      await perform({ section, panel, say: (text) => words.replaceChildren(text), signal: own.signal });
    } catch (error) {
      // A server that does not let strangers do this has nothing to show here.
      if (error instanceof NotPossible) section.hidden = true;
    }
    if (stop !== own) return;
    button.textContent = "Show it again";
    setTimeout(() => stop === own && end(), stay);
  };

  button.addEventListener("click", () => {
    if (button.textContent !== "Stop") return void play();
    end();
    button.textContent = "Show it again";
  });
  window.addEventListener("pagehide", end);
  section.hidden = false;
  if (begins) void play();
  else {
    button.textContent = "Show me";
    words.textContent = "Two people, one message, and a connection that is cut: see what this server does about it.";
  }
  return {
    leave() {
      end();
      section.hidden = true;
    },
  };
}

interface Performance {
  readonly section: HTMLElement;
  readonly panel: MachinePanel;
  say(words: string): void;
  readonly signal: AbortSignal;
}

async function perform({ section, panel, say, signal }: Performance): Promise<void> {
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const cast: Cast = createCast({
    signal,
    people: peopleIn(section),
    states: (state) => panel.show("Ben’s connection", state),
  });
  const steps: (() => void | Promise<void>)[] = [
    () => say("Ann and Ben join the same room of this server."),
    () => cast.together(),
    () => wait(pause.short),
    () => say("What Ann writes, Ben reads."),
    () => cast.write("Hello Ben!"),
    () => wait(pause.long),
    () => say("Ben’s network goes away. Ann writes on."),
    () => cast.cut(),
    () => wait(pause.short),
    () => cast.write("Lunch today?"),
    () => wait(pause.short),
    () => cast.write("At noon."),
    () => wait(pause.long),
    () => say("Ben is back …"),
    async () => {
      const count = await cast.mend();
      say(`Ben is back: ${count} messages recovered, in order, and proven complete.`);
    },
  ];
  for (const step of steps) {
    if (signal.aborted) return;
    await step();
  }
}

/** Shows what the two have on their screens. */
function peopleIn(section: HTMLElement) {
  const person = (name: string) => {
    const root = need(section, `#stage-${name}`, HTMLElement);
    const line = need(root, ".line", HTMLElement);
    for (const bubble of root.querySelectorAll(".bubble")) bubble.remove();
    return {
      line(words: string, at: "open" | "connecting" | "closed") {
        line.textContent = words;
        root.dataset["at"] = at;
      },
      bubble(text: string, kind: "mine" | "theirs" | "recovered") {
        const note = kind === "recovered" ? [make("small", { text: "recovered" })] : [];
        root.append(make("p", { class: `bubble is-${kind}`, children: [document.createTextNode(text), ...note] }));
      },
    };
  };
  return { ann: person("ann"), ben: person("ben") };
}
