"use strict";
(() => {
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const incidents = all("details.incident");
  const rows = new Map(all("tr[data-id]").map((row) => [row.dataset.id, row]));

  // Copying a command: buttons come when an incident is unfolded, since a thousand of them are not needed at once.
  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 2000);
  };
  const addButtons = (incident) => {
    for (const command of all("pre.command", incident)) {
      if (command.parentNode.className === "line") continue;
      const line = document.createElement("div");
      const button = document.createElement("button");
      line.className = "line";
      button.type = "button";
      button.textContent = "copy";
      button.setAttribute("aria-label", "copy: " + command.textContent);
      button.addEventListener("click", () => copy(command.textContent, button));
      command.replaceWith(line);
      line.append(command, button);
    }
  };
  for (const incident of incidents) {
    if (incident.open) addButtons(incident);
    incident.addEventListener("toggle", () => { if (incident.open) addButtons(incident); });
  }

  // A link to an incident unfolds it.
  const follow = () => {
    const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    if (target instanceof HTMLDetailsElement) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);
  follow();

  // On paper everything is unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
    folded = [];
  });

  const tools = document.querySelector(".tools");
  if (!tools) return;
  const search = document.getElementById("search");
  const rank = document.getElementById("rank");
  const cause = document.getElementById("cause");
  const shown = document.getElementById("shown");
  for (const [select, name] of [[rank, "rank"], [cause, "cause"]]) {
    for (const value of Array.from(new Set(incidents.map((one) => one.dataset[name]))).sort()) {
      select.add(new Option(value, value));
    }
  }
  const texts = new Map();
  const textOf = (incident) => {
    if (!texts.has(incident)) texts.set(incident, incident.textContent.toLowerCase());
    return texts.get(incident);
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const incident of incidents) {
      const fits = (!rank.value || incident.dataset.rank === rank.value)
        && (!cause.value || incident.dataset.cause === cause.value)
        && words.every((word) => textOf(incident).includes(word));
      incident.hidden = !fits;
      const row = rows.get(incident.id.slice("incident-".length));
      if (row) row.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === incidents.length ? "" : count + " of " + incidents.length + " shown";
  };
  search.addEventListener("input", filter);
  rank.addEventListener("change", filter);
  cause.addEventListener("change", filter);
  tools.addEventListener("submit", (event) => event.preventDefault());
  const foldAll = (open) => { for (const one of incidents) if (!one.hidden) one.open = open; };
  document.getElementById("unfold").addEventListener("click", () => foldAll(true));
  document.getElementById("fold").addEventListener("click", () => foldAll(false));
  tools.hidden = false;
})();
