import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { documentElement: { lang: "de" } };
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en-GB", "de-AT"] }, configurable: true });
const { moment, number, problemWords, t, teach, timeOfDay, tn } = await import("../../app/static/language.js");

test("without a catalogue the sentences are English", () => {
  assert.equal(t("{left} of {all} left", { left: 1, all: 3 }), "1 of 3 left");
  assert.equal(tn("{count} image", "{count} images", 1), "1 image");
  assert.equal(tn("{count} image", "{count} images", 0), "0 images");
  assert.equal(problemWords("image_not_found", "There is no image 3."), "There is no image 3.");
});

test("a catalogue has other sentences, and what it lacks stays English", () => {
  teach({
    sentences: {
      "{left} of {all} left": "{left} von {all} offen",
      "{count} image": { one: "{count} Bild", other: "{count} Bilder" },
    },
    problems: {},
  });

  assert.equal(t("{left} of {all} left", { left: 1, all: 3 }), "1 von 3 offen");
  assert.equal(tn("{count} image", "{count} images", 1), "1 Bild");
  assert.equal(tn("{count} image", "{count} images", 2), "2 Bilder");
  assert.equal(t("Undo"), "Undo");
});

test("values are put in once, whatever they contain", () => {
  assert.equal(t("{first} and {second}", { first: "{second}", second: "$&" }), "{second} and $&");
  assert.equal(t("{toString}"), "{toString}");
});

test("a name from right to left does not turn the words around it", () => {
  assert.equal(t("{name}: {count} left", { name: "עין", count: 2 }), "\u2068עין\u2069: 2 left");
});

test("numbers and times are written as the language and the country do", () => {
  assert.equal(number(1234.5, 1), "1234,5");
  assert.equal(number(3), "3");
  assert.match(moment(new Date(2026, 2, 1, 14, 5)), /^1\.3\.2026, 14:05/);
  assert.equal(timeOfDay(new Date(2026, 2, 1, 14, 5)), "14:05");
});

test("a problem is told by its code, with the values of the English sentence", () => {
  teach({
    sentences: {},
    problems: {
      stale_revision: [[
        "This image is at revision {actual}; your answer was made on revision {seen}.",
        "Ihre Antwort bezog sich auf Fassung {seen}, das Bild ist bei {actual}.",
      ]],
      point_outside: [["{name} at ({x:.1f}, {y:.1f}) lies outside.", "{name} liegt bei ({x}, {y}) außerhalb."]],
      sign_in_failed: [["The name or the password is wrong.", "Name oder Passwort ist falsch."]],
      archive_unsafe: [
        ["The archive was refused because of: {entries}.", "Das Archiv wurde abgelehnt wegen: {entries}."],
        ["{entries} and {count} more", "{entries} und {count} weiteren"],
        ["{entry}: a link or device", "{entry}: Link oder Gerät"],
        ["{entry}: encrypted", "{entry}: verschlüsselt"],
      ],
    },
  });

  assert.equal(
    problemWords("stale_revision", "This image is at revision 4; your answer was made on revision 2."),
    "Ihre Antwort bezog sich auf Fassung 2, das Bild ist bei 4.",
  );
  assert.equal(problemWords("point_outside", "eye (left) at (1.5, -2.0) lies outside."), "eye (left) liegt bei (1.5, -2.0) außerhalb.");
  assert.equal(problemWords("sign_in_failed", "The name or the password is wrong."), "Name oder Passwort ist falsch.");
  assert.equal(problemWords("stale_revision", "Words of a newer server."), "Words of a newer server.");
  assert.equal(problemWords("unknown_code", "What is said stays."), "What is said stays.");
  assert.equal(
    problemWords("archive_unsafe", "The archive was refused because of: 'a; b': a link or device; 'c': encrypted; 'd': new and 5 more."),
    "Das Archiv wurde abgelehnt wegen: 'a; b': Link oder Gerät; 'c': verschlüsselt; 'd': new und 5 weiteren.",
  );
});
