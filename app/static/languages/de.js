/** Deutsch. Made by `make messages` from the .po files of app/locale/de. */
import { teach } from "../language.js";

teach({
"problems": {
"accounts_off": [
[
"This service runs without accounts (EQUIMARK_ACCOUNTS).",
"Dieser Dienst läuft ohne Konten (EQUIMARK_ACCOUNTS)."
]
],
"already_set_up": [
[
"The first account was made already. Sign in, or ask an administrator for an invitation.",
"Das erste Konto gibt es schon. Melden Sie sich an, oder bitten Sie eine Administratorin oder einen Administrator um eine Einladung."
]
],
"archive_invalid": [
[
"The archive is not a readable ZIP file: {reason}.",
"Das Archiv ist keine lesbare ZIP-Datei: {reason}."
],
[
"it has no list of entries",
"Es hat kein Verzeichnis der Einträge"
],
[
"an entry lies outside of it",
"Ein Eintrag liegt außerhalb"
],
[
"it is damaged: {error}",
"Es ist beschädigt: {error}"
]
],
"archive_too_large": [
[
"The archive unpacks to more than is taken ({what}); give the rest as another one.",
"Das Archiv ist entpackt größer als erlaubt ({what}); geben Sie den Rest als weiteres Archiv."
],
[
"a list of entries of {count} bytes",
"ein Verzeichnis von {count} Bytes"
],
[
"{count} entries",
"{count} Einträge"
],
[
"{count} bytes",
"{count} Bytes"
]
],
"archive_unsafe": [
[
"The archive was refused because of: {entries}.",
"Das Archiv wurde abgelehnt wegen: {entries}."
],
[
"{entries} and {count} more",
"{entries} und {count} weiterer"
],
[
"{entry}: a link or device",
"{entry}: Link oder Gerät"
],
[
"{entry}: characters that no name has",
"{entry}: Zeichen, die kein Name hat"
],
[
"{entry}: leads out of the archive",
"{entry}: führt aus dem Archiv hinaus"
],
[
"{entry}: encrypted",
"{entry}: verschlüsselt"
],
[
"{entry}: twice, on some systems",
"{entry}: auf manchen Systemen doppelt"
],
[
"{entry}: a file and a folder at once",
"{entry}: Datei und Ordner zugleich"
],
[
"{entry}: too long a name",
"{entry}: zu langer Name"
]
],
"attribute_not_asked": [
[
"The project does not ask for: {names}. These columns were left out.",
"Danach fragt das Projekt nicht: {names}. Diese Spalten wurden ausgelassen."
]
],
"attribute_not_found": [
[
"The project has no attribute called {name}.",
"Das Projekt hat kein Attribut namens {name}."
]
],
"backup_not_found": [
[
"There is no backup {name} in {place}.",
"In {place} gibt es kein Backup {name}."
]
],
"backup_running": [
[
"Another backup is being written to {place}.",
"Nach {place} wird gerade ein anderes Backup geschrieben."
]
],
"backup_too_new": [
[
"This backup has format {format}; this version reads format 1.",
"Dieses Backup hat das Format {format}; diese Version liest Format 1."
]
],
"blob_corrupt": [
[
"The stored file {key} is damaged on the server.",
"Die gespeicherte Datei {key} ist auf dem Server beschädigt."
]
],
"blob_missing": [
[
"The stored file {key} is missing on the server.",
"Die gespeicherte Datei {key} fehlt auf dem Server."
]
],
"blobs_url_unknown": [
[
"EQUIMARK_BLOBS_URL must look like s3://bucket or s3://bucket/folder, not {url!r}.",
"EQUIMARK_BLOBS_URL muss die Form s3://bucket oder s3://bucket/folder haben, nicht {url!r}."
]
],
"body_too_slow": [
[
"The rest of the request did not come within {seconds} s; nothing was changed. Send it again.",
"Der Rest der Anfrage kam nicht innerhalb von {seconds} s; nichts wurde geändert. Bitte noch einmal senden."
]
],
"browser_only": [
[
"This can only be done by a person who is signed in with a browser, not with a token.",
"Das kann nur eine Person tun, die im Browser angemeldet ist, nicht ein Programm mit einem Token."
]
],
"coco_invalid": [
[
"{file} is no COCO key point file: {reason}.",
"{file} ist keine COCO-Datei mit Punkten: {reason}."
],
[
"not JSON: {error}",
"kein JSON: {error}"
],
[
"what it describes does not fit: {error}",
"Was sie beschreibt, passt nicht: {error}"
],
[
"several categories have key points: {names}",
"Mehrere Kategorien haben Punkte: {names}"
],
[
"images, annotations and categories must be lists",
"images, annotations und categories müssen Listen sein"
],
[
"an entry of {key} has not the right shape",
"Ein Eintrag von {key} hat nicht die richtige Form"
]
],
"columns_missing": [
[
"{file} has no column {columns}.",
"{file} hat keine Spalte {columns}."
]
],
"content_repeated": [
[
"The same content as {first}; the labels of that one were taken.",
"Derselbe Inhalt wie {first}; dessen Labels wurden übernommen."
]
],
"cursor_invalid": [
[
"The cursor is not one that this list gave out.",
"Diese Marke hat die Liste nicht ausgegeben."
]
],
"database_busy": [
[
"The database is busy; nothing was changed. Try again.",
"Die Datenbank ist beschäftigt; es wurde nichts geändert. Versuchen Sie es noch einmal."
]
],
"durability_unsafe": [
[
"Acknowledged labels could be lost in a power cut: {settings}. Turn it on in the database, or say that you accept it: EQUIMARK_UNSAFE_DURABILITY=true",
"Bestätigte Antworten könnten bei einem Stromausfall verloren gehen: {settings}. In der Datenbank einschalten, oder das Risiko annehmen: EQUIMARK_UNSAFE_DURABILITY=true"
]
],
"email_allowed_twice": [
[
"{email} is waited for by another account.",
"Auf {email} wartet schon ein anderes Konto."
]
],
"email_not_verified": [
[
"The sign-in service does not say that your e-mail address is your own. Verify it there first.",
"Der Anmeldedienst bestätigt nicht, dass die E-Mail-Adresse Ihre eigene ist. Bestätigen Sie sie zuerst dort."
]
],
"export_format_unknown": [
[
"There is no export format {format}. There are: {formats}.",
"Es gibt kein Exportformat {format}. Es gibt: {formats}."
]
],
"export_incomplete": [
[
"The export wrote {written} of {expected} {what}; it was thrown away.",
"Der Export schrieb {written} von {expected} {what}; er wurde verworfen."
]
],
"export_not_found": [
[
"There is no export {number}.",
"Es gibt keinen Export {number}."
]
],
"export_not_ready": [
[
"Export {number} is {status}; its file is not there.",
"Export {number} hat den Stand {status}; seine Datei gibt es nicht."
]
],
"export_target_exists": [
[
"{path} exists already; name a new file or folder.",
"{path} gibt es schon; nennen Sie eine neue Datei oder einen neuen Ordner."
]
],
"file_missing": [
[
"The image file is not there.",
"Die Bilddatei gibt es nicht."
]
],
"file_outside_folder": [
[
"The name or link leads out of the folder.",
"Der Name oder Link führt aus dem Ordner hinaus."
]
],
"file_unreadable": [
[
"The file cannot be read: {reason}.",
"Die Datei lässt sich nicht lesen: {reason}."
]
],
"filter_unknown": [
[
"Images cannot be filtered by {field} “{value}”.",
"Bilder lassen sich nicht nach {field} „{value}“ filtern."
]
],
"flag_not_found": [
[
"This image has no such flag.",
"Dieses Bild hat keine solche Vormerkung."
]
],
"folder_not_allowed": [
[
"The folder {path} does not lie in one of the server's import folders.",
"Der Ordner {path} liegt in keinem der Importordner des Servers."
]
],
"format_not_supported": [
[
"{name} is {kind}, which is not read here. Take JPEG, PNG, WebP, GIF, BMP or TIFF.",
"{name} ist {kind}; das wird hier nicht gelesen. Nehmen Sie JPEG, PNG, WebP, GIF, BMP oder TIFF."
],
[
"a 16 bit colour image of which only the low bits are used",
"ein Farbbild mit 16 Bit, von denen nur die niedrigen benutzt werden"
],
[
"an image of {mode} pixels",
"ein Bild mit Pixeln der Art {mode}"
]
],
"format_unknown": [
[
"{path} cannot be read as {format}. Formats: {formats}.",
"{path} lässt sich nicht als {format} lesen. Formate: {formats}."
]
],
"grid_needs_classes": [
[
"{name} is answered with a number, so its images come one at a time.",
"{name} wird mit einer Zahl beantwortet, darum kommen die Bilder einzeln."
]
],
"idempotency_key_reused": [
[
"This Idempotency-Key was used for another request.",
"Dieser Idempotency-Key gehört zu einer anderen Anfrage."
]
],
"image_animated": [
[
"{name} has {frames} frames or pages; give each as an image of its own.",
"{name} hat {frames} Einzelbilder oder Seiten; geben Sie jedes als eigenes Bild."
]
],
"image_archived": [
[
"Image {image} was removed from the project; its labels are kept.",
"Bild {image} wurde aus dem Projekt genommen; seine Labels bleiben erhalten."
]
],
"image_empty": [
[
"{name} is empty.",
"{name} ist leer."
]
],
"image_not_found": [
[
"There is no image {image}.",
"Es gibt kein Bild {image}."
]
],
"image_too_large": [
[
"{name} has {byte_count} bytes; at most {limit} are taken.",
"{name} hat {byte_count} Bytes; höchstens {limit} werden angenommen."
]
],
"image_too_many_pixels": [
[
"{name} has {width_px} x {height_px} pixels; at most {limit} are taken.",
"{name} hat {width_px} x {height_px} Pixel; höchstens {limit} werden angenommen."
]
],
"image_truncated": [
[
"{name} is cut off or damaged.",
"{name} ist abgeschnitten oder beschädigt."
]
],
"import_not_found": [
[
"There is no import {number}.",
"Es gibt keinen Import {number}."
]
],
"import_source_missing": [
[
"Give either a file called archive or the name of a folder.",
"Geben Sie entweder eine Datei namens archive oder den Namen eines Ordners an."
]
],
"insufficient_storage": [
[
"The server has no space left to store this; nothing was changed.",
"Auf dem Server ist dafür kein Platz mehr; es wurde nichts geändert."
]
],
"invitation_ended": [
[
"This invitation has been used, was taken back, or is too old. Ask for a new one.",
"Diese Einladung wurde benutzt, zurückgenommen oder ist zu alt. Bitten Sie um eine neue."
]
],
"invitation_not_found": [
[
"This invitation does not exist. Links break when they are cut off: copy it whole.",
"Diese Einladung gibt es nicht. Abgeschnittene Links gehen nicht: Kopieren Sie ihn ganz."
]
],
"keypoints_malformed": [
[
"The key points are malformed: {reason}.",
"Die Punkte sind fehlerhaft: {reason}."
]
],
"landmark_outside_image": [
[
"{name} at ({x:.1f}, {y:.1f}) lies outside the image of {width} x {height} px.",
"{name} bei ({x}, {y}) liegt außerhalb des Bildes von {width} x {height} px."
]
],
"landmark_repeated": [
[
"{name} is answered twice.",
"{name} ist zweimal beantwortet."
]
],
"landmark_unknown": [
[
"The project has no landmark called {name}.",
"Das Projekt hat keine Landmarke namens {name}."
]
],
"landmarks_differ": [
[
"The project has no landmarks called {names}. Add them to its schema, or make a new project.",
"Das Projekt hat keine Landmarken namens {names}. Ergänzen Sie das Schema, oder legen Sie ein neues Projekt an."
]
],
"last_owner": [
[
"This is the last owner of the project. Make somebody else an owner first.",
"Das ist die letzte Person mit der Rolle „Besitz“. Geben Sie die Rolle zuerst noch jemandem."
]
],
"lease_lost": [
[
"The lease has ended; the image may be with somebody else. An answer is still taken.",
"Die Reservierung ist abgelaufen; vielleicht hat jetzt jemand anderes das Bild. Eine Antwort wird trotzdem angenommen."
]
],
"lease_not_found": [
[
"There is no lease {lease}.",
"Es gibt keine Reservierung {lease}."
]
],
"member_not_found": [
[
"Person {person} is not a member of project {project}.",
"Person {person} gehört nicht zu Projekt {project}."
]
],
"meta_invalid": [
[
"meta.json: {reason}.",
"meta.json: {reason}."
],
[
"not JSON: {error}",
"kein JSON: {error}"
],
[
"what it describes does not fit: {error}",
"Was sie beschreibt, passt nicht: {error}"
],
[
"not an object",
"kein Objekt"
],
[
"landmark_names must be a list of texts",
"landmark_names muss eine Liste von Texten sein"
],
[
"attribute_classes and attribute_scales must be objects",
"attribute_classes und attribute_scales müssen Objekte sein"
]
],
"network_not_found": [
[
"There is no network {network}.",
"Es gibt kein Netz {network}."
]
],
"network_unusable": [
[
"The stored network cannot be used: {reason}",
"Das gespeicherte Netz ist nicht zu gebrauchen: {reason}"
]
],
"no_network": [
[
"Project {project} has no network yet. It gets one from its first training run.",
"Projekt {project} hat noch kein Netz. Es bekommt eines vom ersten Trainingslauf."
]
],
"no_prediction": [
[
"There is no prediction for image {image} yet.",
"Für Bild {image} gibt es noch keine Vorhersage."
]
],
"not_a_number": [
[
"{name} is not a number.",
"{name} ist keine Zahl."
]
],
"not_an_image": [
[
"{name} is not an image.",
"{name} ist kein Bild."
]
],
"not_empty": [
[
"The database holds rows already ({table}); restore into an empty one.",
"Die Datenbank enthält schon Zeilen ({table}); stellen Sie in eine leere wieder her."
]
],
"not_enough_labels": [
[
"No training image has its landmarks labelled yet. Label some, then train.",
"Noch kein Trainingsbild hat gesetzte Landmarken. Annotieren Sie einige, dann trainieren Sie."
]
],
"not_invited": [
[
"{email} has no account here. Open the link of an invitation first, and sign in from there.",
"{email} hat hier kein Konto. Öffnen Sie zuerst den Link einer Einladung, und melden Sie sich von dort aus an."
]
],
"note_id_reused": [
[
"This id was used for another note.",
"Diese Kennung gehört schon zu einer anderen Notiz."
]
],
"nothing_answered": [
[
"Place a landmark, or mark one as absent.",
"Setzen Sie eine Landmarke, oder geben Sie an, dass eine fehlt."
]
],
"nothing_to_import": [
[
"Nothing to import was found in {path}.",
"In {path} wurde nichts gefunden, das sich importieren lässt."
]
],
"number_invalid": [
[
"{where} is not a finite number: {text}.",
"{where} ist keine endliche Zahl: {text}."
]
],
"object_store_client_missing": [
[
"EQUIMARK_BLOBS_URL needs more packages: pip install 'equimark[s3]'",
"EQUIMARK_BLOBS_URL braucht weitere Pakete: pip install 'equimark[s3]'"
]
],
"other_database": [
[
"This backup is of {kept}, and EQUIMARK_DATABASE_URL names {given}.",
"Dieses Backup stammt von {kept}, EQUIMARK_DATABASE_URL nennt aber {given}."
]
],
"other_person": [
[
"This page was opened by somebody else. Sign in as that person, or open the page anew.",
"Diese Seite hat jemand anderes geöffnet. Melden Sie sich als diese Person an, oder öffnen Sie die Seite neu."
]
],
"outcome_unknown": [
[
"The connection to the database broke while saving. Send the same request again.",
"Die Verbindung zur Datenbank riss beim Speichern ab. Senden Sie dieselbe Anfrage noch einmal."
]
],
"overloaded": [
[
"The service is overloaded; nothing was changed. Try again in {retry_after_seconds} s.",
"Der Dienst ist überlastet; nichts wurde geändert. Versuchen Sie es in {retry_after_seconds} s wieder."
]
],
"password_changed_meanwhile": [
[
"The password was changed meanwhile. Sign in with the new one.",
"Das Passwort wurde inzwischen geändert. Melden Sie sich mit dem neuen an."
]
],
"password_refused": [
[
"Choose another password: {reason}.",
"Wählen Sie ein anderes Passwort: {reason}."
]
],
"person_disabled": [
[
"This account is closed. Ask an administrator.",
"Dieses Konto ist geschlossen. Fragen Sie die Administration."
]
],
"prediction_unknown": [
[
"Prediction {prediction} is not one of this image.",
"Vorhersage {prediction} gehört nicht zu diesem Bild."
]
],
"project_name_taken": [
[
"There is already a project called {name}.",
"Es gibt schon ein Projekt namens {name}."
]
],
"project_not_found": [
[
"There is no project {project}.",
"Es gibt kein Projekt {project}."
]
],
"promotion_raced": [
[
"The current network changed meanwhile: promotion {actual}, yours was based on {seen}.",
"Das aktuelle Netz hat inzwischen gewechselt: Stand {actual}, Ihrer war {seen}."
]
],
"request_invalid": [
[
"{field}: {reason}",
"{field}: {reason}"
]
],
"role_above_own": [
[
"Your role here is {own}, so you cannot give or take the role {role}.",
"Ihre Rolle hier ist „{own}“; die Rolle „{role}“ können Sie damit weder geben noch nehmen."
]
],
"role_too_small": [
[
"This needs the permission {needed}; your role here does not have it.",
"Dafür ist die Berechtigung {needed} nötig; Ihre Rolle hier hat sie nicht."
]
],
"row_repeated": [
[
"{file} has several rows for it; none was taken.",
"{file} hat dafür mehrere Zeilen; keine wurde übernommen."
]
],
"run_not_found": [
[
"There is no run {run}.",
"Es gibt keinen Lauf {run}."
]
],
"schema_in_use": [
[
"Labels exist, so these cannot be removed or reordered: {names}. Add new ones at the end instead.",
"Es gibt Labels, darum lassen sich diese nicht entfernen oder umordnen: {names}. Fügen Sie neue am Ende an."
]
],
"schema_missing": [
[
"{path} names no landmarks and no attributes, so it cannot make a project.",
"{path} nennt weder Landmarken noch Attribute und kann darum kein Projekt werden."
]
],
"scope_too_small": [
[
"This token does not carry the scope {needed}.",
"Dieses Token hat die Berechtigung {needed} nicht."
]
],
"service_stopping": [
[
"The service is being stopped, and whether this was done is not known. Send the same request again.",
"Der Dienst wird angehalten, und ob dies getan wurde, ist unbekannt. Senden Sie dieselbe Anfrage noch einmal."
]
],
"several_instances": [
[
"{count} objects have key points; there is one label for an image, so none was taken.",
"{count} Objekte haben Punkte; ein Bild hat ein Label, darum wurde keines übernommen."
]
],
"shutting_down": [
[
"The service is about to end.",
"Der Dienst wird gerade beendet."
]
],
"sign_in_failed": [
[
"The name or the password is wrong.",
"Der Name oder das Passwort ist falsch."
]
],
"sign_in_needed": [
[
"You are not signed in: no valid session or token came with the request.",
"Sie sind nicht angemeldet: Mit der Anfrage kam weder eine gültige Sitzung noch ein gültiges Token."
]
],
"sign_in_not_found": [
[
"There is no session {number} of yours.",
"Eine Sitzung {number} von Ihnen gibt es nicht."
]
],
"snapshot_incomplete": [
[
"Table {table} of the backup has {found} rows and should have {expected}; nothing was restored.",
"Die Tabelle {table} des Backups hat {found} Zeilen und sollte {expected} haben; nichts wurde wiederhergestellt."
]
],
"source_missing": [
[
"There is nothing at {path}.",
"Unter {path} gibt es nichts."
]
],
"split_unknown": [
[
"The split {split} is none of train, valid, test.",
"Der Teil {split} ist keiner von train, valid, test."
]
],
"stale_revision": [
[
"This image is at revision {actual}; your answer was made on revision {seen}.",
"Dieses Bild ist bei Fassung {actual}; Ihre Antwort bezog sich auf Fassung {seen}."
]
],
"stale_schema": [
[
"The schema is at version {actual}; your change was made on version {seen}.",
"Das Schema ist bei Fassung {actual}; Ihre Änderung bezog sich auf Fassung {seen}."
]
],
"storage_unavailable": [
[
"The store of the images {reason}; nothing was changed. Try again.",
"Der Bildspeicher meldet: {reason}. Nichts wurde geändert. Versuchen Sie es wieder."
],
[
"cannot be written",
"Schreiben ist nicht möglich"
],
[
"shows another object than the one that it took",
"er zeigt ein anderes Objekt als das angenommene"
],
[
"has no such bucket",
"den Bucket gibt es nicht"
],
[
"refuses our key",
"unser Schlüssel wird abgelehnt"
],
[
"does not answer as it should",
"er antwortet nicht, wie er sollte"
]
],
"submission_id_reused": [
[
"This id was used for another answer.",
"Diese Kennung gehört schon zu einer anderen Antwort."
]
],
"table_invalid": [
[
"{file} line {line}: {reason}.",
"{file}, Zeile {line}: {reason}."
],
[
"{cells} cells under {columns} columns",
"{cells} Zellen unter {columns} Spalten"
],
[
"control characters",
"Steuerzeichen"
],
[
"not CSV in UTF-8: {error}",
"kein CSV in UTF-8: {error}"
]
],
"thumbnail_waits": [
[
"The thumbnail of image {image} is not made yet.",
"Das Vorschaubild von Bild {image} ist noch nicht erstellt."
]
],
"token_not_found": [
[
"There is no token {number} of yours.",
"Ein Token {number} von Ihnen gibt es nicht."
]
],
"too_many_sign_ins": [
[
"Too many wrong passwords. Try again in {retry_after_seconds} s.",
"Zu viele falsche Passwörter. Versuchen Sie es in {retry_after_seconds} s wieder."
]
],
"training_already_running": [
[
"Run {run} of this project is still going on.",
"Lauf {run} dieses Projekts ist noch im Gang."
]
],
"user_name_invalid": [
[
"A name has 1 to {most} characters, without control characters.",
"Ein Name hat 1 bis {most} Zeichen und keine Steuerzeichen."
]
],
"user_name_taken": [
[
"Somebody is called {name} already.",
"{name} heißt hier schon jemand."
]
],
"user_not_found": [
[
"There is nobody called {name}.",
"{name} heißt hier niemand."
]
],
"value_out_of_range": [
[
"{name} must lie between {minimum:g} and {maximum:g}, not {value:g}.",
"{name} muss zwischen {minimum} und {maximum} liegen, nicht bei {value}."
]
],
"value_unknown": [
[
"{name} has no class {value}. It has: {classes}.",
"{name} hat keine Klasse {value}. Es gibt: {classes}."
]
],
"worker_role_impossible": [
[
"EQUIMARK_WORKER_DATABASE_URL cannot be used: {reason}",
"EQUIMARK_WORKER_DATABASE_URL ist nicht zu verwenden: {reason}"
]
]
},
"sentences": {
"": "Project-Id-Version: Equimark 1\nReport-Msgid-Bugs-To: EMAIL@ADDRESS\nPOT-Creation-Date: 2026-11-25 12:43+0000\nPO-Revision-Date: YEAR-MO-DA HO:MI+ZONE\nLast-Translator: FULL NAME <EMAIL@ADDRESS>\nLanguage: de\nLanguage-Team: German\nPlural-Forms: nplurals=2; plural=(n != 1);\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\nGenerated-By: Babel 2.18.0\n",
" (by place)": " (nach Lage)",
" and ": " und ",
" or ": " oder ",
"$1 is paired with itself.": "$1 ist mit sich selbst gepaart.",
"A number from {least} to {most}, please.": "Bitte eine Zahl von {least} bis {most}.",
"A number, please.": "Bitte eine Zahl.",
"A schema needs a landmark or an attribute.": "Ein Schema braucht eine Landmarke oder ein Attribut.",
"A sketch, not to scale": "Eine Skizze, nicht maßstäblich",
"Absent: not in the picture": "Fehlt: nicht im Bild",
"Accept all": "Alle annehmen",
"Accept all points that are left; submit if none is missing": "Alle übrigen Punkte annehmen; abgeben, wenn keiner fehlt",
"Accept all, submit": "Alle annehmen, abgeben",
"Accept the network's point": "Den Punkt des Netzes annehmen",
"Add a key: {command}": "Taste hinzufügen: {command}",
"Again: {words}": "Noch einmal: {words}",
"All keys are as in the preset.": "Alle Tasten sind wie in der Belegung.",
"All landmarks": "Alle Landmarken",
"All landmarks are answered. {key} goes to the next one.": "Alle Landmarken sind beantwortet. {key} geht zur nächsten.",
"All placed": "Alle gesetzt",
"All saved": "Alles gespeichert",
"Alt": "Alt",
"Alt + arrows": "Alt + Pfeile",
"Alt + drag": "Alt + Ziehen",
"Alt + wheel": "Alt + Rad",
"An attribute cannot be called landmarks.": "Ein Attribut kann nicht landmarks heißen.",
"Another tab of yours labels this project, too. Each has images of its own.": "Auch in einem anderen Tab labeln Sie in diesem Projekt. Jeder hat eigene Bilder.",
"Answer (or the letter on the button)": "Antwort (oder der Buchstabe auf dem Knopf)",
"Answer for the selected images, or for the framed one": "Antwort für die ausgewählten Bilder oder für das umrahmte",
"Answer, but stay on this image": "Antworten, aber bei diesem Bild bleiben",
"Answers that wait are kept in this browser.": "Antworten, die warten, bleiben in diesem Browser.",
"Archive: {words}.": "Archiv: {words}.",
"Arrows": "Pfeile",
"As in the preset": "Wie in der Belegung",
"Ask for what helps most": "Fragen, was am meisten hilft",
"Ask only for attributes": "Nur nach Attributen fragen",
"Ask only for landmarks": "Nur nach Landmarken fragen",
"At least two classes.": "Mindestens zwei Klassen.",
"At most $1 characters.": "Höchstens $1 Zeichen.",
"Attributes must be distinct, repeated: $1.": "Attribute müssen verschieden sein, doppelt: $1.",
"Auto-zoom to the active landmark": "Automatisch zur aktiven Landmarke zoomen",
"Back in my own answers": "Zurück in meinen Antworten",
"Backspace": "Rücktaste",
"Brighter": "Heller",
"Brightness {brightness}, contrast {contrast}, local contrast. {key} resets.": "Helligkeit {brightness}, Kontrast {contrast}, lokaler Kontrast. {key} setzt zurück.",
"Brightness {brightness}, contrast {contrast}. {key} resets.": "Helligkeit {brightness}, Kontrast {contrast}. {key} setzt zurück.",
"Bring the shape of my previous image to what is unset": "Die Form meines vorigen Bildes holen, für alles nicht Gesetzte",
"Cannot tell (this is stored as an answer)": "Nicht erkennbar (wird als Antwort gespeichert)",
"Cannot tell, beside the digits": "Nicht erkennbar, neben den Ziffern",
"Cannot tell: stored as an answer": "Nicht erkennbar: wird als Antwort gespeichert",
"Choose an answer first, or {key} for: cannot tell.": "Wählen Sie zuerst eine Antwort, oder {key} für: nicht erkennbar.",
"Classes": "Klassen",
"Classes, one a line": "Klassen, eine je Zeile",
"Click or tap": "Klicken oder tippen",
"Click places a landmark, a drag moves one.": "Ein Klick setzt eine Landmarke, Ziehen bewegt eine.",
"Close, cancel a drag, or go from the image to the buttons, the bar, and back": "Schließen, Ziehen abbrechen, oder vom Bild zu den Knöpfen, zur Leiste und zurück",
"Confirm the page, or scroll on where part of it was not on the screen yet": "Die Seite bestätigen, oder weiterblättern, wo ein Teil noch nicht zu sehen war",
"Confirm {count} answer": {
"one": "{count} Antwort bestätigen",
"other": "{count} Antworten bestätigen"
},
"Copy the shape": "Die Form kopieren",
"Ctrl": "Strg",
"Ctrl + Alt + wheel": "Strg + Alt + Rad",
"Darker": "Dunkler",
"Default": "Standard",
"Delete": "Entf",
"Digits": "Ziffern",
"Discard": "Verwerfen",
"Discard for good": "Endgültig verwerfen",
"Doubt of the network as heat": "Zweifel des Netzes als Wärmebild",
"Drag a point": "Einen Punkt ziehen",
"Drag from one landmark to another: they are joined, or no longer.": "Von einer Landmarke zur anderen ziehen: Sie werden verbunden oder getrennt.",
"Drag from one landmark to its mirror image.": "Von einer Landmarke zu ihrem Spiegelbild ziehen.",
"Earlier": "Nach oben",
"Earlier notes cannot be shown: the server does not answer.": "Frühere Notizen lassen sich nicht zeigen: Der Server antwortet nicht.",
"Edge": "Kante",
"Edges of the skeleton": "Kanten des Skeletts",
"Enter": "Enter",
"Equimark was updated. Reload this page when it suits you; nothing is lost.": "Equimark wurde aktualisiert. Bei Gelegenheit die Seite neu laden; nichts geht verloren.",
"Error measured in": "Bezugsmaß des Fehlers",
"Esc": "Esc",
"Everything is answered or in other hands. The page asks again by itself when that changes.": "Alles ist beantwortet oder in anderen Händen. Die Seite fragt von selbst weiter, wenn sich das ändert.",
"Everywhere": "Überall",
"Find and run a command": "Einen Befehl suchen und ausführen",
"First landmark of the distance": "Erste Landmarke des Abstands",
"Flagged": "Vorgemerkt",
"Follow: predicted points move with a corrected one": "Folgen: vorhergesagte Punkte ziehen mit einem korrigierten mit",
"Forward in my own answers": "Vorwärts in meinen Antworten",
"From": "Von",
"Give {key} to “{command}”": "{key} für „{command}“ nehmen",
"Go on": "Weiter",
"Grid": "Raster",
"Hidden behind something: keeps its place": "Verdeckt von etwas: behält seinen Ort",
"Hide the overlay (hold to peek)": "Die Punkte ausblenden (halten: kurz hinsehen)",
"Hold a finger, then drag": "Finger halten, dann ziehen",
"Hold and drag to pan (or drag with the middle button)": "Halten und ziehen verschiebt (oder mit der mittleren Taste)",
"Image. {help}: all keys. {escape}: to the buttons.": "Bild. {help}: alle Tasten. {escape}: zu den Knöpfen.",
"Images with their answers. {help}: all keys.": "Bilder mit ihren Antworten. {help}: alle Tasten.",
"It needs a name.": "Es braucht einen Namen.",
"Join": "Verbinden",
"Jump to a landmark (two digits quickly for 10 and more)": "Zu einer Landmarke springen (ab 10 zwei Ziffern rasch)",
"Keys of {preset}.": "Tasten von {preset}.",
"Labels use {classes}: it has to stay.": "Labels benutzen {classes}: Das muss bleiben.",
"Landmark {number}": "Landmarke {number}",
"Landmarks": "Landmarken",
"Landmarks must be distinct, repeated: $1.": "Landmarken müssen verschieden sein, doppelt: $1.",
"Last answer saved {time}.": "Letzte Antwort {time} gespeichert.",
"Later": "Nach unten",
"Leave out: asked again later": "Auslassen: wird später wieder gefragt",
"Less contrast": "Weniger Kontrast",
"Loading images": "Bilder werden geladen",
"Loading the next image": "Das nächste Bild wird geladen",
"Local contrast: structure in shadow and glare": "Lokaler Kontrast: Struktur in Schatten und Glanz",
"Many images are begun already: submit or skip some of them first.": "Viele Bilder sind schon begonnen: Geben Sie erst einige ab, oder überspringen Sie sie.",
"Many images at once, in the grid": "Viele Bilder auf einmal, im Raster",
"Mean of {count} image": {
"one": "Mittel aus {count} Bild",
"other": "Mittel aus {count} Bildern"
},
"Mirror pair": "Spiegelpaar",
"Mirror pairs must be distinct, repeated: $1.": "Spiegelpaare müssen verschieden sein, doppelt: $1.",
"Mirror the shape about its own axis, left and right names swapped": "Die Form an ihrer eigenen Achse spiegeln, linke und rechte Namen vertauscht",
"More contrast": "Mehr Kontrast",
"Mouse and fingers": "Maus und Finger",
"Move it": "Ihn verschieben",
"Move the frame": "Den Rahmen bewegen",
"Move the frame and select on the way": "Den Rahmen bewegen und unterwegs auswählen",
"Move the whole shape": "Die ganze Form verschieben",
"Names": "Namen",
"Neither {first} nor {second} is placed.": "Weder {first} noch {second} ist gesetzt.",
"New in this project: {landmarks}.": "Neu in diesem Projekt: {landmarks}.",
"Next image, nothing submitted: work is kept": "Nächstes Bild, ohne abzugeben: die Arbeit bleibt erhalten",
"Next landmark": "Nächste Landmarke",
"Next question about this image": "Nächste Frage zu diesem Bild",
"No landmark": "Keine Landmarke",
"No landmark is called $1.": "Keine Landmarke heißt $1.",
"No shape is copied yet: {key}.": "Noch ist keine Form kopiert: {key}.",
"No slash and no line break.": "Kein Schrägstrich und kein Zeilenumbruch.",
"None selected: an answer goes to the framed one": "Nichts ausgewählt: Eine Antwort gilt dem umrahmten Bild",
"Not restored: {taken}. Restore that one first, or all.": "Nicht zurückgesetzt: {taken}. Setzen Sie zuerst das zurück, oder alles.",
"Not saved: some fields need a look.": "Nicht gespeichert: Einige Felder brauchen einen Blick.",
"Not submitted. There is no prediction of: {landmarks}.": "Nicht abgegeben. Keine Vorhersage gibt es für: {landmarks}.",
"Note on the framed image, or flag it for review": "Notiz zum umrahmten Bild, oder zur Prüfung vormerken",
"Note on this image, or flag it for review": "Notiz zu diesem Bild, oder zur Prüfung vormerken",
"Nothing is placed yet.": "Noch ist nichts gesetzt.",
"Nothing is placed yet. {key} accepts the prediction; then it moves as one.": "Noch ist nichts gesetzt. {key} nimmt die Vorhersage an; dann bewegt sie sich als Ganzes.",
"Nothing is placed yet. {key} skips this image.": "Noch ist nichts gesetzt. {key} überspringt dieses Bild.",
"Nothing to ask right now": "Gerade gibt es nichts zu fragen",
"Nudge by 1 image pixel; what is unset comes to its predicted place, or to the middle": "Um 1 Bildpixel rücken; was nicht gesetzt ist, kommt an den vorhergesagten Ort oder in die Mitte",
"Nudge by 10": "Um 10 rücken",
"Nudge by a quarter": "Um ein Viertel rücken",
"Number": "Zahl",
"On this image the prediction stays hidden, to measure what it saves.": "Auf diesem Bild bleibt die Vorhersage verborgen, um zu messen, was sie spart.",
"One finger moves the whole shape, two turn and scale it, on this image.": "Ein Finger bewegt die ganze Form, zwei drehen und skalieren sie, auf diesem Bild.",
"One image at a time: attributes": "Ein Bild nach dem anderen: Attribute",
"One image at a time: landmarks": "Ein Bild nach dem anderen: Landmarken",
"One image at a time: what helps most": "Ein Bild nach dem anderen: was am meisten hilft",
"One step up or down": "Ein Schritt hinauf oder hinunter",
"Open again": "Wieder öffnen",
"Or drop files and ZIP archives here.": "Oder ziehen Sie Dateien und ZIP-Archive hierher.",
"Page down": "Bild ab",
"Page up": "Bild auf",
"Pair": "Paaren",
"Paste the copied shape": "Die kopierte Form einfügen",
"Picture as it is": "Bild, wie es ist",
"Place on top of another point": "Auf einen anderen Punkt setzen",
"Place the active landmark and go on to the next": "Die aktive Landmarke setzen und zur nächsten gehen",
"Place with the loupe": "Mit der Lupe setzen",
"Points are out of sight: {key}": "Die Punkte sind ausgeblendet: {key}",
"Presets and own keys": "Tastenbelegung",
"Press the key for “{command}”. Esc keeps it as it is.": "Drücken Sie die Taste für „{command}“. Esc lässt alles, wie es ist.",
"Previous image, nothing submitted": "Voriges Bild, ohne abzugeben",
"Previous landmark": "Vorige Landmarke",
"Previous question about this image": "Vorige Frage zu diesem Bild",
"Put the prediction away": "Die Vorhersage weglegen",
"Question": "Frage",
"Questions": "Fragen",
"Questions with a number": "Fragen mit Zahl",
"Redo": "Wiederherstellen",
"Redo on this page": "Auf dieser Seite wiederholen",
"Reference: where the landmark belongs": "Vorlage: wohin die Landmarke gehört",
"Reload this page to see the newer one; what you drew here is lost then.": "Laden Sie diese Seite neu, um das neuere zu sehen; was Sie hier gezeichnet haben, ist dann verloren.",
"Remove": "Entfernen",
"Restore: {command}": "Zurücksetzen: {command}",
"Right-click or long press on a point": "Rechtsklick oder langer Druck auf einen Punkt",
"Say something, or flag the image.": "Schreiben Sie etwas, oder merken Sie das Bild vor.",
"Say what is saved": "Sagen, was gespeichert ist",
"Scale the whole shape": "Die ganze Form vergrößern oder verkleinern",
"Second landmark of the distance": "Zweite Landmarke des Abstands",
"See the page before again and change it": "Die vorige Seite noch einmal sehen und ändern",
"Select all": "Alle auswählen",
"Select everything in between": "Alles dazwischen auswählen",
"Select none": "Keines auswählen",
"Select or deselect an image": "Ein Bild auswählen oder abwählen",
"Select or deselect the framed image": "Das umrahmte Bild auswählen oder abwählen",
"Shift": "Umschalt",
"Shift + 1 – 9": "Umschalt + 1 – 9",
"Shift + arrows": "Umschalt + Pfeile",
"Shift + click": "Umschalt + Klick",
"Short name": "Kurzer Name",
"Show the prediction, or ask the server for one": "Die Vorhersage zeigen, oder den Server um eine bitten",
"Show the whole image": "Das ganze Bild zeigen",
"Skip": "Überspringen",
"Skip this image": "Dieses Bild überspringen",
"Skip this image and say why": "Dieses Bild überspringen und sagen, warum",
"Space": "Leertaste",
"Submit and go on": "Abgeben und weiter",
"Swap the active landmark with its partner": "Die aktive Landmarke mit ihrer Partnerin tauschen",
"Swap {key} and {other}": "{key} und {other} tauschen",
"Swipe right, left, up": "Wischen nach rechts, links, oben",
"Tab": "Tab",
"Take the last answer back": "Die letzte Antwort zurücknehmen",
"Take the point away": "Den Punkt wegnehmen",
"Tap with two fingers": "Mit zwei Fingern tippen",
"The browser keeps {key} for itself.": "Der Browser behält {key} für sich.",
"The changes are missing.": "Die Änderungen fehlen.",
"The default keys hold: your own cannot be used. {problem}": "Es gilt die Standardbelegung: Ihre eigene ist nicht zu gebrauchen. {problem}",
"The first of two classes: yes": "Die erste von zwei Klassen: ja",
"The keys of {file} hold.": "Die Tasten aus {file} gelten.",
"The keys of “{command}” are damaged.": "Die Tasten von „{command}“ sind beschädigt.",
"The network says {value}.": "Das Netz sagt {value}.",
"The network says {value}. {key} accepts it.": "Das Netz sagt {value}. {key} nimmt es an.",
"The note is kept.": "Die Notiz ist gespeichert.",
"The page before. What you change replaces your answer.": "Ihre vorige Seite. Was Sie ändern, ersetzt Ihre Antwort.",
"The picture is shown as it is.": "Das Bild wird gezeigt, wie es ist.",
"The prediction is put away. {key} brings it back.": "Die Vorhersage ist weggelegt. {key} holt sie zurück.",
"The prediction is shown.": "Die Vorhersage wird gezeigt.",
"The same answer as last time": "Dieselbe Antwort wie beim letzten Mal",
"The scale of $1 must have its minimum below its maximum.": "Die Skala von $1 muss ihr Minimum unter ihrem Maximum haben.",
"The second of two classes: no": "Die zweite von zwei Klassen: nein",
"The server answered {status}.": "Der Server antwortete {status}.",
"The server did not answer, or the file cannot be read.": "Der Server hat nicht geantwortet, oder die Datei lässt sich nicht lesen.",
"The server does not answer yet. Trying again.": "Der Server antwortet noch nicht. Es wird wieder versucht.",
"The server does not answer.": "Der Server antwortet nicht.",
"The server does not answer. Nothing is lost: try again.": "Der Server antwortet nicht. Nichts ist verloren: Versuchen Sie es noch einmal.",
"The server does not answer. Nothing was changed.": "Der Server antwortet nicht. Es wurde nichts geändert.",
"The server does not answer. Try again.": "Der Server antwortet nicht. Versuchen Sie es noch einmal.",
"The server does not give out images": "Der Server gibt keine Bilder aus",
"The server does not take it.": "Der Server nimmt es nicht an.",
"The server says: {reason}": "Der Server sagt: {reason}",
"The server's code: {code} ({status})": "Code des Servers: {code} ({status})",
"The shape is copied. {key} brings it to this or another image.": "Die Form ist kopiert. {key} bringt sie auf dieses oder ein anderes Bild.",
"There is more further down. {key} confirms once all of it was on the screen.": "Weiter unten gibt es noch mehr. {key} bestätigt, sobald alles zu sehen war.",
"There is no answer of yours to this question yet.": "Diese Frage haben Sie noch nicht beantwortet.",
"There is no command “{command}”.": "Es gibt keinen Befehl „{command}“.",
"There is no earlier answer of yours in this tab.": "In diesem Tab gibt es keine frühere Antwort von Ihnen.",
"There is no earlier image of yours in this browser.": "In diesem Browser gibt es kein früheres Bild von Ihnen.",
"There is no earlier page.": "Es gibt keine frühere Seite.",
"There is no image to say something about.": "Es gibt kein Bild, zu dem sich etwas sagen ließe.",
"There is no prediction to accept here.": "Hier gibt es keine Vorhersage zum Annehmen.",
"There is no preset “{preset}”.": "Es gibt keine Belegung „{preset}“.",
"There is only this question about an image.": "Zu einem Bild gibt es nur diese Frage.",
"This browser does not keep your keys: they hold until the tab is closed. Export them to a file.": "Dieser Browser merkt sich Ihre Tasten nicht: Sie gelten, bis der Tab geschlossen wird. Exportieren Sie sie in eine Datei.",
"This browser does not store answers: those not sent would be lost with the tab.": "Dieser Browser speichert keine Antworten: Nicht gesendete wären mit dem Tab verloren.",
"This help": "Diese Hilfe",
"This image does not open": "Dieses Bild öffnet sich nicht",
"This is not a file of keys.": "Das ist keine Datei mit Tasten.",
"This is the newest image: nothing lies ahead of it.": "Das ist das neueste Bild: Danach kommt nichts.",
"This name stands twice.": "Diesen Namen gibt es zweimal.",
"This question is asked no more: it was renamed or removed.": "Diese Frage wird nicht mehr gestellt: sie wurde umbenannt oder entfernt.",
"To": "Bis",
"Turn the whole shape": "Die ganze Form drehen",
"Type the number": "Die Zahl tippen",
"Undo": "Rückgängig",
"Undo the last answer on this page; beyond the first one, see the page before again": "Die letzte Antwort auf dieser Seite rückgängig machen; vor der ersten kommt die vorige Seite",
"Undo; at a question, take the last answer back": "Rückgängig; bei einer Frage die letzte Antwort zurücknehmen",
"Unit": "Einheit",
"Version {version} of the keys is not understood here.": "Fassung {version} der Tasten wird hier nicht verstanden.",
"Visible, hidden, absent": "Sichtbar, verdeckt, fehlt",
"What this project asks has changed. Reload this page when it suits you; nothing is lost.": "Die Fragen dieses Projekts haben sich geändert. Laden Sie diese Seite neu, wenn es Ihnen passt; es geht nichts verloren.",
"What was unset stands as on your previous image. {key} takes it back.": "Was nicht gesetzt war, steht wie auf Ihrem vorigen Bild. {key} nimmt es zurück.",
"What you had placed at {time} is back. {key} undoes it step by step.": "Was Sie um {time} gesetzt hatten, ist wieder da. {key} macht es Schritt für Schritt rückgängig.",
"Wheel or two fingers": "Rad oder zwei Finger",
"Where {landmark} belongs": "Wohin {landmark} gehört",
"Without an answer: {landmarks}. {key} again submits as it is.": "Ohne Antwort: {landmarks}. Noch einmal {key} gibt es so ab.",
"Worst first: go to the landmark that is most in doubt": "Unsicherste zuerst: zur Landmarke mit dem größten Zweifel",
"Yes (the first of two classes), no, skip; on the whole image, not while zoomed in": "Ja (die erste von zwei Klassen), nein, überspringen; auf dem ganzen Bild, nicht vergrößert",
"You skipped this image. It stays skipped unless you answer it.": "Sie haben dieses Bild übersprungen. Das bleibt so, bis Sie antworten.",
"Your earlier answer. A new one replaces it.": "Ihre frühere Antwort. Eine neue ersetzt sie.",
"Your marks on this page are back.": "Ihre Eingaben auf dieser Seite sind wieder da.",
"Zoom at the pointer, pan": "Am Zeiger zoomen, verschieben",
"Zoom in": "Vergrößern",
"Zoom out": "Verkleinern",
"absent": "fehlt",
"and": "und",
"cannot tell": "nicht erkennbar",
"down": "hinunter",
"empty": "leer",
"hidden": "verdeckt",
"keep this tab open": "Tab offen lassen",
"known already": "schon bekannt",
"landmarks": "Landmarken",
"left": "links",
"minus": "Minus",
"no answer": "keine Antwort",
"no key": "keine Taste",
"not predicted": "Netz: –",
"note": "Notiz",
"offline": "offline",
"offline: {count} waiting": {
"one": "offline: {count} wartet",
"other": "offline: {count} warten"
},
"pixels": "Pixel",
"placed": "gesetzt",
"point": "Punkt",
"question {number}": "Frage {number}",
"refused": "abgelehnt",
"right": "rechts",
"sending": "wird gesendet",
"server reads": "Server liest",
"signed out": "abgemeldet",
"stored": "gespeichert",
"the distance between": "Abstand zwischen",
"the help button": "der Hilfe-Knopf",
"the size of the landmarks' box": "Größe des Landmarkenrahmens",
"trying again": "wird wieder versucht",
"up": "hinauf",
"updated": "aktualisiert",
"waiting": "wartet",
"will be hidden": "wird verdeckt",
"{added} of {total} stored": "{added} von {total} gespeichert",
"{count} command": {
"one": "{count} Befehl",
"other": "{count} Befehle"
},
"{count} image": {
"one": "{count} Bild",
"other": "{count} Bilder"
},
"{count} needs attention": {
"one": "{count} braucht Sie",
"other": "{count} brauchen Sie"
},
"{count} selected": {
"one": "{count} ausgewählt",
"other": "{count} ausgewählt"
},
"{count} waiting": {
"one": "{count} wartet",
"other": "{count} warten"
},
"{count} without an answer. {key} again leaves it for later.": {
"one": "{count} ohne Antwort. Noch einmal {key} lässt es für später.",
"other": "{count} ohne Antwort. Noch einmal {key} lässt sie für später."
},
"{done} of {total} images": "{done} von {total} Bildern",
"{file} is no picture that this browser shows.": "{file} ist kein Bild, das dieser Browser zeigt.",
"{file} is not taken: {reason}": "{file} wird nicht angenommen: {reason}",
"{image} cannot be loaded or is not an image.": "{image} lässt sich nicht laden oder ist kein Bild.",
"{image} is flagged for review.": "{image} ist zur Prüfung vorgemerkt.",
"{image} takes too long to load.": "{image} lädt zu lange.",
"{key} has two meanings: “{first}” and “{second}”.": "{key} hat zwei Bedeutungen: „{first}“ und „{second}“.",
"{key} is free. The palette still finds “{command}”.": "{key} ist frei. Die Befehlssuche findet „{command}“ weiterhin.",
"{key} means {others} already.": "{key} bedeutet schon {others}.",
"{key} means “{command}”": "{key} bedeutet „{command}“",
"{key} submits": "{key} gibt ab",
"{key}: {command}. {others} changed with it.": "{key}: {command}. Mitgeändert: {others}.",
"{known} known already": "{known} schon bekannt",
"{landmark} has no partner to swap with.": "{landmark} hat keine Partnerin zum Tauschen.",
"{landmark} is absent. {key} brings it back.": "{landmark} fehlt. {key} holt sie zurück.",
"{landmark} is not placed. {key} undoes the last step.": "{landmark} ist nicht gesetzt. {key} macht den letzten Schritt rückgängig.",
"{left} of {all} left": "{left} von {all} offen",
"{left} to go": "{left} stehen aus",
"{lost} without an answer": "{lost} ohne Antwort",
"{minutes} min ago": "vor {minutes} min",
"{names} and {count} more": "{names} und {count} weitere",
"{pair}, first landmark": "{pair}, erste Landmarke",
"{pair}, second landmark": "{pair}, zweite Landmarke",
"{refused} refused": "{refused} abgelehnt",
"{seconds} s ago": "vor {seconds} s",
"{words} (does not open)": "{words} (öffnet sich nicht)",
"“{command}” is as in the preset.": "„{command}“ ist wie in der Belegung.",
"“{name}”": "„{name}“"
}
});
