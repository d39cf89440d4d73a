// Everything works without this script; it saves steps.
(() => {
  "use strict";

  // A draft is kept as it is typed, without passwords, and the page says so. What
  // couldn't be saved is tried again, with what stands there by then.
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const state = form.querySelector("[data-draft-state]"),
      version = form.querySelector("[name=draft_version]");
    let timer,
      pause = 2000,
      dirty = false,
      saving = false,
      stopped = false,
      failed = false,
      pressed = false;
    const say = (text, bad) => {
      state.textContent = text;
      state.classList.toggle("bad", bad);
      failed = bad;
    };
    const content = () => {
      const body = new URLSearchParams(new FormData(form));
      for (const p of form.querySelectorAll("input[type=password]")) body.delete(p.name);
      return body;
    };
    const later = (wait) => {
      clearTimeout(timer);
      timer = setTimeout(save, wait);
    };
    const save = async () => {
      if (saving || stopped) return;
      saving = true;
      dirty = false;
      try {
        const answer = await fetch(form.dataset.draft, {
          method: "POST",
          body: content(),
          headers: { Accept: "application/json" },
          redirect: "error",
        });
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
    form.addEventListener("input", () => {
      dirty = true;
      if (!saving) later(800);
    });
    addEventListener("online", () => {
      if (dirty) later(0);
    });
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
    addEventListener("pageshow", (e) => {
      if (e.persisted) stopped = false;
    });
    // A page that is closed sends what is left; one that can't save asks first.
    addEventListener("pagehide", () => {
      if (dirty && !stopped && !failed) navigator.sendBeacon(form.dataset.draft, content());
    });
    addEventListener("beforeunload", (e) => {
      if (dirty && failed) e.preventDefault();
    });
  }

  // Whether a user name is free is told while it is typed.
  for (const form of document.querySelectorAll("form[data-user-name]")) {
    const input = form.querySelector("[name=user_name]"),
      out = form.querySelector("[data-user-name]");
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

  // A list follows what was chosen before it: cities a province, kinds of document the
  // holder's nature. Only the newest question's answer counts.
  for (const note of document.querySelectorAll("[data-follows]")) {
    const field = note.closest(".field"),
      select = field.querySelector("select"),
      again = field.querySelector("[data-again]"),
      parent = note.closest("form").elements[note.dataset.follows];
    if (!parent || !select) continue;
    let wanted;
    // options leave what was chosen, if it is among them; what depends on it is told.
    const offer = (list) => {
      const chosen = select.value;
      select.length = 1;
      for (const o of list) select.add(new Option(o.name, o.code, false, o.code === chosen));
      if (select.value === chosen) return;
      select.dispatchEvent(new Event("input", { bubbles: true }));
      select.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const fail = (text) => {
      note.textContent = text;
      note.classList.add("bad");
      again.hidden = false;
    };
    const fill = async () => {
      if (wanted) wanted.abort();
      const mine = (wanted = new AbortController());
      again.hidden = true;
      note.classList.remove("bad");
      note.textContent = "";
      if (!parent.value && parent.closest(".field").querySelector("[data-follows]")) {
        offer([]); // the list before is still to be chosen from
        return;
      }
      note.textContent = note.dataset.loading;
      try {
        const answer = await fetch(note.dataset.lists + encodeURIComponent(parent.value), {
          headers: { Accept: "application/json" },
          redirect: "error",
          signal: mine.signal,
        });
        if (!answer.ok && answer.status !== 401) throw new Error(answer.status);
        const list = answer.ok ? await answer.json() : [];
        if (mine !== wanted) return;
        offer(list); // of a session that has ended none: what stood there was another's
        note.textContent = "";
        if (!answer.ok) fail(note.dataset.expired);
      } catch {
        if (mine !== wanted) return;
        offer([]);
        fail(note.dataset.failed);
      }
    };
    parent.addEventListener("change", fill);
    again.addEventListener("click", () => {
      select.focus();
      fill();
    });
    city.addEventListener("change", () => fill(county, city.value));
  }

  // What is to be pasted elsewhere is copied by a click; without this it is
  // selected by one. Where the page has a place for it, that says so.
  for (const button of document.querySelectorAll("[data-copy]")) {
    const name = button.dataset.copy,
      source = document.getElementById(name) || document.querySelector(name);
    if (!navigator.clipboard || !source) continue;
    const told = button.parentElement.querySelector("[role=status][data-copied]"),
      text = button.textContent;
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
      timer = setTimeout(() => {
        button.textContent = text;
      }, 2000);
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
    let source = null,
      polling = false,
      failures = 0,
      wanted = 0,
      busy = false;
    const shown = () => {
      const part = progress.querySelector("[data-seq]");
      return part ? Number(part.dataset.seq) : 0;
    };
    // Only the parts that differ are exchanged: focus stays on what doesn't.
    const show = (text) => {
      const fresh = document.createElement("template");
      fresh.innerHTML = text;
      const now = progress.firstElementChild,
        next = fresh.content.firstElementChild;
      if (!now || !next || now.children.length !== next.children.length) {
        progress.innerHTML = text;
        return;
      }
      [...next.children].forEach((part, i) => {
        if (part.outerHTML !== now.children[i].outerHTML) now.children[i].replaceWith(part);
      });
      for (const a of [...next.attributes]) now.setAttribute(a.name, a.value);
    };
    const renew = async () => {
      try {
        const answer = await fetch(progress.dataset.progress);
        if (answer.redirected) {
          location.reload();
          return;
        } // signed out meanwhile
        const text = await answer.text();
        if (answer.ok) {
          show(text);
          tell();
        }
      } catch {
        /* the next try may pass */
      }
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
      setTimeout(async () => {
        if (!document.hidden) await renew();
        poll();
      }, 3000);
    };
    const close = () => {
      if (source) source.close();
      source = null;
    };
    const listen = () => {
      if (source || polling || document.hidden) return;
      source = new EventSource(progress.dataset.events + "?seen=" + shown());
      source.addEventListener("progress", (e) => catchUp(Number(e.data)));
      source.addEventListener("open", () => {
        failures = 0;
      });
      source.addEventListener("error", () => {
        if (source && source.readyState !== EventSource.CLOSED && ++failures < 3) return;
        close();
        poll();
      });
    };
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) close();
      else listen();
    });
    if (window.EventSource) listen();
    else poll();
  }

  const summary = document.querySelector(".summary[tabindex]");
  if (summary) summary.focus();
})();
    // Read aloud is what changed of what the page says first, from a place that stays.
    const told = document.querySelector("[data-progress-told]"),
      said = () => [...progress.querySelectorAll("[data-say]")].map((p) => p.textContent.trim()).join(" ");
    let heard = said();
    const tell = () => {
      if (said() === heard) return;
      heard = said();
      told.textContent = heard;
    };
