"use strict";
(() => {
  const form = document.getElementById("filter");
  const tone = document.getElementById("by-tone");
  const rigor = document.getElementById("by-rigor");
  const text = document.getElementById("by-text");
  const shown = document.getElementById("shown");
  const articles = [...document.querySelectorAll("article")].map((article) => ({
    article,
    said: article.textContent.toLowerCase(),
    entries: [...article.querySelectorAll(".entry")],
  }));
  const has = (element, name, wanted) => !wanted || element.dataset[name].split(" ").includes(wanted);
  const matches = (element) => has(element, "tones", tone.value) && has(element, "rigors", rigor.value);
  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    let count = 0;
    for (const { article, said, entries } of articles) {
      let any = false;
      for (const entry of entries) {
        entry.hidden = !matches(entry);
        any ||= !entry.hidden;
      }
      article.hidden = !any || !said.includes(wanted);
      count += article.hidden ? 0 : 1;
    }
    shown.textContent = `${count} of ${articles.length} theorems shown`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("article > details:not(.entry)")) details.open ||= details.querySelector("table") === null;
  });
  apply();
})();
