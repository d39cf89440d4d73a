// Everything works without these scripts; they save steps.
(() => {
  "use strict";

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

  // A paper is looked at beside the forms; without this its link shows it by itself.
  for (const button of document.querySelectorAll("[data-enlarge]")) {
    const paper = button.closest("li"),
      image = paper.querySelector("img"),
      small = image.getAttribute("src"),
      whole = image.closest("a").getAttribute("href");
    button.hidden = false;
    button.addEventListener("click", () => {
      const large = paper.classList.toggle("whole");
      image.setAttribute("src", large ? whole : small);
      button.setAttribute("aria-expanded", String(large));
    });
  }

  // A link's page goes on by itself, once: never while a browser only draws it in advance.
  const form = document.querySelector("form[data-submit]");
  if (form) {
    const submit = () => form.requestSubmit();
    if (document.prerendering) document.addEventListener("prerenderingchange", submit, { once: true });
    else submit();
  }

  // What is left of a time is counted down beside it.
  const countDown = () => {
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      const left = Math.max(0, Math.round((Date.parse(time.dataset.countdown) - Date.now()) / 1000));
      time.textContent = left > 0 ? `· ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "";
    }
  };
  countDown();
  setInterval(countDown, 1000);

  // A long list of boxes is narrowed to what contains every word; what is
  // ticked stays in sight.
  for (const narrow of document.querySelectorAll("[data-narrow]")) {
    const input = narrow.querySelector("input"),
      none = narrow.querySelector("[data-none]"),
      items = [...document.querySelectorAll(narrow.dataset.narrow)],
      texts = items.map((item) => item.querySelector("label").textContent.toLowerCase());
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      items.forEach((item, i) => {
        const fits = words.every((word) => texts[i].includes(word));
        if (fits) shown++;
        item.hidden = !fits && !item.querySelector(":checked");
      });
      for (const group of document.querySelectorAll(narrow.dataset.group))
        group.hidden = !group.querySelector(`${narrow.dataset.narrow}:not([hidden])`);
      none.textContent = shown ? "" : none.dataset.none;
    };
    narrow.hidden = false;
    input.addEventListener("input", apply);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // it isn't the form's
    });
    apply(); // a page that is shown again keeps what was typed
  }

  const summary = document.querySelector(".summary[tabindex]");
  if (summary) summary.focus();
})();
