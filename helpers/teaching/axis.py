"""A point to be set on an axis: a native range input, its scale, and the value in words."""

from typing import Any

import anywidget
import traitlets

_SCRIPT = """
const raised = (n) => String(n).replace("-", "⁻").replace(/[0-9]/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);
function short(x) {
  if (x === 0 || (Math.abs(x) >= 1e-3 && Math.abs(x) < 1e5)) {
    return String(Number(x.toPrecision(3))).replace("-", "−");
  }
  const [mantissa, exponent] = x.toExponential(2).split("e");
  const digits = String(Number(mantissa)).replace("-", "−");
  return (digits === "1" ? "" : `${digits}·`) + `10${raised(Number(exponent))}`;
}
function render({ model, el }) {
  const low = model.get("low"), high = model.get("high"), log = model.get("log");
  const place = (x) => log ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low);
  const value = (s) => log ? low * (high / low) ** s : low + s * (high - low);
  const range = document.createElement("input"), shown = document.createElement("output");
  const ticks = document.createElement("div");
  Object.assign(range, { type: "range", min: 0, max: 200, step: 1 });
  range.setAttribute("aria-label", "Prediction");
  range.setAttribute("data-lm-suppress-shortcuts", "true");
  range.style.cssText = "width: 100%; height: 24px; margin: 0; box-sizing: border-box";
  ticks.style.cssText = "position: relative; height: 1.5em; margin: 0 8px";
  ticks.setAttribute("aria-hidden", "true");
  let marks = [0, .25, .5, .75, 1].map(value);
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const stride = Math.max(1, Math.ceil((last - first) / 6));
    marks = first < last ? [] : [low, high];
    for (let n = first; n <= last && first < last; n += stride) marks.push(10 ** n);
  }
  for (const x of marks) {
    const tick = document.createElement("span");
    tick.textContent = log && (x >= 999 || x < .0099) ? `10${raised(Math.round(Math.log10(x)))}` : short(x);
    tick.style.cssText = `position: absolute; left: ${100 * place(x)}%; transform: translateX(-50%)`;
    ticks.append(tick);
  }
  el.style.cssText += "; padding: 0 12px; box-sizing: border-box";
  el.append(range, ticks, shown);
  const show = () => {
    const x = model.get("value"), text = x == null ? "not set yet" : short(x);
    range.value = x == null ? 100 : Math.round(200 * place(x));
    range.setAttribute("aria-valuetext", text);
    shown.textContent = `Your point: ${text}`;
  };
  const set = () => { // not by the trait: quick changes of a trait are merged, and a button overtakes them
    const x = Number(value(range.value / 200).toPrecision(3));
    model.set("value", x);
    model.send({ value: x });
    show();
  };
  range.addEventListener("input", set);
  range.addEventListener("click", set);
  range.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") set();
  });
  model.on("change:value", show);
  show();
}
export default { render };
"""


class AxisPoint(anywidget.AnyWidget):
    """A point between `low` and `high` on a linear or logarithmic axis; `value` is None until it is set."""

    _esm = _SCRIPT
    low = traitlets.Float().tag(sync=True)
    high = traitlets.Float().tag(sync=True)
    log = traitlets.Bool(False).tag(sync=True)
    value = traitlets.Float(None, allow_none=True).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(layout={"width": "480px", "max_width": "100%"}, **traits)
        self.on_msg(self._moved)

    def _moved(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict) and isinstance(content.get("value"), (int, float)):
            self.value = float(content["value"])
