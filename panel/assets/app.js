// Everything works without this script; it saves steps.
(() => {
  "use strict";

  // Pictures are sent as they are chosen, one after another, and sent again when the
  // connection is back. Until then the fields keep them, so that the form, sent as
  // without this script, loses none; what arrived twice is kept once.
  const papers = document.querySelector("form[data-papers]");
  if (papers) {
    const says = papers.dataset,
      queue = [],
      problems = new Map();
    let sending = false,
      lost = false,
      signedOut = false,
      leaving = false,
      refused = false,
      after = null,
      pause = 2000,
      timer;
    const cardOf = (field) => papers.querySelector(`[data-paper="${field}"]`);
    const say = (field, text, share) => {
      const note = cardOf(field).querySelector("[data-upload]");
      let bar = note.nextElementSibling;
      if (note.textContent !== text) note.textContent = text;
      note.classList.toggle("bad", lost);
      if (share === undefined) {
        if (bar) bar.remove();
        return;
      }
      if (!bar) {
        bar = document.createElement("progress");
        bar.setAttribute("aria-labelledby", "l-" + field);
        note.after(bar);
      }
      bar.value = share;
    };
    const complain = (field, text) => {
      problems.set(field, [...(problems.get(field) || []), text]);
      refused = true;
    };
    // The problems of all that was chosen at a field stand where the page's own would.
    const showProblems = (field) => {
      const card = cardOf(field),
        input = card.querySelector("input[type=file]"),
        list = problems.get(field) || [];
      problems.delete(field);
      card.classList.toggle("wrong", list.length > 0 || card.querySelector(".error") !== null);
      if (!list.length) return;
      let error = document.getElementById("e-" + field);
      if (!error) {
        error = document.createElement("p");
        error.className = "error";
        error.id = "e-" + field;
        card.querySelectorAll("[data-part]")[1].prepend(error);
      }
      error.textContent = list.join(" ");
      say(field, error.textContent);
      if (!input) return;
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", "e-" + field + " h-" + field);
    };
    const replace = (old, fresh) => {
      const focused = old.contains(document.activeElement) && document.activeElement.id;
      old.replaceWith(fresh);
      const again = focused && document.getElementById(focused);
      if (again) again.focus();
    };
    // The answer is the page; what was typed since stays.
    const show = (field, file, page) => {
      const fresh = page.querySelector(`[data-paper="${field}"]`);
      if (!fresh) return false;
      const more = queue.some((item) => item.field === field),
        problem = fresh.querySelector(`[id="e-${field}"]`),
        parts = fresh.querySelectorAll("[data-part]");
      if (problem) complain(field, file.name + "：" + problem.textContent);
      cardOf(field)
        .querySelectorAll("[data-part]")
        .forEach((part, i) => {
          if (i === 0 || !more) replace(part, parts[i]);
        });
      papers.parentElement.querySelector("[data-removals]").replaceWith(page.querySelector("[data-removals]"));
      say(field, more ? says.waiting : says.received);
      if (!more) showProblems(field);
      return true;
    };
    const send = ({ field, file }) =>
      new Promise((done) => {
        const request = new XMLHttpRequest(), // fetch doesn't tell how far it is
          body = new FormData();
        body.append(field, file);
        request.open("POST", says.papers);
        request.responseType = "document";
        request.upload.addEventListener("progress", (e) => {
          if (e.lengthComputable) say(field, says.sending, e.loaded / e.total);
        });
        request.addEventListener("loadend", () => done(request));
        request.send(body);
      });
    const drained = () => {
      const button = after;
      after = null;
      if (!button) return;
      const error = papers.querySelector(".papercard.wrong input[type=file]");
      if (refused && error) error.focus();
      else papers.requestSubmit(button);
    };
    const work = async () => {
      clearTimeout(timer);
      if (sending || !queue.length) return;
      sending = true;
      const item = queue[0];
      say(item.field, says.sending, 0);
      const request = await send(item),
        path = request.responseURL ? new URL(request.responseURL).pathname : "";
      sending = false;
      signedOut = path === "/sign-in";
      const answered = path === says.papers && (request.status === 200 || request.status === 422);
      lost = !answered;
      if (answered) {
        pause = 2000;
        if (queue[0] === item) queue.shift();
        if (!show(item.field, item.file, request.response)) location.reload();
        if (queue.length) work();
        else drained();
        return;
      }
      if (request.status === 200 && !signedOut) {
        leaving = true; // the filing has moved on
        location.reload();
        return;
      }
      say(item.field, signedOut ? says.expired : request.status ? says.failed : says.lost);
      if (!signedOut) timer = setTimeout(work, pause);
      pause = Math.min(pause * 2, 30000);
    };
    papers.addEventListener("change", (e) => {
      const input = e.target,
        field = input.name;
      if (input.type !== "file") return;
      for (let i = queue.length - 1; i >= (sending ? 1 : 0); i--) if (queue[i].field === field) queue.splice(i, 1);
      refused = leaving = false;
      let taken = 0;
      for (const file of input.files) {
        if (file.size > says.max * 1048576) complain(field, file.name + "：" + says.tooBig);
        else taken = queue.push({ field, file });
      }
      if (taken) {
        if (queue.length > 1) say(field, says.waiting);
        work();
      } else {
        if (input.files.length) input.value = "";
        showProblems(field);
      }
    });
    addEventListener("online", work);
    addEventListener("focus", work);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) work();
    });
    // Comes before the draft's: what is sent waits for its pictures. Where they can't
    // be sent now, a second press sends the form in any case; the first, where the
    // form's answer is the way to sign in again.
    papers.addEventListener("submit", (e) => {
      if (!queue.length || signedOut || (after && lost)) {
        leaving = true;
        return;
      }
      e.preventDefault();
      e.stopImmediatePropagation();
      after = e.submitter;
      refused = false;
      work();
    });
    addEventListener("pageshow", () => {
      leaving = false;
    });
    addEventListener("beforeunload", (e) => {
      if (queue.length && !leaving) e.preventDefault();
    });
  }

  // What can't be saved is kept in the browser as well, for a tab that is closed, or
  // that a phone throws away, before the connection is back. The computer may be
  // shared, and what is typed is personal: the copy is sealed with a key that only
  // the account's own pages carry, is forgotten when it was saved, and after as many
  // days as the server keeps such forms. Where the browser can't seal (no HTTPS),
  // there is no copy, and the page asks before it is closed.
  const copies = "beian-draft:",
    keepCopiesFor = 3 * 24 * 3600 * 1000;
  const eachCopy = (prefix, use) => {
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith(prefix)) use(name, JSON.parse(localStorage[name]));
    } catch {
      /* no storage here, or not ours */
    }
  };
  eachCopy(copies, (name, copy) => {
    if (!(Date.now() - copy.at < keepCopiesFor)) localStorage.removeItem(name);
  });
  const sealedCopy = (form, key) => {
    const prefix = copies + form.dataset.draft + ":",
      own = prefix + form.elements.draft_tab.value,
      able = key && window.crypto && crypto.subtle && navigator.locks,
      bytes = (list) => Uint8Array.from(list),
      opened =
        able &&
        crypto.subtle.importKey("raw", bytes([...atob(key)].map((c) => c.charCodeAt(0))), "AES-GCM", false, [
          "encrypt",
          "decrypt",
        ]);
    let newest = 0,
      held = false;
    return {
      keep(text) {
        if (!able) return;
        if (!held) navigator.locks.request(own, () => new Promise(() => {})); // this page is still there
        held = true;
        const mine = ++newest,
          iv = crypto.getRandomValues(new Uint8Array(12));
        (async () => {
          const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await opened, new TextEncoder().encode(text));
          if (mine !== newest) return; // overtaken, or saved meanwhile
          localStorage.setItem(own, JSON.stringify({ at: Date.now(), iv: [...iv], sealed: [...new Uint8Array(sealed)] }));
        })().catch(() => {});
      },
      drop() {
        newest++;
        try {
          localStorage.removeItem(own);
        } catch {
          /* no storage here */
        }
      },
      // takes gets what a closed page left, and tells whether it is dealt with.
      left(takes) {
        if (!able) return;
        eachCopy(prefix, (name, copy) => {
          if (name === own) return;
          navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
            if (!lock) return;
            try {
              const text = await crypto.subtle.decrypt(
                { name: "AES-GCM", iv: bytes(copy.iv) },
                await opened,
                bytes(copy.sealed),
              );
              if (await takes(new URLSearchParams(new TextDecoder().decode(text)))) localStorage.removeItem(name);
            } catch {
              /* another account's, or there is no connection: it stays until its time is over */
            }
          });
        });
      },
    };
  };

  // A draft is kept as it is typed, without passwords, and the page says so. What
  // couldn't be saved is tried again, with what stands there by then.
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const state = form.querySelector("[data-draft-state]"),
      told = form.querySelector("[data-draft-told]"),
      version = form.querySelector("[name=draft_version]"),
      copy = sealedCopy(form, state.dataset.key);
    let timer,
      pause = 2000,
      dirty = false,
      saving = null,
      stopped = false,
      failed = false,
      pressed = false,
      tried = false;
    // Read aloud is only that something is wrong, and that it is right again.
    const say = (text, bad) => {
      state.textContent = text;
      state.classList.toggle("bad", bad);
      if ((bad || failed) && told.textContent !== text) told.textContent = text;
      failed = bad;
    };
    const content = () => {
      const body = new URLSearchParams(new FormData(form));
      for (const p of form.querySelectorAll("input[type=password], input[type=file]")) body.delete(p.name);
      return body;
    };
    const post = (body) =>
      fetch(form.dataset.draft, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        redirect: "error",
      });
    const later = (wait) => {
      clearTimeout(timer);
      timer = setTimeout(save, wait);
    };
    const saveNow = async () => {
      dirty = false;
      try {
        const answer = await post(content());
        if (answer.status === 401 || answer.status === 409) {
          stopped = answer.status === 409; // another page's to settle: see the form's answer
          copy.drop(); // a form without a session is kept by the server
          say(answer.status === 409 ? state.dataset.conflict : state.dataset.expired, true);
        } else if (answer.ok) {
          const saved = await answer.json();
          if (saved.version) version.value = saved.version;
          pause = 2000;
          pressed = false;
          if (!dirty) copy.drop();
          say(state.dataset.saved + " " + saved.at, false);
        } else throw new Error(answer.status);
      } catch {
        dirty = true;
        say(state.dataset.offline, true);
        copy.keep(content().toString());
        later(pause);
        pause = Math.min(pause * 2, 30000);
        return;
      }
      if (dirty) later(0);
    };
    const save = () => {
      if (stopped) return Promise.resolve();
      if (!saving)
        saving = saveNow().finally(() => {
          saving = null;
        });
      return saving;
    };
    form.addEventListener("input", (e) => {
      if (e.target.type === "file") return;
      dirty = true;
      if (failed && !stopped) copy.keep(content().toString());
      if (!saving) later(800);
    });
    addEventListener("online", () => {
      if (dirty) later(0);
    });
    // Sending over a lost connection would trade the page for the browser's error:
    // it is tried by a save first, and always where a file would be lost with the
    // page. A second press sends in any case.
    form.addEventListener("submit", async (e) => {
      clearTimeout(timer);
      const files = form.enctype === "multipart/form-data";
      if (!pressed && !tried && !stopped && ((dirty && failed) || files)) {
        e.preventDefault();
        const button = e.submitter;
        pressed = true;
        if (saving) await saving;
        await save();
        if (dirty && failed) return;
        tried = true;
        form.requestSubmit(button);
        tried = false;
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
    // What a closed page couldn't save is saved as that page would have, which tells
    // whether another saved meanwhile; the page that shows it comes from the server.
    const restored = copies + "restored";
    if (document.querySelector("main .summary")) continue; // this page is somebody's answer
    try {
      if (sessionStorage.getItem(restored) === form.dataset.draft) {
        state.textContent = told.textContent = state.dataset.restored;
        sessionStorage.removeItem(restored);
      }
    } catch {
      /* only the words are lost */
    }
    const restore = async (text) => {
      if (dirty) return false; // at the next opening
      const then = new URLSearchParams(text),
        now = content();
      for (const body of [then, now]) for (const mark of ["draft_version", "draft_tab"]) body.delete(mark);
      if (then.toString() === now.toString()) return true;
      const answer = await post(text);
      if (answer.ok) {
        sessionStorage.setItem(restored, form.dataset.draft);
        setTimeout(() => location.reload());
      } else if (answer.status === 409) {
        // both are shown by the form's own answer
        const whole = document.createElement("form");
        whole.method = "post";
        whole.action = form.action;
        text.set("action", "save");
        for (const [name, value] of text) {
          const input = document.createElement("textarea");
          input.name = name;
          input.value = value;
          whole.append(input);
        }
        whole.hidden = true;
        document.body.append(whole);
        setTimeout(() => whole.submit());
      } else return false;
      return true;
    };
    if (document.readyState === "complete") copy.left(restore);
    else addEventListener("load", () => copy.left(restore));
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
        try {
          const answer = await fetch(form.dataset.userName, {
            method: "POST",
            body,
            headers: { Accept: "application/json" },
          });
          if (answer.ok) out.textContent = (await answer.json()).message;
        } catch {
          /* the form's answer will tell */
        }
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
  }

  // A person who manages the site is typed once: as the server fills the fields
  // when the form is saved. What must be mended stays in sight.
  const same = document.querySelector("input[name=manager_same]");
  if (same) {
    const form = same.form,
      field = (name) => form.elements[name],
      mirrored = ["name", "document_type", "document_number"];
    let last = field("name").value;
    const mirror = () => {
      const person = field("nature").value === form.dataset.person,
        alike = person && same.checked;
      same.closest(".field").hidden = !person;
      for (const name of mirrored) {
        const to = field("manager_" + name),
          box = to.closest(".field");
        if (alike) to.value = field(name).value;
        box.hidden = alike && !box.classList.contains("wrong");
      }
      const superior = field("superior");
      if (person && (superior.value === "" || superior.value === last)) superior.value = field("name").value;
      last = field("name").value;
    };
    form.addEventListener("input", mirror);
    form.addEventListener("change", mirror);
    mirror();
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
    // Read aloud is what changed of what the page says first, from a place that stays.
    const told = document.querySelector("[data-progress-told]"),
      said = () => [...progress.querySelectorAll("[data-say]")].map((p) => p.textContent.trim()).join(" ");
    let heard = said();
    const tell = () => {
      if (said() === heard) return;
      heard = said();
      told.textContent = heard;
    };
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
    if (window.EventSource && progress.dataset.events) listen();
    else poll();
  }

  // What waits for staff renews itself, but while nobody sees it, or somebody is at a link.
  const renewed = document.querySelector("[data-renew]");
  if (renewed) {
    const told = document.querySelector("[data-renew-told]");
    let last = null;
    setInterval(async () => {
      if (document.hidden || renewed.contains(document.activeElement)) return;
      try {
        const answer = await fetch(renewed.dataset.renew);
        if (answer.redirected) {
          location.reload();
          return;
        } // signed out meanwhile
        const text = await answer.text();
        if (!answer.ok || text === last) return;
        const before = renewed.textContent.trim();
        renewed.innerHTML = last = text;
        if (renewed.textContent.trim() !== before) told.textContent = told.dataset.renewTold;
      } catch {
        /* the next try may pass */
      }
    }, 15000);
  }

  const summary = document.querySelector(".summary[tabindex]");
  if (summary) summary.focus();
})();
