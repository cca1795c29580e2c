// The page's side of a scene: what is chosen, what is shown, and the messages between page and kernel (see session.py).

const BUSY = 1200; // ms without an answer, after which the page says so
const LOST = 4000; // ms after which a picture is asked for again; doubled each time
const KEPT_PICTURE = "The picture shows the last valid choice.";
const WORDS = {
  busy: "The kernel is busy. What is known already is shown at once; the rest follows when it answers.",
  gone: "The kernel has stopped or was restarted: run this cell again. Until then only pictures that are known already are shown.",
  behind: " The picture and the sentence are those of an earlier choice.",
};

function createStore(model) {
  const data = model.get("scene_data"), names = Object.keys(data.controls), who = Math.random().toString(36).slice(2);
  const views = new Set(), memory = new Memory((values, name) => JSON.stringify([data.coupled ? name ?? null : null, ...values]));
  const state = { positions: {}, refused: null, fresh: false };
  const store = { data, names, memory, views, state, values: [...data.initial], shown: null, size: data.size, ratio: 1, drawn: 0, error: "", gone: false, busy: false };
  let turn = 0, last = null, pending = false, flying = 0, patience = LOST, answered = 0, waiting = 0, asked = "", note = "";

  const tell = (picture) => views.forEach((view) => view.update(picture));
  store.status = () => {
    const words = store.gone ? WORDS.gone : store.busy ? WORDS.busy : note;
    return words && pending && (store.gone || store.busy) ? words + WORDS.behind : words;
  };
  store.note = (words) => { note = words; tell(false); };

  function send(content) {
    try { model.send({ who, turn, ...content }); } catch { store.gone = true; tell(false); return false; }
    if (!waiting && content.kind !== "ahead") waiting = setTimeout(() => { waiting = 0; if (answered < turn) { store.busy = true; tell(false); } }, BUSY);
    return true;
  }
  function ask(changes, seen) {
    const want = !seen && !flying;
    if (send({ kind: "set", changes, name: last, values: store.values, seen, want }) && want) fly();
  }
  function fly() { // one picture in flight; an answer that is lost is asked for again
    clearTimeout(flying);
    flying = setTimeout(() => { flying = 0; patience *= 2; if (pending && !store.gone) ask({}, false); }, patience);
  }
  function heard(message) {
    store.busy = false; clearTimeout(waiting); waiting = 0;
    if (message.who === who) answered = Math.max(answered, message.turn);
  }

  // newest: the turn of what is shown; an older picture that comes or decodes late is dropped
  let newest = -1, ordered = 0;
  function present(frame, of) {
    if (of < newest) return;
    newest = of;
    if (of === turn) {
      pending = false; note = "";
      store.values = [...(frame.values ?? frame.asked)];
      state.positions = frame.positions ?? {};
      store.error = frame.error ?? ""; state.refused = frame.error ? last : null;
    }
    if (frame.error) return tell(false);
    const mine = ++ordered;
    const draw = () => { if (mine === ordered) { store.shown = frame; store.drawn = of; tell(true); } };
    if (memory.ready(frame)) draw(); else memory.prepare(frame).then(draw);
  }

  // What follows a slider depends on where it stands and on the values before its first move, not on the positions
  // between: its moves in a row are all known as moves from there.
  let mover = null, origin = null;
  store.move = (changes, name, heading, fresh = false) => {
    const now = names.map((one, i) => (one in changes ? changes[one] : store.values[i]));
    if (name !== mover) { mover = name; origin = store.values; }
    const alike = data.coupled && data.controls[name]?.kind === "slider" ? origin.map((value, i) => (names[i] === name ? now[i] : value)) : now;
    store.values = now; turn += 1; last = name; pending = true; state.fresh = fresh; store.error = ""; state.refused = null;
    const frame = memory.get(now, name) ?? memory.get(alike, name);
    if (frame) present(frame, turn); else tell(false);
    state.fresh = false;
    ask(changes, Boolean(frame));
    if (name && !frame) store.ahead(name, heading, true);
  };
  store.ahead = (name, heading, again = false) => {
    const wish = JSON.stringify([name, store.values, heading]);
    if (store.gone || (wish === asked && !again)) return;
    asked = wish; send({ kind: "ahead", name, heading });
  };
  store.complain = (name, words) => {
    if (!words && state.refused !== name) return;
    store.error = ""; state.refused = words ? name : null; tell(false); // empty first: the same words are said again
    store.error = words && `${words} ${KEPT_PICTURE}`; tell(false);
  };

  let look = "";
  store.look = () => { // how wide and sharp the page is
    const looks = [...views].map((view) => view.look()).filter(Boolean);
    if (!looks.length) return;
    const ratio = Math.max(...looks.map((one) => one.ratio)), narrow = looks.every((one) => one.narrow);
    if (`${ratio},${narrow}` === look) return;
    look = `${ratio},${narrow}`;
    send({ kind: "hello", ratio, narrow });
  };

  function onMessage(message, buffers) {
    heard(message);
    if (message.kind === "taken") {
      if (message.who !== who) { // another page has moved a control
        store.values = message.values; last = mover = null;
        const frame = memory.get(store.values, null);
        if (frame) present(frame, turn); else { pending = true; ask({}, false); }
      }
      return tell(false);
    }
    if (message.kind !== "frames") return;
    if (message.forget) asked = "";
    if (message.now) { store.size = message.size; store.ratio = message.ratio; clearTimeout(flying); flying = 0; patience = LOST; }
    memory.take(message, buffers, (frames) => {
      if (!message.now) return;
      for (const frame of frames) present(frame, message.who === who ? message.turn : turn);
      if (pending) ask({}, false); // the reader has gone on meanwhile
      else tell(false);
    });
  }
  const lost = () => { store.gone = true; tell(false); };
  model.on("msg:custom", onMessage);
  model.on("comm_live_update", lost); // ipywidgets: its kernel is no longer there
  store.close = () => {
    clearTimeout(flying); clearTimeout(waiting);
    model.off("msg:custom", onMessage); model.off("comm_live_update", lost);
  };
  return store;
}

