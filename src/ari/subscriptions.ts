/**
 * What the applications have subscribed to. Asterisk forgets it with the connection, in part (res/stasis/app.c): what
 * concerns a live channel stays, what is for all of a kind does not. So all of it is asked for again.
 */
import type { AriError } from '../ari-errors';
import type { Application } from './catalog';
import type { Resources } from './resources';

/** A subscription or a filter that a new connection could not have again. */
export interface LostSubscription {
  readonly application: string;
  /** `endpoint:PJSIP/alice`; undefined for the filter. */
  readonly eventSource: string | undefined;
  /** Asterisk's refusal; undefined where it took the subscription and yet does not list it. */
  readonly error: AriError | undefined;
}

const lists: Record<string, keyof Application | undefined> = {
  channel: 'channel_ids',
  bridge: 'bridge_ids',
  endpoint: 'endpoint_ids',
  deviceState: 'device_names',
};

/** Asterisk's name for all of a kind. */
const allOfKind = /^__AST_\w+_ALL_TOPIC$/;

export class Subscriptions {
  readonly #sources = new Map<string, Set<string>>();
  readonly #filters = new Map<string, Record<string, unknown>>();

  /** Takes note of an operation that has been done. */
  note(operation: string, parameters: Readonly<Record<string, unknown>>): void {
    const application = String(parameters.applicationName);
    const sources = this.#sources.get(application) ?? new Set();
    switch (operation) {
      case 'subscribe':
        for (const source of listOf(parameters.eventSource)) sources.add(source);
        break;
      case 'unsubscribe':
        for (const source of listOf(parameters.eventSource)) sources.delete(source);
        break;
      case 'filter':
        this.#filters.set(application, (parameters.filter ?? {}) as Record<string, unknown>);
        return;
      default:
        return;
    }
    this.#sources.set(application, sources);
  }

  /** What is gone cannot be subscribed to again. @param source `channel:ID` */
  forget(source: string): void {
    for (const sources of this.#sources.values()) sources.delete(source);
  }

  /** An application that is another client's now. */
  forgetApplication(application: string): void {
    this.#sources.delete(application);
    this.#filters.delete(application);
  }

  /**
   * Asks for all of it again, and then for what Asterisk has made of it.
   * @returns what could not be had
   */
  async replay(
    resources: Resources,
    isAnswer: (error: unknown) => error is AriError,
  ): Promise<LostSubscription[]> {
    const lost: LostSubscription[] = [];
    const refused = (application: string, eventSource: string | undefined) => (error: unknown) => {
      if (!isAnswer(error)) throw error;
      lost.push({ application, eventSource, error });
    };
    for (const [application, filter] of this.#filters) {
      await resources.applications
        .filter({ applicationName: application, filter })
        .catch(refused(application, undefined));
    }
    for (const [application, sources] of this.#sources) {
      const taken: string[] = [];
      // one by one: of a list with one that is gone Asterisk takes none
      await Promise.all(
        Array.from(sources, (eventSource) =>
          resources.applications
            .subscribe({ applicationName: application, eventSource })
            .then(() => taken.push(eventSource), refused(application, eventSource)),
        ),
      );
      if (taken.length === 0) continue;
      const listed = await resources.applications.get({ applicationName: application });
      for (const eventSource of taken) {
        if (!isListed(listed, eventSource)) lost.push({ application, eventSource, error: undefined });
      }
    }
    return lost;
  }

  /** What Asterisk has refused is not asked for again. */
  giveUp(lost: readonly LostSubscription[]): void {
    for (const { application, eventSource, error } of lost) {
      if (error && eventSource !== undefined) this.#sources.get(application)?.delete(eventSource);
    }
  }
}

function isListed(application: Application, source: string): boolean {
  const colon = source.indexOf(':');
  const list = lists[source.slice(0, colon)];
  const id = source.slice(colon + 1);
  // what is for all of a kind is listed under names of Asterisk's own
  if (list === undefined || id === '') return true;
  const listed = (application[list] ?? []) as readonly string[];
  // one who has all of a kind is given no single ones beside them (res/stasis/app.c)
  return listed.some((other) => allOfKind.test(other) || other.toLowerCase() === id.toLowerCase());
}

function listOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : String(value).split(',')).map(String);
}
