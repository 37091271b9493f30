/*
 * <silkrate-ticker>: the strip on anybody's page.
 *
 * It formats nothing, for browsers lack most of these languages: every text comes ready from the service, and the
 * few of its own stand in WORDS. It runs under a Content-Security-Policy without any inline style or script and
 * under Trusted Types: its style sheet is constructed, and no markup is parsed. It stores nothing, sends no
 * credentials and no referrer, and asks only the service that it was loaded from, or that `src` names.
 */
const WORDS = "WORDS"; // and the next are put in when the module is built
const STYLE = "STYLE";

const NAME = "silkrate-ticker";
const ASKED = ["pairs", "source", "decimals", "inverse", "change"];
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
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
  const own = { strips: new Set(), due: 0, failures: 0 };
  let timer, asking, stream;

  /** Ask when it is time, as long as somebody looks. */
  own.pace = () => {
    const looking = [...own.strips].filter((strip) => strip.looks());
    clearTimeout(timer);
    if (looking[0] && !asking) timer = setTimeout(ask, own.due - Date.now());
    if (!looking.some((strip) => strip.listens())) stream = stream?.close();
    else if (!stream) {
      stream = new EventSource(new URL("v1/stream", base));
      // all who listen are told at the same moment
      stream.addEventListener("tick", () => own.again(Math.random() * 3e3));
    }
  };

  own.again = (wait) => {
    own.due = Date.now() + wait;
    own.pace();
  };

  const ask = async () => {
    let wait, fault;
    asking = true;
    try {
      const reply = await fetch(url, {
        cache: own.body ? "no-cache" : "default", // a validator set by hand would cost a preflight each time
        credentials: "omit",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(8e3),
      });
      wait = reply.headers.get("Retry-After");
      if (!reply.ok) throw Error(reply.status);
      const body = await reply.json();
      body.items.forEach(Object.freeze);
      own.body = Object.freeze(body);
      own.failures = 0;
      wait = body.poll_after;
    } catch (error) {
      fault = error;
      wait = Math.max(wait, Math.min(900, 15 * 2 ** ++own.failures));
    }
    asking = false;
    own.strips.forEach((strip) => strip.show(fault));
    own.again(wait * (800 + 400 * Math.random()));
  };

  return own;
};

const FEEDS = {};

