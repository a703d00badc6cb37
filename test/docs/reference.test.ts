/** The reference is what the docstrings say, all of it, and its links lead somewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCommand } from '../../src/sim/commands';
import { makeFolder, root } from '../support/inet';

interface Member {
  readonly name: string;
  readonly signature: string;
  readonly doc: { readonly text: string; readonly params: unknown[]; readonly throws: string[] };
}
type Declaration = Omit<Member, 'signature'> & { readonly kind: string; readonly members: readonly Member[] };
const { renderReference } = (await import('../../scripts/reference.mjs' as string)) as {
  renderReference(): Map<string, string>;
};
const { readExports } = (await import('../../scripts/declarations.mjs' as string)) as {
  readExports(entry: string): Map<string, Declaration>;
};
const { breakMember, breakType } = (await import('../../scripts/declared-code.mjs' as string)) as Record<
  'breakMember' | 'breakType',
  (code: string) => string
>;

const pages = [...renderReference()];
const anchorsOf = (text: string) => {
  const counts = new Map<string, number>();
  return new Set(
    Array.from(text.matchAll(/^#+ (.*)$/gm), ([, title = '']) => {
      const slug = title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-');
      const count = counts.get(slug) ?? 0;
      counts.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
};

describe.each(pages)('docs/reference/%s', (file, text) => {
  it('is up to date: node build.mjs && node scripts/reference.mjs', () => {
    expect(readFileSync(path.join(root, 'docs/reference', file), 'utf8')).toBe(text);
  });

  it('has no link that leads nowhere', () => {
    const anchors = anchorsOf(text);
    const links = Array.from(text.matchAll(/\]\(#([^)]+)\)/g), ([, link = '']) => link);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !anchors.has(link))).toEqual([]);
  });

  it('shows no word of the declarations that says nothing to a reader', () => {
    expect(
      text.match(/\?: .*\| undefined;$|\breadonly (?!\[)|@internal|@param|@throws|#private|\u0000/gm) ?? [],
    ).toEqual([]);
  });
});

it('has no other page', () => {
  expect(readdirSync(path.join(root, 'docs/reference')).sort()).toEqual(pages.map(([file]) => file).sort());
});

it('names each of Asterisk’s commands, at the method that sends it', () => {
  const text = pages.find(([file]) => file === 'agi.md')?.[1] ?? '';
  const named = Array.from(text.matchAll(/Asterisk's `([A-Z ]+)`/g), ([, name]) => name);
  expect(new Set(named).size).toBe(47);
  expect(named).toHaveLength(47);
  for (const name of named)
    expect(findCommand(name?.split(' ') ?? [])?.name.join(' ')).toBe(name?.toLowerCase());
});

describe.each(['index', 'ami/index', 'ari/index', 'testing/index'])('dist/types/%s.d.ts', (entry) => {
  const declarations = [...readExports(path.join(root, 'dist/types', `${entry}.d.ts`)).values()];

  it('says of each name what it is', () => {
    expect(declarations.filter(({ doc }) => doc.text === '').map(({ name }) => name)).toEqual([]);
  });

  it('says of each method what it does', () => {
    const silent = declarations.flatMap(({ kind, name, members }) =>
      members
        .filter(
          ({ name: member, signature }) =>
            kind === 'class' && /^\w+[(<]/.test(signature) && !/^(constructor|_)/.test(member),
        )
        // of several forms of one, the first may speak for all
        .filter(
          ({ name: member, doc }) =>
            doc.text === '' &&
            doc.throws.length === 0 &&
            members.find((each) => each.name === member)?.doc === doc,
        )
        .map((member) => `${name}.${member.name}`),
    );
    expect(silent).toEqual([]);
  });
});

describe('what is read of a declaration', () => {
  const read = (text: string) => readExports(path.join(makeFolder({ 'it.d.ts': text }), 'it.d.ts'));

  it('a class with its words, and nothing that is its own affair', () => {
    const [thing] = read(`/** A thing. */
export declare class Thing {
    #private;
    private constructor();
    /**
     * Goes on, in
     * two lines. @param options.far how far; 3
     * @returns the way
     * @throws AgiError where it { cannot
     */
    go(options?: {
        far?: number | undefined;
    }): Promise<'}' | undefined>;
    protected stay(): void;
    /** Where it is. */
    get place(): string;
}
`).values();
    expect(thing?.doc.text).toBe('A thing.');
    expect(thing?.members).toEqual([
      {
        name: 'go',
        of: 'Thing',
        isStatic: false,
        signature: "go(options?: {\n        far?: number | undefined;\n    }): Promise<'}' | undefined>",
        doc: {
          text: 'Goes on, in two lines.',
          params: [{ name: 'options.far', text: 'how far; 3' }],
          returns: 'the way',
          throws: ['AgiError where it { cannot'],
        },
      },
      {
        name: 'place',
        of: 'Thing',
        isStatic: false,
        signature: 'place: string',
        doc: { text: 'Where it is.', params: [], returns: '', throws: [] },
      },
    ]);
  });

  it('the words of a list that a type is one of', () => {
    const found = read(`declare const words: readonly ['one', 'two'];
/** One of them. */
export type Word = (typeof words)[number];
`);
    expect(found.get('Word')).toMatchObject({ text: "export type Word = 'one' | 'two';" });
  });

  it.each([
    ['go(far?: number | undefined): void', 'go(far?: number): void'],
    [
      'go(to: {\n        /** North. */\n        readonly north?: boolean | undefined;\n    }): void',
      'go(to: { north?: boolean }): void',
    ],
  ])('%j is shown as %j', (code, shown) => {
    expect(breakMember(code)).toBe(shown);
  });

  it.each([
    ["export type A = 'a' | {\n    readonly b: string;\n};", "type A = 'a' | { b: string }"],
    [
      'export type B = {\n    readonly a: 1;\n}\n/** Or so. */\n | {\n    readonly b: 2;\n};',
      'type B =\n  | { a: 1 }\n  /** Or so. */\n  | { b: 2 }',
    ],
    [
      'export interface C {\n    readonly a?: {\n        /** B. */\n        readonly b?: 1 | undefined;\n    } | undefined;\n}',
      'interface C {\n  a?: {\n    /** B. */\n    b?: 1;\n  };\n}',
    ],
  ])('%j is shown as %j', (code, shown) => {
    expect(breakType(code)).toBe(shown);
  });
});
