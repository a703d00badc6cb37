/** The configurations that the pages show are taken as they stand, and are the defaults where they say so. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { defaults, readConfig } from '../../src/config';
import { readSettings } from '../../src/listen/settings';
import { readSettings as readSpeech } from '../../src/tts/settings';
import { makeFolder, root } from '../support/inet';

/** The blocks of a page that are of the configuration, each in a file of its own. */
function blocksOf(page: string): string[] {
  const text = fs.readFileSync(path.join(root, 'docs', page), 'utf8');
  const blocks = [...text.matchAll(/^```ini\n(\[(?!Service|Unit|Install|Socket)[\s\S]*?)^```$/gm)];
  return blocks.map(([, block = ''], at) => {
    const name = `${at}.conf`;
    return path.join(makeFolder({ [name]: block }), name);
  });
}

test('configuration.md shows the defaults', () => {
  const [file = ''] = blocksOf('configuration.md');
  const { sections, ...config } = readConfig(file);
  expect(Object.keys(sections)).toEqual(['phpagi', 'fastagi', 'asmanager']);
  expect({ ...config, sections: {} }).toEqual({ ...defaults, file });
});

test('resident.md shows the defaults', () => {
  const [file = ''] = blocksOf('resident.md');
  const { settings, config } = readSettings(file);
  expect(config.warnings).toEqual([]);
  expect(settings).toEqual({ ...readSettings('/dev/null').settings, spare: 4 });
});

test('speech.md shows the defaults', () => {
  const [file = ''] = blocksOf('speech.md');
  const usual = readSpeech({ ...defaults, sections: {} }, '/x');
  expect(readSpeech(readConfig(file), '/x')).toEqual({
    ...usual,
    file,
    programs: { festival: '/usr/bin/text2wave', swift: '/opt/swift/bin/swift' },
    voices: { swift: 'David' },
  });
});

test.each(['configuration.md', 'resident.md', 'speech.md', 'traces.md', 'ami.md', 'from-phpari.md'])(
  '%s: what it shows is taken without a word',
  (page) => {
    for (const file of blocksOf(page)) expect(readSettings(file).config.warnings).toEqual([]);
  },
);
