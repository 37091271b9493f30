/*
 * <silkrate-ticker>: the strip on anybody's page.
 *
 * It formats nothing, for browsers lack most of these languages: every text comes ready from the service, and the
 * few of its own stand in WORDS. It runs under a Content-Security-Policy without any inline style or script and
 * under Trusted Types: its style sheet is constructed, and no markup is parsed. It stores nothing, sends no
 * credentials, and asks only the service that it was loaded from, or that `src` names.
 */
const WORDS = "WORDS"; // and the next are put in when the module is built
const STYLE = "STYLE";

const NAME = "silkrate-ticker";
const ASKED = ["pairs", "source", "decimals", "inverse", "change", "nominal"];
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const POINTER = matchMedia("(hover)"); // a finger stays where it tapped last
const SHEET = new CSSStyleSheet();
SHEET.replaceSync(STYLE);

const make = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  made.append(...children);
  return made;
};

// what did not change is left alone: a selection in it would go
const say = (node, text) => node.textContent === text || (node.textContent = text);

// nowhere but into the web: `javascript:` is an address too
const lead = (link, address) => {
  link.href = address;
  if (!/^http/.test(link.protocol)) link.removeAttribute("href");
};

/** What is asked once for all strips of a page that show the same. */
const feed = (url, base) => {
  const own = { _strips: new Set(), _due: 0, _failures: 0 };
  let timer, asking, stream;

  /** Ask when it is time, as long as somebody looks. */
  own._pace = () => {
    const looking = [...own._strips].filter((strip) => strip._looks());
    clearTimeout(timer);
    if (looking[0] && !asking) timer = setTimeout(ask, own._due - Date.now());
    if (!looking.some((strip) => strip._listens())) stream = stream?.close();
    else if (!(stream?.readyState < 2)) {
      // none, or one that was refused for good
      stream = new EventSource(new URL("v1/stream", base));
      // all who listen are told at the same moment
      stream.addEventListener("tick", () => own._again(Math.random() * 3e3));
    }
  };

  own._again = (wait) => {
    own._due = Date.now() + wait;
    own._pace();
  };

  const ask = async () => {
    let wait, fault;
    asking = true;
    try {
      const reply = await fetch(url, {
        cache: own._body ? "no-cache" : "default", // a validator set by hand would cost a preflight each time
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(8e3),
      });
      wait = reply.headers.get("Retry-After");
      if (!reply.ok) throw Error(reply.status);
      const body = await reply.json();
      Object.freeze(body.items).forEach(Object.freeze);
      own._body = Object.freeze(body);
      own._failures = 0;
      wait = body.poll_after;
    } catch (error) {
      fault = error;
      wait = Math.max(+wait || 0, Math.min(900, 15 * 2 ** ++own._failures));
    }
    asking = false;
    own._again((wait || 60) * (800 + 400 * Math.random()));
    own._strips.forEach((strip) => strip._show(fault));
  };

  return own;
};

const FEEDS = {};

