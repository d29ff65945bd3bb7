import type { DialogWords } from './dialog-words.ts'

export const german: DialogWords = {
  answering: '{product} ist bereits geöffnet.',
  answeringOther: '{app} verwendet gerade die Daten von {product}.',
  starting: '{app} wird gerade gestartet.',
  migrating: '{app} aktualisiert gerade die Daten ({done} von {total} Schritten).',
  asking: '{app} wartet auf Ihre Antwort.',
  silent: '{app} reagiert nicht.',
  quitting: '{app} wird gerade geschlossen.',
  noServer: '{app} verwendet gerade die Daten von {product}.',
  elsewhere: 'Die Daten von {product} werden bereits an anderer Stelle verwendet.',
  anotherProgram: 'Ein anderes Programm',

  soon: 'Das Fenster erscheint, sobald es bereit ist.',
  askingAdvice:
    'Die Frage steht in einem anderen Fenster. Es kann hinter diesem oder auf einer anderen Arbeitsfläche liegen. Nach Ihrer Antwort geht es mit {product} weiter.',
  silentAdvice:
    'Vielleicht ist das Programm nur beschäftigt. Warten Sie einen Moment: Diese Meldung ändert sich, sobald {app} wieder reagiert.',
  silentWarning: 'Wenn Sie den Prozess beenden, gehen nicht gespeicherte Änderungen verloren.',
  opensAfterwards:
    'Lassen Sie diese Meldung offen: {product} wird hier geöffnet, sobald die Daten nicht mehr verwendet werden.',
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
  endProcess: '&Prozess beenden …',
  copyDetails: 'Details &kopieren',
  quit: '&Schließen',

  refused: 'Das Fenster konnte nicht angezeigt werden: {reason}',
  noWindow: 'Das Programm hat kein Fenster, das angezeigt werden kann.',
  noAnswer: 'Das Programm hat nicht reagiert.',
  tooBig:
    'Es wurden zu viele Dateien auf einmal geöffnet, oder der Link ist zu lang. Öffnen Sie weniger Dateien auf einmal oder einen kürzeren Link.',
  unreachable:
    'Das Programm ist nicht erreichbar. Suchen Sie sein Fenster, oder versuchen Sie es noch einmal.',
  notEnded: 'Der Prozess konnte nicht beendet werden ({reason}).',

  endQuestion: 'Prozess von {app} beenden?',
  endConsequence:
    'Nicht gespeicherte Änderungen gehen verloren. {app} wird zuerst zum Beenden aufgefordert. Hilft das nicht, wird das Beenden erzwungen.',
  endConfirm: '&Prozess beenden',
  endCancel: '&Abbrechen',
  ending: 'Der Prozess von {app} wird beendet.',
  endingAdvice: 'Das kann etwa eine halbe Minute dauern.',

  noPermission: '{product} darf die Daten nicht öffnen.',
  noPermissionAdvice:
    'Ihnen fehlen die Rechte, die unten genannte Datei oder den Ordner zu lesen und zu ändern. Passen Sie die Rechte an, und versuchen Sie es noch einmal.',
  cannotCreate: '{product} kann den Datenordner nicht öffnen oder anlegen.',
  cannotCreateAdvice:
    'Ihnen fehlen die Rechte, dort Dateien oder Ordner anzulegen. Falls der Ordner auf einem anderen Laufwerk liegt, schließen Sie es an. Versuchen Sie es dann noch einmal.',
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
    'Das Format des Laufwerks oder ein Limit Ihres Benutzerkontos lässt keine größeren Dateien zu. Speichern Sie die Daten auf einem anderen Laufwerk.',
  overloaded: '{product} kann nicht geöffnet werden, weil zu viele Programme oder Dateien geöffnet sind.',
  overloadedAdvice:
    'Schließen Sie einige Programme, und versuchen Sie es noch einmal. Wenn das nicht hilft, starten Sie den Computer neu.',
  inTheWay: 'Wo die Daten von {product} liegen sollten, befindet sich etwas anderes.',
  inTheWayAdvice:
    'Verschieben Sie die unten genannte Datei oder den Ordner, oder ändern Sie den Namen. Versuchen Sie es dann noch einmal.',
  folderMissing: '{product} findet den Datenordner nicht.',
  folderMissingAdvice:
    'Falls der Ordner auf einem anderen Laufwerk oder im Netzwerk liegt, stellen Sie die Verbindung her. Versuchen Sie es dann noch einmal.',
  diskError: '{product} kann die Daten wegen eines Laufwerkfehlers nicht lesen.',
  diskErrorAdvice:
    'Prüfen Sie, ob das Laufwerk angeschlossen ist, und versuchen Sie es noch einmal. Tritt der Fehler wieder auf, ist das Laufwerk vielleicht defekt. Kopieren Sie Ihre Dateien dann auf ein anderes.',
  unsuitableFolder: '{product} kann die Daten in diesem Ordner nicht speichern.',
  unsuitableFolderAdvice:
    'Auf diesem Laufwerk könnten zwei Programme die Daten gleichzeitig ändern und dabei beschädigen. Verwenden Sie einen Ordner auf einem Laufwerk dieses Computers, nicht auf einem Netzlaufwerk.',
  busy: '{program} verwendet gerade die Daten von {product}.',
  busyAdvice: 'Schließen Sie das andere Programm, und versuchen Sie es noch einmal.',
  wrongKey: '{product} kann die Daten nicht entschlüsseln.',
  wrongKeyAdvice:
    'Das Passwort oder der Schlüssel passt nicht. Falls die Daten von einem anderen Computer oder Benutzerkonto stammen, öffnen Sie sie dort. Es wurde nichts geändert.',
  linked:
    '{product} kann die Daten nicht öffnen, weil die Datei eine Verknüpfung ist oder einen zweiten Namen hat.',
  linkedAdvice:
    'Ein anderes Programm könnte dieselbe Datei unter ihrem anderen Namen ändern. Schließen Sie alle Programme, die sie verwenden. Legen Sie die Datei selbst, mit einer -wal-Datei daneben, an die Stelle der Verknüpfung. Eine Datei mit zwei Namen ersetzen Sie durch eine Kopie. Versuchen Sie es dann noch einmal.',
  replaced: 'Die Daten von {product} wurden verschoben, entfernt oder ersetzt.',
  replacedAdvice:
    'Das ist passiert, während {product} die Daten geöffnet hat. Prüfen Sie, ob der Ordner und seine Dateien an ihrem Platz sind, und versuchen Sie es noch einmal.',
  dataDamaged: 'Die Daten von {product} sind beschädigt.',
  dataDamagedAdvice: 'Sie lassen sich ganz oder teilweise nicht lesen. Es wurde nichts gelöscht.',
  indexDamaged: 'Die Daten von {product} müssen repariert werden.',
  indexDamagedAdvice: 'Es ist nichts verloren. Die Reparatur kann eine Weile dauern.',
  dataMissing: 'Die Daten von {product} fehlen.',
  dataMissingAdvice:
    'Falls Sie die Datei verschoben oder umbenannt haben, schließen Sie {product}, legen Sie die Datei zurück, und starten Sie {product} noch einmal.',
  dataMismatch: 'Die Dateien von {product} passen nicht zusammen.',
  dataMismatchAdvice:
    'Eine Datei wurde ersetzt oder entfernt. Deshalb fehlen die letzten Änderungen oder passen nicht zum Rest. Falls das ein Versehen war, schließen Sie {product}, legen Sie die ursprüngliche Datei zurück, und starten Sie {product} noch einmal.',
  dataNewer: 'Die Daten von {product} stammen aus einer neueren Programmversion.',
  dataNewerAdvice:
    'Aktualisieren Sie {product}, um mit allen Daten weiterzuarbeiten. Es wurde nichts geändert.',
  updateFailed: '{product} kann die Daten nicht aktualisieren.',
  updateFailedAdvice:
    'Der fehlgeschlagene Schritt wurde rückgängig gemacht, und es ist nichts verloren. Versuchen Sie es noch einmal. Tritt der Fehler wieder auf, melden Sie ihn dem Entwickler von {product}.',
  backupFailed: '{product} kann die Daten nicht sichern.',
  backupFailedAdvice:
    '{product} legt eine Sicherung an, bevor die Daten aktualisiert werden. Ohne Sicherung gibt es keinen Weg zurück zum jetzigen Stand. Es wurde nichts geändert.',
  restoreFailed: 'Die Daten von {product} konnten nicht wiederhergestellt werden.',
  restoreFailedAdvice: 'Es wurde nichts gelöscht, und die Sicherung ist noch da.',
  backupMissing: '{product} findet keine brauchbare Sicherung.',
  backupMissingAdvice: 'Die Daten lassen sich im jetzigen Zustand nicht öffnen. Es wurde nichts gelöscht.',
  brokenInstall: '{product} ist nicht richtig installiert.',
  brokenInstallAdvice:
    'Ein Teil von {product} fehlt oder funktioniert auf diesem Computer nicht. Installieren Sie {product} neu. Wenn das nicht hilft, melden Sie den Fehler dem Entwickler von {product}.',
  ownError: '{product} kann wegen eines Fehlers im Programm nicht starten.',
  ownErrorAdvice:
    'Melden Sie den Fehler dem Entwickler von {product}. „Details kopieren“ kopiert, was er dazu braucht.',
  failed: '{product} kann die Daten nicht öffnen.',
  failedAdvice:
    'Versuchen Sie es noch einmal. Tritt der Fehler wieder auf, melden Sie ihn dem Entwickler von {product}.',

  goodBackup: 'Es gibt eine brauchbare Sicherung vom {time}. Spätere Änderungen fehlen darin.',
  rescuedCopy:
    'Es gibt eine Kopie Ihrer Daten vom {time}. Sie wurde gespeichert, als die Datei entfernt oder ersetzt wurde.',
  noBackup: 'Es gibt keine brauchbare Sicherung. „Neu beginnen“ startet ohne Ihre bisherigen Daten.',
  withoutChanges: '„Trotzdem öffnen“ öffnet die Daten ohne die letzten Änderungen.',
  fileIsKept: 'Es wird keine Datei gelöscht. Eine ersetzte Datei bleibt im selben Ordner erhalten.',

  location: 'Ort: {value}',
  spaceNeeded: 'Fehlender Speicherplatz: {value}',
  error: 'Fehler: {value}',

  openFolder: '&Ordner öffnen',
  chooseFolder: '&Anderen Ordner wählen …',
  restoreBackup: 'Sicherung &wiederherstellen',
  restoreCopy: 'Kopie &wiederherstellen',
  repair: '&Reparieren',
  openAnyway: '&Trotzdem öffnen',
  startFresh: '&Neu beginnen',
  continueWithoutBackup: 'Ohne Sicherung &fortfahren',

  opening: 'Die Daten werden geöffnet …',
  updating: 'Die Daten werden aktualisiert: {done} von {total} Schritten',
  backingUp: 'Die Daten werden gesichert: {done} von {total}',
  checkingBackup: 'Die Sicherung wird geprüft …',
}
