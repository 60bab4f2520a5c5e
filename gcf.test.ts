import { fromRegistry } from '/work/wt-gateclients/test/lockfiles/real.ts';
for (const s of ['npm@12','pnpm@10','pnpm@11','pnpm@12','yarn@1.22.22','@yarnpkg/cli-dist@4','@oven/bun-linux-x64-baseline','@pnpm/exe.linux-x64@12']) console.log(s, fromRegistry(s));
