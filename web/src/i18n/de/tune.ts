import type { tune as english } from '../en/tune.ts';
import type { Same } from '../same.ts';

export const tune: Same<typeof english> = {
  title: 'Einstellungen dieser Unterhaltung',
  about: 'Was Sie ändern, gilt ab der nächsten Antwort und nur in dieser Unterhaltung.',
  close: 'Schließen',
  more: 'Weitere Einstellungen',
  reset: 'Zurück zu den Einstellungen des Modells',
  modelsOwn: 'die des Modells',
  random: 'zufällig',
  noLimit: 'unbegrenzt',
  fault: {
    number: 'Das ist keine Zahl.',
    whole: 'Hier ist eine ganze Zahl nötig.',
    range: 'Hier ist eine Zahl von {{min}} bis {{max}} nötig.',
    least: 'Hier ist eine Zahl ab {{min}} nötig.',
  },
  preset: {
    legend: 'Fertige Einstellungen',
    precise: {
      name: 'Genau',
      hint: 'Bleibt bei den wahrscheinlichsten Wörtern: für Fakten, Code und Übersetzungen.',
    },
    balanced: {
      name: 'Ausgewogen',
      hint: 'Die Einstellungen des Modells.',
    },
    imaginative: {
      name: 'Einfallsreich',
      hint: 'Nimmt auch unwahrscheinlichere Wörter und wiederholt sich weniger: für Geschichten und Ideen.',
    },
    none: 'Ihre eigenen Einstellungen.',
    keep: 'Diese Einstellungen behalten',
    nameOf: 'Name',
    save: 'Behalten',
    saved: 'In diesem Browser als „{{name}}“ aufbewahrt.',
    notSaved: 'Dieser Browser bewahrt nichts auf, vielleicht weil das Fenster privat ist.',
    delete: '„{{name}}“ löschen',
    deleted: '„{{name}}“ wurde gelöscht.',
  },
  system: {
    name: 'Anweisungen',
    placeholder: 'Antworte kurz, wie einem Kind.',
    hint: 'Was dem Modell vor der Unterhaltung gesagt wird: wer es ist, wie es antworten soll.',
  },
  temperature: {
    name: 'Temperatur',
    hint: 'Wie frei Wörter gewählt werden: bei 0 immer das wahrscheinlichste, höher überraschender.',
  },
  topP: {
    name: 'Top-p',
    hint: 'Wählt nur unter den wahrscheinlichsten Wörtern, die zusammen diese Wahrscheinlichkeit haben; 1 lässt keines aus.',
  },
  topK: {
    name: 'Top-k',
    hint: 'Wählt nur unter dieser Anzahl der wahrscheinlichsten Wörter; 0 lässt keines aus.',
  },
  minP: {
    name: 'Min-p',
    hint: 'Lässt Wörter aus, die unwahrscheinlicher sind als dieser Anteil des wahrscheinlichsten.',
  },
  repetitionPenalty: {
    name: 'Wiederholungsabzug',
    hint: 'Über 1 werden Wörter, die in der Antwort schon stehen, unwahrscheinlicher.',
  },
  frequencyPenalty: {
    name: 'Häufigkeitsabzug',
    hint: 'Macht ein Wort mit jedem Gebrauch unwahrscheinlicher; unter 0 wahrscheinlicher.',
  },
  presencePenalty: {
    name: 'Vorkommensabzug',
    hint: 'Macht ein Wort nach dem ersten Gebrauch unwahrscheinlicher, was neue Themen bringt.',
  },
  maxTokens: {
    name: 'Längste Antwort',
    hint: 'Die Antwort endet nach so vielen Token; ein Token ist etwa drei Viertel eines Wortes.',
  },
  seed: {
    name: 'Startwert',
    hint: 'Dieselbe Zahl ergibt auf dieselbe Unterhaltung wieder dieselbe Antwort.',
  },
  stop: {
    name: 'Stopptexte',
    hint: 'Die Antwort endet vor jedem dieser Texte, einer je Zeile.',
  },
};
