/** Asks, schemas and predictions as the server gives them. */
export const SCHEMA = {
  landmarks: ["wrist", "thumb", "index", "middle"],
  edges: [["wrist", "thumb"], ["wrist", "index"]],
  mirror_pairs: [],
  attributes: [
    { name: "side", question: "Which side?", kind: "classes", classes: ["palm", "edge", "back"] },
    { name: "yaw", question: "How far turned?", kind: "scale", minimum: -90, maximum: 90, unit: "deg" },
  ],
  normaliser: { kind: "box" },
};

let last = 0;

export function makeAsk(part = {}) {
  last += 1;
  return {
    lease_id: `lease-${last}`,
    expires_at: "2026-11-22T10:05:00Z",
    kind: "landmarks",
    reason: { code: "spread", text: "Unlike any other" },
    image: { id: last, name: `${last}.png`, width_px: 200, height_px: 100, file_url: `/${last}`, thumb_url: `/${last}/t` },
    revision: 0,
    label: null,
    prediction: null,
    ...part,
  };
}

export function makePrediction(part = {}) {
  const points = SCHEMA.landmarks.map((name, n) => ({ name, x: 10 * n + 0.25, y: 20.5, doubt_px: n, confidence: 0.9 }));
  return { id: 7, network_id: 1, network_number: 1, points, attributes: { side: { palm: 0.7, edge: 0.1, back: 0.2 }, yaw: 3.216 }, doubt: 0.1, ...part };
}
