// Texts of the installed page, updates, links and shares.

export const offline = {
  label: 'About this page',
  update: 'A new version of this page is ready. Your conversations stay.',
  reload: 'Reload',
  later: 'Later',
  dismiss: 'Dismiss',
  evicted: 'Your browser had deleted the model to free disk space, so it is being downloaded again.',
  evictedOffline:
    'Your browser has deleted the model to free disk space. Connect to the network and try again; your conversations are still here.',
  unkept:
    'This browser does not let the page be kept for use without a network, as is usual in private windows. Everything else works.',
  install: 'Install as an app',
};
