/** That an event which is not even taken apart was missed by nobody. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { Ari } from '../../src/ari';
import { PlayedAri } from '../support/ari-server';
import '../support/random';

const type = fc.constantFrom('StasisStart', 'ChannelVarset', 'StasisEnd', 'ChannelDestroyed', 'Odd', '*');
const place = fc.constantFrom('client', 'a', 'b');

/** Of who listens, and to what; `also` is what they do about the first event that they are told of. */
type Step =
  | { readonly does: 'listen'; readonly place: string; readonly type: string; readonly also?: Step | null }
  | { readonly does: 'stop'; readonly which: number }
  | { readonly does: 'next' | 'release'; readonly place: string; readonly type: string }
  | { readonly does: 'stream'; readonly type: string };

const plainStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('listen' as const), place, type }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('stop' as const), which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constantFrom('next' as const, 'release' as const), place, type }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('stream' as const), type }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: plainStep },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('listen' as const),
      place,
      type,
      also: fc.option(plainStep),
    }),
  },
);

/** In the shapes that Asterisk has, and in some that it has not. */
const event = fc
  .record({ type, id: fc.constantFrom('a', 'b', 'c'), shape: fc.nat(4), count: fc.constantFrom(1, 1, 2, 70) })
  .map(({ type, id, shape, count }) => {
    const channel = { id };
    const texts = [
      JSON.stringify({ type, channel }),
      JSON.stringify({ variable: 'A"\\', value: '', type, channel }),
      JSON.stringify({ cause: 16, soft: true, type, channel }),
      JSON.stringify({ channel, type }),
      JSON.stringify({ type, channel }, null, 1),
    ];
    return Array<string>(count).fill(texts[shape] as string);
  });

class Listener {
  /** What was told at once, in order. */
  readonly heard: string[] = [];
  /** What was told by promises: when is a matter of how it came, in how many packets. */
  readonly heardLater: string[][] = [];
  readonly #ari: Ari;
  readonly #stops: (() => void)[] = [];
  #serial = 0;

  constructor(ari: Ari) {
    this.#ari = ari;
  }

  take(step: Step): void {
    const name = ++this.#serial;
    const later: string[] = [];
    this.heardLater.push(later);
    if (step.does === 'stop') {
      this.#stops[step.which]?.();
      return;
    }
    if (step.does === 'stream') {
      void (async () => {
        for await (const { type } of this.#ari.stream(step.type)) later.push(type);
      })();
      return;
    }
    const isClients = step.does === 'listen' && step.place === 'client';
    const source = isClients ? this.#ari : this.#ari.channel(step.place);
    if (step.does === 'listen') {
      let also = step.also;
      const tell = ({ type }: { type: string }) => {
        this.heard.push(`${name} ${type}`);
        if (also) this.take(also);
        also = undefined;
      };
      this.#stops.push(source.on(step.type, tell));
    } else if (source instanceof Ari) return;
    else if (step.does === 'release') source.release();
    else
      source.next(step.type).then(
        ({ type }) => later.push(type),
        ({ code }) => later.push(code),
      );
  }
}

it('events reach all who wait for them at that moment, as if each were taken apart', async () => {
  await using played = await PlayedAri.start();
  const open = async (): Promise<[Ari, WebSocket]> => {
    const ari = new Ari({ port: played.port, username: 'u', password: 'p', requestsOverSocket: false });
    const arrived = played.webSocket();
    await ari.start('hello');
    return [ari, await arrived];
  };
  const rounds = fc.array(fc.tuple(fc.array(step, { maxLength: 1 }), event), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(rounds, async (given) => {
      const outcomes: unknown[] = [];
      for (const takesAll of [false, true]) {
        const [ari, socket] = await open();
        if (takesAll) ari.on('*', () => {});
        const listener = new Listener(ari);
        for (const [steps, texts] of given) {
          for (const one of steps) listener.take(one);
          const over = new Promise<void>((resolve) => {
            const off = ari.on('RoundOver', () => {
              off();
              resolve();
            });
          });
          for (const text of [...texts, '{"type":"RoundOver"}']) socket.send(text);
          await over;
        }
        const { counts } = ari;
        await ari.close();
        // what a stream still holds is taken
        await new Promise((resolve) => setImmediate(resolve));
        outcomes.push([listener.heard, listener.heardLater, counts]);
      }
      expect(outcomes[0]).toEqual(outcomes[1]);
    }),
    { numRuns: 200 },
  );
});
