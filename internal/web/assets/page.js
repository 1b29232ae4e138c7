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
  document.title = `${t("title")} · tatami`;
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", t(e.dataset.label));
  setLanguage();
}

// setLanguage tells the browser what the page is written in, for its line
// breaks, fonts and voices, and links to the other language.
export function setLanguage() {
  document.documentElement.lang = language;
  const link = document.getElementById("language");
  const other = language === "ja" ? "en" : "ja";
  link.textContent = { en: "English", ja: "日本語" }[other];
  link.lang = other;
  link.href = `?lang=${other}`;
}

// worded is what a run says, which comes in both languages.
export const worded = ({ message, japanese }) => (language === "ja" && japanese) || message;

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

// bytes decodes base64.
export const bytes = (text) => Uint8Array.from(atob(text ?? ""), (c) => c.charCodeAt(0));

// Refused is what the server said no to, in its words.
export class Refused extends Error {
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

let send = (address, options) => fetch(address, options);

// answeredBy has another than the server answer: a module in the page.
export function answeredBy(other) {
  send = other;
}

// ask returns the JSON at an address of the API.
export async function ask(path, options) {
  const answer = await send(path, options);
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

// percent writes a probability: what is not certain is never written as such.
export function percent(p, digits = 1) {
  if (p === 0 || p === 1) return `${100 * p} %`;
  if (p > 0.9999) return ">99.99 %";
  if (p > 0.9995) return `${number(100 * p, 2)} %`;
  return p < 0.0005 ? "<0.1 %" : `${number(100 * p, p > 0.99 ? Math.max(1, digits) : digits)} %`;
}

// layerName writes "layer 5 (ReLU)" as the page's language does.
export function layerName(text) {
  return language === "ja" ? text.replace(/^layer (\d+) \((.*)\)$/, "第 $1 層（$2）").replace(/^input$/, "入力") : text;
}
