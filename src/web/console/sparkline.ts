import type { Point } from "./sample.ts";

const svg = "http://www.w3.org/2000/svg";
const width = 240;
const height = 44;
/** The time that the whole width shows. */
const spanMs = 600_000;
/** Points further apart were not watched in between: the line has a gap. */
const gapMs = 5_000;

/** A line of the last ten minutes. */
export class Sparkline {
  readonly element: SVGSVGElement;
  readonly #line: SVGPathElement;
  readonly #area: SVGPathElement;

  constructor() {
    this.element = document.createElementNS(svg, "svg");
    this.element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.element.setAttribute("class", "sparkline");
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("aria-hidden", "true");
    this.#area = document.createElementNS(svg, "path");
    this.#area.setAttribute("class", "area");
    this.#line = document.createElementNS(svg, "path");
    this.element.append(this.#area, this.#line);
  }

  show(points: readonly Point[]): void {
    const end = points.at(-1)?.at ?? 0;
    const top = Math.max(1e-9, ...points.map(({ value }) => value));
    const place = ({ at, value }: Point) => {
      const x = width - ((end - at) / spanMs) * width;
      return { x: x.toFixed(1), y: (height - 2 - (value / top) * (height - 6)).toFixed(1) };
    };
    let line = "";
    let area = "";
    let before: Point | null = null;
    let last = "";
    for (const point of points) {
      const { x, y } = place(point);
      const isNew = before === null || point.at - before.at > gapMs;
      if (isNew && last !== "") area += `L${last} ${height}Z`;
      line += `${isNew ? "M" : "L"}${x} ${y}`;
      area += isNew ? `M${x} ${height}L${x} ${y}` : `L${x} ${y}`;
      last = x;
      before = point;
    }
    if (last !== "") area += `L${last} ${height}Z`;
    this.#line.setAttribute("d", line);
    this.#area.setAttribute("d", area);
  }
}
