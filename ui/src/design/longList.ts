/**
 * Arithmetic of lists longer than a browser can lay out. No drawing, no state.
 *
 * WebKit stops at 33,554,431 px: 1,000,000 rows of 52 px are 52,000,000. Above `MAX_HEIGHT` the scroll
 * bar's way is shorter than the list's: its position is scaled, while wheel and keys move by the real height.
 */

export const MAX_HEIGHT = 12_000_000;
const OVERSCAN = 6;

export interface Layout {
  rows: number;
  rowHeight: number;
  viewport: number;
}

export function fullHeight({ rows, rowHeight }: Layout): number {
  return rows * rowHeight;
}

/** The height that the scroll bar is given. */
export function spacerHeight(layout: Layout): number {
  return Math.min(MAX_HEIGHT, fullHeight(layout));
}

export function isScaled(layout: Layout): boolean {
  return fullHeight(layout) > MAX_HEIGHT;
}

/** How far the list can be moved. */
export function maxOffset(layout: Layout): number {
  return Math.max(0, fullHeight(layout) - layout.viewport);
}

/** Pixels of the list for one pixel of the scroll bar. */
function ratio(layout: Layout): number {
  return isScaled(layout) ? maxOffset(layout) / (MAX_HEIGHT - layout.viewport) : 1;
}

export function offsetOf(layout: Layout, scrollTop: number): number {
  return Math.max(0, Math.min(maxOffset(layout), scrollTop * ratio(layout)));
}

export function scrollTopOf(layout: Layout, offset: number): number {
  return offset / ratio(layout);
}

/** The rows to draw, `end` not among them. */
export function visibleRange(layout: Layout, offset: number): { start: number; end: number } {
  const first = Math.floor(offset / layout.rowHeight);
  const count = Math.ceil(layout.viewport / layout.rowHeight) + 1;
  return { start: Math.max(0, first - OVERSCAN), end: Math.min(layout.rows, first + count + OVERSCAN) };
}

/** Where the list has to be moved so that a row is seen whole; unchanged where it is already. */
export function offsetToShow(layout: Layout, offset: number, row: number): number {
  const top = row * layout.rowHeight;
  const bottom = top + layout.rowHeight;
  if (top < offset) return top;
  if (bottom > offset + layout.viewport) return Math.min(maxOffset(layout), bottom - layout.viewport);
  return offset;
}

/** Where a key leads from a row; nothing for keys that do not move. */
export function rowAfterKey(layout: Layout, key: string, row: number): number | undefined {
  const page = Math.max(1, Math.floor(layout.viewport / layout.rowHeight) - 1);
  const to: Record<string, number> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0,
    End: layout.rows - 1,
  };
  const wanted = to[key];
  if (wanted === undefined || layout.rows === 0) return undefined;
  return Math.max(0, Math.min(layout.rows - 1, wanted));
}
