/**
 * The machine's own time: a test may put others in the place of its timers and its clock (`vi.useFakeTimers()`), and turn
 * those for the script, or never.
 */
const { clearTimeout, setImmediate, setTimeout } = globalThis;
const epochMs = performance.timeOrigin;
const sinceThenMs = performance.now.bind(performance);

export const machine = {
  /** Milliseconds since 1970, and never back: who sets the machine's clock meanwhile does not set this one. */
  now: (): number => Math.floor(epochMs + sinceThenMs()),
  after: (ms: number, callback: () => void): NodeJS.Timeout => setTimeout(callback, ms),
  forget: (timer: NodeJS.Timeout | undefined): void => clearTimeout(timer),
  nextTurn: (callback: () => void): void => void setImmediate(callback),
};
