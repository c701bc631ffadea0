/** A few verbs on the DOM. Setters write only what differs, so drawing the same state twice costs nothing. */

const SVG = "http://www.w3.org/2000/svg";

/** @param {Record<string, any>} attributes `on` = {event: listener}, `text` = content */
export function make(tag, { on = {}, text = null, ...attributes } = {}, ...children) {
  return fill(document.createElement(tag), on, text, attributes, children);
}

export function makeSvg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), {}, null, attributes, children);
}

export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`The page has no element #${id}.`);
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** null or false removes the attribute. */
export function setAttribute(node, name, value) {
  if (value === null || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function setHidden(node, isHidden) {
  if (node.hidden !== isHidden) node.hidden = isHidden;
}

export function setStyle(node, name, value) {
  if (node.style.getPropertyValue(name) !== value) node.style.setProperty(name, value);
}

/** A dialog follows a flag. */
export function setOpen(dialog, isOpen) {
  if (isOpen && !dialog.open) dialog.showModal();
  if (!isOpen && dialog.open) dialog.close();
}

/** Key caps on a button: the letters are for the eye, aria-keyshortcuts for the ear. */
export function keyCap(cap = "") {
  return make("kbd", { text: cap, "aria-hidden": "true" });
}

function fill(node, on, text, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  for (const [event, listener] of Object.entries(on)) node.addEventListener(event, listener);
  if (text !== null) node.textContent = text;
  node.append(...children);
  return node;
}
