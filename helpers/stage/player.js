// Shows a recorded scene (see recorder.py) with the page's usual script: a stub stands for the model and its kernel.

const NOT_RECORDED = "This choice is not recorded here: move one control at a time from the start or from a preset, or run the notebook.";

const unzip = async (data) => new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();

// vertices, or differences of them, from the form in which recorder.py writes them
function plain(data) {
  const bytes = new Uint8Array(data), count = bytes.length / 2, points = new Int16Array(count);
  for (let i = 0, sum = 0; i < count; i++) {
    const one = bytes[i] | (bytes[count + i] << 8);
    sum += (one >>> 1) ^ -(one & 1);
    points[i] = sum; // modulo 2^16
  }
  return points;
}

export async function play(address, el, widget) {
  const scene = await (await fetch(`${address}/scene.json`)).json();
  const names = Object.keys(scene.data.controls), listeners = new Set();
  let values = scene.data.initial, shown = null;
  const look = (view) => ({ view, loads: new Map(), pictures: new Set(), recorded: new Map() }); // what a page of this width has
  const deliver = (message, buffers = []) => listeners.forEach((listener) => listener({ ...scene.views[shown.view], ...message }, buffers));
  const keyOf = (name, asked) => JSON.stringify([scene.data.coupled ? name : null, ...asked]);

  async function fetchMessage(file) {
    const { view, pictures, recorded } = shown, read = async (name) => (await fetch(`${address}/${view}/${name}`)).arrayBuffer();
    const data = await read(file), size = new DataView(data).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(await unzip(data.slice(4, 4 + size))));
    head.pictures = head.pictures.filter(([key]) => !pictures.has(key));
    const pngs = await Promise.all(head.pictures.map(([key]) => read(`pictures/${key}.png`)));
    const points = plain(await unzip(data.slice(4 + size)));
    let at = 0, before = null;
    for (const frame of head.frames) { // each by itself, so that it can be handed on alone
      const planes = points.subarray(at, at += frame.error ? 0 : 2 * frame.counts.reduce((sum, n) => sum + n, 0));
      if (frame.after) for (let i = 0; i < planes.length; i++) planes[i] += before[i];
      if (!frame.error) { frame.after = false; before = planes; }
      recorded.set(keyOf(head.name, frame.asked), [frame, planes]);
    }
    head.pictures.forEach(([key]) => pictures.add(key)); // not before they are here: another file may be sooner
    return [head, [new DataView(points.buffer), ...pngs.map((one) => new DataView(one))]];
  }
  // the file with the moves of a control from a start that differs in no other, once
  function load(name) {
    const moved = name.split(",");
    const number = scene.starts.findIndex((start) => start.every((value, i) => moved.includes(names[i]) || value === values[i]));
    const file = scene.moves[`${number} ${name}`];
    if (!file) return Promise.resolve();
    const here = shown, { loads } = here;
    if (!loads.has(file)) loads.set(file, fetchMessage(file).then(([head, buffers]) => { if (here === shown) deliver(head, buffers); }));
    return loads.get(file);
  }
  const now = (more, frame, planes = new Int16Array(0)) => deliver({ kind: "frames", version: 1, now: true, frames: frame ? [frame] : [],
    styles: {}, pictures: [], small: false, ...more }, [new DataView(planes.buffer, planes.byteOffset, planes.byteLength)]);
  async function answer(content) {
    const address = { who: content.who, turn: content.turn };
    if (content.kind === "hello") {
      const here = shown = look(content.narrow && scene.views.narrow ? "narrow" : "wide");
      const [head, buffers] = await fetchMessage("start.bin");
      if (here !== shown) return;
      now({ ...address, forget: true }); // tells the page the size
      deliver({ ...head, ...address }, buffers);
      deliver({ kind: "taken", who: "recorded", turn: 0, values });
    } else if (content.kind === "ahead") {
      load(content.name);
    } else if (content.kind === "set") {
      ({ values } = content);
      if (content.seen) return deliver({ kind: "taken", ...address, values });
      const changed = content.name ?? names.filter((name) => name in content.changes).join();
      await Promise.all([changed, ...names].filter(Boolean).map(load));
      const asked = content.values;
      now({ ...address, name: content.name }, ...(shown.recorded.get(keyOf(content.name, asked)) ?? [{ asked, error: NOT_RECORDED }]));
    }
  }
  const model = {
    get: (name) => (name === "scene_data" ? scene.data : undefined),
    on: (event, listener) => { if (event === "msg:custom") listeners.add(listener); },
    off: (event, listener) => { listeners.delete(listener); },
    send: (content) => { answer(content); },
  };
  const { initialize, render } = widget();
  initialize({ model });
  render({ model, el });
}
