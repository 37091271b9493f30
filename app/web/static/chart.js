/*
 * <silkrate-chart>: a cursor over a plot that the server drew, and ways to other days. All that it says stands in its
 * marks; x and y are per mille. It asks by the link `a[data-zoom]`, with days for {since} and {until} in its address.
 */
const NAME = "silkrate-chart";
const WHOLE = [0, 1000];
const DAY = 864e5;

const make = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
};
const within = (low, value, high) => Math.max(low, Math.min(value, high));

/** The cursor of `host`, which listens until `signal` comes. */
const cursor = (host, signal) => {
  const marks = JSON.parse(host.dataset.marks);
  const svg = host.querySelector("svg");
  const line = svg.querySelector("svg");
  const link = host.querySelector("a[data-zoom]");
  if (link) link.dataset.zoom ||= link.getAttribute("href");
  const end = marks.length - 1;
  const page = Math.ceil(marks.length / 10);
  const fingers = new Map();
  let at, held, pinch, rest;
  let view = WHOLE;

  const rate = make("b");
  const day = make("span");
  // beside the picture: what is in a picture cannot be reached
  const own = make(
    "div",
    {
      class: "cursor",
      role: "slider",
      tabindex: 0,
      "aria-labelledby": svg.querySelector("title").id,
      "aria-valuemin": 0,
      "aria-valuemax": end,
    },
    make("i", { class: "hair" }),
    make("i", { class: "dot" }),
    make("p", {}, rate, day),
    make("i", { class: "part" }),
  );

  const show = (on) => own.classList.toggle("on", on);
  const set = (node, name, value) => node.style.setProperty(`--${name}`, value);

  const go = (number) => {
    at = within(0, number, end);
    const [, x, y, told, named] = marks[at];
    rate.textContent = told;
    day.textContent = named;
    set(own, "x", x);
    set(own, "y", y);
    own.setAttribute("aria-valuenow", at);
    own.setAttribute("aria-valuetext", `${named}, ${told}`);
    show(true);
  };

  const near = (place) => {
    const far = marks.map(([, x]) => Math.abs(x - place));
    go(far.indexOf(Math.min(...far)));
  };

  const place = ({ clientX }) => {
    const { left, width } = own.getBoundingClientRect();
    return within(0, ((clientX - left) / width) * 1000, 1000);
  };

  /** Mark what is between two places, or nothing. */
  const choose = (from, to = from) => {
    set(own, "from", Math.min(from, to));
    set(own, "wide", Math.abs(to - from));
  };

  const look = (seen) => {
    view = seen;
    line.setAttribute("viewBox", `${view[0]} 0 ${view[1] - view[0]} 1000`);
    host.classList.toggle("moving", view !== WHOLE);
    show(false);
  };

  /** See a view so many times as near, what `was` at one place at another. */
  const scale = ([from, to], times, was, is = was) => {
    const wide = within(10, (to - from) / times, 4000);
    const start = from + ((to - from) * was - wide * is) / 1000;
    look([start, start + wide]);
  };

  /** Ask for the days that are seen, if there is a line between them. */
  const ask = ([from, to]) => {
    const [first, last] = [0, end].map((number) => Date.parse(marks[number][0]) / DAY);
    const iso = (x) => new Date(Math.round(first + ((last - first) * x) / 1000) * DAY).toISOString().slice(0, 10);
    if (!link || marks.filter(([, x]) => from <= x && x <= to).length < 2) return look(WHOLE);
    link.href = link.dataset.zoom.replace("{since}", iso(from)).replace("{until}", iso(to));
    link.click();
  };

  const leave = (event) => {
    const [from, to] = [held, place(event)].sort((a, b) => a - b);
    fingers.delete(event.pointerId);
    choose(0);
    if (pinch && view !== WHOLE) ask(view);
    else if (to - from > 10) ask([from, to]);
    pinch = held = undefined;
  };

  const moves = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -page,
    PageUp: page,
    Home: -end,
    End: end,
  };
  const times = { "+": 2, "-": 0.5 };

  const on = {
    keydown(event) {
      const { key } = event;
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (key in moves) go(at + moves[key]);
      else if (key in times) {
        scale(WHOLE, times[key], marks[at][1]);
        ask(view);
      } else if (key === "Escape") {
        held = undefined;
        choose(0);
        look(WHOLE);
      } else return;
      event.preventDefault();
    },
    wheel(event) {
      if (!event.ctrlKey) return;
      event.preventDefault();
      scale(view, Math.exp(-event.deltaY / 200), place(event));
      clearTimeout(rest);
      rest = setTimeout(() => signal.aborted || ask(view), 200);
    },
    pointerdown(event) {
      const is = place(event);
      fingers.set(event.pointerId, is);
      own.setPointerCapture(event.pointerId);
      near(is);
      if (event.pointerType === "mouse" && !event.button) held = is;
      if (fingers.size === 2) pinch = span();
    },
    pointermove(event) {
      const is = place(event);
      if (fingers.has(event.pointerId)) fingers.set(event.pointerId, is);
      if (pinch) {
        const [wide, middle] = span();
        scale(WHOLE, wide / pinch[0], pinch[1], middle);
      } else if (view === WHOLE) near(is);
      if (held !== undefined) choose(held, is);
    },
    pointerup: leave,
    pointercancel(event) {
      pinch = held = undefined;
      look(WHOLE);
      leave(event);
    },
    pointerleave: (event) => event.pointerType === "mouse" && show(own.matches(":focus-visible")),
    focus: () => go(at),
    blur: () => show(false),
  };

  /** How far two fingers are apart, and what is in the middle between them. */
  const span = () => {
    const [one, other] = fingers.values();
    return [Math.abs(one - other) || 1, (one + other) / 2];
  };

  go(end);
  show(false);
  for (const kind in on) own.addEventListener(kind, on[kind], { passive: false, signal });
  signal.addEventListener("abort", () => own.remove());
  svg.after(own);
};

customElements.get(NAME) ||
  customElements.define(
    NAME,
    class extends HTMLElement {
      connectedCallback() {
        this._stop = new AbortController();
        cursor(this, this._stop.signal);
      }

      disconnectedCallback() {
        this._stop.abort();
      }
    },
  );
