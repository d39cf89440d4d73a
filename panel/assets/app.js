// Everything works without this script; it saves steps.
(() => {
  "use strict";
  const post = (url, form) => fetch(url, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "Content-Type": "application/x-www-form-urlencoded" } });

  // A draft is kept as it is typed, without passwords.
  for (const form of document.querySelectorAll("form[data-draft]")) {
    let timer;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const copy = form.cloneNode(true);
        form.querySelectorAll("select").forEach((s, i) => { copy.querySelectorAll("select")[i].value = s.value; });
        copy.querySelectorAll("input[type=password]").forEach((p) => p.remove());
        post(form.dataset.draft, copy).catch(() => {});
      }, 800);
    });
    form.addEventListener("submit", () => clearTimeout(timer));
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

  // What is to be pasted elsewhere is copied by a click; without this it is
  // selected by one. Where the page has a place for it, that says so.
  for (const button of document.querySelectorAll("[data-copy]")) {
    const name = button.dataset.copy, source = document.getElementById(name) || document.querySelector(name);
    if (!navigator.clipboard || !source) continue;
    const told = button.parentElement.querySelector("[role=status][data-copied]"), text = button.textContent;
    let timer;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.textContent);
      } catch {
        getSelection().selectAllChildren(source);
        return;
      }
      if (told) {
        told.textContent = told.dataset.copied;
        return;
      }
      clearTimeout(timer);
      button.textContent = button.dataset.copied;
      timer = setTimeout(() => { button.textContent = text; }, 2000);
    });
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // The progress renews itself when the server tells of a step, or else every
  // few seconds. A page that nobody sees holds no connection.
  const progress = document.querySelector("[data-progress]");
  if (progress) {
    let source = null, polling = false, failures = 0, wanted = 0, busy = false;
    const shown = () => { const part = progress.querySelector("[data-seq]"); return part ? Number(part.dataset.seq) : 0; };
    // Only the parts that differ are exchanged: focus stays on what doesn't.
    const show = (text) => {
      const fresh = document.createElement("template");
      fresh.innerHTML = text;
      const now = progress.firstElementChild, next = fresh.content.firstElementChild;
      if (!now || !next || now.children.length !== next.children.length) { progress.innerHTML = text; return; }
      [...next.children].forEach((part, i) => { if (part.outerHTML !== now.children[i].outerHTML) now.children[i].replaceWith(part); });
      for (const a of [...next.attributes]) now.setAttribute(a.name, a.value);
    };
    const renew = async () => {
      try {
        const answer = await fetch(progress.dataset.progress);
        if (answer.redirected) { location.reload(); return; } // signed out meanwhile
        const text = await answer.text();
        if (answer.ok) show(text);
      } catch { /* the next try may pass */ }
    };
    // One fetch at a time, so that an old answer never replaces a newer one, until
    // the page shows the step that was told of.
    const catchUp = async (seq) => {
      wanted = Math.max(wanted, seq);
      if (busy) return;
      busy = true;
      while (shown() < wanted) {
        await renew();
        if (shown() < wanted) await new Promise((done) => setTimeout(done, 3000));
      }
      busy = false;
    };
    const poll = () => {
      polling = true;
      setTimeout(async () => { if (!document.hidden) await renew(); poll(); }, 3000);
    };
    const close = () => { if (source) source.close(); source = null; };
    const listen = () => {
      if (source || polling || document.hidden) return;
      source = new EventSource(progress.dataset.events + "?seen=" + shown());
      source.addEventListener("progress", (e) => catchUp(Number(e.data)));
      source.addEventListener("open", () => { failures = 0; });
      source.addEventListener("error", () => {
        if (source && source.readyState !== EventSource.CLOSED && ++failures < 3) return;
        close();
        poll();
      });
    };
    document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else listen(); });
    if (window.EventSource) listen(); else poll();
  }

  const summary = document.querySelector(".summary[tabindex]");
  if (summary) summary.focus();
})();
