/** Sentences of the page that depend on numbers. */
import { own } from "./own.js";
import { t, tn } from "../language.js";

/** The state line: what is saved, what is not. @returns {{text: string, tone: string}} */
export function savingWords({ waiting, attention, isOffline, isSignedOut, isMemoryOnly, reason }) {
  const parts = [];
  if (attention.length > 0) parts.push(tn("{count} needs attention", "{count} need attention", attention.length));
  if (isSignedOut) parts.push(t("signed out"));
  if (waiting > 0) parts.push(isOffline ? tn("offline: {count} waiting", "offline: {count} waiting", waiting) : tn("{count} waiting", "{count} waiting", waiting));
  else if (isOffline) parts.push(t("offline"));
  if (waiting > 0 && reason && !isOffline && !isSignedOut) parts.push(t("trying again"));
  if (isMemoryOnly) parts.push(t("keep this tab open"));
  const text = parts.length > 0 ? capital(parts.join(", ")) : t("All saved");
  return { text, tone: toneOf({ waiting, attention, isOffline, isSignedOut, isMemoryOnly }) };
}

/** Longer, for the tool tip and Ctrl+S. */
export function savingDetail(saving, lastSaved) {
  const { waiting, isMemoryOnly, reason } = saving;
  const sentences = [`${savingWords(saving).text}.`];
  if (lastSaved !== null && waiting === 0) sentences.push(t("Last answer saved {time}.", { time: secondsAgo(lastSaved) }));
  if (waiting > 0 && !isMemoryOnly) sentences.push(t("Answers that wait are kept in this browser."));
  if (isMemoryOnly) sentences.push(t("This browser does not store answers: those not sent would be lost with the tab."));
  if (waiting > 0 && reason) sentences.push(t("The server says: {reason}", { reason }));
  return sentences.join(" ");
}

/** @returns {{done: number, total: number, text: string}} progress for the kind that is shown */
export function progressOf(counts, kind) {
  const done = kind === "landmarks" ? counts.landmarks_labelled : (own(counts.attributes, kind) ?? 0);
  return { done, total: counts.images, text: t("{done} of {total} images", { done, total: counts.images }) };
}

export function listWords(names) {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? t("{names} and {count} more", { names: shown, count: names.length - 3 }) : shown;
}

/** Why no image comes, and that it is tried again. @param {{status?: number, message: string}} problem */
export function noAnswerWords(problem) {
  return problem.status === 401 ? problem.message : t("The server does not answer yet. Trying again.");
}

/** Why there is no whole shape to be moved. */
export function noShapeWords(isPredicted, key) {
  return isPredicted ? t("Nothing is placed yet. {key} accepts the prediction; then it moves as one.", { key }) : t("Nothing is placed yet.");
}

export function readable(name) {
  return name.replaceAll("_", " ");
}

/** An ask's kind: an attribute's name, or the landmarks. */
export function kindWords(kind) {
  return kind === "landmarks" ? t("landmarks") : readable(kind);
}

function secondsAgo(seconds) {
  if (seconds < 90) return t("{seconds} s ago", { seconds: Math.round(seconds) });
  return t("{minutes} min ago", { minutes: Math.round(seconds / 60) });
}

function toneOf({ waiting, attention, isOffline, isSignedOut, isMemoryOnly }) {
  if (attention.length > 0) return "bad";
  if (isOffline || isSignedOut || isMemoryOnly) return "warn";
  return waiting > 0 ? "busy" : "good";
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

export function otherTabWords() {
  return t("Another tab of yours labels this project, too. Each has images of its own.");
}
