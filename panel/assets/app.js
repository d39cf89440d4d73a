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

  // Values are copied by a click; without this they are selected by one.
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    const text = button.textContent;
    let timer;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      } catch {
        getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
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
