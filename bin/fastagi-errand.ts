import { serveErrand } from '../src/listen/errand-process';

serveErrand();
