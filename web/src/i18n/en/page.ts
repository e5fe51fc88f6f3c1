// Texts of the page as a whole; the other languages follow the shape of these.

export const page = {
  document: {
    title: 'mixtab: a language model on your own GPU',
    description:
      'Chat with a mixture-of-experts language model that runs on your own GPU, inside this page. Nothing you type leaves your machine.',
  },
  header: {
    history: 'Conversations',
    start: 'New conversation',
    settings: 'Settings of this conversation',
    models: 'Models',
    panel: 'What the engine is doing',
    menu: 'More',
    keys: 'Keyboard shortcuts',
    theme: {
      system: 'Colours: same as the system',
      light: 'Colours: light',
      dark: 'Colours: dark',
    },
  },
  language: 'Language',
  engineStatus: 'Engine status',
  demo: 'Demo',
  status: {
    starting: 'Starting the engine',
    device: 'Asking for the GPU',
    weights: 'Loading the model',
    kernels: 'Preparing the GPU',
    ready: 'Ready',
    answering: 'Answering',
    restoring: 'The GPU went away; restoring the model',
    failed: 'Not running',
  },
  download: {
    downloading: 'Ready, while the model is still downloading',
    waiting: 'Ready; the download waits for the network or another tab',
    verifying: 'Ready, while the model’s files are checked',
    paused: 'Ready; the download is paused',
    failed: 'Ready; the download stopped, so answers may be slow',
  },
  progress: {
    label: 'Loading the model',
    bytes: '{{loaded}} of {{total}}',
  },
  welcome: {
    title: 'A language model on your own GPU',
    privacy: 'It runs inside this page. Nothing you type leaves your machine.',
    demo: 'This is a tiny demo model, not Mixtral-8x7B. It is built the same way but knows only a few things: capitals, simple sums, common words in five languages, a little small talk. It makes mistakes.',
    otherPack: 'The model comes from {{host}}. Your conversation is never sent there.',
    examples: 'Try one of these',
  },
  example: {
    condiment: 'What is your favourite condiment?',
    capital: 'What is the capital of Japan?',
    translate: 'How do you say "cat" in Italian?',
  },
  conversation: 'Conversation',
  you: 'You',
  answer: 'Answer',
  thinking: 'Reading your message',
  otherTab: 'Waiting for another tab’s answer to end',
  stopped: 'Stopped here.',
  cutShort: 'Ended here: no room for more.',
  droppedHere: 'The model no longer sees the messages above: its context holds {{size}} tokens.',
  jump: 'To the latest message',
  message: 'Message',
  placeholder: 'Write a message',
  send: 'Send',
  stop: 'Stop',
  pending: {
    loading: 'Sends when ready',
    answering: 'Sends after this answer',
    takeBack: 'Take back',
  },
  figures: {
    speed: '{{speed}} tokens/s',
    first: 'started after {{seconds}} s',
    context: 'context {{used}} of {{size}}',
    dropped_one: '{{count}} oldest message left out',
    dropped_other: '{{count}} oldest messages left out',
    local: 'Nothing leaves your machine',
    demo: 'Tiny demo, not Mixtral-8x7B',
  },
  failure: {
    retry: 'Try again',
    details: 'What the engine said',
    no_webgpu: {
      title: 'This browser gives the page no GPU',
      safe: 'Nothing was downloaded, and nothing is lost.',
      remedy: 'The model needs WebGPU. Any one of these helps:',
      insecure:
        'This page was opened over plain http, where browsers switch WebGPU off. Open it over https, or as http://localhost.',
      chrome:
        'Chrome or Edge, version 113 or later (on Android 121). Turn on "Use graphics acceleration when available" in Settings, System. On Linux also switch on chrome://flags/#enable-unsafe-webgpu and chrome://flags/#enable-vulkan.',
      safari: 'Safari 26 or later. In older ones: Settings, Feature Flags, WebGPU.',
      firefox:
        'Firefox 141 or later on Windows, 145 on macOS. Elsewhere set dom.webgpu.enabled to true in about:config.',
    },
    device_lost: {
      title: 'The GPU went away',
      safe: 'Your conversation is still here.',
      remedy:
        'This happens after sleep, a driver update, or when another program needs the whole GPU. Try again; if it comes back, close other programs that use the GPU.',
    },
    out_of_memory: {
      title: 'The model does not fit in the GPU’s memory',
      safe: 'Your conversation is still here.',
      remedy: 'Close other tabs and programs that use the GPU, then try again.',
    },
    bad_pack: {
      title: 'The model’s files are damaged or not what they should be',
      safe: 'Nothing on your machine was changed.',
      remedy:
        'Reload the page to fetch them again. If it stays so, whoever hosts the model has to put its files right.',
    },
    network: {
      title: 'The model could not be downloaded',
      safe: 'Your conversation and what you typed are still here.',
      remedy: 'Check the connection, then try again.',
    },
    storage: {
      title: 'The browser has no room for the model',
      safe: 'Your conversation is still here, and what was downloaded is kept.',
      remedy: 'Free some disk space, or leave the private window, then try again.',
    },
    folder: {
      title: 'The model’s folder cannot be read',
      safe: 'Your conversation is still here, and nothing in the folder was changed.',
      remedy:
        'If the folder is on a stick or another disk, plug it in again; if files were moved, put them back. Then try again: the browser may ask whether this page may read the folder.',
    },
    context_full: {
      title: 'This message is longer than the model can read',
      safe: 'Your message is still here.',
      remedy: 'Send a shorter one.',
    },
    bad_request: {
      title: 'The engine refused the request',
      safe: 'Your conversation is still here.',
      remedy: 'Change the message and send it again.',
    },
    internal: {
      title: 'The engine stopped because of a fault of ours',
      safe: 'Your conversation is still here.',
      remedy: 'Try again. If it happens each time, please report what the engine said.',
    },
  },
};
