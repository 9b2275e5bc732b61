/**
 * A figure as a file: its canvas and the SVG above it as one SVG or one PNG, its paths as CSV. The page may load nothing but its
 * own files, so the PNG is drawn shape by shape instead of through an image of the SVG.
 */
import type { Shown } from "./account.ts";

/** What a shape takes from the page's styles; in a file there are none. */
const STYLES = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "opacity", "font-family", "font-size", "font-style", "font-weight", "text-anchor",
] as const;
/** Pixels of a PNG for one of the page. */
const SCALE = 2;

function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // the browser has taken the address by then
  setTimeout(() => { URL.revokeObjectURL(link.href); }, 1000);
}

/** The parts of a figure: what is painted, what is drawn above it, and where the one lies under the other. */
function parts(figure: HTMLElement): { canvas: HTMLCanvasElement | null; svg: SVGSVGElement; left: number; top: number } | null {
  const svg = figure.querySelector<SVGSVGElement>(":scope > svg");
  if (svg === null) return null;
  const canvas = figure.querySelector("canvas");
  const [outer, inner] = [svg.getBoundingClientRect(), canvas?.getBoundingClientRect() ?? svg.getBoundingClientRect()];
  return { canvas, svg, left: inner.left - outer.left, top: inner.top - outer.top };
}

export function saveSvg(figure: HTMLElement, name: string): void {
  const found = parts(figure);
  if (found === null) return;
  const { canvas, svg, left, top } = found;
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll<SVGElement>("*");
  copy.querySelectorAll<SVGElement>("*").forEach((element, index) => {
    const original = originals[index];
    if (original === undefined) return;
    const style = getComputedStyle(original);
    for (const property of STYLES) element.setAttribute(property, style.getPropertyValue(property));
    element.removeAttribute("class");
    element.removeAttribute("style");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  if (canvas !== null) {
    const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
    const { width, height } = canvas.getBoundingClientRect();
    for (const [key, value] of Object.entries({ x: left, y: top, width, height })) image.setAttribute(key, String(value));
    image.setAttribute("href", canvas.toDataURL());
    copy.prepend(image);
  }
  save(`${name}.svg`, new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
}

export function savePng(figure: HTMLElement, name: string): void {
  const found = parts(figure);
  if (found === null) return;
  const { canvas, svg, left, top } = found;
  const { width, height } = svg.getBoundingClientRect();
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [Math.round(width * SCALE), Math.round(height * SCALE)];
  const context = picture.getContext("2d");
  if (context === null) return;
  context.scale(SCALE, SCALE);
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, width, height);
  if (canvas !== null) {
    const size = canvas.getBoundingClientRect();
    context.drawImage(canvas, left, top, size.width, size.height);
  }
  for (const element of svg.querySelectorAll<SVGGraphicsElement>("path, circle, rect, text")) {
    if (element.closest("clipPath") !== null) continue;
    context.save();
    const clip = element.closest<SVGElement>("[clip-path]");
    const rect = clip === null ? null : svg.querySelector<SVGRectElement>("clipPath rect");
    if (rect !== null) {
      context.beginPath();
      context.rect(rect.x.baseVal.value, rect.y.baseVal.value, rect.width.baseVal.value, rect.height.baseVal.value);
      context.clip();
    }
    draw(context, element);
    context.restore();
  }
  picture.toBlob((blob) => {
    if (blob !== null) save(`${name}.png`, blob);
  });
}

function draw(context: CanvasRenderingContext2D, element: SVGGraphicsElement): void {
  const style = getComputedStyle(element);
  const matrix = element.getCTM();
  if (matrix !== null) context.transform(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f);
  context.lineWidth = Number.parseFloat(style.strokeWidth) || 0;
  context.lineJoin = style.strokeLinejoin === "round" ? "round" : "miter";
  const dashes = style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(/[ ,]+/).map(Number.parseFloat);
  context.setLineDash(dashes.every(Number.isFinite) ? dashes : []);
  [context.fillStyle, context.strokeStyle] = [style.fill, style.stroke];
  const [fills, strokes] = [style.fill !== "none", style.stroke !== "none" && context.lineWidth > 0];
  const text = element instanceof SVGTextElement ? element : null;
  const shape = text === null ? pathOf(element) : null;
  const fill = (): void => {
    if (!fills) return;
    if (shape !== null) context.fill(shape);
    else if (text !== null) context.fillText(text.textContent, anchor(text, context), text.y.baseVal[0]?.value ?? 0);
  };
  const stroke = (): void => {
    if (!strokes) return;
    if (shape !== null) context.stroke(shape);
    else if (text !== null) context.strokeText(text.textContent, anchor(text, context), text.y.baseVal[0]?.value ?? 0);
  };
  if (text !== null) context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  // a halo lies under its word
  if (style.paintOrder.startsWith("stroke")) {
    stroke();
    fill();
  } else {
    fill();
    stroke();
  }
}

function anchor(text: SVGTextElement, context: CanvasRenderingContext2D): number {
  const at = getComputedStyle(text).textAnchor;
  context.textAlign = at === "middle" ? "center" : at === "end" ? "right" : "left";
  return text.x.baseVal[0]?.value ?? 0;
}

function pathOf(element: SVGGraphicsElement): Path2D {
  if (element instanceof SVGCircleElement) {
    const path = new Path2D();
    path.arc(element.cx.baseVal.value, element.cy.baseVal.value, element.r.baseVal.value, 0, 2 * Math.PI);
    return path;
  }
  if (element instanceof SVGRectElement) {
    const path = new Path2D();
    path.rect(element.x.baseVal.value, element.y.baseVal.value, element.width.baseVal.value, element.height.baseVal.value);
    return path;
  }
  return new Path2D(element.getAttribute("d") ?? "");
}

/** One row for each step of each descent, every digit of every number. */
export function saveCsv(descents: readonly Shown[], parameters: readonly [string, string], name: string): void {
  const rows = descents.flatMap(({ arm, descent }) =>
    Array.from(descent.loss, (loss, step) => [arm, step, descent.path[2 * step], descent.path[2 * step + 1], loss, descent.gradientNorm[step]].join(",")),
  );
  save(`${name}.csv`, new Blob([["descent,step", ...parameters, "loss,gradient_norm"].join(","), "\n", rows.join("\n"), "\n"], { type: "text/csv" }));
}

/** Rows that are text already. */
export function saveRows(rows: string, name: string): void {
  save(`${name}.csv`, new Blob([rows], { type: "text/csv" }));
}
