import type { DialogWords } from './dialog-words.ts'

export const english: DialogWords = {
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

  noPermission: '{product} isn’t allowed to open its data.',
  noPermissionAdvice:
    'You don’t have permission to read and change the file or folder below. Change its permissions, then try again.',
  cannotCreate: '{product} can’t create its data folder.',
  cannotCreateAdvice:
    'You don’t have permission to create a folder there. If the folder is on another drive, connect that drive. Then try again.',
  readOnly: '{product} can’t open because the disk is write-protected.',
  readOnlyAdvice:
    '{product} has to save changes in its data folder. Remove the write protection, then try again.',
  diskFull: '{product} can’t open because the disk is full.',
  diskFullAdvice: 'Delete files that you no longer need, then try again.',
  quotaUsed: '{product} can’t open because your storage space is used up.',
  quotaUsedAdvice:
    'Delete files that you no longer need, or ask your administrator for more space. Then try again.',
  fileTooLarge: '{product} can’t open because a file is too large for this disk.',
  fileTooLargeAdvice: 'The format of the disk limits the size of files. Keep the data on another disk.',
  overloaded: '{product} can’t open because too many programs are open.',
  overloadedAdvice: 'Close some of them, then try again.',
  inTheWay: '{product} found something else in the place of its data.',
  inTheWayAdvice: 'Rename or move the file or folder below, then try again.',
  folderMissing: '{product} can’t find its data folder.',
  folderMissingAdvice: 'If the folder is on another drive or on the network, connect it. Then try again.',
  diskError: '{product} can’t read its data because of a disk error.',
  diskErrorAdvice:
    'Check that the disk is connected, then try again. If the error comes back, the disk may be failing. Then copy your files to another disk.',
  unsuitableFolder: '{product} can’t keep its data in this folder.',
  unsuitableFolderAdvice:
    'On this drive, two programs could change the data at the same time and damage it. Use a folder on a disk of this computer, not on a network drive.',
  busy: '{program} is using the data of {product}.',
  busyAdvice: 'Close that program, then try again.',
  wrongKey: '{product} can’t unlock its data.',
  wrongKeyAdvice:
    'The password or key does not fit. If the data comes from another computer or user account, open it there. Nothing was changed.',
  linked: '{product} can’t open its data because the file is a link.',
  linkedAdvice:
    'Another program could change the same file through the link. Put the file itself in the place of the link, then try again.',
  replaced: 'The data of {product} was moved or replaced.',
  replacedAdvice: 'This happened while {product} was opening it. Check the folder, then try again.',
  dataDamaged: 'The data of {product} is damaged.',
  dataDamagedAdvice: 'Nothing was changed.',
  indexDamaged: 'The data of {product} needs to be repaired.',
  indexDamagedAdvice: 'Nothing is lost. The repair may take a while.',
  dataMissing: 'The data of {product} is missing.',
  dataMissingAdvice:
    'Nothing was created. If you moved the file, quit {product}, put the file back, and start {product} again.',
  dataMismatch: 'The data of {product} was changed by something else.',
  dataMismatchAdvice:
    'The latest changes no longer fit the rest of the data. If you replaced a file by mistake, quit {product} and put it back.',
  dataNewer: 'The data of {product} is from a newer version.',
  dataNewerAdvice: 'Update {product} to go on with all of your data. Nothing was changed.',
  updateFailed: '{product} can’t update its data.',
  updateFailedAdvice:
    'The update was undone, and nothing is lost. Try again. If it fails again, report this error to the developer of {product}.',
  backupFailed: '{product} can’t back up its data.',
  backupFailedAdvice:
    '{product} makes a backup before it updates the data. Without one, there is no way back to the data as it is now. Nothing was changed.',
  restoreFailed: 'The data of {product} could not be restored.',
  restoreFailedAdvice: 'Nothing was changed. The backup is still there.',
  brokenInstall: '{product} is not installed correctly.',
  brokenInstallAdvice:
    'A part of {product} is missing or does not work on this computer. Install {product} again. If that does not help, report this error to its developer.',
  ownError: '{product} can’t start because of an error in the app.',
  ownErrorAdvice: 'Report this to its developer.',
  failed: '{product} can’t open its data.',
  failedAdvice: 'Try again. If it fails again, report this error to the developer of {product}.',

  goodBackup: 'There is a good backup from {time}. It does not have the changes since then.',
  rescuedCopy:
    'There is a copy of your data from {time}. It was saved when the file was removed or replaced.',
  noBackup: 'There is no good backup. Start Fresh begins without any of your data.',
  withoutChanges: 'Open Anyway opens the data without the latest changes.',
  fileIsKept: 'The old file stays in the same folder.',

  location: 'Location: {value}',
  spaceNeeded: 'Space needed: {value}',
  error: 'Error: {value}',

  openFolder: 'Open &Folder',
  chooseFolder: 'Choose &Another Folder…',
  restoreBackup: '&Restore Backup',
  restoreCopy: '&Restore Copy',
  repair: '&Repair',
  openAnyway: '&Open Anyway',
  startFresh: '&Start Fresh',
  continueWithoutBackup: 'Continue &Without Backup',

  opening: 'Opening your data…',
  updating: 'Updating your data: {done} of {total}',
  backingUp: 'Backing up your data: {done} of {total}',
  checkingBackup: 'Checking the backup…',
}
