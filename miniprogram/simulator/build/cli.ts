// The build tool's commands: phone · npm · schema · tab-icons · test · rehearse.
import path from 'node:path';
import { APP, DIST } from './paths.ts';
import { packNpm } from './npm.ts';
import { buildPhone } from './phone.ts';
import { generateSchema } from './schema.ts';
import { drawTabIcons } from './tab-icons.ts';
import { runRehearsal, runTests } from './test.ts';

const [command, ...rest] = process.argv.slice(2);

const commands: Record<string, () => Promise<void>> = {
  async phone() {
    const out = rest[0] ?? path.join(DIST, 'phone');
    const report = await buildPhone({ app: APP, out });
    for (const problem of report.problems) console.error(problem);
    console.log(report.summary);
    if (report.problems.length) process.exitCode = 1;
  },
  async npm() {
    console.log(`packed ${packNpm(APP).join(', ')}`);
  },
  schema: generateSchema,
  'tab-icons': drawTabIcons,
  test: () => runTests(rest),
  rehearse: runRehearsal,
};

const run = commands[command ?? ''];
if (!run) {
  console.error(`usage: run.mjs ${Object.keys(commands).join(' | ')}`);
  process.exit(2);
}
await run();
