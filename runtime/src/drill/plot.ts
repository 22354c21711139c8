import { escapeHtml } from './html.ts';

export interface PlotPoint {
  /** What is told of the point when it is pointed at. */
  label: string;
  value: number;
  /** The drill did not succeed. */
  failed: boolean;
}

const WIDTH = 640;
const HEIGHT = 160;
const MARGIN = { left: 70, right: 10, top: 12, bottom: 22 };
const BARS_AT_LEAST = 12;

/** A bar for each drill, the oldest on the left, as SVG that needs nothing else. */
export function plot(title: string, points: PlotPoint[], format: (value: number) => string): string {
  const most = Math.max(...points.map(({ value }) => value), 0);
  const [width, height] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  const slot = width / Math.max(points.length, BARS_AT_LEAST);
  const bars = points.map(({ label, value, failed }, index) => {
    const tall = most === 0 ? 0 : (value / most) * height;
    const x = MARGIN.left + index * slot + slot * 0.15;
    const place = `x="${round(x)}" y="${round(MARGIN.top + height - tall)}" width="${round(slot * 0.7)}" height="${round(tall)}"`;
    const told = escapeHtml(`${label}: ${format(value)}${failed ? ', failed' : ''}`);
    return `<rect class="${failed ? 'failed' : 'bar'}" ${place}><title>${told}</title></rect>`;
  });
  const lines = [0, 0.5, 1].map((part) => {
    const y = round(MARGIN.top + height * (1 - part));
    const value = `<text x="${MARGIN.left - 6}" y="${y + 4}" text-anchor="end">${escapeHtml(format(most * part))}</text>`;
    return `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y}" y2="${y}"/>${value}`;
  });
  const ends = points.length === 0 ? [] : [points[0]!, ...(points.length > 1 ? [points.at(-1)!] : [])];
  const dates = ends.map(({ label }, index) => {
    const x = index === 0 ? MARGIN.left : round(MARGIN.left + points.length * slot);
    return `<text x="${x}" y="${HEIGHT - 6}" text-anchor="${index === 0 ? 'start' : 'end'}">${escapeHtml(label)}</text>`;
  });
  const name = escapeHtml(title);
  return `<figure><figcaption>${name}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${name}">${lines.join('')}${bars.join('')}${points.length > 3 || points.length === 1 ? dates.join('') : (dates[0] ?? '')}</svg></figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
