// Finds what a person would call "the ROLE named NAME": visible, in the order of the page.
// Names are only narrowed down here; the caller asks the web view for the true name of each.
const [role, name] = arguments;
const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const native = {
  alert: "",
  article: "article",
  banner: "body > header",
  button: "button,summary,input[type=submit],input[type=button]",
  cell: "td",
  checkbox: "input[type=checkbox]",
  combobox: "select",
  dialog: "dialog[open]",
  figure: "figure",
  grid: "",
  gridcell: "",
  group: "fieldset",
  heading: "h1,h2,h3,h4",
  img: "img,svg[aria-label]",
  link: "a[href]",
  list: "ul,ol",
  listitem: "li",
  main: "main",
  menuitem: "",
  menuitemradio: "",
  navigation: "nav",
  progressbar: "progress",
  radio: "input[type=radio]",
  region: "section[aria-label],section[aria-labelledby]",
  row: "tr",
  searchbox: "input[type=search]",
  slider: "input[type=range]",
  spinbutton: "input[type=number]",
  status: "output",
  switch: "",
  tab: "",
  table: "table",
  textbox: "textarea,input:not([type]),input[type=text],input[type=password],[contenteditable=true]",
}[role];
if (native === undefined) throw new Error(`the finder does not know the role ${role}`);
const selector = [`[role=${role}]`, native].filter(Boolean).join(",");
const names = (element) => [
  element.getAttribute("aria-label"),
  ...(element.getAttribute("aria-labelledby") ?? "")
    .split(" ")
    .map((id) => (id ? document.getElementById(id)?.textContent : "")),
  ...[...(element.labels ?? [])].map((label) => label.textContent),
  element.querySelector(":scope > legend, :scope > caption, :scope > figcaption")?.textContent,
  element.title,
  element.placeholder,
  element.textContent,
  ...[...element.querySelectorAll("[aria-label],img[alt]")].map(
    (inner) => inner.getAttribute("aria-label") ?? inner.alt,
  ),
];
const joined = (element) => plain(names(element).map(plain).join(" "));
const isShown = (element) =>
  element.checkVisibility({ visibilityProperty: true }) ||
  [...(element.labels ?? [])].some((label) => label.checkVisibility());
const wanted = plain(name);
const firstWord = wanted.split(" ")[0];
return [...document.querySelectorAll(selector)].filter(
  (element) =>
    (!element.hasAttribute("role") || element.getAttribute("role") === role) &&
    isShown(element) &&
    (wanted === "" || joined(element).includes(firstWord)),
);