/** The strip in the tree of `host`. */
const strip = (host) => {
  const own = {};
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  let words, tongue, mine, seen, held, motion, copy, wide, turn;

  const button = make("button", { part: "button" });
  const list = make("ul", { part: "list", role: "list" });
  const track = make("div", { part: "track" }, list);
  const view = make("div", { part: "view", role: "group", tabindex: 0 }, track);
  const credit = make("a", { part: "credit", target: "_blank" }, "Silkrate");
  const home = make("a");
  const hint = make("i");
  const day = make("span");
  const asof = make("button", { part: "asof" }, hint, day);
  const status = make("i", { role: "status" });
  const bar = make("section", { part: "bar" }, button, view, credit, asof, status);
  const lack = make("div", { part: "error", role: "status" }); // of all but what the page has in the widget

  const attribute = (name) => host.getAttribute(name);
  const tell = (kind, detail) =>
    host.dispatchEvent(
      new CustomEvent(`${NAME}-${kind}`, { detail, bubbles: true, composed: true, cancelable: true }),
    );

  const has = (name) => host.hasAttribute(name);
  const holds = () => host.data && has("paused");
  own.listens = () => has("live");
  own.looks = () => seen && !holds() && !document.hidden && navigator.onLine;

  /** Read the attributes, and ask for what they name. */
  own.join = () => {
    const [tag, script] = (host.closest("[lang]")?.lang ?? "").toLowerCase().match(/[a-z]+/g) ?? [];
    tongue = [`${tag}-${script}`, tag, "en"].find((each) => WORDS[each]);
    words = WORDS[tongue].split("|");
    bar.lang = lack.lang = tongue;
    say(hint, words[3]);
    lead(credit, attribute("src") ?? "data:");
    credit.href ||= new URL("../..", import.meta.url);
    home.href = credit;
    say(home, words[0]);
    const url = new URL("embed/v1/ticker.json", credit);
    for (const name of ASKED) if (has(name)) url.searchParams.set(name, attribute(name) || true);
    url.searchParams.set("lang", tongue);
    const next = (FEEDS[url] ??= feed(url, credit.href));
    if (mine !== next) own.leave();
    mine = next;
    mine.strips.add(own);
    mine.pace();
    own.show();
  };

  own.leave = () => {
    clearTimeout(turn);
    mine?.strips.delete(own);
    mine?.pace();
    mine = null;
  };

  host.refresh = () => mine?.again(0);

  /** Show what is known now. What is paused keeps its numbers. */
  own.show = (fault) => {
    const news = mine.body && mine.body !== host.data && !holds();
    if (news) host.data = mine.body;
    const { data, state: from } = host;
    const now = Date.now();
    const left = (item) => Date.parse(item.stale_at) - now;
    const items = data?.items ?? [];
    const late = items.find((item) => left(item) <= 0);
    clearTimeout(turn);
    turn = setTimeout(own.show, Math.min(864e5, ...items.map(left).filter((span) => span > 0)));
    // one lost request says nothing of the rates
    const state =
      !data ? (mine.failures ? "error" : "loading")
      : !navigator.onLine ? "offline"
      : late || mine.failures > 1 ? "stale"
      : "live";
    const asOf = late?.as_of_display ?? data?.as_of_display;
    const begins = words[{ stale: 4, offline: 5, error: 6 }[state]];
    const said = begins ? begins + (asOf ?? "") : "";
    if (data) draw(data, said || asOf, left);
    if (from !== state) {
      host.setAttribute("state", (host.state = state));
      say(lack, said);
      say(status, said);
      tell("state", { from, to: state, asOf });
    }
    if (fault) tell("error", fault.message);
    if (news) tell("update", data);
    fit();
  };

  const draw = ({ items, as_of_display }, date, left) => {
    bar.ariaLabel = view.ariaLabel = words[0];
    button.ariaLabel = words[has("paused") ? 2 : 1];
    say(day, date);
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
      lead(link, attribute("href")?.replace("{pair}", item.pair.replace("/", "-")) ?? "data:");
      link.onclick = (event) => tell("select", item) || event.preventDefault();
    });
    while (list.children[items.length]) list.lastChild.remove();
    if (!bar.isConnected) root.replaceChildren(bar);
    follow(copy);
  };

  const line = () => {
    const parts = ["symbol", "name", "rate", "change", "source"].map((part) => make("span", { part }));
    return make("li", {}, make("a", {}, make("i"), make("bdi", { "aria-hidden": true }, ...parts)));
  };

  /** Let a copy follow the list while it moves: for eyes alone. */
  const follow = (wanted) => {
    if (copy) copy.remove();
    copy = wanted && track.appendChild(list.cloneNode(true));
    if (copy) copy.inert = copy.ariaHidden = true;
  };

  /** Move where the list is wider than what shows it, and rest otherwise: at rest it can be scrolled. */
  const fit = () => {
    const width = list.offsetWidth;
    const overflows = !/static|grid|single/.test(attribute("mode")) && width > view.clientWidth && !CALM.matches;
    const moves = overflows && own.looks() && !held && !view.matches(":focus-within");
    if (motion && (!moves || width !== wide)) {
      view.scrollLeft = motion.currentTime % wide;
      motion = motion.cancel();
    }
    wide = width;
    if (overflows !== !!copy) follow(overflows);
    if (!moves) return;
    if (!motion) {
      motion = track.animate({ translate: `-${wide}px` }, { duration: wide, iterations: Infinity });
      motion.currentTime = view.scrollLeft;
      view.scrollLeft = 0;
    }
    motion.playbackRate = Math.min(80, Math.max(10, +attribute("speed") || 40)) / 1e3;
  };

  const size = new ResizeObserver(fit);
  if (!root.firstChild) root.append(make("slot", {}, home), lack);
  root.adoptedStyleSheets = [SHEET];
  size.observe(view);
  size.observe(list);
  new IntersectionObserver(
    ([{ isIntersecting }]) => {
      seen = isIntersecting;
      mine?.pace();
      fit();
    },
    { rootMargin: "200px" },
  ).observe(host);
  button.onclick = () => host.toggleAttribute("paused");
  asof.onclick = () => (asof.ariaPressed = bar.classList.toggle("told"));
  view.onpointerenter = view.onpointerleave = ({ type }) => {
    held = type === "pointerenter";
    fit();
  };
  view.addEventListener("focusin", fit);
  view.addEventListener("focusout", fit);
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
        this.#strip.join();
      }

      disconnectedCallback() {
        this.#strip.leave();
      }

      attributeChangedCallback() {
        if (this.isConnected) this.#strip?.join();
      }
    },
  );

const wake = ({ type }) =>
  Object.values(FEEDS).forEach((feed) => {
    if (type === "online") feed.due = 0;
    feed.pace();
    feed.strips.forEach((strip) => strip.show());
  });
addEventListener("online", wake);
addEventListener("offline", wake);
document.addEventListener("visibilitychange", wake);
CALM.addEventListener("change", wake);
