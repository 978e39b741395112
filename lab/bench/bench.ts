/** `make bench`: every benchmark, as ratios against a baseline of the same run; kept in `.bench/latest.json`. */
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { labFolder } from '../lab-file.ts';
import { benchChannel, ROUND_TRIPS } from './channel.ts';
import { keepReport, printReport } from './report.ts';
import { benchResetEndToEnd, ROUNDS } from './reset-end-to-end.ts';

const rounds = process.env['ROUNDS'];
const { lab } = await bringLabUp(labFolder(), (line) => console.log(line));
console.log('Sending sealed requests through the relay, and bare bytes, in turn …');
const channel = await benchChannel(Number(rounds ?? ROUND_TRIPS));
console.log('Resetting passwords through the pages, by a bare modify, and as peers do, in turn …');
const resets = await benchResetEndToEnd(lab, Number(rounds ?? ROUNDS));
const measured = [...resets.measured, ...channel.measured];
printReport([...resets.sampled, ...channel.sampled], measured);
if (!keepReport(measured)) process.exitCode = 1;
