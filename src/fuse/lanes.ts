/**
 * Calls that may have to wait for the thread that serves the mount, a few at a time. Never more: Node has four threads for
 * such calls, and whoever wakes the serving thread, or thaws a frozen disk, needs one of them.
 */
const lanes = 2;

/** Resolves when `act` was done with each item; rejects with the first failure, after which nothing new begins. */
export async function inLanes<Item>(
  items: Iterable<Item>,
  act: (item: Item) => Promise<unknown>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  let hasFailed = false;
  const lane = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true && !hasFailed; next = left.next()) {
      try {
        await act(next.value);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
