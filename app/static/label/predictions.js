/** Newer predictions for what is in hand: at once for what shows soon, for spare asks when their turn comes. */
export function createPredictions({ held, fetchPrediction, onArrived }) {
  let newest = null; // id of the network whose predictions are being written

  async function refresh(asks) {
    const stale = asks.filter((ask) => !ask.is_control && ask.prediction?.network_id !== newest);
    for (const imageId of new Set(stale.map(({ image }) => image.id))) {
      // no prediction yet, or no connection: the next event brings another chance
      const response = await fetchPrediction(imageId).catch(() => null);
      if (response) onArrived(imageId, response.body);
    }
  }

  return {
    heard: (networkId) => { newest = networkId; },
    refreshNear: () => refresh(held().flatMap(({ ask, isNear }) => (isNear ? [ask] : []))),
    turnHasCome: (ask) => newest !== null && refresh([ask]),
  };
}
