/** How far down a page has been on the screen: what nobody has seen, nobody confirms. */
const SLACK_PX = 24; // less than this of the last line is padding
const STEP = 0.85; // of the height of the stage, so that one line stays in sight

export function createReading(stage) {
  let page = null;
  let lowest = 0; // px from the top of the content

  function look() {
    lowest = Math.max(lowest, stage.scrollTop + stage.clientHeight);
  }

  stage.addEventListener("scroll", look, { passive: true });
  return {
    drawn({ page: shown }) {
      if (shown !== page) {
        page = shown;
        stage.scrollTop = 0;
        lowest = 0;
      }
      look();
    },
    isWhole: () => lowest >= stage.scrollHeight - SLACK_PX,
    goOn: () => stage.scrollBy({ top: STEP * stage.clientHeight }),
  };
}
