/** STRFTIME: a moment by a format of strftime(3), in a time zone. */

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

const DAY_MS = 86_400_000;

/** How a field is filled up where nothing else is said: with zeros to a width, with spaces, or not at all. */
interface Field {
  readonly text: string;
  readonly fill: '0' | ' ' | '';
}

/** @param zone `Europe/Berlin`; the machine's own where it is empty or unknown */
export function formatTime(epochSeconds: number, zone: string, format: string): string {
  const time = new Date(Math.floor(epochSeconds) * 1000);
  const local = inZone(time, zone);
  const year = local.getUTCFullYear();
  const weekday = local.getUTCDay();
  const yearDay = Math.floor((local.getTime() - Date.UTC(year, 0, 1)) / DAY_MS);
  const week = isoWeek(local);
  const micros = Math.min(999_999, Math.round((epochSeconds - Math.floor(epochSeconds)) * 1e6));
  const number = (value: number, width = 2, fill: Field['fill'] = '0'): Field => ({
    text: String(value).padStart(width, fill),
    fill,
  });
  const word = (text: string): Field => ({ text, fill: '' });
  const whole = (pattern: string): Field => word(expand(pattern));
  const fields: Record<string, () => Field> = {
    a: () => word((days[weekday] as string).slice(0, 3)),
    A: () => word(days[weekday] as string),
    b: () => word((months[local.getUTCMonth()] as string).slice(0, 3)),
    B: () => word(months[local.getUTCMonth()] as string),
    c: () => whole('%a %b %e %H:%M:%S %Y'),
    C: () => number(Math.floor(year / 100)),
    d: () => number(local.getUTCDate()),
    D: () => whole('%m/%d/%y'),
    e: () => number(local.getUTCDate(), 2, ' '),
    F: () => whole('%Y-%m-%d'),
    g: () => number(week.year % 100),
    G: () => number(week.year, 1),
    h: () => whole('%b'),
    H: () => number(local.getUTCHours()),
    I: () => number(local.getUTCHours() % 12 || 12),
    j: () => number(yearDay + 1, 3),
    k: () => number(local.getUTCHours(), 2, ' '),
    l: () => number(local.getUTCHours() % 12 || 12, 2, ' '),
    m: () => number(local.getUTCMonth() + 1),
    M: () => number(local.getUTCMinutes()),
    n: () => word('\n'),
    p: () => word(local.getUTCHours() < 12 ? 'AM' : 'PM'),
    P: () => word(local.getUTCHours() < 12 ? 'am' : 'pm'),
    r: () => whole('%I:%M:%S %p'),
    R: () => whole('%H:%M'),
    // as Asterisk has it made by the machine: the zone's clock read as if it were the machine's own
    s: () => number(machineSeconds(local), 1),
    S: () => number(local.getUTCSeconds()),
    t: () => word('\t'),
    T: () => whole('%H:%M:%S'),
    u: () => number(weekday || 7, 1),
    U: () => number(Math.floor((yearDay + 7 - weekday) / 7)),
    V: () => number(week.week),
    w: () => number(weekday, 1),
    W: () => number(Math.floor((yearDay + 7 - ((weekday + 6) % 7)) / 7)),
    x: () => whole('%m/%d/%y'),
    X: () => whole('%H:%M:%S'),
    y: () => number(year % 100),
    Y: () => number(year, 1),
    z: () => word(offset(local, time)),
    // Asterisk gives the name of the machine's own zone, whatever the zone is
    Z: () => word(machineZone(time)),
    '%': () => word('%'),
  };
  const expand = (text: string): string =>
    text
      .replace(/%([1-6]?)q/g, (_, digits: string) =>
        String(micros)
          .padStart(6, '0')
          .slice(0, Number(digits || 3)),
      )
      .replace(/%([-_0^#]*)(\d*)[EO]?([a-zA-Z%])/g, (all, flags: string, width: string, letter: string) => {
        const field = fields[letter]?.();
        return field ? written(field, flags, width, letter) : all;
      });
  return expand(format);
}

/** A field with the flags of glibc's strftime: `-` no filling, `_` and `0` another one, `^` and `#` its letters. */
function written({ text, fill: usual }: Field, flags: string, width: string, letter: string): string {
  let fill: string = usual;
  for (const flag of flags)
    if (flag === '0') fill = '0';
    else if (flag === '_' || flag === '-') fill = ' ';
  let result = text;
  if (fill !== usual || flags.includes('-')) {
    const bare = usual === '' ? text : text.replace(/^[ 0]+(?=.)/, '');
    result = flags.includes('-') ? bare : bare.padStart(text.length, fill);
  }
  if (flags.includes('^')) result = result.toUpperCase();
  else if (flags.includes('#')) {
    result = letter === 'p' || letter === 'Z' ? result.toLowerCase() : result.toUpperCase();
  }
  return result.padStart(Number(width || 0), fill || ' ');
}

/** The week by ISO 8601: the first is that of the year's first Thursday. */
function isoWeek(local: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(local.getTime() + (3 - ((local.getUTCDay() + 6) % 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1 };
}

/** `+0530`: how far the zone's clock is from Greenwich's. */
function offset(local: Date, time: Date): string {
  const minutes = Math.round((local.getTime() - time.getTime()) / 60_000);
  const digits = Math.floor(Math.abs(minutes) / 60) * 100 + (Math.abs(minutes) % 60);
  return `${minutes < 0 ? '-' : '+'}${String(digits).padStart(4, '0')}`;
}

function machineSeconds(local: Date): number {
  const date = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()] as const;
  return (
    new Date(...date, local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()).getTime() / 1000
  );
}

function machineZone(time: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(time);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
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