/** The strip in the tree of `host`. */
const strip = (host) => {
  const own = {};
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  let words, tongue, mine, seen, motion, copy, wide, turn;

  const button = make("button", { part: "button" });
  const list = make("ul", { part: "list", role: "list" });
  const track = make("div", { part: "track" }, list);
  const view = make("div", { part: "view", role: "group", tabindex: 0 }, track);
  const credit = make("a", { part: "credit", target: "_blank" }, "Silkrate");
  const asof = make("button", { part: "asof", "aria-pressed": false });
  const status = make("i", { role: "status" });
  const bar = make("section", { part: "bar" }, button, view, asof, status);
  const slot = make("slot", {}, credit);

  const attribute = (name) => host.getAttribute(name);
  const tell = (kind, detail) =>
    host.dispatchEvent(
      new CustomEvent(`${NAME}-${kind}`, { detail, bubbles: true, composed: true, cancelable: true }),
    );

  const has = (name) => host.hasAttribute(name);
  const holds = () => host.data && has("paused");
  own._listens = () => has("live");
  own._looks = () => seen && !holds() && !document.hidden && navigator.onLine;

  /** Read the attributes, and ask for what they name. */
  own._join = () => {
    const [tag, script] = (host.closest("[lang]")?.lang ?? "").toLowerCase().match(/[a-z]{2,4}/g) ?? [];
    tongue = [`${tag}-${script}`, tag, "en"].find((each) => WORDS[each]);
    words = WORDS[tongue].split("|");
    lead(credit, attribute("src")?.replace(/\/?$/, "/") ?? "data:");
    credit.href ||= new URL("../..", import.meta.url);
    const url = new URL("embed/v1/ticker.json", credit);
    for (const name of ASKED) {
      const value = attribute(name) || (name === "inverse" && has(name));
      if (value) url.searchParams.set(name, value);
    }
    url.searchParams.set("lang", tongue);
    const next = (FEEDS[url] ??= feed(url, credit.href));
    if (mine && mine !== next) {
      own._leave();
      host.data = null;
    }
    mine = next;
    mine._strips.add(own);
    mine._pace();
    own._show();
  };

  own._leave = () => {
    clearTimeout(turn);
    mine._strips.delete(own);
    mine._pace();
  };

  host.refresh = () => mine._again(0);

  /** Show what is known now. What is paused keeps its numbers. */
  own._show = (fault) => {
    const news = mine._body && mine._body !== host.data && !holds();
    if (news) host.data = mine._body;
    const { data, state: from } = host;
    const now = Date.now();
    const left = (item) => Date.parse(item.stale_at) - now;
    const items = data?.items ?? [];
    const late = items.find((item) => left(item) <= 0);
    clearTimeout(turn);
    turn = setTimeout(own._show, Math.min(864e5, ...items.map(left).filter((span) => span > 0)));
    // one lost request says nothing of the rates
    const state =
      !data ? (mine._failures ? "error" : "loading")
      : !navigator.onLine ? "offline"
      : late || mine._failures > 1 ? "stale"
      : "live";
    const asOf = late?.as_of_display ?? data?.as_of_display ?? "";
    const begins = words[{ stale: 3, offline: 4 }[state]] ?? "";
    const said = begins + asOf;
    say(asof, said);
    asof.ariaLabel = `${words[2]}: ${said}`;
    if (data) draw(data, left);
    else if (state === "error") fill(slot);
    if (from !== state) {
      host.setAttribute("state", (host.state = state));
      say(status, begins && said);
      tell("state", { from, to: state, asOf });
    }
    if (fault) tell("error", fault.message);
    if (news) tell("update", data);
    fit();
  };

  const draw = ({ items, as_of_display }, left) => {
    bar.lang = tongue;
    bar.ariaLabel = words[0];
    view.ariaLabel = as_of_display;
    button.ariaLabel = words[1];
    button.ariaPressed = has("paused");
    items.forEach((item, place) => {
      const row = list.children[place] ?? list.appendChild(line());
      const link = row.firstChild;
      const parts = row.querySelectorAll("i,span");
      [
        item.label,
        item.symbol ?? item.pair,
        item.name,
        item.display,
        item.change_display,
        `${item.source ? item.source + ", " : ""}${item.as_of_display ?? as_of_display}`,
      ].forEach((text, part) => say(parts[part], text ?? ""));
      parts[4].part = `change ${item.moved}`;
      row.part = left(item) <= 0 ? "item stale" : "item";
      lead(link, attribute("href")?.replaceAll("{pair}", item.pair.replace("/", "-")) ?? "data:");
      link.onclick = (event) => tell("select", item) || event.preventDefault();
    });
    while (list.children[items.length]) list.lastChild.remove();
    fill(bar);
    follow(!!copy);
  };

  /** Have in the tree the strip, or what the page has in the widget, and at least a link. */
  const fill = (content) => {
    if (content.isConnected) return;
    if (content === bar) asof.before(credit);
    else slot.append(credit);
    root.replaceChildren(content);
  };

  const line = () => {
    const [source, ...parts] = ["source", "symbol", "name", "rate", "change"].map((part) => make("span", { part }));
    return make("li", {}, make("a", {}, make("i"), make("bdi", { "aria-hidden": true }, ...parts), source));
  };

  /** Let a copy follow the list while it moves: for eyes alone. */
  const follow = (wanted) => {
    copy?.remove();
    copy = wanted ? track.appendChild(list.cloneNode(true)) : null;
    if (copy) copy.inert = copy.ariaHidden = true;
  };

  /** Move where the list is wider than what shows it, and rest otherwise: at rest it can be scrolled. */
  const fit = () => {
    const width = list.offsetWidth;
    // not where it is static, single or a grid
    const overflows = !/^[sg]/.test(attribute("mode")) && width > view.clientWidth && !CALM.matches;
    const focus = bar.querySelector("div:focus-visible,li>:focus-visible");
    const moves = overflows && own._looks() && !focus && !(POINTER.matches && view.matches(":hover"));
    if (motion && (!moves || width !== wide)) {
      const at = motion.currentTime % wide;
      motion = motion.cancel();
      view.scrollLeft = at;
      focus?.scrollIntoView({ block: "nearest" });
    }
    wide = width;
    if (overflows !== !!copy) follow(overflows);
    if (!moves) return;
    if (!motion) {
      motion = track.animate({ translate: `-${wide}px` }, { duration: wide, iterations: Infinity });
      motion.currentTime = view.scrollLeft;
      view.scrollLeft = 0;
    }
    motion.playbackRate = Math.min(80, Math.max(10, attribute("speed") | 0 || 40)) / 1e3;
  };

  const size = new ResizeObserver(fit);
  if (!root.firstChild) fill(slot);
  host.data = JSON.parse(attribute("held")); // what the service rendered into the page
  root.adoptedStyleSheets = [SHEET];
  size.observe(view);
  size.observe(list);
  new IntersectionObserver(
    (entries) => {
      seen = entries.at(-1).isIntersecting;
      mine._pace();
      fit();
    },
    { rootMargin: "200px" },
  ).observe(host);
  button.onclick = () => host.toggleAttribute("paused");
  asof.onclick = () => (asof.ariaPressed = bar.classList.toggle("told"));
  // the copy takes no clicks: they are meant for what it is a copy of
  view.onclick = ({ target, clientX }) => {
    const row = [...list.children].find((each) => each.getBoundingClientRect().right + wide > clientX);
    if (target === track) row.firstChild.click();
  };
  // not at once: from one item to the next is no leaving
  const turned = () => requestAnimationFrame(fit);
  view.onpointerenter = view.onpointerleave = turned;
  view.addEventListener("focusin", turned);
  view.addEventListener("focusout", turned);
  return own;
};

customElements.get(NAME) ?? // a page may have both the floating module and that of a version
  customElements.define(
    NAME,
    class extends HTMLElement {
      static observedAttributes = [...ASKED, "lang", "src", "live", "paused", "href", "mode", "speed"];
      #strip;

      connectedCallback() {
        this.#strip ??= strip(this);
        this.#strip._join();
      }

      disconnectedCallback() {
        this.#strip._leave();
      }

      attributeChangedCallback() {
        if (this.isConnected) this.#strip?._join();
      }
    },
  );

const wake = ({ type }) =>
  Object.values(FEEDS).forEach((feed) => {
    if (type === "online") feed._due = 0;
    feed._pace();
    feed._strips.forEach((strip) => strip._show());
  });
addEventListener("online", wake);
addEventListener("offline", wake);
document.addEventListener("visibilitychange", wake);
CALM.addEventListener("change", wake);
