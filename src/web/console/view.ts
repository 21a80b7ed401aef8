import type { Link } from "./link.ts";

/** Fills an element with a view, and follows what it shows until the returned function is called. */
export type OpenView = (root: HTMLElement, link: Link) => () => void;
