// Forms with [data-passkey] get the answer of a passkey into their field `credential`; [data-print] prints the page.
// Both need a browser with scripts, so they are hidden until here. Needs allauth's mfa/js/webauthn-json.js.
(() => {
  "use strict";
  const questionOf = async (form) => {
    if (form.dataset.question) return JSON.parse(document.getElementById(form.dataset.question).textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const { passkey } = form.dataset;
    const failed = form.querySelector("[data-passkey-failed]");
    if (!window.PublicKeyCredential) continue;
    form.closest("[data-needs-script]").hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      failed.textContent = "";
      try {
        const answer = await window.webauthnJSON[passkey](await questionOf(form));
        form.elements.credential.value = JSON.stringify(answer);
        form.submit();
      } catch (error) {
        failed.textContent = failed.dataset.passkeyFailed;
        console.warn(error);
      }
    });
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
