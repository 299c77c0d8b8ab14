// The uploader (portal/uploads.html) and the list of what has come (portal/documents.html). Needs tus.js.
(() => {
  const PARALLEL = 3;
  const POLL = 3000;
  const TELL = 5000;
  const DRAW = 150;
  const PACE = 10000;
  const KEPT_DAYS = 30;
  const form = document.querySelector("form[data-uploads]");
  const lang = document.documentElement.lang;

  // The list is read anew while something in it is unfinished.
  let pollTimer = 0;
  function poll() {
    clearTimeout(pollTimer);
    if (document.querySelector("[data-documents][data-unfinished]")) pollTimer = setTimeout(refresh, POLL);
  }
  // Pictures that are here already are not fetched again.
  function replaceList(list, fresh) {
    const here = new Map([...list.querySelectorAll("img")].map((picture) => [picture.getAttribute("src"), picture]));
    const places = [];
    for (const picture of fresh.querySelectorAll("img")) {
      const known = here.get(picture.getAttribute("src"));
      if (!known) continue;
      const place = document.createElement("span");
      picture.replaceWith(place);
      places.push([place, known]);
    }
    list.replaceWith(fresh);
    places.forEach(([place, known]) => place.replaceWith(known));
  }
  async function refresh() {
    const list = document.querySelector("[data-documents]");
    if (!list) return;
    try {
      const answer = await fetch(list.dataset.documents, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected && !list.contains(document.activeElement)) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-documents]");
        if (fresh) replaceList(list, fresh);
      }
    } catch {
      // Without a line the list stays as it is.
    }
    poll();
  }
  poll();
  if (!form) return;

  const words = form.dataset;
  const overall = form.querySelector("[data-all]");
  const told = form.querySelector("[data-told]");
  const items = []; // {upload, key, path, row, marks, shown}

  // Words and numbers in the language of the page
  const formats = new Map();
  function number(value, options = {}) {
    const key = JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(lang, options));
    return formats.get(key).format(value);
  }
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const percent = (part) => number(Math.floor(part * 100) / 100, { style: "percent" });
  function speed(bytes) {
    const [unit, size] = bytes < 1024000 ? ["kilobyte", 1024] : ["megabyte", 1048576];
    const maximumFractionDigits = bytes / size < 10 ? 1 : 0;
    return number(bytes / size, { style: "unit", unit: `${unit}-per-second`, unitDisplay: "short", maximumFractionDigits });
  }
  function duration(seconds) {
    const [unit, size] = seconds < 90 ? ["second", 1] : seconds < 5400 ? ["minute", 60] : ["hour", 3600];
    const maximumFractionDigits = unit === "hour" ? 1 : 0;
    return number(Math.ceil(seconds) / size, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits });
  }
  // Bytes a second over the last ten seconds; 0 while that is not known.
  function pace(marks, sent) {
    const now = performance.now();
    if (!marks.length || now - marks[marks.length - 1][0] > 300) marks.push([now, sent]);
    while (marks.length > 2 && now - marks[0][0] > PACE) marks.shift();
    const [time, bytes] = marks[0];
    return now - time > 900 ? Math.max(0, ((sent - bytes) / (now - time)) * 1000) : 0;
  }
  const progress = (part, rate, left) =>
    fill(rate ? words.sending : words.begun, {
      percent: percent(part), speed: rate && speed(rate), left: rate && duration(left / rate),
    });

  // What this browser remembers of uploads: {url, name, at}, by file and by whom it is for: a patient or a draft, and of
  // a patient also by the drafts of the requests that were sent
  const PREFIXES = [words.for || words.draft, ...words.before.split(" ").filter(Boolean)].map((id) => `upload:${id}:`);
  const recall = (key) => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };
  const remember = (key, value) => {
    try {
      if (value) localStorage.setItem(key, JSON.stringify(value));
      else localStorage.removeItem(key);
    } catch {
      // A browser that keeps nothing sends the file anew.
    }
  };
  const remembered = () => {
    try {
      return Object.keys(localStorage).filter((key) => PREFIXES.some((prefix) => key.startsWith(prefix)));
    } catch {
      return [];
    }
  };

  const count = (...states) => items.filter((item) => states.includes(item.upload.state)).length;
  const counted = () => fill(words.count, { done: number(count("done")), count: number(items.length) });

  function pump() {
    let free = PARALLEL - count("sending");
    for (const item of items) {
      if (free < 1) break;
      if (item.upload.state !== "waiting") continue;
      item.upload.start();
      free -= 1;
    }
    draw();
  }
  function pause(item) {
    if (["sending", "waiting"].includes(item.upload.state)) item.upload.pause();
    draw();
  }
  function resume(item) {
    if (!["paused", "failed"].includes(item.upload.state)) return;
    item.upload.state = "waiting";
    item.upload.tries = 0;
    pump();
  }
  function cancel(item) {
    items.splice(items.indexOf(item), 1);
    const next = item.row.nextElementSibling || item.row.previousElementSibling;
    (next?.querySelector("button:not([hidden])") || form.querySelector("#upload-files")).focus();
    item.row.remove();
    item.upload.cancel();
    draw();
  }

  let readTimer = 0;
  function ended(item) {
    const { state, why } = item.upload;
    if (state === "failed") told.textContent = `${item.path}: ${words[why] || why}`;
    if (state === "done") {
      clearTimeout(readTimer);
      readTimer = setTimeout(refresh, 500);
      tell();
    }
    pump();
  }

  function add(files) {
    const known = new Set(items.filter((item) => item.upload.state !== "failed").map((item) => item.key));
    for (const file of files) {
      const path = file.path || file.webkitRelativePath || file.name;
      const keys = PREFIXES.map((prefix) => prefix + [path, file.size, file.lastModified].join(":"));
      const key = keys.find(recall) || keys[0];
      if (!known.has(key)) items.push(makeItem(file, path, key));
      known.add(key);
    }
    showLeft();
    pump();
  }
  function makeItem(file, path, key) {
    const row = form.querySelector("template").content.firstElementChild.cloneNode(true);
    row.querySelector("bdi").textContent = path;
    row.querySelector("progress").setAttribute("aria-label", path);
    row.querySelectorAll("[data-name]").forEach((element) => (element.textContent = path));
    const item = { key, path, row, marks: [], shown: "" };
    item.upload = new TusUpload(file, {
      endpoint: words.uploads,
      url: recall(key)?.url,
      metadata: { filename: file.name, relativePath: path, filetype: file.type, patient: words.for, draft: words.draft },
      headers: () => ({ "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value, "Accept-Language": lang }),
      onUrl: (url) => remember(key, url && { url, name: path, at: Date.now() }),
      onChange: draw,
      onEnd: () => ended(item),
    });
    row.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act === "cancel") cancel(item);
      if (act === "toggle") (["paused", "failed"].includes(item.upload.state) ? resume : pause)(item);
    });
    form.querySelector("[data-rows]").append(row);
    return item;
  }

  function stateWords(item, part) {
    const { state, why, isHeld, file, sent } = item.upload;
    if (state === "failed") return words[why] || why;
    if (state === "paused") return fill(words.paused, { percent: percent(part) });
    if (state !== "sending") return words[state];
    if (isHeld) return fill(navigator.onLine ? words.again : words.offline, { percent: percent(part) });
    return progress(part, pace(item.marks, sent), file.size - sent);
  }
  function drawItem(item) {
    const { state, file, sent } = item.upload;
    const part = state === "done" || !file.size ? 1 : sent / file.size;
    const text = stateWords(item, part);
    if (item.shown === state + text) return;
    item.shown = state + text;
    item.row.querySelector("progress").value = part;
    const line = item.row.querySelector("[data-state]");
    line.textContent = text;
    line.className = state === "failed" ? "error" : "quiet";
    const [toggle, drop] = item.row.querySelectorAll("button");
    drop.hidden = state === "done";
    toggle.hidden = drop.hidden || (state === "failed" && !item.upload.mayRetry);
    toggle.firstElementChild.textContent = { paused: words.goOn, failed: words.retry }[state] || words.pause;
  }
  const marks = [];
  function drawAll() {
    drawTimer = 0;
    items.forEach(drawItem);
    const total = items.reduce((sum, item) => sum + item.upload.file.size, 0);
    const sent = items.reduce((sum, item) => sum + item.upload.sent, 0);
    const part = total ? sent / total : 1;
    overall.hidden = items.length < 2;
    overall.querySelector("progress").value = part;
    const rate = count("sending") ? pace(marks, sent) : 0;
    const text = rate ? `${counted()} · ${progress(part, rate, total - sent)}` : counted();
    overall.querySelector("[data-state]").textContent = text;
    overall.querySelector("[data-act=pause]").hidden = !count("sending", "waiting");
    overall.querySelector("[data-act=resume]").hidden = !count("paused");
  }
  let drawTimer = 0;
  function draw() {
    drawTimer ||= setTimeout(drawAll, DRAW);
  }

  // To who listens, at most every five seconds
  let tellTimer = 0;
  function tell() {
    const say = () => {
      tellTimer = 0;
      told.textContent = counted();
    };
    tellTimer ||= setTimeout(say, count("sending", "waiting") ? TELL : 0);
  }

  // What was left unfinished another time
  function showLeft() {
    const chosen = new Set(items.map((item) => item.key));
    const names = [];
    for (const key of remembered()) {
      const entry = recall(key);
      if (!entry || Date.now() - entry.at > KEPT_DAYS * 86400000) remember(key, null);
      else if (!chosen.has(key)) names.push(entry.name);
    }
    const left = form.querySelector("[data-left]");
    left.hidden = !names.length;
    const line = (name) => {
      const element = document.createElement("li");
      element.append(Object.assign(document.createElement("bdi"), { textContent: name }));
      return element;
    };
    left.querySelector("[data-names]").replaceChildren(...names.map(line));
  }

  // Files and folders that were dropped
  async function filesIn(entry) {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      return [Object.assign(file, { path: entry.fullPath.replace(/^\//, "") })];
    }
    const [reader, found] = [entry.createReader(), []];
    for (;;) {
      const entries = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!entries.length) return found;
      for (const inner of entries) found.push(...(await filesIn(inner)));
    }
  }
  function drop(event) {
    event.preventDefault();
    form.classList.remove("is-over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.length) add(event.dataTransfer.files);
    entries.forEach((entry) => filesIn(entry).then(add, () => {}));
  }

  form.querySelector("[data-plain]").hidden = true;
  form.querySelector("[data-more]").hidden = false;
  const folder = form.querySelector("[data-folder]");
  folder.parentElement.hidden = !("webkitdirectory" in folder);
  form.querySelectorAll("input[type=file]").forEach((input) =>
    input.addEventListener("change", () => {
      add([...input.files]);
      input.value = "";
    }),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("is-over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("is-over"));
  form.addEventListener("drop", drop);
  overall.addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act === "pause") items.forEach(pause);
    if (act === "resume") items.forEach(resume);
  });
  window.addEventListener("online", () => items.forEach((item) => item.upload.wake()));
  window.addEventListener("offline", () => items.forEach((item) => item.upload.nudge()));
  window.addEventListener("beforeunload", (event) => {
    if (count("sending", "waiting")) event.preventDefault();
  });
  showLeft();
})();
