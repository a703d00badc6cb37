import { serveCalls } from '../src/listen/serving-process';

if (process.send) serveCalls(Number(process.argv[2]));
else {
  process.stderr.write('This is a part of fastagi, which `fastagi listen` starts by itself.\n');
  process.exitCode = 2;
}
