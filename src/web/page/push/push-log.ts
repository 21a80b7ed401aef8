import { make, need } from "../dom.ts";
import { sizeWords, timeWords } from "../words.ts";
import { type PushLogEntry, pushLog, timeOf } from "./api.ts";

/** Lines of the log that are shown. */
const linesMax = 50;
/** How often the log is asked for while it is followed and in sight, in milliseconds. */
const everyMs = 1_000;

/** The log of all pushes, asked for again and again while a person follows it, so that it grows before their eyes. */
export function startPushLog(section: HTMLElement, key: () => string): void {
  const button = need(section, "#push-follow", HTMLButtonElement);
  const status = need(section, "#push-log-state", HTMLElement);
  const lines = need(section, "#push-log tbody", HTMLElement);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFollowing = false;

  const look = async (): Promise<void> => {
    const isInSight = document.visibilityState === "visible" && !section.hidden;
    const answer = isInSight ? await pushLog(key(), linesMax) : null;
    // The person may have stopped while the answer was on its way.
    if (!isFollowing) return;
    if (answer?.ok === false) {
      status.textContent = answer.words;
      follow(false);
      return;
    }
    if (answer !== null) {
      status.textContent = answer.result.length === 0 ? "Nothing was pushed yet." : "";
      lines.replaceChildren(...answer.result.map(line));
    }
    timer = setTimeout(() => void look(), everyMs);
  };

  const follow = (isWanted: boolean): void => {
    isFollowing = isWanted;
    button.textContent = isWanted ? "Stop following" : "Follow the log";
    button.setAttribute("aria-pressed", String(isWanted));
    clearTimeout(timer);
    if (isWanted) void look();
  };
  button.addEventListener("click", () => follow(!isFollowing));
}

function line(entry: PushLogEntry): HTMLElement {
  const cells = [
    timeWords(new Date(timeOf(entry))),
    entry.target,
    entry.outcome,
    String(entry.connections ?? ""),
    entry.method,
    entry.key,
    sizeWords(entry.bytes),
  ];
  return make("tr", { children: cells.map((text) => make("td", { children: [make("bdi", { text })] })) });
}
