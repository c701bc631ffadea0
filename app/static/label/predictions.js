/** Newer predictions for what is in hand: at once for what shows soon, for all else when its turn comes. */

/**
 * @param {object} parts
 * @param {() => {ask: object, isNear: boolean}[]} parts.held
 * @param {(imageId: number) => Promise<{body: object}>} parts.fetchPrediction
 * @param {(imageId: number, prediction: object) => void} parts.onArrived
 */
export function createPredictions({ held, fetchPrediction, onArrived }) {
  let newest = null; // id of the network whose predictions are being written

  async function refresh(asks) {
    const stale = asks.filter(({ is_control: isControl, prediction }) => !isControl && prediction?.network_id !== newest);
    for (const imageId of new Set(stale.map(({ image }) => image.id))) {
      // no prediction yet, or no connection: the next event brings another chance
      const response = await fetchPrediction(imageId).catch(() => null);
      if (response) onArrived(imageId, response.body);
    }
  }

  return {
    heard(networkId) {
      newest = networkId;
    },
    refreshNear: () => refresh(held().filter(({ isNear }) => isNear).map(({ ask }) => ask)),
    /** A spare ask is one of the next: what was heard while it waited is asked for now. */
    turnHasCome: (ask) => (newest === null ? undefined : refresh([ask])),
  };
}
