// Everything works without this script; it saves steps.
(() => {
  "use strict";

  // A draft is kept as it is typed, without passwords, and the page says so. What
  // couldn't be saved is tried again, with what stands there by then.
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const state = form.querySelector("[data-draft-state]"), version = form.querySelector("[name=draft_version]");
    let timer, pause = 2000, dirty = false, saving = false, stopped = false, failed = false, pressed = false;
    const say = (text, bad) => { state.textContent = text; state.classList.toggle("bad", bad); failed = bad; };
    const content = () => {
      const body = new URLSearchParams(new FormData(form));
      for (const p of form.querySelectorAll("input[type=password]")) body.delete(p.name);
      return body;
    };
    const later = (wait) => { clearTimeout(timer); timer = setTimeout(save, wait); };
    const save = async () => {
      if (saving || stopped) return;
      saving = true;
      dirty = false;
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body: content(), headers: { Accept: "application/json" }, redirect: "error" });
        if (answer.status === 401 || answer.status === 409) {
          stopped = answer.status === 409; // another page's to settle: see the form's answer
          say(answer.status === 409 ? state.dataset.conflict : state.dataset.expired, true);
        } else if (answer.ok) {
          const saved = await answer.json();
          if (saved.version) version.value = saved.version;
          pause = 2000;
          pressed = false;
          say(state.dataset.saved + " " + saved.at, false);
        } else throw new Error(answer.status);
      } catch {
        dirty = true;
        say(state.dataset.offline, true);
        later(pause);
        pause = Math.min(pause * 2, 30000);
        return;
      } finally {
        saving = false;
      }
      if (dirty) later(0);
    };
    form.addEventListener("input", () => { dirty = true; if (!saving) later(800); });
    addEventListener("online", () => { if (dirty) later(0); });
    // Sending over a lost connection would trade the page for the browser's error:
    // it is tried by a save first. A second press sends in any case.
    form.addEventListener("submit", async (e) => {
      clearTimeout(timer);
      if (dirty && failed && !pressed) {
        e.preventDefault();
        const button = e.submitter;
        pressed = true;
        await save();
        if (dirty) return;
        form.requestSubmit(button);
        return;
      }
      stopped = true;
      dirty = failed = false;
    });
    addEventListener("pageshow", (e) => { if (e.persisted) stopped = false; });
    // A page that is closed sends what is left; one that can't save asks first.
    addEventListener("pagehide", () => { if (dirty && !stopped && !failed) navigator.sendBeacon(form.dataset.draft, content()); });
    addEventListener("beforeunload", (e) => { if (dirty && failed) e.preventDefault(); });
  }

  // Whether a user name is free is told while it is typed.
  for (const form of document.querySelectorAll("form[data-user-name]")) {
    const input = form.querySelector("[name=user_name]"), out = form.querySelector("[data-user-name]");
    let timer;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const body = new URLSearchParams({ user_name: input.value });
        const answer = await fetch(form.dataset.userName, { method: "POST", body });
        if (answer.ok) out.textContent = (await answer.json()).message;
      }, 400);
    });
  }

  // City follows province, county follows city.
  const fill = async (select, parent) => {
    select.length = 1;
    if (!parent) return;
    const answer = await fetch("/regions?parent=" + encodeURIComponent(parent));
    if (!answer.ok) return;
    for (const r of await answer.json()) select.add(new Option(r.name, r.code));
  };
  const province = document.querySelector("select[name=province]"), city = document.querySelector("select[name=city]"), county = document.querySelector("select[name=county]");
  if (province && city && county) {
    province.addEventListener("change", () => { fill(city, province.value); county.length = 1; });
    city.addEventListener("change", () => fill(county, city.value));
  }

  // The progress renews itself.
  const progress = document.querySelector("[data-progress]");
  if (progress) {
    const renew = async () => {
      if (!document.hidden) {
        try {
          const answer = await fetch(progress.dataset.progress);
          const text = await answer.text();
          if (answer.ok && !answer.redirected && text !== progress.innerHTML) progress.innerHTML = text;
        } catch { /* the next try may pass */ }
      }
      setTimeout(renew, 3000);
    };
    setTimeout(renew, 3000);
  }

  const summary = document.querySelector(".summary[tabindex]");
  if (summary) summary.focus();
})();
