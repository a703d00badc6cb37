/** What a listener throws is an uncaught error, as in any other listener of Node's, and costs nobody else anything. */
export function leaveUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
