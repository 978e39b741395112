/** `make bench`: every benchmark, as ratios against a baseline of the same run; kept in `.bench/latest.json`. */
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { labFolder } from '../lab-file.ts';
import { benchChannel, ROUND_TRIPS } from './channel.ts';
import { keepReport, printReport } from './report.ts';
import { benchResetEndToEnd, ROUNDS } from './reset-end-to-end.ts';
import { benchSync } from './sync.ts';
import { OBJECTS } from './sync-synthetic.ts';

const rounds = process.env['ROUNDS'];
const { lab } = await bringLabUp(labFolder(), (line) => console.log(line));
console.log('Sending sealed requests through the relay, and bare bytes, in turn …');
const channel = await benchChannel(Number(rounds ?? ROUND_TRIPS));
console.log('Resetting passwords through the pages, by a bare modify, and as peers do, in turn …');
const resets = await benchResetEndToEnd(lab, Number(rounds ?? ROUNDS));
const sync = await benchSync({ objects: Number(process.env['OBJECTS'] ?? OBJECTS) });
const measured = [...resets.measured, ...channel.measured, ...sync.measured];
printReport([...resets.sampled, ...channel.sampled, ...sync.sampled], measured);
if (!keepReport(measured)) process.exitCode = 1;
