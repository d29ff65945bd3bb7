import type { HeldWords } from './held-words.ts'

export const english: HeldWords = {
  pid: ' (PID {number})',
  answering: '{product} is already running{pid}.',
  answeringOther: 'The data of {product} is in use by {app}{pid}.',
  starting: '{app} is starting{pid}.',
  migrating: '{app} is updating its data, {done} of {total}{pid}.',
  asking: '{app} is waiting for an answer{pid}.',
  silent: '{app} has not answered since {time}{pid}.',
  quitting: '{app} is closing{pid}.',
  noServer: 'The data of {product} is in use by {app}{pid}.',
  elsewhere: '{app} has this data open elsewhere{pid}.',
  anotherProgram: 'another program',

  soon: 'Its window comes to the front as soon as it is there.',
  askingAdvice:
    'Its question is in a dialog of its own, perhaps behind other windows or on another desktop. When it is answered, this launch goes on.',
  silentAdvice:
    'It may only be busy, and this window tells when it answers again. Ending it loses what it has not saved.',
  opensAfterwards: '{product} opens here as soon as it is done.',
  otherScreen:
    'It is open on another screen or in another session, {screen}. Show brings its window to the front there, not here.',

  version: 'Version: {value}',
  started: 'Started: {value}',
  program: 'Program: {value}',
  folder: 'Data folder: {value}',
  otherHost: 'It runs on another computer, {host}; the PID counts there.',
  otherHostUnnamed: 'It runs on another computer; the PID counts there.',
  otherNamespace: 'It runs outside of this container or sandbox, or in another; the PID counts there.',
  computer: 'Computer: {value}',
  user: 'User: {value}',
  otherUser: 'Another user of this computer has opened it.',

  show: 'Show {app}',
  tryAgain: 'Try Again',
  endProcess: 'End Process…',
  copyDetails: 'Copy Details',
  quit: 'Quit',

  refused: 'It says: {reason}',
  noWindow: 'It has no window to show.',
  noAnswer: 'It did not answer.',
  notEnded: 'It could not be ended: {reason}',

  endQuestion: 'End {app}{pid}?',
  endConsequence:
    'What it has not saved is lost. It is asked to close first; if it has not begun to after 5 seconds, or is not done after 30, it is ended by force.',
  endConfirm: 'End Process',
  endCancel: 'Cancel',
}
