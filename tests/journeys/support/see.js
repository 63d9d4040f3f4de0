// Everything a person can read on the page now, with single spaces. Fields count with their values.
const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const fields = [...document.querySelectorAll("input,textarea")]
  .filter((field) => !["checkbox", "radio", "password"].includes(field.type))
  .filter((field) => field.checkVisibility())
  .map((field) => field.value);
return plain([document.body?.innerText, ...fields].join(" "));
