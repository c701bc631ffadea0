/** Sentences of the page that depend on numbers. */
import { own } from "./own.js";

/** The state line: what is saved, what is not. @returns {{text: string, tone: string}} */
export function savingWords({ waiting, attention, isOffline, isSignedOut, isMemoryOnly, reason }) {
  const parts = [];
  if (attention.length > 0) parts.push(`${attention.length} ${attention.length === 1 ? "needs" : "need"} attention`);
  if (isSignedOut) parts.push("signed out");
  if (waiting > 0) parts.push(isOffline ? `offline: ${waiting} waiting` : `${waiting} waiting`);
  else if (isOffline) parts.push("offline");
  if (waiting > 0 && reason && !isOffline && !isSignedOut) parts.push("trying again");
  if (isMemoryOnly) parts.push("keep this tab open");
  const text = parts.length > 0 ? capital(parts.join(", ")) : "All saved";
  return { text, tone: toneOf({ waiting, attention, isOffline, isSignedOut, isMemoryOnly }) };
}

/** Longer, for the tool tip and Ctrl+S. */
export function savingDetail(saving, lastSaved) {
  const { waiting, isMemoryOnly, reason } = saving;
  const sentences = [`${savingWords(saving).text}.`];
  if (lastSaved !== null && waiting === 0) sentences.push(`Last answer saved ${secondsAgo(lastSaved)}.`);
  if (waiting > 0 && !isMemoryOnly) sentences.push("Answers that wait are kept in this browser.");
  if (isMemoryOnly) sentences.push("This browser does not store answers: those not sent would be lost with the tab.");
  if (waiting > 0 && reason) sentences.push(`The server says: ${reason}`);
  return sentences.join(" ");
}

/** @returns {{done: number, total: number, text: string}} progress for the kind that is shown */
export function progressOf(counts, kind) {
  const done = kind === "landmarks" ? counts.landmarks_labelled : (own(counts.attributes, kind) ?? 0);
  return { done, total: counts.images, text: `${done} of ${counts.images} images` };
}

export function listWords(names) {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** Why no image comes, and that it is tried again. @param {{status?: number, message: string}} problem */
export function noAnswerWords(problem) {
  return problem.status === 401 ? problem.message : "The server does not answer yet. Trying again.";
}

/** Why there is no whole shape to be moved. */
export function noShapeWords(isPredicted, key) {
  return isPredicted ? `Nothing is placed yet. ${key} accepts the prediction; then it moves as one.` : "Nothing is placed yet.";
}

export function readable(name) {
  return name.replaceAll("_", " ");
}

function secondsAgo(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  return `${Math.round(seconds / 60)} min ago`;
}

function toneOf({ waiting, attention, isOffline, isSignedOut, isMemoryOnly }) {
  if (attention.length > 0) return "bad";
  if (isOffline || isSignedOut || isMemoryOnly) return "warn";
  return waiting > 0 ? "busy" : "good";
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
