import type { DialogWords } from './dialog-words.ts'

export const english: DialogWords = {
  answering: '{product} is already open.',
  answeringOther: '{app} is using your {product} data.',
  starting: '{app} is starting.',
  migrating: '{app} is updating its data ({done} of {total} steps done).',
  asking: '{app} is waiting for your answer.',
  silent: '{app} isn’t responding.',
  quitting: '{app} is quitting.',
  noServer: '{app} is using your {product} data.',
  elsewhere: 'Your {product} data is already in use elsewhere.',
  anotherProgram: 'Another program',

  soon: 'Its window appears when it is ready.',
  askingAdvice:
    'Its question is in another window. That window may be behind this one or on another desktop. {product} continues after you answer.',
  silentAdvice: 'It may only be busy. Wait a moment: this message updates when {app} responds again.',
  silentWarning: 'If you end the process, unsaved changes are lost.',
  opensAfterwards:
    'Leave this message open, and {product} opens here as soon as the data is no longer in use.',
  otherScreen:
    'It is open on another screen or in another session ({screen}). If you show it, its window comes to the front there, not here.',

  file: 'File to open: {value}',
  files: 'Files to open: {value} and {count} more',
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

  refused: 'Its window couldn’t be shown: {reason}',
  noWindow: 'It has no window to show.',
  noAnswer: 'It didn’t respond.',
  tooBig:
    'Too many files were opened at once, or the link is too long. Open fewer files at a time, or a shorter link.',
  unreachable: 'It can’t be reached. Look for its window, or try again.',
  notEnded: 'The process couldn’t be ended ({reason}).',

  endQuestion: 'End the process of {app}?',
  endConsequence:
    'Unsaved changes are lost. {app} is asked to quit first, and is forced to quit if it doesn’t.',
  endConfirm: '&End Process',
  endCancel: '&Cancel',
  ending: 'The process of {app} is ending.',
  endingAdvice: 'This can take about half a minute.',

  noPermission: '{product} isn’t allowed to open its data.',
  noPermissionAdvice:
    'You don’t have permission to read and change the file or folder below. Change its permissions, then try again.',
  cannotCreate: '{product} can’t open or create its data folder.',
  cannotCreateAdvice:
    'You don’t have permission to create files or folders there. If the folder is on another drive, connect that drive. Then try again.',
  readOnly: '{product} can’t open because the disk is write-protected.',
  readOnlyAdvice:
    '{product} has to save changes in its data folder. Remove the write protection, then try again.',
  diskFull: '{product} can’t open because the disk is full.',
  diskFullAdvice: 'Delete files that you no longer need, then try again.',
  quotaUsed: '{product} can’t open because your storage space is used up.',
  quotaUsedAdvice:
    'Delete files that you no longer need, or ask your administrator for more space. Then try again.',
  fileTooLarge: '{product} can’t open because a file is too large for this disk.',
  fileTooLargeAdvice:
    'The format of the disk, or a limit of your user account, doesn’t allow larger files. Keep the data on another disk.',
  overloaded: '{product} can’t open because too many programs or files are open.',
  overloadedAdvice: 'Quit some programs, then try again. If that doesn’t help, restart the computer.',
  inTheWay: '{product} found something else where its data should be.',
  inTheWayAdvice: 'Rename or move the file or folder below, then try again.',
  folderMissing: '{product} can’t find its data folder.',
  folderMissingAdvice: 'If the folder is on another drive or on the network, connect it. Then try again.',
  diskError: '{product} can’t read its data because of a disk error.',
  diskErrorAdvice:
    'Check that the disk is connected, then try again. If the error comes back, the disk may be failing. Then copy your files to another disk.',
  unsuitableFolder: '{product} can’t keep its data in this folder.',
  unsuitableFolderAdvice:
    'On this drive, two programs could change the data at the same time and damage it. Use a folder on a disk of this computer, not on a network drive.',
  busy: '{program} is using your {product} data.',
  busyAdvice: 'Quit the other program, then try again.',
  wrongKey: '{product} can’t unlock its data.',
  wrongKeyAdvice:
    'The password or key doesn’t fit. If the data comes from another computer or user account, open it there. Nothing was changed.',
  linked: '{product} can’t open its data because the file is a link or has a second name.',
  linkedAdvice:
    'Another program could change the same file under its other name. Quit all programs that use it. Put the file itself, with any -wal file next to it, in the place of the link. Replace a file that has two names with a copy. Then try again.',
  replaced: 'Your {product} data was moved, removed or replaced.',
  replacedAdvice:
    'This happened while {product} was opening it. Check that the folder and its files are where they belong, then try again.',
  dataDamaged: 'Your {product} data is damaged.',
  dataDamagedAdvice: 'Some or all of it can’t be read. Nothing was deleted.',
  indexDamaged: 'Your {product} data needs to be repaired.',
  indexDamagedAdvice: 'Nothing is lost. The repair may take a while.',
  dataMissing: 'Your {product} data is missing.',
  dataMissingAdvice:
    'If you moved or renamed the file, quit {product}, put the file back, and start {product} again.',
  dataMismatch: 'The files of {product} don’t belong together.',
  dataMismatchAdvice:
    'A file was replaced or removed, so the latest changes are missing or don’t fit the rest. If this was a mistake, quit {product}, put the original file back, and start {product} again.',
  dataNewer: 'Your {product} data is from a newer version of the app.',
  dataNewerAdvice: 'Update {product} to keep using all of your data. Nothing was changed.',
  updateFailed: '{product} can’t update its data.',
  updateFailedAdvice:
    'The step that failed was undone, and nothing is lost. Try again. If it fails again, report this error to the developer of {product}.',
  backupFailed: '{product} can’t back up its data.',
  backupFailedAdvice:
    '{product} makes a backup before it updates the data. Without one, there is no way back to the data as it is now. Nothing was changed.',
  restoreFailed: 'Your {product} data couldn’t be restored.',
  restoreFailedAdvice: 'Nothing was deleted, and the backup is still there.',
  backupMissing: '{product} can’t find a usable backup.',
  backupMissingAdvice: 'Your data can’t be opened as it is. Nothing was deleted.',
  brokenInstall: '{product} isn’t installed correctly.',
  brokenInstallAdvice:
    'A part of {product} is missing or doesn’t work on this computer. Install {product} again. If that doesn’t help, report this error to the developer of {product}.',
  ownError: '{product} can’t start because of an error in the app.',
  ownErrorAdvice: 'Report this error to the developer of {product}. “Copy Details” copies what they need.',
  failed: '{product} can’t open its data.',
  failedAdvice: 'Try again. If it fails again, report this error to the developer of {product}.',

  goodBackup: 'There is a usable backup from {time}. It doesn’t have the changes since then.',
  rescuedCopy:
    'There is a copy of your data from {time}. It was saved when the file was removed or replaced.',
  noBackup: 'There is no usable backup. “Start Fresh” begins without any of your data.',
  withoutChanges: '“Open Anyway” opens the data without the latest changes.',
  fileIsKept: 'No file is deleted. A file that is replaced stays in the same folder.',

  location: 'Location: {value}',
  spaceNeeded: 'Space still needed: {value}',
  error: 'Error: {value}',

  openFolder: 'Open &Folder',
  chooseFolder: 'Choose &Another Folder…',
  restoreBackup: '&Restore Backup',
  restoreCopy: '&Restore Copy',
  repair: 'Re&pair',
  openAnyway: '&Open Anyway',
  startFresh: '&Start Fresh',
  continueWithoutBackup: 'Continue &Without Backup',

  opening: 'Opening your data…',
  updating: 'Updating your data: {done} of {total} steps',
  backingUp: 'Backing up your data: {done} of {total}',
  checkingBackup: 'Checking the backup…',
}
