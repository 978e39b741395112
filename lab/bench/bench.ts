/** `make bench`: every benchmark, as ratios against a baseline of the same run; kept in `.bench/latest.json`. */
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { labFolder } from '../lab-file.ts';
import { keepReport, printReport } from './report.ts';
import { benchResetEndToEnd, ROUNDS } from './reset-end-to-end.ts';

const { lab } = await bringLabUp(labFolder(), (line) => console.log(line));
console.log('Resetting passwords through the pages, by a bare modify, and as peers do, in turn …');
const { sampled, measured } = await benchResetEndToEnd(lab, Number(process.env['ROUNDS'] ?? ROUNDS));
printReport(sampled, measured);
if (!keepReport(measured)) process.exitCode = 1;
