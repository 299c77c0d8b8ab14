// Keeps what is typed on a page of the request: on the server as soon as the line allows, in this browser until then.
(() => {
  const PREFIX = "intake:";
  const WAIT = 1200;
  const RETRY = 8000;
  const form = document.querySelector("form[data-keep]");

  const zones = document.querySelector("select[name=time_zone]");
  if (zones && !zones.value) {
    const renamed = {
      "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
      "Asia/Calcutta": "Asia/Kolkata",
      "Asia/Katmandu": "Asia/Kathmandu",
      "Asia/Saigon": "Asia/Ho_Chi_Minh",
      "Europe/Kiev": "Europe/Kyiv",
    };
    const found = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    const name = renamed[found] || found;
    if (name.includes("/") && !name.startsWith("Etc/")) {
      if (![...zones.options].some((option) => option.value === name)) {
        zones.add(new Option(name.split("/").pop().replaceAll("_", " "), name));
      }
      zones.value = name;
    }
  }
  document.querySelector(".summary")?.focus();

  // What was typed belongs to one request: what is left of another, or of one that was sent, is forgotten.
  const own = `${PREFIX}${document.querySelector("[data-draft]")?.dataset.draft}:`;
  const keys = () => {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    } catch {
      return [];
    }
  };
  for (const key of keys()) if (!key.startsWith(own)) localStorage.removeItem(key);

  const name = own + form?.dataset.keep;
  const token = () => document.querySelector("main [name=csrfmiddlewaretoken]")?.value ?? "";
  const remember = (key, address, pairs, isSent = false) => {
    try {
      localStorage.setItem(key, JSON.stringify({ address, pairs, isSent }));
    } catch {
      // A browser that keeps nothing: the server's copy is what there is.
    }
  };
  const recall = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };

  async function send(key, address, pairs) {
    const body = new URLSearchParams(pairs);
    body.append("csrfmiddlewaretoken", token());
    const answer = await fetch(address, { method: "POST", body, keepalive: true, credentials: "same-origin" });
    const now = recall(key);
    if (answer.ok && now && JSON.stringify(now.pairs) === JSON.stringify(pairs)) localStorage.removeItem(key);
    return answer.status;
  }

  // What another page left. Where its step was saved since (409), the sending that was not answered had come through.
  for (const key of keys()) {
    const kept = key === name ? null : recall(key);
    if (!kept) continue;
    send(key, kept.address, kept.pairs)
      .then((status) => status === 409 && kept.isSent && localStorage.removeItem(key))
      .catch(() => {});
  }
  if (!form) return;

  const note = form.querySelector("[data-kept]");
  let timer = 0;
  let retry = 0;
  let isSending = false;

  const typed = () => [...new FormData(form)].filter(([field]) => field !== "csrfmiddlewaretoken");

  async function keep() {
    clearTimeout(timer);
    clearTimeout(retry);
    const pairs = typed();
    try {
      const status = await send(name, form.dataset.keep, pairs);
      const said = status === 204 ? "saved" : status === 409 ? "stale" : "refused";
      note.textContent = note.dataset[said];
    } catch {
      note.textContent = note.dataset.waiting;
      retry = setTimeout(keep, RETRY);
    }
  }

  function changed() {
    remember(name, form.dataset.keep, typed());
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT);
  }

  function restore() {
    const kept = recall(name);
    if (!kept) return;
    const seen = kept.pairs.find(([field]) => field === "seen")?.[1] ?? "";
    if (kept.isSent && seen !== (form.elements.seen?.value ?? "")) {
      localStorage.removeItem(name);
      return;
    }
    const values = new Map();
    for (const [field, value] of kept.pairs) values.set(field, [...(values.get(field) ?? []), value]);
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" || field.type === "submit") continue;
      const wanted = values.get(field.name) ?? [];
      if (field.type === "radio" || field.type === "checkbox") field.checked = wanted.includes(field.value);
      else if (wanted.length) field.value = wanted[0];
    }
    keep();
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", (event) => {
    remember(name, form.dataset.keep, typed(), true);
    clearTimeout(timer);
    isSending = navigator.onLine !== false;
    if (navigator.onLine === false) {
      event.preventDefault();
      note.textContent = note.dataset.waiting;
    }
  });
  addEventListener("online", keep);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && recall(name) && !isSending) keep();
  });
  restore();
})();
