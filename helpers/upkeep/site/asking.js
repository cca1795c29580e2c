// Predictions and numbers to find, asked of the reader by the page itself (see asking.py for the data).

const make = (tag, attributes = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
};
const without = new Map(); // where the browser keeps nothing
const recall = (key) => { try { return JSON.parse(localStorage.getItem(`asked ${key}`)); } catch { return without.get(key) ?? null; } };
const keep = (key, value) => {
  without.set(key, value);
  try { localStorage.setItem(`asked ${key}`, JSON.stringify(value)); } catch { /* this page only */ }
};
const changed = (key) => dispatchEvent(new CustomEvent("asked", { detail: key }));
const ask = (legend, controls, button, submit) => {
  const said = make("div", { className: "said", role: "status" });
  const form = make("form", { noValidate: true }, make("fieldset", {}, make("legend", { textContent: legend }), ...controls), make("button", { textContent: button }));
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(said); });
  return [form, said];
};

function prediction(place, { key, question, choices, answers }) {
  const state = () => recall(key) ?? { first: null, later: null, seen: false };
  const controls = [];
  let chosen = () => null;
  if (choices) {
    answers.forEach((text, i) => controls.push(make("label", {}, make("input", { type: "radio", name: key, value: i, checked: state().first === i }), text)));
    chosen = () => { const one = place.querySelector("input:checked"); return one && Number(one.value); };
  } else {
    const last = answers.length - 1, range = make("input", { type: "range", min: 0, max: last, step: 1, value: state().first ?? last / 2 });
    const shown = make("p"), show = (text) => { shown.textContent = `Your point: ${text}`; range.setAttribute("aria-valuetext", text); };
    let point = state().first;
    const set = () => { point = Number(range.value); show(answers[point]); };
    for (const event of ["input", "click"]) range.addEventListener(event, set);
    range.setAttribute("aria-label", "your point");
    show(point === null ? "not set yet" : answers[point]);
    controls.push(range, make("div", { className: "ends", ariaHidden: "true" }, make("span", {}, answers[0]), make("span", {}, answers[last])), shown);
    chosen = () => point;
  }
  const [form, said] = ask("Your prediction", controls, "Record my prediction", () => {
    const now = chosen(), before = state();
    if (now === null) { said.textContent = `Not recorded. ${choices ? "Choose an answer" : "Set a point"} first.`; return; }
    keep(key, before.seen ? { ...before, later: now } : { first: now, later: null, seen: true });
    tell(); changed(key);
  });
  const tell = () => {
    const { first, later, seen } = state(), show = (i) => (choices ? `\u201c${answers[i]}\u201d` : answers[i]);
    if (!seen) return;
    const kept = first === null ? "it was shown before" : `your first answer, ${show(first)}, stays`;
    const words = later !== null ? `Noted: ${show(later)}, after the measurement was seen; ${kept}. ` : first !== null ? `Recorded: ${show(first)}. ` : "The measurement has been shown. ";
    said.replaceChildren(words, make("a", { href: `#reveal-${key}`, textContent: "See the measurement." }));
  };
  const text = make("div", { innerHTML: question });
  place.replaceChildren(text, form, said);
  tell();
  addEventListener("asked", ({ detail }) => { if (detail === key) tell(); });
}

function reveal(place, { key, skip, waiting, said }) {
  const folded = place.querySelector("details"), words = make("div", { className: "said", role: "status" });
  const button = make("button", { type: "button", textContent: skip });
  const measured = [...folded.children].filter((one) => one.tagName !== "SUMMARY" && !one.textContent.startsWith("Without a prediction"));
  place.id = `reveal-${key}`;
  const fill = () => {
    const state = recall(key);
    if (!state?.seen) { words.replaceChildren(make("p", { textContent: waiting }), button); return; }
    words.replaceChildren(make("p", { textContent: said[state.first ?? said.length - 1] }), ...measured);
  };
  button.addEventListener("click", () => { keep(key, { first: null, later: null, seen: true }); changed(key); });
  addEventListener("asked", ({ detail }) => { if (detail === key) fill(); });
  place.replaceChildren(words);
  fill();
}

function number(place, { key, verdicts }) {
  const field = make("input", { type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false });
  const fits = (x, ranges) => (ranges ? ranges.some(([low, high]) => low <= x && x <= high) : x !== Math.round(x));
  const [form, said] = ask("Your answer", [make("label", {}, "A number ", field)], "Check", () => {
    const text = field.value.trim(), x = Number(text.replace(",", ".").replace("\u2212", "-"));
    const bad = !text || !Number.isFinite(x) || /^[+-]?0[xob]/i.test(text);
    field.setAttribute("aria-invalid", String(bad));
    if (bad) { said.textContent = "Give one finite number, such as 0.25 or 1e-3."; return; }
    const first = recall(key) ?? x;
    keep(key, first);
    said.innerHTML = verdicts.find(([ranges]) => fits(x, ranges))[1];
    said.append(make("p", { textContent: first === x ? `Your answer: ${x}.` : `Your answer: ${x}; your first one was ${first}.` }));
  });
  if (recall(key) !== null) said.textContent = `Your first answer was ${recall(key)}.`;
  place.replaceChildren(form, said);
}

const kinds = { prediction, reveal, number };
for (const place of document.querySelectorAll(".ask")) kinds[place.dataset.kind](place, JSON.parse(place.nextElementSibling.textContent));
