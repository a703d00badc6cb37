import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../../src/setup/own-package';
import { executable, makeFolder, root } from '../support/inet';

describe('packageFolder', () => {
  it('of a clone is the clone', () => {
    expect(packageFolder(executable('fastagi'), [])).toBe(root);
  });

  it('of an installed package is its place, which another version takes, too', () => {
    const files = { 'package.json': '{"name":"fastagi"}', 'dist/fastagi': '' };
    const version = makeFolder(files);
    const place = makeFolder({ 'lib/node_modules/other': '', 'bin/other': '' });
    const folder = path.join(place, 'lib/node_modules/fastagi');
    symlinkSync('../lib/node_modules/fastagi/dist/fastagi', path.join(place, 'bin/fastagi'));
    // as `npm install --global .` leaves it
    symlinkSync(version, folder);
    const programs = ['/no/such/folder', path.join(place, 'bin')];
    expect(packageFolder(path.join(version, 'dist/fastagi'), programs)).toBe(folder);
    // what has the name there is another one's
    const own = makeFolder(files);
    expect(packageFolder(path.join(own, 'dist/fastagi'), programs)).toBe(own);
    // a link straight to the version
    rmSync(path.join(place, 'bin/fastagi'));
    symlinkSync(path.join(version, 'dist/fastagi'), path.join(place, 'bin/fastagi'));
    expect(packageFolder(path.join(version, 'dist/fastagi'), programs)).toBe(version);
  });

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['the manifest of something else', { 'package.json': '{"name":"mine"}' }],
    ['a broken one', { 'package.json': '{' }],
  ])('is refused where the executable lies beside %s', (_, files) => {
    const place = makeFolder({ 'dist/fastagi': '', ...files });
    expect(() => packageFolder(path.join(place, 'dist/fastagi'), [])).toThrow(
      expect.objectContaining({ code: 'PACKAGE_MISSING' }),
    );
  });
});
