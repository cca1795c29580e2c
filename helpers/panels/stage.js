// Draws the moving artists of a matplotlib figure between its two fixed pictures (see stage.py, marks.py).

function trace(ctx, xy, from, to, close) {
  let pen = false; // a NaN lifts the pen
  for (let i = from; i < to; i += 2) {
    if (Number.isNaN(xy[i])) { if (pen && close) ctx.closePath(); pen = false; continue; }
    if (pen) ctx.lineTo(xy[i], xy[i + 1]); else ctx.moveTo(xy[i], xy[i + 1]);
    pen = true;
  }
  if (pen && close) ctx.closePath();
}

function outline(ctx, mark, x, y) {
  if (!mark.marker.length) { ctx.moveTo(x + mark.size / 2, y); ctx.arc(x, y, mark.size / 2, 0, 2 * Math.PI); return; }
  for (const part of mark.marker) {
    for (let i = 0; i < part.length; i += 2) (i ? ctx.lineTo : ctx.moveTo).call(ctx, x + part[i] * mark.size, y + part[i + 1] * mark.size);
    if (mark.fill) ctx.closePath();
  }
}

function drawMarkers(ctx, mark, xy, from, to) {
  const paint = () => {
    if (mark.fill) { ctx.fillStyle = mark.fill; ctx.fill(); }
    if (mark.edgewidth) { ctx.strokeStyle = mark.edge; ctx.lineWidth = mark.edgewidth; ctx.stroke(); }
  };
  ctx.lineCap = "butt"; ctx.lineJoin = mark.join; ctx.setLineDash([]);
  const plain = !mark.edgewidth || !mark.fill || mark.fill === mark.edge; // then the order of painting does not show
  const together = plain && [mark.fill, mark.edge].every((color) => !color || color.endsWith(",1)"));
  if (together) ctx.beginPath();
  for (let i = from; i < to; i += 2) {
    if (Number.isNaN(xy[i])) continue;
    if (!together) ctx.beginPath();
    outline(ctx, mark, xy[i], xy[i + 1]);
    if (!together) paint();
  }
  if (together) paint();
}

function drawText(ctx, mark, x, y) {
  ctx.translate(x, y); ctx.rotate(mark.turn);
  ctx.font = `${mark.slant} ${mark.weight} ${mark.size}px "DejaVu Sans", Verdana, sans-serif`;
  ctx.textAlign = mark.align; ctx.textBaseline = "alphabetic"; ctx.lineJoin = "round";
  if (mark.halo) { ctx.strokeStyle = "white"; ctx.lineWidth = mark.halo; ctx.strokeText(mark.text, 0, 0); }
  ctx.fillStyle = mark.fill; ctx.fillText(mark.text, 0, 0);
}

function drawMark(ctx, mark, xy, from, to) {
  ctx.save();
  if (mark.clip) {
    const [l, t, r, b] = mark.clip;
    ctx.beginPath(); ctx.rect(l, t, r - l, b - t); ctx.clip();
  }
  if (mark.kind === "text") {
    drawText(ctx, mark, xy[from], xy[from + 1]);
  } else {
    if (mark.kind === "polygon") { ctx.beginPath(); trace(ctx, xy, from, to, true); ctx.fillStyle = mark.fill; ctx.fill(); }
    if (mark.stroke && mark.width) {
      ctx.lineJoin = mark.kind === "line" ? "round" : "miter"; ctx.lineCap = mark.cap ?? "butt";
      if (mark.kind === "line") { ctx.beginPath(); trace(ctx, xy, from, to, false); }
      ctx.strokeStyle = mark.stroke; ctx.lineWidth = mark.width; ctx.setLineDash(mark.dash); ctx.stroke();
    }
    if (mark.marker) drawMarkers(ctx, mark, xy, from, to);
  }
  ctx.restore();
}

// JupyterLab's shortcuts would take the arrow keys of a drop-down list; only the attribute of the target itself counts
const keepKeys = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");
const decode = async (layer) => ({ ...layer, image: layer.png.byteLength ? await createImageBitmap(new Blob([layer.png], { type: "image/png" })) : null });

function compose(layers) {
  // those below the moving artists in one picture; the first is the figure's own, as large as the canvas
  const below = document.createElement("canvas");
  below.width = layers[0].image.width; below.height = layers[0].image.height;
  const ctx = below.getContext("2d", { alpha: false });
  for (const { image, left, top, above } of layers) if (image && !above) ctx.drawImage(image, left, top);
  return [below, layers.filter((layer) => layer.above && layer.image)];
}

