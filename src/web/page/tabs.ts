import { need } from "./dom.ts";

/** Starts a view in its section; called once, when a person first opens its tab. */
export type StartView = (section: HTMLElement) => void;

/**
 * Tabs as the WAI-ARIA Authoring Practices describe them: arrow keys walk, the chosen tab alone is in the tab order. The
 * address ends in `#` and the tab's name, so that a reload stays where one was. A view that has a template is built from
 * it when it is first opened: who only chats runs nothing of the others.
 */
export function startTabs(views: Readonly<Record<string, StartView>>): void {
  const names = Object.keys(views);
  const tabs = new Map(names.map((name) => [name, need(document, `#tab-${name}`, HTMLButtonElement)]));
  const started = new Set<string>();

  const open = (name: string): void => {
    for (const [other, tab] of tabs) {
      const isChosen = other === name;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      need(document, `#${other}`, HTMLElement).hidden = !isChosen;
    }
    if (started.has(name)) return;
    started.add(name);
    const section = need(document, `#${name}`, HTMLElement);
    section.setAttribute("aria-labelledby", `tab-${name}`);
    const template = document.querySelector(`#${name}-template`);
    if (template instanceof HTMLTemplateElement) section.append(template.content.cloneNode(true));
    views[name]?.(section);
  };

  const choose = (name: string): void => {
    history.replaceState(null, "", `#${name}`);
    open(name);
    tabs.get(name)?.focus();
  };

  for (const [name, tab] of tabs) {
    tab.addEventListener("click", () => choose(name));
    tab.addEventListener("keydown", (event) => {
      const next = neighbour(names, name, event.key);
      if (next === null) return;
      event.preventDefault();
      choose(next);
    });
  }
  const fromAddress = (): string => names.find((name) => `#${name}` === location.hash) ?? names[0] ?? "";
  window.addEventListener("hashchange", () => open(fromAddress()));
  open(fromAddress());
}

function neighbour(names: readonly string[], name: string, key: string): string | null {
  const index = names.indexOf(name);
  switch (key) {
    case "ArrowRight":
      return names[(index + 1) % names.length] ?? null;
    case "ArrowLeft":
      return names.at(index - 1) ?? null;
    case "Home":
      return names[0] ?? null;
    case "End":
      return names.at(-1) ?? null;
    default:
      return null;
  }
}
