import { make, need } from "../dom.ts";
import { sizeWords, timeWords } from "../words.ts";
import { outcomeWords, type PublishLogEntry, pushLog } from "./api.ts";

/** Lines of one page of the log. */
const pageSize = 50;
/** How often the log is asked for while it is followed and in sight, in milliseconds. */
const everyMs = 1_000;

/**
 * The log of all pushes, asked for again and again while a person follows it, so that it grows before their eyes. Who
 * looks at older pages has stopped following: what is read must not move.
 */
export function startPushLog(section: HTMLElement, key: () => string): void {
  const button = need(section, "#push-follow", HTMLButtonElement);
  const older = need(section, "#push-older", HTMLButtonElement);
  const status = need(section, "#push-log-state", HTMLElement);
  const lines = need(section, "#push-log tbody", HTMLElement);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFollowing = false;
  let cursor: string | undefined;

  /** Takes a page, or says why there is none. */
  const take = (answer: Awaited<ReturnType<typeof pushLog>>, show: (entries: HTMLElement[]) => void): boolean => {
    if (!answer.ok) {
      status.textContent = answer.words;
      return false;
    }
    cursor = answer.result.cursor;
    show(answer.result.entries.map(line));
    older.hidden = cursor === undefined;
    status.textContent = lines.childElementCount === 0 ? "Nothing was pushed yet." : "";
    return true;
  };

  /** Puts the newest page in the place of what is shown; where it is the same, a person may be selecting in it. */
  const replace = (entries: HTMLElement[]): void => {
    const isSame =
      entries.length === lines.children.length && entries.every((each, at) => same(each, lines.children[at]));
    if (!isSame) lines.replaceChildren(...entries);
  };

  const look = async (): Promise<void> => {
    const isInSight = document.visibilityState === "visible" && !section.hidden;
    const answer = isInSight ? await pushLog(key(), { limit: pageSize }) : null;
    // The person may have stopped while the answer was on its way.
    if (!isFollowing) return;
    if (answer !== null && !take(answer, replace)) {
      follow(false);
      return;
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

  const showOlder = async (): Promise<void> => {
    follow(false);
    if (cursor === undefined) return;
    older.disabled = true;
    const answer = await pushLog(key(), { limit: pageSize, cursor });
    older.disabled = false;
    if (!isFollowing) take(answer, (entries) => lines.append(...entries));
  };

  button.addEventListener("click", () => follow(!isFollowing));
  older.addEventListener("click", () => void showOlder());
}

function line(entry: PublishLogEntry): HTMLElement {
  const cells: readonly (readonly [heading: string, text: string])[] = [
    ["Time", timeWords(new Date(entry.time))],
    ["Target", entry.target],
    ["Outcome", outcomeWords(entry)],
    ["Reached", String(entry.connections)],
    ["Method", entry.method],
    ["Key", entry.key],
    ["Size", sizeWords(entry.bytes)],
  ];
  return make("tr", { children: cells.map(([heading, text]) => cell(heading, text)) });
}

function cell(heading: string, text: string): HTMLElement {
  const made = make("td", { children: [make("bdi", { text })] });
  // On a small screen, where the row of headings has no room, the cell shows it.
  made.dataset["label"] = heading;
  return made;
}

function same(one: Element, other: Element | undefined): boolean {
  return other !== undefined && one.isEqualNode(other);
}
