import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'

/**
 * Whether a terminal sends its Ctrl-C and Ctrl-\ to this process, and so to the children that stay in its process group.
 * Linux tells; elsewhere it is taken for so where a terminal is among the standard streams.
 */
export function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    // man 5 proc_pid_stat: after the name in parentheses come the fields 3 on; 5 is the process group, and 8 the one in
    // the terminal's foreground, or -1 without a terminal.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[2] === fields[5]
  } catch {
    // No /proc: not Linux, or a bare container.
    return [0, 1, 2].some(isatty)
  }
}
