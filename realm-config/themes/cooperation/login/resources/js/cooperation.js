import { checkAuthSession, startSessionPolling } from "./authChecker.js";

const { ssoUrl, authSession } = document.body.dataset;
const TYPING_ENDS_AFTER = 700; // ms: a screen reader is told once, not at each key

// As Keycloak judges it: Java's Character.isUpperCase, isLowerCase, isDigit, isLetterOrDigit, String.length.
const count = (value, pattern) => (value.match(pattern) ?? []).length;
const RULES = {
  length: (value, figure) => value.length >= figure,
  maxLength: (value, figure) => value.length <= figure,
  upperCase: (value, figure) => count(value, /\p{Uppercase}/gu) >= figure,
  lowerCase: (value, figure) => count(value, /\p{Lowercase}/gu) >= figure,
  digits: (value, figure) => count(value, /\p{Nd}/gu) >= figure,
  specialChars: (value, figure) => count(value, /[^\p{L}\p{Nd}]/gu) >= figure,
};

/** Marks each rule of the password as it is met while one types, and tells what is missing. */
function markRules(box, password) {
  const lines = [...box.querySelectorAll("[data-rule]")];
  const progress = document.getElementById("password-rules-progress");
  let typing;
  const mark = () => {
    const missing = [];
    for (const line of lines) {
      const { rule, figure } = line.dataset;
      const isMet = RULES[rule](password.value, Number(figure));
      line.classList.toggle("is-met", isMet);
      line.querySelector("[data-state]").textContent = isMet ? box.dataset.met : "";
      if (rule === "maxLength") line.hidden = isMet;
      if (!isMet) missing.push(line.querySelector("[data-words]").textContent.trim());
    }
    clearTimeout(typing);
    typing = setTimeout(() => {
      const words = missing.length ? `${box.dataset.progress} ${missing.join(", ")}.` : box.dataset.all;
      progress.textContent = password.value ? words : "";
    }, TYPING_ENDS_AFTER);
  };
  password.addEventListener("input", mark);
  mark();
}

/** Says when the two passwords differ, once the second has been typed. */
function compareTwo(password, confirm, told) {
  const compare = () => {
    const differs = confirm.value !== "" && confirm.value !== password.value;
    const isDone = document.activeElement !== confirm || confirm.value.length >= password.value.length;
    told.textContent = differs && isDone ? told.dataset.words : "";
    confirm.setAttribute("aria-invalid", String(told.textContent !== ""));
  };
  for (const input of [password, confirm]) {
    for (const event of ["input", "blur"]) input.addEventListener(event, compare);
  }
}

/** Ties what stands around a field to it: the rules and what was wrong are read with its label. */
function describe(input, ...ids) {
  const there = ids.filter((id) => document.getElementById(id));
  if (there.length) input.setAttribute("aria-describedby", there.join(" "));
}

const rules = document.getElementById("password-rules");
const password = document.getElementById("password-new");
const confirm = document.getElementById("password-confirm");
for (const input of document.querySelectorAll("input[id]")) {
  describe(input, `input-error-${input.id}`);
}
if (rules && password && confirm) {
  describe(password, "input-error-password-new", "password-rules");
  describe(confirm, "input-error-password-confirm", "password-mismatch");
  markRules(rules, password);
  compareTwo(password, confirm, document.getElementById("password-mismatch"));
}

// A second click would use up what the first one has sent.
for (const form of document.querySelectorAll("form[data-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  globalThis.addEventListener("pageshow", () => (sent = false));
}

startSessionPolling(ssoUrl);
if (authSession) checkAuthSession(authSession);
