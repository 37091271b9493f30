// Saves loading a page anew: a link or form with data-part leads to a page that has elements of these ids too, and
// only they are taken from it. Without this script, or when that fails, the link just leads there.
const asked = new Map();

function page(url, part, fresh) {
  asked.get(part)?.abort();
  const request = new XMLHttpRequest();
  asked.set(part, request);
  return new Promise((resolve, reject) => {
    request.open("GET", url);
    request.responseType = "document";
    if (fresh) request.setRequestHeader("Cache-Control", "no-cache");
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject());
    request.onerror = reject;
    request.send();
  });
}

// What was typed and is not right yet leads nowhere.
async function show(url, part, { typed = false, replace = false, fresh = false } = {}) {
  let found;
  try {
    found = await page(url, part, fresh);
  } catch {
    if (!typed) location.assign(url);
    return;
  }
  for (const id of part.split(" ")) {
    const before = document.getElementById(id), after = found.getElementById(id);
    if (!before || !after) return location.assign(url);
    put(before, document.adoptNode(after));
  }
  const { pathname, hash } = new URL(url);
  const place = hash && document.getElementById(hash.slice(1));
  if (place) {
    place.scrollIntoView();
    place.focus();
  }
  if (pathname === location.pathname) {
    history[replace ? "replaceState" : "pushState"](null, "", url);
    here = location.pathname + location.search;
  }
  settle();
}

// What was open stays open, and the focus stays on what does the same.
function put(before, after) {
  const focused = before.contains(document.activeElement) && document.activeElement;
  const [href, role] = focused ? [focused.getAttribute("href"), focused.getAttribute("role")] : [];
  const open = [...before.querySelectorAll("details")].map(each => each.open);
  before.replaceWith(after);
  after.querySelectorAll("details").forEach((each, place) => (each.open ||= open[place] ?? false));
  const same = [...after.querySelectorAll("[href], [role]")].find(
    each => (href && each.getAttribute("href") === href) || (role && each.getAttribute("role") === role),
  );
  same?.focus();
}

let here = location.pathname + location.search;

// Back and forth, but not to another place of the same page.
addEventListener("popstate", () => here === location.pathname + location.search || location.reload());

document.addEventListener("click", event => {
  const link = event.target.closest?.("a[data-part]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(link.href, link.dataset.part);
});

let waiting;

function send(form, typed) {
  clearTimeout(waiting);
  for (const each of form.querySelectorAll("[data-differs]")) {
    const same = each.value === form.elements[each.dataset.differs].value;
    each.setCustomValidity(same ? each.dataset.same : "");
  }
  if (!(typed ? form.checkValidity() : form.reportValidity())) return;
  const url = `${form.action.split("?")[0]}?${new URLSearchParams(new FormData(form))}`;
  show(url, form.dataset.part, { typed, replace: true });
}

document.addEventListener("submit", event => {
  if (!event.target.dataset.part) return;
  event.preventDefault();
  send(event.target, false);
});

document.addEventListener("input", event => {
  const form = event.target.form;
  if (!form?.dataset.part) return;
  clearTimeout(waiting);
  waiting = setTimeout(send, 250, form, true);
});

// What the ticker of a page tells anew is told by the rest of it, too.
document.addEventListener("silkrate-ticker-update", event => {
  const part = event.target.parentElement?.dataset.part;
  if (part) show(location.href, part, { typed: true, replace: true, fresh: true });
});

// A button with data-copy puts the text of the element of that id on the clipboard, and says so. It stays hidden where
// there is nobody to do it.
const offer = () => document.querySelectorAll("button[data-copy]").forEach(button => (button.hidden = false));

document.addEventListener("click", async event => {
  const button = event.target.closest?.("button[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.dataset.label ??= button.textContent;
    button.setAttribute("aria-live", "polite");
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = button.dataset.label), 2000);
  } catch {
    getSelection().selectAllChildren(source); // not allowed here: it is one key away
  }
});

// A copy of a page may lie about: what it says of how new a rate is holds until an instant that it names.
function age() {
  for (const each of document.querySelectorAll("[data-stale-at]")) {
    const [late, stale] = [each.dataset.lateAt, each.dataset.staleAt].map(Date.parse);
    const grown = Date.now() >= stale ? "stale" : Date.now() >= late ? "late" : "";
    if (!grown || each.classList.contains("stale") || each.classList.contains(grown)) continue;
    each.className = `status ${grown}`;
    each.textContent = document.body.dataset[grown];
  }
}

// A table is a stop of the keyboard where there is something to be scrolled.
function stops() {
  for (const each of document.querySelectorAll(".scroll")) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
}

function settle() {
  offer();
  age();
  stops();
}

settle();
setInterval(age, 60_000);
addEventListener("resize", stops);
document.addEventListener("toggle", stops, true);
