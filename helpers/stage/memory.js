// What the page keeps: frames, styles and pictures by their keys (see frame.py for the form in which they travel).

const VERSION = 1, STEPS = 16, GAP = -32768;
const DECODED = 120e6; // bytes of decoded pictures; those not used for longest are decoded again when needed
const COMPOSED = 8; // backgrounds in one piece

const bytesOf = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
const inflate = async (data) => new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();

class Memory {
  constructor(key) { this.key = key; this.clear(); }

  clear() { this.frames = new Map(); this.styles = new Map(); this.pictures = new Map(); this.composed = new Map(); this.decoded = 0; }

  get(values, name) { return this.frames.get(this.key(values, name)); }

  // keeps the frames of a message and hands them on; at once if they came as they are
  take(message, buffers, done) {
    if (message.version !== VERSION) throw new Error(`frames of version ${message.version}`);
    if (message.forget) this.clear();
    for (const [key, style] of Object.entries(message.styles)) this.styles.set(key, style);
    message.pictures.forEach(([key, left, top, above], i) => {
      const picture = { key, left, top, above, blob: new Blob([buffers[i + 1]], { type: "image/png" }), image: null, waiting: null };
      this.pictures.set(key, picture);
      this.decode(picture); // now, so that it is there when a key asks for it
    });
    const { frames } = this, styles = this.styles;
    const keep = (data) => {
      const whole = new Int16Array(data);
      let at = 0, before = null;
      const taken = message.frames.map((head) => {
        const frame = { ...head };
        if (!head.error) {
          const size = 2 * head.counts.reduce((sum, n) => sum + n, 0);
          frame.planes = whole.slice(at, at + size); at += size;
          if (head.after) for (let i = 0; i < size; i++) frame.planes[i] += before[i]; // modulo 2^16, as Int16Array does
          before = frame.planes; frame.styles = styles.get(head.styles);
        }
        frames.set(this.key(frame.asked, message.name), frame);
        return frame;
      });
      done(taken);
    };
    if (message.small) inflate(bytesOf(buffers[0])).then(keep); else keep(bytesOf(buffers[0]));
  }

  decode(picture) {
    picture.waiting ??= createImageBitmap(picture.blob).then((image) => {
      picture.image = image; picture.waiting = null;
      this.decoded += 4 * image.width * image.height;
      for (const [key, other] of this.pictures) { // the first are those not used for longest
        if (this.decoded < DECODED) break;
        if (!other.image || other === picture) continue;
        this.decoded -= 4 * other.image.width * other.image.height;
        other.image.close(); other.image = null; this.pictures.delete(key); this.pictures.set(key, other);
      }
    });
    return picture.waiting;
  }

  missing(frame) { return frame.pictures.map((key) => this.pictures.get(key)).filter((picture) => picture && !picture.image); }
  ready(frame) { return !this.missing(frame).length; }
  prepare(frame) { return Promise.all(this.missing(frame).map((picture) => this.decode(picture))); }

  // the pictures of a frame below what moves, in one piece, and those above
  fixed(frame) {
    const all = frame.pictures.map((key) => this.pictures.get(key));
    for (const picture of all) { this.pictures.delete(picture.key); this.pictures.set(picture.key, picture); }
    const name = all.filter((picture) => !picture.above).map((picture) => picture.key).join();
    if (!this.composed.has(name)) {
      if (this.composed.size >= COMPOSED) this.composed.delete(this.composed.keys().next().value);
      const below = document.createElement("canvas"), first = all[0].image; // the figure's own, as large as the canvas
      below.width = first.width; below.height = first.height;
      const ctx = below.getContext("2d", { alpha: false });
      for (const { image, left, top, above } of all) if (!above) ctx.drawImage(image, left, top);
      this.composed.set(name, below);
    }
    return [this.composed.get(name), all.filter((picture) => picture.above)];
  }
}
