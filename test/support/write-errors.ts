import { writeFileSync } from 'node:fs';
import { ERRORS_FILE, errorTable } from './error-scan.ts';

writeFileSync(ERRORS_FILE, errorTable());
