import type { DialogWords } from './dialog-words.ts'

export const german: DialogWords = {
  answering: '{product} ist bereits geöffnet.',
  answeringOther: '{app} verwendet gerade die Daten von {product}.',
  starting: '{app} wird gerade gestartet.',
  migrating: '{app} aktualisiert gerade seine Daten ({done} von {total}).',
  asking: '{app} wartet auf Ihre Antwort.',
  silent: '{app} reagiert nicht.',
  quitting: '{app} wird gerade beendet.',
  noServer: '{app} verwendet gerade die Daten von {product}.',
  elsewhere: 'Die Daten von {product} sind bereits an anderer Stelle geöffnet.',
  anotherProgram: 'Ein anderes Programm',

  soon: 'Das Fenster erscheint, sobald es bereit ist.',
  askingAdvice:
    'Die Frage steht in einem anderen Fenster. Es kann hinter diesem oder auf einer anderen Arbeitsfläche liegen. Nach Ihrer Antwort geht es mit {product} weiter.',
  silentAdvice:
    'Vielleicht ist das Programm nur beschäftigt. Diese Meldung ändert sich, sobald {app} wieder reagiert. Wenn Sie den Prozess beenden, gehen nicht gespeicherte Änderungen verloren.',
  opensAfterwards: '{product} wird hier geöffnet, sobald die Daten nicht mehr verwendet werden.',
  otherScreen:
    'Das Programm ist auf einem anderen Bildschirm oder in einer anderen Sitzung geöffnet ({screen}). Beim Anzeigen erscheint das Fenster dort, nicht hier.',

  file: 'Zu öffnende Datei: {value}',
  files: 'Zu öffnende Dateien: {value} und {count} weitere',
  pid: 'PID: {value}',
  silentSince: 'Reagiert nicht seit: {value}',
  version: 'Version: {value}',
  started: 'Gestartet: {value}',
  program: 'Programm: {value}',
  folder: 'Datenordner: {value}',
  otherHost: 'Das Programm läuft auf einem anderen Computer, {host}. Die PID gilt nur dort.',
  otherHostUnnamed: 'Das Programm läuft auf einem anderen Computer. Die PID gilt nur dort.',
  otherNamespace:
    'Das Programm läuft außerhalb dieses Containers oder dieser Sandbox oder in einem anderen Container. Die PID gilt nur dort.',
  computer: 'Computer: {value}',
  user: 'Benutzer: {value}',
  otherUser: 'Ein anderer Benutzer dieses Computers hat das Programm geöffnet.',

  show: '{app} an&zeigen',
  tryAgain: '&Erneut versuchen',
  endProcess: '&Prozess beenden …',
  copyDetails: 'Details &kopieren',
  quit: '&Schließen',

  refused: 'Antwort: {reason}',
  noWindow: 'Das Programm hat kein Fenster, das angezeigt werden kann.',
  noAnswer: 'Das Programm hat nicht reagiert.',
  notEnded: 'Der Prozess konnte nicht beendet werden: {reason}',

  endQuestion: 'Den Prozess von {app} beenden?',
  endConsequence:
    'Nicht gespeicherte Änderungen gehen verloren. {app} wird zuerst zum Beenden aufgefordert. Wenn das nach 5 Sekunden nicht begonnen hat oder nach 30 Sekunden nicht abgeschlossen ist, wird das Beenden erzwungen.',
  endConfirm: '&Prozess beenden',
  endCancel: '&Abbrechen',
  ending: 'Der Prozess von {app} wird beendet.',
  endingAdvice: 'Das kann etwa eine halbe Minute dauern.',

  noPermission: '{product} darf die Daten nicht öffnen.',
  noPermissionAdvice:
    'Ihnen fehlen die Rechte, die unten genannte Datei oder den Ordner zu lesen und zu ändern. Passen Sie die Rechte an, und versuchen Sie es noch einmal.',
  cannotCreate: '{product} kann den Datenordner nicht anlegen.',
  cannotCreateAdvice:
    'Ihnen fehlen die Rechte, dort einen Ordner anzulegen. Falls der Ordner auf einem anderen Laufwerk liegt, schließen Sie es an. Versuchen Sie es dann noch einmal.',
  readOnly: '{product} kann nicht geöffnet werden, weil das Laufwerk schreibgeschützt ist.',
  readOnlyAdvice:
    '{product} muss Änderungen im Datenordner speichern. Heben Sie den Schreibschutz auf, und versuchen Sie es noch einmal.',
  diskFull: '{product} kann nicht geöffnet werden, weil das Laufwerk voll ist.',
  diskFullAdvice: 'Löschen Sie Dateien, die Sie nicht mehr brauchen, und versuchen Sie es noch einmal.',
  quotaUsed: '{product} kann nicht geöffnet werden, weil Ihr Speicherplatz aufgebraucht ist.',
  quotaUsedAdvice:
    'Löschen Sie Dateien, die Sie nicht mehr brauchen, oder bitten Sie Ihren Administrator um mehr Speicherplatz. Versuchen Sie es dann noch einmal.',
  fileTooLarge: '{product} kann nicht geöffnet werden, weil eine Datei für dieses Laufwerk zu groß ist.',
  fileTooLargeAdvice:
    'Das Format des Laufwerks begrenzt die Größe von Dateien. Bewahren Sie die Daten auf einem anderen Laufwerk auf.',
  overloaded: '{product} kann nicht geöffnet werden, weil zu viele Programme geöffnet sind.',
  overloadedAdvice: 'Schließen Sie einige davon, und versuchen Sie es noch einmal.',
  inTheWay: 'Am Ort der Daten von {product} liegt etwas anderes.',
  inTheWayAdvice:
    'Benennen Sie die unten genannte Datei oder den Ordner um, und versuchen Sie es noch einmal.',
  folderMissing: '{product} findet den Datenordner nicht.',
  folderMissingAdvice:
    'Falls der Ordner auf einem anderen Laufwerk oder im Netzwerk liegt, stellen Sie die Verbindung her. Versuchen Sie es dann noch einmal.',
  diskError: '{product} kann die Daten wegen eines Laufwerkfehlers nicht lesen.',
  diskErrorAdvice:
    'Prüfen Sie, ob das Laufwerk angeschlossen ist, und versuchen Sie es noch einmal. Tritt der Fehler wieder auf, ist das Laufwerk vielleicht defekt. Kopieren Sie Ihre Dateien dann auf ein anderes.',
  unsuitableFolder: '{product} kann die Daten nicht in diesem Ordner aufbewahren.',
  unsuitableFolderAdvice:
    'Auf diesem Laufwerk könnten zwei Programme die Daten gleichzeitig ändern und dabei beschädigen. Verwenden Sie einen Ordner auf einem Laufwerk dieses Computers, nicht auf einem Netzlaufwerk.',
  busy: '{program} verwendet gerade die Daten von {product}.',
  busyAdvice: 'Schließen Sie das Programm, und versuchen Sie es noch einmal.',
  wrongKey: '{product} kann die Daten nicht entschlüsseln.',
  wrongKeyAdvice:
    'Das Passwort oder der Schlüssel passt nicht. Falls die Daten von einem anderen Computer oder Benutzerkonto stammen, öffnen Sie sie dort. Es wurde nichts geändert.',
  linked: '{product} kann die Daten nicht öffnen, weil die Datei eine Verknüpfung ist.',
  linkedAdvice:
    'Über die Verknüpfung könnte ein anderes Programm dieselbe Datei ändern. Legen Sie die Datei selbst an die Stelle der Verknüpfung, und versuchen Sie es noch einmal.',
  replaced: 'Die Daten von {product} wurden verschoben oder ersetzt.',
  replacedAdvice:
    'Das ist passiert, während {product} sie geöffnet hat. Prüfen Sie den Ordner, und versuchen Sie es noch einmal.',
  dataDamaged: 'Die Daten von {product} sind beschädigt.',
  dataDamagedAdvice: 'Es wurde nichts geändert.',
  indexDamaged: 'Die Daten von {product} müssen repariert werden.',
  indexDamagedAdvice: 'Es ist nichts verloren. Die Reparatur kann eine Weile dauern.',
  dataMissing: 'Die Daten von {product} fehlen.',
  dataMissingAdvice:
    'Es wurde nichts angelegt. Falls Sie die Datei verschoben haben, schließen Sie {product}, legen Sie die Datei zurück, und starten Sie {product} noch einmal.',
  dataMismatch: 'Die Daten von {product} wurden von außen verändert.',
  dataMismatchAdvice:
    'Die letzten Änderungen passen nicht mehr zu den übrigen Daten. Falls Sie versehentlich eine Datei ersetzt haben, schließen Sie {product}, und legen Sie sie zurück.',
  dataNewer: 'Die Daten von {product} stammen aus einer neueren Version.',
  dataNewerAdvice:
    'Aktualisieren Sie {product}, um mit allen Daten weiterzuarbeiten. Es wurde nichts geändert.',
  updateFailed: '{product} kann die Daten nicht aktualisieren.',
  updateFailedAdvice:
    'Die Aktualisierung wurde rückgängig gemacht, es ist nichts verloren. Versuchen Sie es noch einmal. Tritt der Fehler wieder auf, melden Sie ihn dem Entwickler von {product}.',
  backupFailed: '{product} kann die Daten nicht sichern.',
  backupFailedAdvice:
    '{product} legt eine Sicherung an, bevor die Daten aktualisiert werden. Ohne Sicherung gibt es keinen Weg zurück zum jetzigen Stand. Es wurde nichts geändert.',
  restoreFailed: 'Die Daten von {product} konnten nicht wiederhergestellt werden.',
  restoreFailedAdvice: 'Es wurde nichts geändert. Die Sicherung ist noch da.',
  brokenInstall: '{product} ist nicht richtig installiert.',
  brokenInstallAdvice:
    'Ein Teil von {product} fehlt oder funktioniert auf diesem Computer nicht. Installieren Sie {product} neu. Wenn das nicht hilft, melden Sie den Fehler dem Entwickler.',
  ownError: '{product} kann wegen eines Fehlers im Programm nicht starten.',
  ownErrorAdvice: 'Melden Sie den Fehler dem Entwickler.',
  failed: '{product} kann die Daten nicht öffnen.',
  failedAdvice:
    'Versuchen Sie es noch einmal. Tritt der Fehler wieder auf, melden Sie ihn dem Entwickler von {product}.',

  goodBackup: 'Es gibt eine gute Sicherung vom {time}. Spätere Änderungen fehlen darin.',
  rescuedCopy:
    'Es gibt eine Kopie Ihrer Daten vom {time}. Sie wurde gespeichert, als die Datei entfernt oder ersetzt wurde.',
  noBackup: 'Es gibt keine gute Sicherung. „Neu beginnen“ startet ohne Ihre bisherigen Daten.',
  withoutChanges: '„Trotzdem öffnen“ öffnet die Daten ohne die letzten Änderungen.',
  fileIsKept: 'Die alte Datei bleibt im selben Ordner erhalten.',

  location: 'Ort: {value}',
  spaceNeeded: 'Benötigter Speicherplatz: {value}',
  error: 'Fehler: {value}',

  openFolder: '&Ordner öffnen',
  chooseFolder: '&Anderer Ordner …',
  restoreBackup: 'Sicherung &wiederherstellen',
  restoreCopy: 'Kopie &wiederherstellen',
  repair: '&Reparieren',
  openAnyway: '&Trotzdem öffnen',
  startFresh: '&Neu beginnen',
  continueWithoutBackup: 'Ohne Sicherung &fortfahren',

  opening: 'Die Daten werden geöffnet …',
  updating: 'Die Daten werden aktualisiert: {done} von {total}',
  backingUp: 'Die Daten werden gesichert: {done} von {total}',
  checkingBackup: 'Die Sicherung wird geprüft …',
}
