// What every page needs: its words, elements, and the server.

const asked = new URLSearchParams(location.search).get("lang");
export const language = (asked ?? navigator.language ?? "en").toLowerCase().startsWith("ja") ? "ja" : "en";

// words makes the function that finds a text and fills in its {places}.
export function words(texts) {
  return (key, places = {}) => texts[key][language].replace(/\{(\w+)\}/g, (_, name) => places[name]);
}

// translate fills in the texts of elements with data-t and the names of those
// with data-label, and the link to the other language.
export function translate(t) {
  document.documentElement.lang = language;
  document.title = `${t("title")} · tatami`;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", t(e.dataset.label));
  linkOtherLanguage();
}

export function linkOtherLanguage() {
  const link = document.getElementById("language");
  const other = language === "ja" ? "en" : "ja";
  link.textContent = { en: "English", ja: "日本語" }[other];
  link.lang = other;
  link.href = `?lang=${other}`;
}

// make is an element with properties (those in the form of attributes
// included) and children.
export function make(tag, properties = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in e) e[name] = value;
    else e.setAttribute(name, value);
  }
  e.append(...children);
  return e;
}

// Refused is what the server said no to, in its words.
export class Refused extends Error {
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

// ask returns the JSON at an address of the API.
export async function ask(path, options) {
  const answer = await fetch(path, options);
  const value = await answer.json();
  if (!answer.ok) throw new Refused(value.error, answer.status);
  return value;
}

// latest makes a function of which one call runs at a time. Calls meanwhile
// count as one, which runs after it.
export function latest(work) {
  let running = false, again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await work();
      } while (again);
    } finally {
      running = false;
    }
  };
}

// number writes a value for people, with a true minus sign.
export function number(value, digits) {
  const text = value.toFixed(digits);
  return text.replace(/^-(0(\.0+)?)$/, "$1").replace("-", "−");
}
