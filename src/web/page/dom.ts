/** The element that the document was written with. Its absence is our own mistake, so it throws. */
export function need<T extends Element>(root: ParentNode, selector: string, type: new () => T): T {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} at ${selector}`);
  return found;
}

/** What a new element gets; `text` becomes a text node, so that nothing in it can be markup. */
export interface Made {
  readonly class?: string;
  readonly text?: string;
  readonly children?: readonly Node[];
}

export function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, made: Made = {}): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (made.class !== undefined) element.className = made.class;
  if (made.text !== undefined) element.textContent = made.text;
  if (made.children !== undefined) element.append(...made.children);
  return element;
}

/** The field of a form by its name. */
export function field(form: HTMLFormElement, name: string): HTMLInputElement | HTMLTextAreaElement {
  const found = form.elements.namedItem(name);
  if (found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement) return found;
  throw new Error(`the form has no field ${name}`);
}

/**
 * Two buttons of which one works at a time take turns. The one that goes out of use hands its focus on: it would fall to
 * the top of the page, and with it the place of whoever uses the keyboard.
 */
export function takeTurns(off: HTMLButtonElement, on: HTMLButtonElement): void {
  on.disabled = false;
  if (document.activeElement === off) on.focus();
  off.disabled = true;
}
