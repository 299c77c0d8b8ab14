// Tells the server that somebody is at work, warns before the session ends, and leaves the page when it has ended.
(() => {
  "use strict";
  const UNTIL = "desk-signed-in-until";
  const PING_MS = 60_000;

  const watch = () => {
    const dialog = document.getElementById("idle");
    if (!dialog) return;
    const form = dialog.querySelector("form");
    const warning = Number(dialog.dataset.warning) * 1000;
    let pinged = Date.now();
    let isActive = false;
    let isGone = false;
    let until = 0;

    // Every tab of the desk lives as long as the one that was used last.
    const live = (seconds) => {
      until = Date.now() + (seconds + 1) * 1000;
      try {
        localStorage.setItem(UNTIL, String(until));
      } catch {}
    };
    const end = () => {
      try {
        return Number(localStorage.getItem(UNTIL)) || until;
      } catch {
        return until;
      }
    };
    const leave = () => {
      if (isGone) return;
      isGone = true;
      const page = new URLSearchParams({ ended: "idle", next: location.pathname + location.search });
      location.assign(`${dialog.dataset.end}?${page}`);
    };
    const ping = async () => {
      pinged = Date.now();
      isActive = false;
      let answer;
      try {
        answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
      } catch {
        return; // no line: the next use tries again
      }
      if (answer.type === "opaqueredirect") leave();
      else if (answer.ok) {
        live((await answer.json()).left);
        dialog.close();
      }
    };
    const look = () => {
      const left = end() - Date.now();
      if (left <= 0) leave();
      else if (isActive && Date.now() - pinged >= PING_MS) ping();
      else if (left <= warning && !dialog.open) dialog.showModal();
      else if (left > warning && dialog.open) dialog.close();
    };
    const use = () => {
      isActive = true;
      if (Date.now() - pinged >= PING_MS) look();
    };

    live(Number(dialog.dataset.left));
    for (const event of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove", "input"]) {
      document.addEventListener(event, use, { passive: true, capture: true });
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ping();
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      ping();
    });
    document.addEventListener("visibilitychange", look);
    window.addEventListener("pageshow", look);
    setInterval(look, 1000);
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
  else watch();
})();
