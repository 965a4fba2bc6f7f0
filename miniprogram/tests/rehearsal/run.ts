// The whole manual, in Chromium, desktop and phone together, as people would: `make rehearse`. Prints a table of steps with
// seconds and taps; leaves screenshots, the certificate and its chain, and the event log in target/rehearsal; fails when
// any step fails. `ONLY=Representative` goes through the stories with that word in their names.
import fs from 'node:fs';
import path from 'node:path';
import { Stage } from '../driver.ts';
import { Looks } from '../looks/looks.ts';
import { accessibility } from './accessibility.ts';
import { byCodeAndMyself } from './by-code-and-myself.ts';
import { inTheMiniProgramAndSomebodyElse } from './in-the-mini-program-and-somebody-else.ts';
import { people } from './papers.ts';
import { theRepresentativeInPerson } from './the-representative-in-person.ts';
import { withoutPaperAndWithoutFace } from './without-paper-and-without-face.ts';
import { keepSmall } from './pictures.ts';
import { ROOT, startServer } from './server.ts';
import { Story } from './steps.ts';

const OUT = path.join(ROOT, 'target/rehearsal');

async function main() {
  fs.rmSync(OUT, { recursive: true, force: true });
  fs.mkdirSync(OUT, { recursive: true });
  const server = await startServer();
  const looks = process.env.LOOKS ? new Looks(path.join(ROOT, 'target/looks')) : undefined;
  const stage = await Stage.open({ phoneUrl: server.phone, desktopUrl: server.desktop, shots: OUT, looks });
  let failed: unknown;
  try {
    const desk = { server, stage, people: await people(server), out: OUT };
    const stories = [byCodeAndMyself, inTheMiniProgramAndSomebodyElse, withoutPaperAndWithoutFace, theRepresentativeInPerson, accessibility];
    for (const story of stories) if (story.name.includes(process.env.ONLY ?? '')) await story(desk);
  } catch (error) {
    failed = error;
  }
  await keepSmall(stage, OUT);
  if (looks) {
    await looks.sheets(stage.browser);
    fs.writeFileSync(path.join(ROOT, 'target/looks/problems.txt'), `${looks.problems.join('\n')}\n`);
    console.log(`\n${looks.count} screens of the phone: target/looks; what axe found: ${looks.problems.length}`);
    if (looks.problems.length) failed ??= new Error(looks.problems.slice(0, 20).join('\n'));
  }
  await stage.close().catch((error: unknown) => (failed ??= error));
  fs.writeFileSync(path.join(OUT, 'server.log'), server.log());
  const events = server.log().split('\n').filter((line) => line.includes('event.name'));
  fs.writeFileSync(path.join(OUT, 'events.log'), `${events.join('\n')}\n`);
  await server.stop();
  const table = Story.table();
  fs.writeFileSync(path.join(OUT, 'steps.txt'), `${table}\n`);
  console.log(`\n${table}\n\nscreenshots, certificate, chain and events: target/rehearsal`);
  if (failed) {
    console.error(`what the server said last:\n${server.log().split('\n').slice(-60).join('\n')}`);
    console.error(failed);
    process.exitCode = 1;
  }
}

await main();