function createView(store, el) {
  const canvas = make("canvas", { role: "img" }), controls = buildControls(store);
  const sentence = make("p", { className: "stage-sentence", "aria-live": "polite" });
  const error = make("p", { className: "stage-error", role: "alert" }), status = make("p", { className: "stage-status", role: "status" });
  const words = make("div", { className: "stage-words" }, sentence, error, status);
  el.classList.add("stage", "panel");
  el.append(make("div", { className: "stage-body" }, controls.element, make("div", { className: "stage-picture" }, canvas, words)));
  words.style.setProperty("--lines", store.data.lines);
  const ctx = canvas.getContext("2d", { alpha: false }); // the figure's own picture covers it: no blending with the page
  ctx.fillStyle = "white"; ctx.fillRect(0, 0, canvas.width, canvas.height); // until that is there
  let scheduled = 0, alive = true, waiting = 0;

  function draw() {
    scheduled = 0;
    const frame = store.shown;
    if (!alive || !frame || !store.memory.ready(frame)) return;
    const [below, above] = store.memory.fixed(frame), { ratio } = store;
    if (canvas.width !== below.width || canvas.height !== below.height) { canvas.width = below.width; canvas.height = below.height; }
    ctx.setTransform(1, 0, 0, 1, 0, 0); ctx.drawImage(below, 0, 0);
    // pictures have whole pixels; matplotlib counts them from below
    ctx.setTransform(ratio, 0, 0, ratio, 0, below.height - ratio * store.size[1]); drawMarks(ctx, frame);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    for (const { image, left, top } of above) ctx.drawImage(image, left, top);
    el.dataset.turn = store.drawn; // which move is in the picture
    el.dataset.drawn = String(Number(el.dataset.drawn || 0) + 1);
  }
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const resize = () => {
    const [width, height] = store.size;
    canvas.style.setProperty("--width", `${width}px`); canvas.style.setProperty("--aspect", width / height);
  };
  const view = {
    update(picture) {
      controls.show(store.values, store.state);
      put(sentence, store.shown?.sentence ?? ""); put(error, store.error); put(status, store.status());
      canvas.setAttribute("aria-label", store.shown?.sentence || "the picture is being computed");
      resize();
      if (picture && !scheduled) scheduled = requestAnimationFrame(draw);
    },
    look() {
      const width = canvas.clientWidth, room = el.clientWidth;
      if (!alive || !width || !room) return null;
      const narrow = room < (store.narrow ? 640 : 600);
      store.narrow = narrow;
      const pixels = Math.round(width * Math.min(3, window.devicePixelRatio || 1));
      return { narrow, ratio: Math.max(0.5, Math.min(3, pixels / store.size[0])) };
    },
  };
  store.views.add(view);
  // the fixed parts in the resolution of the screen, at the width there is: sharp, and no pixel too many
  const sharpen = () => { clearTimeout(waiting); waiting = setTimeout(() => store.look(), store.shown ? 250 : 0); };
  const resized = new ResizeObserver(sharpen);
  resized.observe(canvas); resized.observe(el); window.addEventListener("resize", sharpen);

  const place = (event) => {
    const box = canvas.getBoundingClientRect(), k = store.size[0] / box.width;
    return [(event.clientX - box.left) * k, (event.clientY - box.top) * k];
  };
  const areas = () => store.shown?.areas ?? [];
  const inside = (x, y) => areas().findIndex(({ box: [l, t, r, b] }) => x >= l && x <= r && y >= t && y <= b);
  let area = -1;
  const choose = (x, y) => {
    const pad = areas()[area];
    const value = (name, pixels, at) => store.data.controls[name].positions[nearest(pixels, at)];
    const changes = { [pad.x]: value(pad.x, pad.across, x), [pad.y]: value(pad.y, pad.up, y) };
    const same = Object.entries(changes).every(([name, one]) => store.values[store.names.indexOf(name)] === one);
    if (!same) store.move(changes, null, 1);
  };
  canvas.addEventListener("touchstart", (event) => { // a finger on the map drags the point, not the page
    if (inside(...place(event.touches[0])) >= 0) event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = place(event); area = event.button === 0 ? inside(x, y) : -1;
    if (area < 0) return;
    canvas.setPointerCapture(event.pointerId); event.preventDefault(); controls.stop(); choose(x, y);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    if (area >= 0 && canvas.hasPointerCapture(event.pointerId)) return choose(x, y);
    const over = inside(x, y), pad = areas()[over];
    canvas.style.cursor = over >= 0 ? "crosshair" : "";
    if (pad) store.ahead(`${pad.x},${pad.y}`, 1);
  });
  canvas.addEventListener("pointerup", (event) => { if (area >= 0) choose(...place(event)); area = -1; });
  canvas.addEventListener("pointercancel", () => { area = -1; });

  resize(); view.update(Boolean(store.shown));
  return () => {
    alive = false; store.views.delete(view); controls.stop(); clearTimeout(waiting); cancelAnimationFrame(scheduled);
    resized.disconnect(); window.removeEventListener("resize", sharpen);
  };
}

export default () => {
  let store = null; // beside both, so that two views of a panel agree
  return {
    initialize({ model }) { store = createStore(model); return store.close; },
    render({ el }) { return createView(store, el); },
  };
};
