/** The page of a trace, in a real Chromium. */
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTraceLine } from '../../src/trace/entry';
import { writePage } from '../../src/trace/page';
import { Redaction } from '../../src/trace/redaction';
import { makeFolder } from '../support/inet';
import { Chromium, type Page } from './support/chromium';
import { missingParts, prepareParts } from './support/parts';

const missing = missingParts();

/** What a caller could put into a page, if anything let him. */
const hostile = [
  '<script>document.title = "taken"</script>',
  '"><img src=http://127.0.0.1:9/x onerror="document.title=1">',
  "' onmouseover='document.title=1",
  '</style><style>*{display:none}</style>',
  '&lt;b&gt; &amp;',
  '\u202egnp.exe \u001b[31m\0',
  'javascript:document.title=1',
  'é 漢字 😀',
];

describe.skipIf(missing)(`the page of a trace${missing ? ` (${missing})` : ''}`, () => {
  let folder: string;
  let chromium: Chromium;

  beforeAll(async () => {
    await prepareParts(console.error);
    folder = makeFolder({
      'call.jsonl': [
        {
          trace: 1,
          started: '2026-11-25T15:20:00.123Z',
          script: hostile[0] as string,
          channel: hostile[1] as string,
        },
        { ms: 0, dir: '<' as const, line: 'agi_network: yes' },
        { ms: 0, dir: '<' as const, line: '' },
        ...hostile.flatMap((text, index) => [
          { ms: 100 * index + 50, dir: '>' as const, line: `VERBOSE "${text}" 1` },
          { ms: 100 * index + 90, dir: '<' as const, line: `200 result=1 (${text})` },
        ]),
        { ms: 1000, dir: '>' as const, line: 'NOSUCH' },
        { ms: 3500, dir: '<' as const, line: '510 Invalid or unknown command' },
        { ms: 3600, dir: '<' as const, line: 'HANGUP' },
        { ms: 3700, dir: 'error' as const, line: hostile[3] as string },
        { ms: 3800, dir: 'end' as const, line: '1' },
      ]
        .map(encodeTraceLine)
        .join(''),
    });
    chmodSync(folder, 0o755);
    await writePage({
      file: path.join(folder, 'call.jsonl'),
      html: path.join(folder, 'call.html'),
      call: 1,
      redaction: new Redaction({ names: [], digits: false }),
    });
    chromium = await Chromium.start({ bind: [folder] });
  }, 600_000);
  afterAll(() => chromium?.stop());

  const open = (size?: { width: number; height: number }): Promise<Page> =>
    chromium.open(`file://${folder}/call.html`, size);

  it('asks for nothing, complains of nothing, and takes no text for more than text', async () => {
    const page = await open();
    expect(page.requests).toEqual([`file://${folder}/call.html`]);
    expect(page.complaints).toEqual([]);
    expect(await page.evaluate('document.title')).toBe(`${hostile[0]} – call trace`);
    const elements =
      'document.querySelectorAll(\'script, img, iframe, link, [onerror], [onmouseover], a[href]:not([href^="#"])\').length';
    expect(await page.evaluate(elements)).toBe(0);
    const commands = await page.evaluate<string[]>(
      "[...document.querySelectorAll('li code')].map((code) => code.textContent)",
    );
    expect(commands).toHaveLength(hostile.length + 1);
    expect(commands[1]).toBe(`VERBOSE "${hostile[1]}" 1`);
    expect(commands[5]).toBe('VERBOSE "\\u202egnp.exe \\x1b[31m\\x00" 1');
    expect(commands[7]).toBe(`VERBOSE "${hostile[7]}" 1`);
  });

  it('would not run a script or load a thing, even if one got in', async () => {
    const page = await open();
    await page.evaluate(
      'document.body.insertAdjacentHTML(\'beforeend\', \'<img src="http://127.0.0.1:9/x" onerror="document.title=1"><p style="color:red" id=p>\')',
    );
    await expect.poll(() => page.complaints.join()).toContain('Content Security Policy');
    expect(await page.evaluate('document.title')).toBe(`${hostile[0]} – call trace`);
    expect(await page.evaluate('getComputedStyle(document.querySelector("#p")).color')).not.toBe(
      'rgb(255, 0, 0)',
    );
  });

  it('draws each time where and as long as it was', async () => {
    const page = await open();
    const bars = await page.evaluate<{ x: number; width: number }[]>(
      "[...document.querySelectorAll('.overview rect.asterisk')].map(({ x, width }) => ({ x: x.baseVal.value, width: width.baseVal.value }))",
    );
    expect(bars).toHaveLength(hostile.length + 1);
    expect(bars.at(-1)?.x).toBeCloseTo((1000 * 1000) / 3800, 1);
    expect(bars.at(-1)?.width).toBeCloseTo((1000 * 2500) / 3800, 1);
    const text = await page.evaluate<string>('document.body.innerText');
    for (const words of ['3.80 s', '2.50 s', 'exit code 1', '0:03.600']) expect(text).toContain(words);
  });

  it('is read by the keyboard alone', async () => {
    const page = await open();
    const focused = () =>
      page.evaluate<string>("document.activeElement.closest('li, a, input')?.outerHTML ?? ''");
    const reached = new Set<string>();
    let found = false;
    for (let presses = 0; presses < 60 && !found; presses++) {
      await page.press('Tab');
      const element = await page.evaluate<string>('document.activeElement.tagName');
      reached.add(element);
      found = element === 'SUMMARY' && (await focused()).includes('NOSUCH');
    }
    expect(found).toBe(true);
    expect([...reached]).toEqual(expect.arrayContaining(['a', 'INPUT', 'SUMMARY']));
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    const open_ = 'document.activeElement.parentElement.open';
    expect(await page.evaluate(open_)).toBe(false);
    await page.press('Enter');
    expect(await page.evaluate(open_)).toBe(true);
    expect(await page.evaluate('document.activeElement.parentElement.innerText')).toContain(
      '510 Invalid or unknown command',
    );
  });

  it('shows only what was slow, or refused', async () => {
    const page = await open();
    const shown = () =>
      page.evaluate<number>(
        "[...document.querySelectorAll('ol > li')].filter((li) => li.offsetParent !== null).length",
      );
    const all = await shown();
    await page.evaluate("document.querySelector('#slow').click()");
    expect(await shown()).toBe(1);
    await page.evaluate("document.querySelector('#odd').click()");
    expect(await shown()).toBe(3);
    await page.evaluate("document.querySelector('#all').click()");
    expect(await shown()).toBe(all);
  });

  it.each(['light', 'dark'] as const)('is legible in %s colours', async (scheme) => {
    const page = await open();
    await page.setColours(scheme);
    // WCAG 2: the contrast of a text with what is behind it, 4.5 at the least
    const least = await page.evaluate<number>(`(() => {
      const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
      const light = (text) => {
        const [r, g, b] = rgb(text).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const { backgroundColor } = getComputedStyle(at);
          if (!/, 0\\)$|^transparent$/.test(backgroundColor)) return backgroundColor;
        }
        return 'rgb(255, 255, 255)';
      };
      const texts = [...document.querySelectorAll('main *')].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && !e.closest('svg'));
      return Math.min(...texts.map((e) => {
        const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
      }));
    })()`);
    expect(least).toBeGreaterThanOrEqual(4.5);
    const paper = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(paper).toBe(scheme === 'light' ? 'rgb(251, 250, 247)' : 'rgb(20, 24, 28)');
    if (process.env.FASTAGI_TEST_PICTURES)
      await page.screenshot(path.join(process.env.FASTAGI_TEST_PICTURES, `trace-${scheme}.png`));
  });

  it('fits on a telephone', async () => {
    const page = await open({ width: 360, height: 740 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    if (process.env.FASTAGI_TEST_PICTURES)
      await page.screenshot(path.join(process.env.FASTAGI_TEST_PICTURES, 'trace-small.png'));
  });
});
