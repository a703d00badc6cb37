/** STRFTIME: a moment by a format of strftime(3), in a time zone. */

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** @param zone `Europe/Berlin`; the machine's own where it is empty or unknown */
export function formatTime(epochSeconds: number, zone: string, format: string): string {
  const time = new Date(epochSeconds * 1000);
  const local = inZone(time, zone);
  const pad = (value: number, width = 2, fill = '0') => String(value).padStart(width, fill);
  const hour12 = local.getUTCHours() % 12 || 12;
  const yearStart = Date.UTC(local.getUTCFullYear(), 0, 1);
  const values: Record<string, () => string> = {
    a: () => (days[local.getUTCDay()] as string).slice(0, 3),
    A: () => days[local.getUTCDay()] as string,
    b: () => (months[local.getUTCMonth()] as string).slice(0, 3),
    B: () => months[local.getUTCMonth()] as string,
    c: () => expand('%a %b %e %H:%M:%S %Y'),
    d: () => pad(local.getUTCDate()),
    D: () => expand('%m/%d/%y'),
    e: () => pad(local.getUTCDate(), 2, ' '),
    F: () => expand('%Y-%m-%d'),
    H: () => pad(local.getUTCHours()),
    I: () => pad(hour12),
    j: () => pad(Math.floor((local.getTime() - yearStart) / 86_400_000) + 1, 3),
    k: () => pad(local.getUTCHours(), 2, ' '),
    l: () => pad(hour12, 2, ' '),
    m: () => pad(local.getUTCMonth() + 1),
    M: () => pad(local.getUTCMinutes()),
    n: () => '\n',
    p: () => (local.getUTCHours() < 12 ? 'AM' : 'PM'),
    q: () => pad(time.getUTCMilliseconds(), 3),
    R: () => expand('%H:%M'),
    s: () => String(Math.floor(epochSeconds)),
    S: () => pad(local.getUTCSeconds()),
    t: () => '\t',
    T: () => expand('%H:%M:%S'),
    u: () => String(local.getUTCDay() || 7),
    w: () => String(local.getUTCDay()),
    x: () => expand('%m/%d/%y'),
    X: () => expand('%H:%M:%S'),
    y: () => pad(local.getUTCFullYear() % 100),
    Y: () => String(local.getUTCFullYear()),
    '%': () => '%',
  };
  const expand = (text: string): string =>
    text.replace(/%([a-zA-Z%])/g, (whole, letter: string) => values[letter]?.() ?? whole);
  return expand(format);
}

/** The moment whose UTC fields are the zone's own. */
function inZone(time: Date, zone: string): Date {
  const shift = (timeZone?: string): Date => {
    const parts = new Intl.DateTimeFormat('en-US', {
      ...(timeZone ? { timeZone } : {}),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(time);
    const field = (type: string) => Number(parts.find((part) => part.type === type)?.value);
    return new Date(
      Date.UTC(
        field('year'),
        field('month') - 1,
        field('day'),
        field('hour'),
        field('minute'),
        field('second'),
      ),
    );
  };
  try {
    return shift(zone);
  } catch {
    return shift();
  }
}
