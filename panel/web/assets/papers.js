// The page of papers.
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
})();
