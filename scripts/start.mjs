// @ts-check
// npm start: installs what the app needs and starts it. Without a screen, it runs a guided tour.
import { argv, env, platform } from 'node:process'
import { buildApp } from './build-app.mjs'
import { openNotes } from './desktop/open-notes.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

const hasScreen = platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)

async function start() {
  const runtime = await setup({ virtualDisplay: !hasScreen })
  await buildApp(runtime.env)
  if (!hasScreen) {
    const { tour } = await import('./tour.mjs')
    return tour(runtime.electronPath)
  }
  const print = (/** @type {string} */ text) => process.stdout.write(text)
  const app = openNotes(runtime.electronPath, { ...env, ...runtime.env }, argv.slice(2), print)
  // These end this process only, and the app would run on without it. Ctrl+C goes to both, and the app closes its data first.
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP']))
    process.on(signal, () => app.kill(signal))
  process.on('SIGINT', () => undefined)
  const code = await app.ended
  process.stderr.write(app.stderr())
  process.exitCode = typeof code === 'number' ? code : 1
}

await start().catch(fail)
