/** Lists longer than a browser can lay out keep every row within reach. */
import { describe, expect, test } from "vitest";
import { isScaled, MAX_HEIGHT, maxOffset, offsetOf, offsetToShow, rowAfterKey, scrollTopOf, spacerHeight, visibleRange } from "./longList";

const short = { rows: 300, rowHeight: 52, viewport: 520 };
const million = { rows: 1_000_000, rowHeight: 52, viewport: 520 };

test("a million rows stay below what WebKit can lay out", () => {
  expect(spacerHeight(million)).toBe(MAX_HEIGHT);
  expect(MAX_HEIGHT).toBeLessThan(33_554_431);
  expect(isScaled(short)).toBe(false);
});

describe.each([["short", short], ["a million", million]])("%s", (_, layout) => {
  test("the ends of the scroll bar are the ends of the list", () => {
    expect(offsetOf(layout, 0)).toBe(0);
    expect(offsetOf(layout, spacerHeight(layout) - layout.viewport)).toBeCloseTo(maxOffset(layout), 3);
    expect(visibleRange(layout, maxOffset(layout)).end).toBe(layout.rows);
  });

  test("every row can be shown and is then in sight", () => {
    for (const row of [0, 1, 77, Math.floor(layout.rows / 2), layout.rows - 1]) {
      const offset = offsetToShow(layout, 0, row);
      const { start, end } = visibleRange(layout, offset);
      expect(row).toBeGreaterThanOrEqual(start);
      expect(row).toBeLessThan(end);
      expect(row * layout.rowHeight).toBeGreaterThanOrEqual(offset);
      expect((row + 1) * layout.rowHeight).toBeLessThanOrEqual(offset + layout.viewport);
    }
  });

  test("the scroll bar and the list agree both ways", () => {
    const offset = maxOffset(layout) * 0.3;
    expect(offsetOf(layout, scrollTopOf(layout, offset))).toBeCloseTo(offset, 3);
  });
});

test("keys move and stop at the ends", () => {
  expect(rowAfterKey(short, "ArrowDown", 3)).toBe(4);
  expect(rowAfterKey(short, "ArrowUp", 0)).toBe(0);
  expect(rowAfterKey(short, "PageDown", 0)).toBe(9);
  expect(rowAfterKey(short, "End", 0)).toBe(299);
  expect(rowAfterKey(short, "a", 0)).toBeUndefined();
  expect(rowAfterKey({ ...short, rows: 0 }, "Home", 0)).toBeUndefined();
});
