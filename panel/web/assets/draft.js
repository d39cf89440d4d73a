// Forms that are kept while they are typed.
(() => {
  "use strict";

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
      // takes gets what a closed page left, and tells whether it is dealt with. A page that is still open, or about to
      // be closed, is waited for: until then the copy is its own. What it saved itself meanwhile is on the server: saved.
      left(takes, saved) {
        if (!able) return;
        eachCopy(prefix, (name) => {
          if (name === own) return;
          navigator.locks.request(name, async () => {
            try {
              const copy = JSON.parse(localStorage[name] || "null");
              if (!copy) return saved();
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
    const untouched = () =>
      !dirty && ![...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    const reload = () => untouched() && location.reload();
    const restore = async (text) => {
      if (!untouched()) return false; // at the next opening
      const then = new URLSearchParams(text),
        now = content();
      for (const body of [then, now]) for (const mark of ["draft_version", "draft_tab"]) body.delete(mark);
      if (then.toString() === now.toString()) return true;
      const answer = await post(text);
      if (answer.ok) {
        sessionStorage.setItem(restored, form.dataset.draft);
        setTimeout(reload);
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
    if (document.readyState === "complete") copy.left(restore, reload);
    else addEventListener("load", () => copy.left(restore, reload));
  }
})();
