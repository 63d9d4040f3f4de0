// What has the focus, and whether a person can see that: a ring that is drawn and not covered.
const element = document.activeElement;
if (!element || element === document.body) return null;
const style = getComputedStyle(element);
const box = element.getBoundingClientRect();
const ring =
  (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) ||
  style.boxShadow !== "none";
const ringOf = (other) =>
  other &&
  (ring ||
    (getComputedStyle(other).outlineStyle !== "none" &&
      parseFloat(getComputedStyle(other).outlineWidth) >= 2) ||
    getComputedStyle(other).boxShadow !== "none");
const x = Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1);
const y = Math.min(Math.max(box.top + Math.min(box.height, innerHeight) / 2, 0), innerHeight - 1);
const top = document.elementFromPoint(x, y);
const labels = [...(element.labels ?? [])];
const isUncovered =
  top !== null && (element.contains(top) || top.contains(element) || labels.some((label) => label.contains(top)));
return {
  tag: element.tagName.toLowerCase(),
  role: element.getAttribute("role") ?? "",
  type: element.getAttribute("type") ?? "",
  primary: element.closest("[data-primary]") !== null,
  hasRing: ring || labels.some(ringOf),
  isUncovered,
};
