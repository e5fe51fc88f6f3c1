// Texts of settings.

export const tune = {
  title: 'Settings of this conversation',
  about: 'What you change holds from the next answer on, in this conversation only.',
  close: 'Close',
  more: 'More settings',
  reset: 'Back to the model’s own settings',
  modelsOwn: 'the model’s own',
  random: 'random',
  noLimit: 'no limit',
  fault: {
    number: 'This is not a number.',
    whole: 'A whole number is needed here.',
    range: 'A number from {{min}} to {{max}} is needed here.',
    least: 'A number of at least {{min}} is needed here.',
  },
  preset: {
    legend: 'Ready-made settings',
    precise: {
      name: 'Precise',
      hint: 'Stays with the likeliest words: for facts, code and translation.',
    },
    balanced: {
      name: 'Balanced',
      hint: 'The model’s own settings.',
    },
    imaginative: {
      name: 'Imaginative',
      hint: 'Takes less likely words and repeats less: for stories and ideas.',
    },
    none: 'Your own settings.',
    keep: 'Keep these settings',
    nameOf: 'Name',
    save: 'Keep',
    saved: 'Kept in this browser as “{{name}}”.',
    notSaved: 'This browser keeps nothing, perhaps because the window is private.',
    delete: 'Delete “{{name}}”',
    deleted: '“{{name}}” was deleted.',
  },
  system: {
    name: 'Instructions',
    placeholder: 'Answer briefly, as to a child.',
    hint: 'What the model is told before the conversation: who it is, how it should answer.',
  },
  temperature: {
    name: 'Temperature',
    hint: 'How freely words are chosen: at 0 always the likeliest, higher is more surprising.',
  },
  topP: {
    name: 'Top-p',
    hint: 'Chooses only among the likeliest words that together have this probability; 1 leaves none out.',
  },
  topK: {
    name: 'Top-k',
    hint: 'Chooses only among so many of the likeliest words; 0 leaves none out.',
  },
  minP: {
    name: 'Min-p',
    hint: 'Leaves words out that are less likely than this share of the likeliest one.',
  },
  repetitionPenalty: {
    name: 'Repetition penalty',
    hint: 'Above 1, words that the answer already has become less likely.',
  },
  frequencyPenalty: {
    name: 'Frequency penalty',
    hint: 'Makes a word less likely each time that it is used; below 0, more likely.',
  },
  presencePenalty: {
    name: 'Presence penalty',
    hint: 'Makes a word less likely once it was used at all, which brings up new subjects.',
  },
  maxTokens: {
    name: 'Longest answer',
    hint: 'The answer ends after so many tokens; a token is about three quarters of a word.',
  },
  seed: {
    name: 'Seed',
    hint: 'The same number gives the same answer to the same conversation again.',
  },
  stop: {
    name: 'Stop texts',
    hint: 'The answer ends before any of these, one on each line.',
  },
};
