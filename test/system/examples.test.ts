import { callExamples } from './support/example-calls';

callExamples(22);
