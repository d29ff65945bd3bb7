// @ts-check
// A process of the victim that has nothing to do with the data directory. It reports every signal that it can catch.
/** @type {NodeJS.Signals[]} */
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGCONT', 'SIGABRT', 'SIGALRM']
for (const signal of signals) process.on(signal, () => process.send?.(signal))
process.on('disconnect', () => process.exit())
process.send?.('ready')
