// Pages that renew themselves.
(() => {
  "use strict";

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
})();
