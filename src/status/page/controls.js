// The two buttons without leaving the page: what was answered is said in words beside them.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const DONE = {
    sync: "Asked to sync now: every stream is read at once.",
    resync: "Asked to deliver again: the streams below show how far it is.",
  };

  function tell(text, good, control) {
    const outcome = byId("outcome");
    outcome.dataset.of = control;
    outcome.className = good ? "outcome good" : "outcome bad";
    outcome.textContent = text;
  }

  async function send(form) {
    const button = form.querySelector("button");
    button.disabled = true;
    const control = form.dataset.control;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), signal: AbortSignal.timeout(15_000) });
      if (answer.ok) {
        form.reset();
        form.closest("details").open = false;
        tell(DONE[control], true, control);
      } else {
        tell((await answer.text()).trim() || `It was refused (${answer.status}).`, false, control);
        form.querySelector("[name=token]").focus();
      }
    } catch {
      tell("itsmd did not answer: nothing is known to have been done.", false, control);
    } finally {
      button.disabled = false;
    }
    document.dispatchEvent(new Event("itsmd:refresh"));
  }

  // Promises whether the person wants it, once told what it costs.
  function ask(form) {
    const dialog = byId("ask");
    const since = form.elements.since.value;
    byId("ask-cost").textContent = since ? `Everything modified since ${since} is read and delivered once more.` : byId("cost").textContent;
    dialog.showModal();
    byId("ask-no").focus();
    return new Promise((decide) => {
      byId("ask-yes").onclick = () => dialog.close("yes");
      byId("ask-no").onclick = () => dialog.close("no");
      dialog.onclose = () => decide(dialog.returnValue === "yes");
      dialog.oncancel = () => (dialog.returnValue = "no");
    });
  }

  // What a form without this script has led to stands in the address; once read it is over.
  if (location.search) history.replaceState(null, "", location.pathname + location.hash);

  // A refusal belongs to the form that was refused.
  function turn(event) {
    const outcome = byId("outcome");
    const form = event.target.closest?.(".control")?.querySelector("form");
    if (!form || !outcome.classList.contains("bad")) return;
    const closed = event.type === "toggle" && !event.target.open;
    if ((form.dataset.control === outcome.dataset.of) === closed) outcome.textContent = "";
  }
  document.addEventListener("toggle", turn, true);
  document.addEventListener("input", turn);

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.control) return;
    event.preventDefault();
    if (form.dataset.control === "resync" && !(await ask(form))) {
      tell("Nothing was asked for.", true, "resync");
      return;
    }
    await send(form);
  });
})();
