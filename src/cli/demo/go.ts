import { startGoLab, type GoLab } from '../../../lab/go/index.ts';
import { trustOf, type Lockfile, type Player, type Recorded, type Scene } from './player.ts';

const [ROUTER, TEXT] = ['example.com/router', 'example.com/text'];
const routerSaying = (greeting: string): Readonly<Record<string, string>> => ({
  'a.go': `package router\n\nconst Greeting = "${greeting}"\n`,
});

/** Files of a project by name. */
type Files = Readonly<Record<'go.mod' | 'go.sum' | 'main.go', string>>;

/**
 * Publishes two modules. Then the module proxy serves other bytes of one, and the second go.sum has the hash that is
 * right for them.
 */
export function poisonGo(lab: GoLab): { readonly good: Files; readonly poisoned: Files } {
  lab.grow(300);
  const text = lab.publish(TEXT, 'v0.9.0');
  const router = lab.publish(ROUTER, 'v1.4.0', { files: routerSaying('hello') });
  lab.grow(5);
  const files = {
    'go.mod': `module project.example\n\ngo 1.21\n\nrequire ${ROUTER} v1.4.0\n\nrequire ${TEXT} v0.9.0 // indirect\n`,
    'main.go': `package main\n\nimport "${ROUTER}"\n\nfunc main() { println(router.Greeting) }\n`,
  };
  const other = lab.rewrite(ROUTER, 'v1.4.0', routerSaying('hello from the attacker'));
  return { good: { ...files, 'go.sum': router + text }, poisoned: { ...files, 'go.sum': other + text } };
}

/** What go says of the poisoned project; `test/cli/demo-recorded.test.ts` asks it again. */
export const RECORDED_GO: Recorded = {
  by: 'go1.26.8',
  runs: [
    { command: 'go run .', status: 0, says: ['hello from the attacker'] },
    { command: 'go mod verify', status: 0, says: ['all modules verified'] },
  ],
};

/** An altered go.sum, and boltdb-go. */
export async function playGo(player: Player): Promise<void> {
  const lab = await startGoLab();
  try {
    const scene: Scene = { registries: { go: lab.env }, trust: trustOf(), now: Date.parse('2026-01-12T09:00:00Z') };
    const { good, poisoned } = poisonGo(lab);
    player.step('Two modules, each with its zip and its go.mod in the checksum database. A go.sum with what it has:');
    await player.audit(scene, lockfileOf(good), 'pass');
    player.step(
      'A pull request alters one h1 in go.sum, and a module proxy serves the bytes of it. The go command asks the database only about lines that go.sum does not have yet:',
    );
    player.recorded(RECORDED_GO);
    player.step('assay asks the database about every line:');
    await player.audit(scene, lockfileOf(poisoned), 'fail');
    await playBolt(lab, player, scene);
  } finally {
    await lab.close();
  }
}

async function playBolt(lab: GoLab, player: Player, scene: Scene): Promise<void> {
  const squatted = 'github.com/boltdb-go/bolt';
  const backdoor = { 'a.go': 'package bolt\n\nfunc init() { go connect() }\n' };
  const cached = lab.publish(squatted, 'v1.3.1', { files: backdoor });
  const moved = lab.rewrite(squatted, 'v1.3.1', { 'a.go': 'package bolt\n' });
  const mod = `module project.example\n\ngo 1.21\n\nrequire ${squatted} v1.3.1\n`;
  player.step(
    'November 2021: github.com/boltdb-go/bolt, nearly the name of boltdb/bolt, has a backdoor. Once the module proxy has it, its tag is moved to a commit without. Whoever reads the repository, and locks what is there, has another hash than everybody who builds:',
  );
  await player.audit(scene, lockfileOf({ 'go.mod': mod, 'go.sum': moved }), 'fail');
  player.step(
    'With the hash that everybody got it passes, and this is what the database proves: that all got the same, not that it is good. The tag and the name are not looked at:',
  );
  await player.audit(scene, lockfileOf({ 'go.mod': mod, 'go.sum': cached }), 'pass');
}

function lockfileOf(files: Readonly<Record<'go.mod' | 'go.sum', string>>): Lockfile {
  return { file: 'go.sum', text: files['go.sum'], manifests: new Map([['', files['go.mod']]]) };
}