function render({ model, el }) {
  el.classList.add("stage");
  const canvas = document.createElement("canvas");
  const words = document.createElement("div");
  const sentence = document.createElement("p");
  const error = document.createElement("p");
  canvas.setAttribute("role", "img");
  words.className = "stage-words"; words.style.minHeight = `${1.4 * model.get("lines")}em`;
  sentence.className = "stage-sentence"; sentence.setAttribute("aria-live", "polite");
  error.className = "stage-error"; error.setAttribute("role", "alert");
  words.append(sentence, error); el.append(canvas, words);
  const ctx = canvas.getContext("2d", { alpha: false }); // the figure's own picture covers it: no blending with the page
  ctx.fillStyle = "white"; ctx.fillRect(0, 0, canvas.width, canvas.height); // until that is there
  let below = null, above = [], asked = 0, loaded = 0, scheduled = false, alive = true;

  function draw() {
    scheduled = false;
    if (!below || !alive) return;
    const ratio = below.width / model.get("width");
    if (canvas.width !== below.width || canvas.height !== below.height) { canvas.width = below.width; canvas.height = below.height; }
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(below, 0, 0);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const view = model.get("frame"), marks = model.get("marks");
    if (view?.byteLength) {
      const data = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
      let at = marks.length;
      marks.forEach((mark, i) => { const end = at + 2 * data[i]; drawMark(ctx, mark, data, at, end); at = end; });
    }
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    for (const { image, left, top } of above) ctx.drawImage(image, left, top);
    el.dataset.turn = model.get("turn"); // which change is in the picture
    el.dataset.drawn = String(Number(el.dataset.drawn || 0) + 1);
  }
  function schedule() { if (!scheduled) { scheduled = true; requestAnimationFrame(draw); } }
  async function loadPictures() {
    if (!model.get("layers").length) return;
    const mine = ++asked;
    const layers = await Promise.all(model.get("layers").map(decode));
    if (mine === asked && alive) { [below, above] = compose(layers); loaded = mine; draw(); } // an older picture that decodes late is dropped
  }
  function say() {
    if (sentence.textContent !== model.get("sentence")) sentence.textContent = model.get("sentence");
    if (error.textContent !== model.get("error")) error.textContent = model.get("error");
    canvas.setAttribute("aria-label", model.get("sentence"));
  }
  canvas.style.aspectRatio = `${model.get("width")} / ${model.get("height")}`;
  canvas.style.width = `${model.get("width")}px`;

  // One message a change: its traits arrive together, so they are handled together, once.
  const TRAITS = ["layers", "frame", "marks", "turn", "sentence", "error"];
  let shown = model.get("layers"), handling = false;
  const changed = () => {
    if (handling) return;
    handling = true;
    queueMicrotask(() => {
      handling = false; say();
      if (model.get("layers") !== shown) { shown = model.get("layers"); loadPictures(); }
      else if (asked === loaded) schedule(); // else: the frame is drawn as soon as its pictures are there
    });
  };
  for (const name of TRAITS) model.on(`change:${name}`, changed);

  // the fixed parts in the resolution of the screen, at the width there is: sharp, and no pixel too many
  let waiting = null;
  const sharpen = () => {
    const width = canvas.clientWidth;
    if (!alive || !width) return;
    const pixels = Math.round(width * Math.min(3, window.devicePixelRatio || 1));
    const ratio = Math.max(0.5, Math.min(3, pixels / model.get("width")));
    if (Math.abs(ratio - model.get("pixel_ratio")) * model.get("width") < 1) return;
    model.set("pixel_ratio", ratio); model.save_changes();
  };
  const resized = new ResizeObserver(() => {
    el.closest(".panel")?.addEventListener("focusin", keepKeys); // here the panel is known to be in the page
    clearTimeout(waiting); waiting = setTimeout(sharpen, loaded ? 250 : 0);
  });
  resized.observe(canvas);
  const zoomed = () => { clearTimeout(waiting); waiting = setTimeout(sharpen, 250); };
  window.addEventListener("resize", zoomed);

  // pointer: one point in flight, the latest one kept
  let area = -1, flying = 0, next = null, sent = "";
  const place = (event) => {
    const box = canvas.getBoundingClientRect(), k = model.get("width") / box.width;
    return [(event.clientX - box.left) * k, (event.clientY - box.top) * k];
  };
  const inside = (x, y) => model.get("pointer_areas").findIndex(([l, t, r, b]) => x >= l && x <= r && y >= t && y <= b);
  const send = () => {
    if (flying || !next) return;
    const point = next; next = null;
    if (`${point}` === sent) return;
    sent = `${point}`;
    model.send({ kind: "point", area: point[0], x: point[1], y: point[2] });
    flying = setTimeout(landed, 3000); // a kernel that was restarted never answers
  };
  const landed = () => { clearTimeout(flying); flying = 0; send(); };
  const onMessage = (message) => { if (message.kind === "ready" && flying) landed(); };
  model.on("msg:custom", onMessage);
  canvas.addEventListener("touchstart", (event) => { // a finger on the map drags the point, not the page
    if (inside(...place(event.touches[0])) >= 0) event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = place(event); area = event.button === 0 ? inside(x, y) : -1;
    if (area < 0) return;
    canvas.setPointerCapture(event.pointerId); event.preventDefault(); sent = ""; next = [area, x, y]; send();
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    if (area >= 0 && canvas.hasPointerCapture(event.pointerId)) { next = [area, x, y]; send(); }
    else canvas.style.cursor = inside(x, y) >= 0 ? "crosshair" : "";
  });
  canvas.addEventListener("pointerup", (event) => {
    if (area >= 0) { next = [area, ...place(event)]; send(); }
    area = -1;
  });
  canvas.addEventListener("pointercancel", () => { area = -1; });

  say(); loadPictures();
  return () => {
    alive = false;
    for (const timer of [waiting, flying]) clearTimeout(timer);
    resized.disconnect(); window.removeEventListener("resize", zoomed);
    for (const name of TRAITS) model.off(`change:${name}`, changed);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
