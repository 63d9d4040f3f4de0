/** Arithmetic of charts: nice ticks and paths. No drawing, no state. */

/** Steps of 1, 2 or 5 times a power of ten, about `wanted` of them, around `low` and `high`. */
export function niceTicks(low: number, high: number, wanted: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const raw = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => tidy((first + index) * step));
}

/** Removes the dust of floating point: 0.30000000000000004 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** Whole steps only, inside the range, for an axis that counts. */
export function countTicks(high: number, wanted: number): number[] {
  const ticks = niceTicks(0, high, wanted).filter((tick) => Number.isInteger(tick) && tick <= high);
  return ticks.length > 1 ? ticks : [0, high];
}

export interface Scale {
  (value: number): number;
}

export function linear(from: [number, number], to: [number, number]): Scale {
  const span = from[1] - from[0] || 1;
  return (value) => to[0] + ((value - from[0]) / span) * (to[1] - to[0]);
}

/** The path of a line through points, in tenths of a pixel. */
export function linePath(points: { x: number; y: number }[]): string {
  return points.map(({ x, y }, index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** The place of the value nearest to `wanted` in ascending `values`. */
export function nearest(values: number[], wanted: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  const before = values[low - 1];
  return before !== undefined && wanted - before < (values[low] ?? 0) - wanted ? low - 1 : low;
}
