/** How long something is waited for. */

/**
 * Waits for what may never come. When this is over nothing of the wait is left: in a process that goes on, a timer that
 * still runs is taken for a script's.
 * @throws what the work does
 */
export async function inTime(work: Promise<unknown>, withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, withinMs);
  });
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
