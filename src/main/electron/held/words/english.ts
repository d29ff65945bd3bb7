import type { HeldWords } from './held-words.ts'

export const english: HeldWords = {
  answering: '{product} is already open.',
  answeringOther: '{app} is using the data of {product}.',
  starting: '{app} is starting.',
  migrating: '{app} is updating its data ({done} of {total}).',
  asking: '{app} is waiting for your answer.',
  silent: '{app} is not responding.',
  quitting: '{app} is closing.',
  noServer: '{app} is using the data of {product}.',
  elsewhere: 'The data of {product} is already open elsewhere.',
  anotherProgram: 'Another program',

  soon: 'Its window appears when it is ready.',
  askingAdvice:
    'Its question is in another window. That window may be behind this one or on another desktop. {product} continues after you answer.',
  silentAdvice:
    'It may be busy. This message updates when {app} responds again. If you end the process, unsaved changes are lost.',
  opensAfterwards: '{product} opens here when the data is no longer in use.',
  otherScreen:
    'It is open on another screen or in another session ({screen}). Show brings its window to the front there, not here.',

  pid: 'PID: {value}',
  silentSince: 'Not responding since: {value}',
  version: 'Version: {value}',
  started: 'Started: {value}',
  program: 'Program: {value}',
  folder: 'Data folder: {value}',
  otherHost: 'It runs on another computer, {host}. The PID is valid only there.',
  otherHostUnnamed: 'It runs on another computer. The PID is valid only there.',
  otherNamespace:
    'It runs outside this container or sandbox, or in a different one. The PID is valid only there.',
  computer: 'Computer: {value}',
  user: 'User: {value}',
  otherUser: 'Another user of this computer has opened it.',

  show: '&Show {app}',
  tryAgain: '&Try Again',
  endProcess: '&End Process…',
  copyDetails: '&Copy Details',
  quit: '&Quit',

  refused: 'It replied: {reason}',
  noWindow: 'It has no window to show.',
  noAnswer: 'It did not respond.',
  notEnded: 'The process could not be ended: {reason}',

  endQuestion: 'End the process of {app}?',
  endConsequence:
    'Unsaved changes are lost. {app} is asked to close first. It is forced to quit if it does not start to close within 5 seconds, or is still open after 30 seconds.',
  endConfirm: '&End Process',
  endCancel: '&Cancel',
  ending: 'The process of {app} is ending.',
  endingAdvice: 'This can take about half a minute.',
}
