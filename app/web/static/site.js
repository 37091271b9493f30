// Saves loading a page anew: a link or form with data-part leads to a page that has elements of these ids too, and
// only they are taken from it. Without this script, or when that fails, the link just leads there.
const asked = new Map();

function page(url, part) {
  asked.get(part)?.abort();
  const request = new XMLHttpRequest();
  asked.set(part, request);
  return new Promise((resolve, reject) => {
    request.open("GET", url);
    request.responseType = "document";
    request.onload = () => (request.status === 200 ? resolve(request.response) : reject());
    request.onerror = reject;
    request.send();
  });
}

// What was typed and is not right yet leads nowhere.
async function show(url, part, { typed = false, replace = false } = {}) {
  let found;
  try {
    found = await page(url, part);
  } catch {
    if (!typed) location.assign(url);
    return;
  }
  const focused = document.activeElement;
  for (const id of part.split(" ")) {
    const before = document.getElementById(id), after = found.getElementById(id);
    if (!before || !after) return location.assign(url);
    const place = before.contains(focused) && focused.getAttribute("href");
    before.replaceWith(document.adoptNode(after));
    if (place) [...after.querySelectorAll("[href]")].find(link => link.getAttribute("href") === place)?.focus();
    after.dispatchEvent(new CustomEvent("shown", { bubbles: true }));
  }
  if (new URL(url).pathname === location.pathname) {
    history[replace ? "replaceState" : "pushState"](null, "", url);
    here = location.pathname + location.search;
  }
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
  if (!form.checkValidity()) return;
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

// A button with data-copy puts the text of the element of that id on the clipboard, and says so. It stays hidden where
// there is nobody to do it.
const offer = () => document.querySelectorAll("button[data-copy]").forEach(button => (button.hidden = false));
offer();
addEventListener("shown", offer);

document.addEventListener("click", async event => {
  const button = event.target.closest?.("button[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = label), 2000);
  } catch {
    getSelection().selectAllChildren(source); // not allowed here: it is one key away
  }
});
