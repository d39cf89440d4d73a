// Fields that answer to other fields.
(() => {
  "use strict";

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

  // A field that another one makes needless is hidden, unless it must be mended.
  for (const box of document.querySelectorAll("[data-hidden-if]")) {
    const other = document.querySelector(`[name="${box.dataset.hiddenIf}"]`);
    if (!other) continue;
    const hide = () => {
      box.hidden = other.value === box.dataset.hiddenValue && !box.classList.contains("wrong");
    };
    other.form.addEventListener("change", hide);
    hide();
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
})();
