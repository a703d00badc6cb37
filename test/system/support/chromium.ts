import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type Bind, commandInRoot } from './chroot';
import { EnclosedProcess } from './enclosed-process';
import { chromiumRoot } from './parts';

const switches = [
  '--headless',
  // root's, in a container or not, and with no graphics
  ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  // nothing that is not asked for goes out to the network
  ...['--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-domain-reliability'],
  '--hide-scrollbars',
  // spoken to over descriptors 3 and 4, so that no port is open
  '--remote-debugging-pipe',
];

/** A real Chromium that nobody sees, with a new profile; it ends with the test. */
export class Chromium {
  readonly #home: string;
  readonly #process: EnclosedProcess;
  readonly #input: Duplex;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  readonly #listeners: ((method: string, params: Record<string, unknown>, session: string) => void)[] = [];
  #held = '';
  #count = 0;

  private constructor(home: string, root: string, bind: Bind[]) {
    this.#home = home;
    const output = openSync(join(home, 'output'), 'a');
    const mountPoint = mkdtempSync(join(home, 'mnt-'));
    const program = ['/usr/lib/chromium/chromium', ...switches, `--user-data-dir=${join(home, 'profile')}`];
    this.#process = new EnclosedProcess(
      'Chromium',
      commandInRoot(root, mountPoint, [home, ...bind], program),
      { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: home, LANG: 'C.UTF-8' }, output, pipes: 2 },
    );
    closeSync(output);
    this.#input = this.#process.pipe(3);
    this.#input.on('error', () => {});
    this.#process
      .pipe(4)
      .setEncoding('utf8')
      .on('data', (text: string) => this.#receive(text));
    this.#process.ended.addEventListener('abort', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(this.#said()));
    });
  }

  /** Resolves when pages can be opened. The root is unpacked first where the cache has none. */
  static async start(options: { bind?: Bind[] } = {}): Promise<Chromium> {
    const root = await chromiumRoot();
    const home = mkdtempSync(join(tmpdir(), 'fastagi-chromium-'));
    const chromium = new Chromium(home, root, options.bind ?? []);
    try {
      await chromium.send('Browser.getVersion');
      return chromium;
    } catch (error) {
      await chromium.stop();
      throw error;
    }
  }

  /** Opens a page and resolves when it is there, whole. */
  async open(url: string, { width = 1200, height = 1000 } = {}): Promise<Page> {
    const { targetId } = await this.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.send<{ sessionId: string }>('Target.attachToTarget', attach);
    const page = new Page(this, sessionId);
    this.#listeners.push((method, params, session) => {
      if (session === sessionId) page.heard(method, params);
    });
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await page.send(`${domain}.enable`);
    const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
    await page.send('Emulation.setDeviceMetricsOverride', metrics);
    await page.load(url);
    return page;
  }

  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    if (this.#process.ended.aborted) return Promise.reject(new Error(this.#said()));
    const id = ++this.#count;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  async stop(): Promise<void> {
    await this.#process.end('SIGTERM');
    rmSync(this.#home, { recursive: true, force: true });
  }

  #receive(text: string): void {
    const messages = (this.#held + text).split('\0');
    this.#held = messages.pop() as string;
    for (const message of messages) {
      const { id, method, params, result, error, sessionId } = JSON.parse(message);
      if (id === undefined) {
        for (const listener of this.#listeners) listener(method, params, sessionId);
        continue;
      }
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new Error(`Chromium: ${error.message}`));
      else waiting?.resolve(result);
    }
  }

  #said(): string {
    return `${this.#process.ended.reason}:\n${readFileSync(join(this.#home, 'output'), 'utf8').slice(-2000)}`;
  }
}

/** One page. */
export class Page {
  /** Every address that it asked for, and all that it complained of. */
  readonly requests: string[] = [];
  readonly complaints: string[] = [];
  readonly #chromium: Chromium;
  readonly #session: string;
  #onLoad: (() => void) | undefined;

  constructor(chromium: Chromium, session: string) {
    this.#chromium = chromium;
    this.#session = session;
  }

  send<T>(method: string, params: object = {}): Promise<T> {
    return this.#chromium.send<T>(method, params, this.#session);
  }

  heard(method: string, params: Record<string, unknown>): void {
    if (method === 'Page.loadEventFired') this.#onLoad?.();
    if (method === 'Network.requestWillBeSent')
      this.requests.push((params as { request: { url: string } }).request.url);
    if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded')
      this.complaints.push(JSON.stringify(params));
  }

  async load(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      this.#onLoad = resolve;
    });
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send<{
      result: { value: T };
      exceptionDetails?: { exception?: { description?: string } };
    }>('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  /** Presses a key, as a person would: `Tab`, `Enter`, `ArrowDown`, ` `. */
  async press(key: string): Promise<void> {
    const codes: Record<string, number> = { Tab: 9, Enter: 13, ' ': 32, ArrowDown: 40, ArrowRight: 39 };
    const text = key === 'Enter' ? '\r' : key === ' ' ? ' ' : undefined;
    const event = { key, code: key === ' ' ? 'Space' : key, windowsVirtualKeyCode: codes[key], text };
    await this.send('Input.dispatchKeyEvent', { ...event, type: text ? 'keyDown' : 'rawKeyDown' });
    await this.send('Input.dispatchKeyEvent', { ...event, type: 'keyUp' });
  }

  async setColours(scheme: 'light' | 'dark'): Promise<void> {
    await this.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: scheme }],
    });
  }

  /** Keeps a picture of the whole page. */
  async screenshot(file: string): Promise<void> {
    const options = { format: 'png', captureBeyondViewport: true };
    const { data } = await this.send<{ data: string }>('Page.captureScreenshot', options);
    writeFileSync(file, Buffer.from(data, 'base64'));
  }
}
