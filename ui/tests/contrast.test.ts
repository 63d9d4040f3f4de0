/** Computes the contrast of every pair of colour roles used together, in both themes, from the tokens themselves. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(`${import.meta.dirname}/../src/design/tokens.css`, "utf8");
const [light = "", dark = ""] = css.split(':root[data-theme="dark"]');

type Rgb = [number, number, number];

function tokens(text: string): Map<string, Rgb> {
  const found = new Map<string, Rgb>();
  for (const [, name, value] of text.matchAll(/--([a-z0-9-]+):\s*oklch\(([^)/]+)\)/gu)) {
    const [l, c, h] = (value ?? "").trim().split(/\s+/u).map(Number);
    if (name) found.set(name, toLinearRgb(l ?? 0, c ?? 0, h ?? 0));
  }
  return found;
}

/** OKLCH to linear sRGB (Ottosson 2020, https://bottosson.github.io/posts/oklab/), clipped to the gamut. */
function toLinearRgb(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** WCAG 2.2 relative luminance and contrast. */
function luminance([r, g, b]: Rgb): number {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: Rgb, other: Rgb): number {
  const [high, low] = [luminance(one), luminance(other)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const grounds = ["paper", "surface", "sunken", "hover"];
const text: [string, string][] = [
  ...grounds.flatMap((ground): [string, string][] => [["ink", ground], ["ink-2", ground]]),
  ["ink", "accent-soft"], ["ink-2", "accent-soft"], ["accent", "surface"], ["accent", "paper"], ["accent", "accent-soft"],
  ["on-accent", "accent"], ["on-accent", "accent-press"],
  ["good", "good-soft"], ["care", "care-soft"], ["bad", "bad-soft"], ["good", "surface"], ["care", "surface"], ["bad", "surface"], ["good", "paper"],
  ["bad", "sunken"], ["ink", "care-soft"], ["ink", "bad-soft"], ["ink-2", "care-soft"], ["ink-2", "bad-soft"],
];
const shapes: [string, string][] = [
  ["line-strong", "surface"], ["line-strong", "paper"], ["line-strong", "sunken"],
  ["accent", "surface"], ["accent", "paper"], ["accent", "sunken"], ["accent", "line"],
  ["series-1", "surface"], ["series-2", "surface"], ["good", "surface"], ["even", "surface"], ["bad", "surface"], ["care", "surface"],
];

describe.each([
  ["light", tokens(light)],
  ["dark", new Map([...tokens(light), ...tokens(dark)])],
])("%s", (_, roles) => {
  const role = (name: string): Rgb => {
    const found = roles.get(name);
    if (!found) throw new Error(`no token --${name}`);
    return found;
  };

  test.each(text)("text --%s on --%s is readable", (front, back) => {
    expect(contrast(role(front), role(back))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(shapes)("--%s is seen on --%s", (front, back) => {
    expect(contrast(role(front), role(back))).toBeGreaterThanOrEqual(3);
  });
});

test("the formula gives the known contrast of black on white", () => {
  expect(contrast(toLinearRgb(0, 0, 0), toLinearRgb(1, 0, 0))).toBeCloseTo(21, 1);
});
