const events = ['--squirrel-install', '--squirrel-updated', '--squirrel-uninstall', '--squirrel-obsolete']

/**
 * Returns whether Squirrel's installer has started this process, so that the app can create or remove its shortcuts and
 * then quit (electronjs.org/docs/latest/api/auto-updater#windows). A first run by the user (`--squirrel-firstrun`) is
 * an ordinary launch.
 */
export function isSquirrelEvent(
  argv: readonly string[] = process.argv,
  platform: NodeJS.Platform = process.platform,
): boolean {
  return platform === 'win32' && argv.some((word) => events.includes(word))
}
