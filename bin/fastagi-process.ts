import path from 'node:path';
import { runProgram } from '../src/listen/compiled-program';

if (process.send) {
  const [priority, fd, textBytes, bytes] = process.argv.slice(2).map(Number) as [
    number,
    number?,
    number?,
    number?,
  ];
  const compiled = fd && textBytes && bytes ? { fd, textBytes, bytes } : undefined;
  // the program proper lies beside: see there why
  const program = runProgram(path.join(__dirname, 'fastagi-serving.js'), compiled);
  (program as typeof import('../src/listen/serving-process')).serveCalls(priority);
} else {
  process.stderr.write('This is a part of fastagi, which `fastagi listen` starts by itself.\n');
  process.exitCode = 2;
}
